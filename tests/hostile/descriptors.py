# SPDX-License-Identifier: Apache-2.0
"""faults.md 73: the descriptor's numbers, ids and XML; then whole folders."""
import os

from contents import LINES, flipped
from spoil import *  # noqa: F403

# --- 73: the descriptor's numbers, ids and XML ------------------------------

F1 = file_xml(1, 'd.vmdk', len(IMG))
D1 = disk_xml(1, CAPACITY)
H1 = hardware(['vmdisk1'])


def bad_ovf(name, text, kind=OVF):
    case(73, 'ovf-' + name, kind, ova(ovf=text))


for label, value, units in [
        ('product', '1152921504606846976', 'byte * 2^40'),
        ('negative', '-1', None), ('float', '1e308', None),
        ('point', '1.5', None), ('nan', 'NaN', None), ('hex', '0x10', None),
        ('2-63', '9223372036854775808', None),
        ('2-64', '18446744073709551616', None), ('empty', '', None),
        ('long', '9' * 5000, None), ('property', '${disk.size}', None),
        ('units', '1', 'furlong'), ('units-power', '1', 'byte * 2^64'),
        ('units-huge', '1', 'byte * 2^99999999999'),
        ('units-negative', '1', 'byte * -1'),
        ('units-chain', '1', 'byte' + ' * 2^60' * 9),
        ('units-open', '1', 'byte *')]:
    bad_ovf('capacity-' + label,
            envelope(F1, disk_xml(1, value, units=units), H1))
for label, args in [
        ('cpus', dict(cpus='1000000000')),
        ('cpus-2-64', dict(cpus='18446744073709551617')),
        ('cpus-negative', dict(cpus='-2')), ('cpus-float', dict(cpus='2.0')),
        ('memory-2-64', dict(memory='18446744073709551616')),
        ('memory-product', dict(memory='9223372036854775807')),
        ('memory-units', dict(units='parsec'))]:
    bad_ovf(label, envelope(F1, D1, hardware(['vmdisk1'], **args)))
for label, size in [('negative', '-5'), ('2-64', str(1 << 64)),
                    ('text', 'big'), ('empty', '')]:
    bad_ovf('size-' + label, envelope(file_xml(1, 'd.vmdk', size), D1, H1))
bad_ovf('populated-negative', envelope(
    F1, disk_xml(1, CAPACITY, more=' ovf:populatedSize="-1"'), H1))
bad_ovf('disk-ids', envelope(F1, D1 + D1, H1))
bad_ovf('file-ids', envelope(F1 + file_xml(1, 'e.vmdk'), D1, H1))
bad_ovf('disk-without-file', envelope('', D1, H1))
bad_ovf('disk-without-id', envelope(F1, D1.replace('ovf:diskId', 'ovf:id'),
                                    H1))
bad_ovf('item-without-disk', envelope(F1, '', H1))
bad_ovf('item-of-a-host-file', envelope(F1, D1, hardware(
    more=item_xml(9, 17, HostResource='/etc/passwd', Parent='3'))))
bad_ovf('item-without-file', envelope(F1, D1, hardware(
    ['vmdisk1'], more=item_xml(30, 15, HostResource='ovf:/file/none'))))
for label, pairs in [
        ('itself', [(20, 20)]), ('two', [(20, 21), (21, 20)]),
        ('three', [(20, 21), (21, 22), (22, 20)]),
        ('deep', [(20 + i, 21 + i) for i in range(2000)] + [(2020, 20)])]:
    bad_ovf('parents-' + label, envelope(F1, D1, H1 + ''.join(
        item_xml(i, 6, Parent=p) for i, p in pairs)))
bad_ovf('parent-missing', envelope(F1, D1, H1 + item_xml(20, 6, Parent='99')))
bad_ovf('parents-of-disks', envelope(
    F1, disk_xml(1, CAPACITY, more=' ovf:parentRef="vmdisk2"') +
    disk_xml(2, CAPACITY, more=' ovf:parentRef="vmdisk1"'), H1))
bad_ovf('parent-of-a-disk-missing', envelope(
    F1, disk_xml(1, CAPACITY, more=' ovf:parentRef="none"'), H1))
bad_ovf('instance-twice', envelope(F1, D1, H1 + item_xml(1, 6)))
bad_ovf('type-text', envelope(F1, D1, H1 + item_xml(20, 'SCSI')))
bad_ovf('type-huge', envelope(F1, D1, H1 + item_xml(20, 10 ** 12)))
bad_ovf('address-text', envelope(F1, D1, H1 + item_xml(
    20, 17, AddressOnParent='first', HostResource='ovf:/disk/vmdisk1')))
bad_ovf('no-system', envelope(F1, D1, virtual_system=''))
bad_ovf('no-envelope', '<Package/>')
bad_ovf('other-namespace', GOOD.decode().replace('envelope/1', 'envelope/9'))
bad_ovf('no-namespace', '<Envelope><References/></Envelope>')
bad_ovf('files-3000', envelope(''.join(file_xml(i, 'f%d' % i)
                                       for i in range(3000)), D1, H1),
        'too_large')
bad_ovf('items-5000', envelope(F1, D1, H1 + ''.join(
    item_xml(100 + i, 1) for i in range(5000))), 'too_large')

