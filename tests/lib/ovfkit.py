# SPDX-License-Identifier: Apache-2.0
"""OVF packages for tests, sound ones and broken ones, from the standards alone:
nothing of hypersdk is used. Python 3 standard library; the same input gives
the same bytes.

    ovfkit.py folder DIR NAME MIB [MIB ...]    an OVF folder with such disks
"""
import hashlib
import os
import struct
import sys
import zlib

BLOCK = 512
NOBODY = 'http://www.vmware.com/interfaces/specifications/vmdk.html'
STREAM = NOBODY + '#streamOptimized'
NS = ('xmlns="http://schemas.dmtf.org/ovf/envelope/1" '
      'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
      'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/'
      'CIM_ResourceAllocationSettingData" '
      'xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/'
      'CIM_VirtualSystemSettingData" '
      'xmlns:vmw="http://www.vmware.com/schema/ovf"')

# ---- tar ------------------------------------------------------------------


def octal(n, width):
    return b'%0*o\0' % (width - 1, n)


def base256(n, width=12):
    return (n + (1 << (8 * width - 1) if n >= 0 else 1 << 8 * width)).to_bytes(
        width, 'big')


def number(n, width=12):
    return octal(n, width) if n < 8 ** (width - 1) else base256(n, width)


def header(name, size=0, kind=b'0', **field):
    """One header block; field: any other, as bytes of at most its length."""
    def get(key, width, value=b''):
        value = field.pop(key, value)
        assert len(value) <= width, key
        return value.ljust(width, b'\0')

    if isinstance(name, str):
        name = name.encode()
    block = (name[:100].ljust(100, b'\0') + get('mode', 8, octal(0o644, 8)) +
             get('uid', 8, octal(0, 8)) + get('gid', 8, octal(0, 8)) +
             get('size', 12, number(size)) +
             get('mtime', 12, octal(1700000000, 12)) + b' ' * 8 + kind +
             get('linkname', 100) + get('magic', 8, b'ustar\00000') +
             get('uname', 32) + get('gname', 32) +
             get('devmajor', 8, octal(0, 8)) + get('devminor', 8, octal(0, 8)) +
             get('prefix', 155) + get('rest', 12))
    total = field.pop('checksum', None)
    assert not field, field
    if total is None:
        total = b'%06o\0 ' % sum(block)
    return block[:148] + total + block[156:]


def padded(data, to=BLOCK):
    return data + bytes(-len(data) % to)


def entry(name, data=b'', kind=b'0', **field):
    if isinstance(data, str):
        data = data.encode()
    return header(name, len(data), kind, **field) + padded(data)


GNU = b'ustar  \0'
END = bytes(2 * BLOCK)


def pax_record(key, value):
    body = b' ' + key + b'=' + value + b'\n'
    n = len(body) + 1
    while len(b'%d' % n) + len(body) != n:
        n = len(b'%d' % n) + len(body)
    return b'%d' % n + body


def archive(*entries, end=END):
    return b''.join(entries) + end


# ---- VMDK -----------------------------------------------------------------

AT_END = (1 << 64) - 1


def vmdk_descriptor(sectors, extent='SPARSE "disk.vmdk"', parent='ffffffff',
                    kind='streamOptimized', more='', access='RW'):
    return ('# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=%s\n'
            'createType="%s"\n\n# Extent description\n%s %d %s\n\n'
            '# The Disk Data Base\n#DDB\nddb.adapterType = "lsilogic"\n%s' %
            (parent, kind, access, sectors, extent, more))


def sparse_header(sectors, gd, grain=128, version=3, flags=0x30001,
                  magic=b'KDMV', gtes=512, overhead=128, desc=(1, 20),
                  newlines=b'\n \r\n', compression=1, unclean=0, rgd=0):
    return padded(struct.pack('<4sIIQQQQIQQQB4sH', magic, version, flags,
                              sectors, grain, desc[0], desc[1], gtes, rgd, gd,
                              overhead, unclean, newlines, compression))


def marker(value, kind, size=0):
    return padded(struct.pack('<QII', value, size, kind))


def grain_record(lba, stream):
    return padded(struct.pack('<QI', lba, len(stream)) + stream)


def noise(seed, n):
    """n bytes that do not compress, the same for the same seed."""
    return hashlib.shake_128(b'%d' % seed).digest(n)


def stream_of(data, level=1):
    return zlib.compress(data, level)


def vmdk(sectors=2048, grains=None, descriptor=None, streams=None, edit=None,
         eos=True, footer=True, footer_edit=None, gd_edit=None, gt_edit=None,
         order=None, lbas=None, **head):
    """A streamOptimized image, directory at its end. grains: index to 64 KiB
    of data; streams: index to the compressed bytes as they shall stand."""
    if grains is None:
        grains = {0: b'hypersdk' * 8192}
    streams = dict(streams or {})
    for index, data in grains.items():
        streams.setdefault(index, stream_of(data.ljust(65536, b'\0')))
    text = vmdk_descriptor(sectors) if descriptor is None else descriptor
    if isinstance(text, str):
        text = text.encode()
    out = bytearray(sparse_header(sectors, AT_END, **head))
    room = head.get('desc', (1, 20))[1] * BLOCK
    out += text.ljust(room, b'\0')[:room]
    out += bytes(head.get('overhead', 128) * BLOCK - len(out))
    ngrains = -(-sectors // 128)
    ngts = -(-ngrains // 512)
    directory = [0] * ngts
    for t in range(ngts):
        mine = [i for i in sorted(streams) if i // 512 == t]
        if order is not None:
            mine = order(mine)
        table = [0] * 512
        for i in mine:
            table[i % 512] = len(out) // BLOCK
            lba = (lbas or {}).get(i, i * 128)
            out += grain_record(lba, streams[i])
        if not mine:
            continue
        if gt_edit:
            gt_edit(table)
        out += marker(4, 1)
        directory[t] = len(out) // BLOCK
        out += struct.pack('<512I', *table)
    if gd_edit:
        gd_edit(directory)
    gd_sectors = -(-ngts * 4 // BLOCK)
    out += marker(gd_sectors, 2)
    gd = len(out) // BLOCK
    out += padded(struct.pack('<%dI' % ngts, *directory))
    if footer:
        foot = bytearray(sparse_header(sectors, gd, **head))
        if footer_edit:
            footer_edit(foot)
        out += marker(1, 3) + foot
    if eos:
        out += marker(0, 0)
    if edit:
        edit(out)
    return bytes(out)


def big_vmdk(path, mib, seed=0):
    """An image of mib MiB of file, of grains drawn from a pool: half of each
    grain compresses. Returns its capacity in bytes."""
    pool = [stream_of(noise(seed * 1000 + i, 40000) + bytes(25536))
            for i in range(64)]
    per_table = [(len(padded(bytes(12) + s))) for s in pool]
    count = (mib << 20) // (sum(per_table) // len(pool))
    sectors = -(-count // 512) * 512 * 128
    ngts = sectors // 128 // 512
    directory = []
    with open(path, 'wb') as f:
        f.write(sparse_header(sectors, AT_END))
        f.write(vmdk_descriptor(sectors).encode().ljust(127 * BLOCK, b'\0'))
        at = 128
        for t in range(ngts):
            table = [0] * 512
            for i in range(min(512, count - t * 512)):
                record = grain_record((t * 512 + i) * 128,
                                      pool[(t * 7 + i) % len(pool)])
                table[i] = at
                f.write(record)
                at += len(record) // BLOCK
            if not any(table):
                directory.append(0)
                continue
            f.write(marker(4, 1))
            directory.append(at + 1)
            f.write(struct.pack('<512I', *table))
            at += 5
        data = padded(struct.pack('<%dI' % ngts, *directory))
        f.write(marker(len(data) // BLOCK, 2) + data)
        f.write(marker(1, 3) + sparse_header(sectors, at + 1))
        f.write(marker(0, 0))
    return sectors * BLOCK


# ---- OVF ------------------------------------------------------------------


def disk_xml(index, capacity, ref=None, units=None, fmt=STREAM, more='',
             disk_id=None):
    units = '' if units is None else ' ovf:capacityAllocationUnits="%s"' % units
    ref = 'file%d' % index if ref is None else ref
    return ('<Disk ovf:diskId="%s" ovf:capacity="%s"%s ovf:fileRef="%s" '
            'ovf:format="%s"%s/>' % (disk_id or 'vmdisk%d' % index, capacity,
                                     units, ref, fmt, more))


def file_xml(index, href, size=None, more='', file_id=None):
    size = '' if size is None else ' ovf:size="%s"' % size
    return '<File ovf:id="%s" ovf:href="%s"%s%s/>' % (
        file_id or 'file%d' % index, href, size, more)


def item_xml(instance, kind, name='x', **fields):
    """fields: other elements of the Item; CIM wants them by name."""
    fields = dict(fields, ElementName=name, InstanceID=instance,
                  ResourceType=kind)
    return '<Item>%s</Item>' % ''.join(
        '<rasd:%s>%s</rasd:%s>' % (k, v, k) for k, v in sorted(fields.items()))


def hardware(disks=(), cpus='2', memory='1024', more='', units='byte * 2^20'):
    """CPU, memory, a SCSI controller (id 3) and the disks on it."""
    items = [item_xml(1, 3, '%s CPU' % cpus, VirtualQuantity=cpus),
             item_xml(2, 4, 'memory', VirtualQuantity=memory,
                      AllocationUnits=units),
             item_xml(3, 6, 'SCSI 0', Address='0',
                      ResourceSubType='lsilogic')]
    for n, disk in enumerate(disks):
        unit = n if n < 7 else n + 1
        items.append(item_xml(10 + n, 17, 'disk %d' % (n + 1),
                              AddressOnParent=unit, Parent='3',
                              HostResource='ovf:/disk/' + disk))
    return ''.join(items) + more


def envelope(files='', disks='', items='', networks='', head='', tail='',
             name='demo', virtual_system=None):
    system = virtual_system if virtual_system is not None else (
        '<VirtualSystem ovf:id="%s"><Info>A VM</Info><Name>%s</Name>'
        '<OperatingSystemSection ovf:id="94" vmw:osType="otherLinux64Guest">'
        '<Info>Guest</Info><Description>Other Linux (64-bit)</Description>'
        '</OperatingSystemSection><VirtualHardwareSection><Info>Hardware'
        '</Info><System><vssd:ElementName>Virtual Hardware Family'
        '</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>'
        '<vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType></System>'
        '%s</VirtualHardwareSection></VirtualSystem>' % (name, name, items))
    return ('<?xml version="1.0" encoding="UTF-8"?>\n%s<Envelope %s>'
            '<References>%s</References><DiskSection><Info>Disks</Info>%s'
            '</DiskSection><NetworkSection><Info>Networks</Info>%s'
            '</NetworkSection>%s%s</Envelope>\n' %
            (head, NS, files, disks, networks, system, tail))


def plain_descriptor(disks, others=(), name='demo'):
    """disks: (href, size, capacity); others: (href, size)."""
    files = ''.join(file_xml(i + 1, href, size)
                    for i, (href, size, _) in enumerate(disks))
    files += ''.join(file_xml(len(disks) + i + 1, href, size)
                     for i, (href, size) in enumerate(others))
    return envelope(
        files,
        ''.join(disk_xml(i + 1, cap) for i, (_, _, cap) in enumerate(disks)),
        hardware(['vmdisk%d' % (i + 1) for i in range(len(disks))]), name=name)


def manifest(files, algorithm='sha256', label=None):
    """files: (name, bytes) pairs."""
    label = label or algorithm.upper()
    return ''.join('%s(%s)= %s\n' % (
        label, name, hashlib.new(algorithm, data).hexdigest())
        for name, data in files).encode()


def digest_of_file(path, algorithm='sha256'):
    digest = hashlib.new(algorithm)
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def folder(path, name, sizes):
    """An OVF folder with disks of so many MiB, without a manifest."""
    os.makedirs(path)
    disks = []
    for i, mib in enumerate(sizes):
        href = '%s-disk%d.vmdk' % (name, i + 1)
        capacity = big_vmdk(os.path.join(path, href), mib, i)
        size = os.path.getsize(os.path.join(path, href))
        disks.append((href, size, capacity))
    with open(os.path.join(path, name + '.ovf'), 'w') as f:
        f.write(plain_descriptor(disks, name=name))


if __name__ == '__main__':
    if len(sys.argv) < 5 or sys.argv[1] != 'folder':
        sys.exit(__doc__)
    folder(sys.argv[2], sys.argv[3], [int(n) for n in sys.argv[4:]])