FORBIDDEN, LIMIT, XML = 'xml_forbidden', 'xml_limit', 'bad_xml'
ENVELOPE = envelope(F1, D1, H1)
BODY = ENVELOPE[ENVELOPE.index('<Envelope'):]
for label, text in [
        ('doctype', '<!DOCTYPE Envelope>' + BODY),
        ('dtd-file', '<!DOCTYPE E SYSTEM "file:///etc/passwd">' + BODY),
        ('dtd-http', '<!DOCTYPE E SYSTEM "http://127.0.0.1:1/x">' + BODY),
        ('entity-file', '<!DOCTYPE E [<!ENTITY x SYSTEM "file:///etc/passwd">'
         ']>' + BODY.replace('A VM', '&x;')),
        ('parameter-entity', '<!DOCTYPE E [<!ENTITY % x SYSTEM '
         '"http://127.0.0.1:1/"> %x;]>' + BODY),
        ('laughs', '<!DOCTYPE E [<!ENTITY a "ha">' + ''.join(
            '<!ENTITY %s "%s">' % (chr(98 + i), ('&%s;' % chr(97 + i)) * 10)
            for i in range(9)) + ']>' + BODY.replace('A VM', '&j;')),
        ('entity-unknown', BODY.replace('A VM', '&nbsp;'))]:
    bad_ovf('xml-' + label, text, FORBIDDEN)
for label, text in [
        ('depth', '<a>' * 100000),
        ('attributes', BODY.replace('<References', '<x %s/><References' % (
            ' '.join('a%d=""' % i for i in range(100000))))),
        ('value', BODY.replace('<References', '<x a="%s"/><References' % (
            'v' * 3000000))),
        ('elements', BODY.replace('<References', '<a/>' * 300000 +
                                  '<References')),
        ('memory', BODY.replace('</Envelope>', '<a b="" c="">d</a>' * 150000 +
                                '</Envelope>')),
        ('names', BODY.replace('</Envelope>', ''.join(
            '<a%06d/>' % i for i in range(120000)) + '</Envelope>')),
        ('encoding', ENVELOPE.replace('UTF-8', 'UTF-7')),
        ('nul', BODY.replace('A VM', 'A\0VM')),
        ('half-utf16', BODY.encode('utf-16')[:501])]:
    bad_ovf('xml-' + label, text, LIMIT)
for label, text in [
        ('cut', BODY[:-20]), ('garbage', BODY + 'x'), ('two', BODY + BODY),
        ('unclosed', BODY.replace('</References>', '')),
        ('control', BODY.replace('A VM', 'A\x01VM')),
        ('prefix', BODY.replace('<References', '<no:x/><References')),
        ('declaration-later', BODY.replace(
            '<References', '<?xml version="1.0"?><References')),
        ('latin1', BODY.replace('A VM', '\xe9').encode('latin-1'))]:
    bad_ovf('xml-' + label, text, XML)

# --- folders ----------------------------------------------------------------


def link_to(target):
    return lambda path: os.symlink(target, path)


SOUND = {'demo.ovf': GOOD, 'd.vmdk': IMG, 'demo.mf': LINES}
folder_case(62, 'folder-disk-symlink', PATH,
            dict(SOUND, **{'d.vmdk': link_to('/etc/passwd')}))
folder_case(62, 'folder-disk-symlink-inside', PATH,
            dict(SOUND, **{'d.vmdk': link_to('e.vmdk'), 'e.vmdk': IMG}))
folder_case(62, 'folder-ovf-symlink', PATH,
            dict(SOUND, **{'demo.ovf': link_to('/etc/passwd')}))
folder_case(62, 'folder-mf-symlink', PATH,
            dict(SOUND, **{'demo.mf': link_to('/etc/passwd')}))
folder_case(62, 'folder-cert-symlink', PATH,
            dict(SOUND, **{'demo.cert': link_to('/etc/passwd')}))
folder_case(61, 'folder-disk-fifo', ENTRY,
            dict(SOUND, **{'d.vmdk': os.mkfifo}))
folder_case(61, 'folder-disk-folder', ENTRY,
            dict(SOUND, **{'d.vmdk': os.mkdir}))
folder_case(69, 'folder-href-up', PATH, dict(
    SOUND, **{'demo.ovf': descriptor(href='../../etc/passwd')}))
folder_case(69, 'folder-href-absolute', PATH, dict(
    SOUND, **{'demo.ovf': descriptor(href='/etc/passwd')}))
folder_case(69, 'folder-href-pattern', PATH, dict(
    SOUND, **{'demo.ovf': descriptor(href='*')}))
folder_case(69, 'folder-href-missing', CORRUPT, {'demo.ovf': GOOD})
folder_case(69, 'folder-no-ovf', CORRUPT, {'d.vmdk': IMG})
folder_case(70, 'folder-mf-wrong', DIGEST,
            dict(SOUND, **{'demo.mf': flipped('sha256')}))
folder_case(72, 'folder-flat', IMAGE, {
    'demo.ovf': descriptor(size=None),
    'd.vmdk': vmdk_descriptor(100, 'FLAT "/etc/passwd" 0').encode()})
folder_case(73, 'folder-xxe', FORBIDDEN, {
    'demo.ovf': ('<!DOCTYPE E SYSTEM "file:///etc/passwd">' + BODY).encode(),
    'd.vmdk': IMG})
