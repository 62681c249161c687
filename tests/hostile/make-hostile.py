#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packages that mean harm, or are broken: all of faults.md 60 to 73.

    make-hostile.py DIR

writes them into DIR, with DIR/cases: one line for each, of four columns:
file or folder, number of the fault, expected kind, and "both" (validate
reports an error and extract refuses) or "validate" (only a finding)."""
import gzip
import os
import struct
import sys
import unicodedata
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
# pylint: disable=wrong-import-position,wildcard-import,unused-wildcard-import
from ovfkit import *  # noqa: E402,F403

PATH, ENTRY, CORRUPT = 'unsafe_path', 'unsafe_entry', 'corrupt_archive'
IMAGE, OVF, DIGEST = 'unsafe_image', 'bad_ovf', 'digest_mismatch'

cases = []
folders = []
names = set()

IMG = vmdk()
CAPACITY = 2048 * BLOCK


def case(fault, name, kind, data, scope='both'):
    assert name not in names, name
    names.add(name)
    cases.append((name + '.ova', fault, kind, scope, data))


def folder_case(fault, name, kind, files):
    """files: name to bytes, or to a function that makes it at a path."""
    folders.append((name, fault, kind, 'both', files))


# --- a sound package, and how to spoil it -----------------------------------


def descriptor(href='d.vmdk', size=len(IMG), capacity=CAPACITY):
    return plain_descriptor([(href, size, capacity)]).encode()


GOOD = descriptor()


def ova(disk=IMG, ovf=None, mf=True, tail=b'', end=END, more=b''):
    """A package with one disk, d.vmdk; tail stands behind its manifest."""
    if ovf is None:
        ovf = descriptor(size=len(disk))
    if isinstance(ovf, str):
        ovf = ovf.encode()
    lines = manifest([('demo.ovf', ovf), ('d.vmdk', disk)])
    if isinstance(mf, bytes):
        lines = mf
    return archive(entry('demo.ovf', ovf), entry('d.vmdk', disk), more,
                   entry('demo.mf', lines) if mf else b'', tail, end=end)


def replaced(*disk_entry):
    """A package whose disk is these entries instead."""
    return archive(entry('demo.ovf', GOOD), *disk_entry)


def long_name(name, last=b'\0', kind=b'L'):
    if isinstance(name, str):
        name = name.encode()
    return entry('././@LongLink', name + last, kind, magic=GNU, mode=octal(0, 8))


# --- 60: names --------------------------------------------------------------

BAD_NAMES = [
    ('dotdot', '../x.vmdk'), ('absolute', '/x.vmdk'),
    ('middle', 'a/../../x.vmdk'), ('drive', 'C:\\x.vmdk'),
    ('drive-relative', 'C:x.vmdk'), ('unc', '\\\\host\\share\\x.vmdk'),
    ('newline', 'a\nb.vmdk'), ('return', 'a\rb.vmdk'), ('tab', 'a\tb.vmdk'),
    ('escape', 'a\x1b[2Jb.vmdk'), ('delete', 'a\x7fb.vmdk'),
    ('dot', '.'), ('dots', '..'), ('here', './x.vmdk'), ('slash', '/'),
    ('folder', 'a/b.vmdk'), ('backslash', 'a\\b.vmdk'),
    ('backslash-up', '..\\x.vmdk'), ('stream', 'x.vmdk:evil'),
    ('star', '*.vmdk'), ('question', '?.vmdk'), ('set', '[a-z].vmdk'),
    ('percent', '%2e%2e%2fx.vmdk'), ('percent-double', '%252e%252e%252fx'),
    ('hidden', '.bashrc'), ('home', '~/../x'),
]
RAW_NAMES = [
    ('latin1', b'\xe9.vmdk'), ('overlong', b'\xc0\xaf.vmdk'),
    ('overlong-dot', b'\xc0\xae\xc0\xae.vmdk'),
    ('surrogate', b'\xed\xa0\x80.vmdk'), ('cut-utf8', b'a\xe2\x82'),
    ('beyond-unicode', b'\xf5\x80\x80\x80'),
]
for label, bad in BAD_NAMES:
    case(60, 'name-' + label, PATH, replaced(entry(bad, IMG)))
    case(60, 'longname-' + label, PATH,
         replaced(long_name(bad), entry('d.vmdk', IMG, magic=GNU)))
for label, bad in RAW_NAMES:
    case(60, 'name-' + label, PATH, replaced(entry(bad, IMG)))
case(60, 'name-empty', PATH, replaced(entry('', IMG)))
case(60, 'name-nul', PATH, replaced(entry(b'd.vmdk\0/../../etc/x', IMG)))
case(60, 'name-nul-in-prefix', PATH,
     replaced(entry('d.vmdk', IMG, prefix=b'\0../../etc')))
case(60, 'name-prefix', PATH, replaced(entry('d.vmdk', IMG, prefix=b'../..')))
case(60, 'name-prefix-absolute', PATH,
     replaced(entry('passwd', IMG, prefix=b'/etc')))
case(60, 'name-256-bytes', PATH,
     replaced(long_name('d' * 251 + '.vmdk'), entry('d', IMG, magic=GNU)))
case(60, 'name-of-the-descriptor', PATH, archive(entry('../demo.ovf', GOOD)))
case(60, 'name-of-the-manifest', PATH,
     ova(mf=False, tail=entry('../demo.mf', b'')))
case(60, 'name-of-a-stranger', PATH,
     ova(tail=entry('../../root/.ssh/authorized_keys', b'ssh-rsa x')))

# --- 61, 62: entries that are no files --------------------------------------

for code in b'123456' b'7SMVDNIXAZ89' b'\x01\x7f\xff':
    kind = bytes([code])
    case(61, 'type-%02x' % code, ENTRY,
         replaced(entry('d.vmdk', b'', kind, linkname=b'/etc/passwd')))
case(61, 'type-symlink-with-data', ENTRY,
     replaced(entry('d.vmdk', IMG, b'2', linkname=b'/etc/passwd')))
case(61, 'type-device-numbers', ENTRY,
     replaced(entry('d.vmdk', b'', b'4', devmajor=octal(8, 8))))
case(61, 'type-folder-by-slash', PATH, replaced(entry('d.vmdk/', b'')))
case(61, 'type-gnu-sparse', ENTRY,
     replaced(entry('d.vmdk', IMG, b'S', magic=GNU)))
case(61, 'type-of-the-descriptor', ENTRY,
     archive(entry('demo.ovf', b'', b'2', linkname=b'/etc/passwd')))
case(62, 'symlink-then-file', ENTRY,
     replaced(entry('d.vmdk', b'', b'2', linkname=b'/tmp/hyp-escape'),
              entry('d.vmdk', IMG)))
case(62, 'symlinked-folder-then-file', ENTRY,
     replaced(entry('up', b'', b'2', linkname=b'../..'),
              entry('up/d.vmdk', IMG)))
case(62, 'hardlink-to-shadow', ENTRY,
     replaced(entry('d.vmdk', b'', b'1', linkname=b'/etc/shadow')))
case(62, 'folder-then-chmod', ENTRY,
     replaced(entry('sub', b'', b'5'), entry('sub', b'', b'5',
                                            mode=octal(0o4777, 8))))
case(62, 'symlink-to-the-descriptor', ENTRY,
     ova(tail=entry('x', b'', b'2', linkname=b'demo.ovf')))

# --- 63: names that are the same --------------------------------------------


def twice(a, b, kind_b=b'0'):
    return ova(tail=entry(a, b'one') + entry(b, b'two', kind_b))


case(63, 'twice', CORRUPT, twice('n', 'n'))
case(63, 'twice-the-disk', CORRUPT, ova(tail=entry('d.vmdk', IMG)))
case(63, 'twice-the-descriptor', CORRUPT, ova(tail=entry('demo.ovf', GOOD)))
case(63, 'twice-the-manifest', CORRUPT, ova(tail=entry('demo.mf', b'')))
case(63, 'twice-but-for-case', CORRUPT, twice('Name', 'nAME'))
case(63, 'twice-but-for-case-of-the-disk', CORRUPT,
     ova(tail=entry('D.VMDK', IMG)))
case(63, 'twice-but-for-composition', CORRUPT,
     twice(unicodedata.normalize('NFC', 'é'),
           unicodedata.normalize('NFD', 'é')))
case(63, 'twice-but-for-both', CORRUPT,
     twice(unicodedata.normalize('NFC', 'É'),
           unicodedata.normalize('NFD', 'é')))
case(63, 'twice-sharp-s', CORRUPT, twice('straße', 'STRASSE'))
case(63, 'twice-kelvin', CORRUPT, twice('\u212a', 'k'))
case(63, 'twice-ligature', CORRUPT, twice('\ufb01le', 'file'))
case(63, 'twice-fullwidth', CORRUPT, twice('\uff41', 'a'))
case(63, 'file-and-folder', CORRUPT, twice('n', 'n/', b'5'))
case(63, 'twice-by-long-name', CORRUPT,
     ova(tail=entry('n', b'1') + long_name('n') +
         entry('other', b'2', magic=GNU)))

# --- 64: PAX ----------------------------------------------------------------


def pax(records, kind=b'x', data=IMG, name='d.vmdk', size=None):
    return replaced(entry('PaxHeaders.0/' + name, records, kind),
                    header(name, len(data) if size is None else size) +
                    padded(data))


R = pax_record
for label, records in [
        ('path', R(b'path', b'../../etc/x')),
        ('path-10mb', R(b'path', b'a' * 10_000_000)),
        ('size-2-64', R(b'size', b'18446744073709551616')),
        ('size-negative', R(b'size', b'-1')),
        ('size-small', R(b'size', b'1')),
        ('linkpath', R(b'linkpath', b'/etc/passwd')),
        ('sparse', R(b'GNU.sparse.major', b'1') +
         R(b'GNU.sparse.name', b'../x')),
        ('sparse-realsize', R(b'GNU.sparse.realsize', b'1152921504606846976')),
        ('thousand', b''.join(R(b'k%d' % i, b'v') for i in range(1000))),
        ('length-too-long', b'999 path=x\n'),
        ('length-too-short', b'5 path=x\n'),
        ('length-zero', b'0 path=x\n'),
        ('length-none', b'path=x\n'),
        ('length-huge', b'99999999999999999999 path=x\n'),
        ('no-newline', b'9 path=xy'),
        ('nul', R(b'path', b'd.vmdk\0../x')),
        ('harmless', R(b'mtime', b'1700000000.5'))]:
    case(64, 'pax-' + label, CORRUPT, pax(records))
case(64, 'pax-global-size', CORRUPT, pax(R(b'size', b'0'), b'g'))
case(64, 'pax-global-path', CORRUPT, pax(R(b'path', b'x'), b'g'))
case(64, 'pax-first', CORRUPT,
     archive(entry('pax_global_header', R(b'comment', b'x'), b'g'), ova()))
case(64, 'pax-at-the-end', CORRUPT,
     ova(tail=entry('PaxHeaders.0/x', R(b'path', b'x'), b'x')))
case(64, 'pax-solaris', ENTRY, pax(R(b'path', b'x'), b'X'))

# --- 65: numbers and ends ---------------------------------------------------


def entry_with_size(field, data=IMG):
    block = bytearray(header('d.vmdk', len(data)))
    block[124:136] = field.ljust(12, b'\0')
    block[148:156] = b' ' * 8
    block[148:156] = b'%06o\0 ' % sum(block)
    return bytes(block) + padded(data)


for label, field in [
        ('negative', b'\xff' * 12),
        ('negative-min', b'\xff' + bytes(11)),
        ('2-63', base256(1 << 63)), ('2-64', base256(1 << 64)),
        ('2-94', b'\xbf' + b'\xff' * 11),
        ('exbibyte', base256(1 << 60)),
        ('beyond-archive', octal(10 ** 8, 12)),
        ('octal-max', b'77777777777\0'), ('octal-twelve', b'7' * 12),
        ('octal-junk', b'12x45\0'), ('octal-digit-8', b'128\0'),
        ('octal-sign', b'-0000000012\0'), ('octal-hex', b'0x100\0'),
        ('octal-two-numbers', b'100 200\0'), ('blank', b' ' * 12),
        ('empty', bytes(12))]:
    case(65, 'size-' + label, CORRUPT, replaced(entry_with_size(field)))
case(65, 'size-too-small', CORRUPT,
     replaced(entry_with_size(octal(len(IMG) - 1024, 12))))
case(65, 'size-too-large', 'size_mismatch',
     replaced(entry_with_size(octal(len(IMG) + 512, 12))))
case(65, 'checksum-wrong', CORRUPT,
     replaced(entry('d.vmdk', IMG, checksum=b'000000\0 ')))
case(65, 'checksum-junk', CORRUPT,
     replaced(entry('d.vmdk', IMG, checksum=b'zzzzzz\0 ')))
case(65, 'checksum-of-the-first', CORRUPT,
     archive(entry('demo.ovf', GOOD, checksum=b'012345\0 ')))
case(65, 'no-end', CORRUPT, ova(end=b''))
case(65, 'half-an-end', CORRUPT, ova(end=bytes(256)))
case(65, 'garbage-after-one-block', CORRUPT, ova(end=bytes(512) + b'x' * 512))
case(65, 'garbage-after-the-end', CORRUPT, ova(end=END + b'x' * 512))
case(65, 'garbage-far-after-the-end', CORRUPT,
     ova(end=END + bytes(8192) + b'x'))
case(65, 'second-archive', CORRUPT, ova(end=END + ova()))
case(65, 'second-archive-after-one-block', CORRUPT,
     ova(end=bytes(512) + ova()))
case(65, 'endless-end', CORRUPT, ova(end=bytes(3 << 20)))
case(65, 'cut-in-the-disk', CORRUPT, ova()[:4096])
case(65, 'cut-in-a-header', CORRUPT, ova()[:len(ova()) - 1024 - 100])
case(65, 'cut-in-the-first-header', CORRUPT, ova()[:300])
case(65, 'magic-none', CORRUPT,
     archive(entry('demo.ovf', GOOD, magic=bytes(8))))
case(65, 'magic-wrong', CORRUPT,
     archive(entry('demo.ovf', GOOD, magic=b'USTAR\00000')))
case(65, 'magic-version', CORRUPT,
     archive(entry('demo.ovf', GOOD, magic=b'ustar\00099')))
case(65, 'empty-file', CORRUPT, b'')
case(65, 'one-byte', CORRUPT, b'x')
case(65, 'only-an-end', CORRUPT, END)
case(65, 'zip', CORRUPT, b'PK\3\4' + bytes(1020))
case(65, 'cpio', CORRUPT, b'070701' + b'0' * 1018)
case(65, 'text', CORRUPT, b'<html>404 not found</html>\n' * 100)
case(65, 'mtime-junk', CORRUPT,
     replaced(entry('d.vmdk', IMG, mtime=b'tomorrow')))

# --- 66: GNU long names -----------------------------------------------------

case(66, 'long-upon-long', CORRUPT,
     replaced(long_name('a'), long_name('b'), entry('d.vmdk', IMG)))
case(66, 'long-then-nothing', CORRUPT, ova(tail=long_name('a'), end=b''))
case(66, 'long-then-end', CORRUPT, ova(tail=long_name('a')))
case(66, 'long-link', CORRUPT,
     replaced(long_name('/etc/passwd', kind=b'K'), entry('d.vmdk', IMG)))
case(66, 'long-link-and-name', CORRUPT,
     replaced(long_name('a'), long_name('/etc', kind=b'K'),
              entry('d.vmdk', b'', b'2')))
case(66, 'long-of-2048', CORRUPT,
     replaced(long_name('a' * 2047), entry('d.vmdk', IMG)))
case(66, 'long-of-10mb', CORRUPT,
     replaced(long_name('a' * 10_000_000), entry('d.vmdk', IMG)))
case(66, 'long-of-nothing', CORRUPT,
     replaced(entry('././@LongLink', b'', b'L'), entry('d.vmdk', IMG)))
case(66, 'long-without-nul', CORRUPT,
     replaced(long_name('d.vmdk', last=b'x'), entry('d.vmdk', IMG)))
case(66, 'long-with-nul-inside', CORRUPT,
     replaced(long_name(b'd.vmdk\0/../x'), entry('d.vmdk', IMG)))
case(66, 'long-then-symlink', ENTRY,
     replaced(long_name('d.vmdk'), entry('x', b'', b'2', linkname=b'/etc')))

# --- 67, 68: too many, too much ---------------------------------------------

case(67, 'entries-1025', CORRUPT,
     ova(tail=b''.join(header('e%d' % i) for i in range(1025))))
case(67, 'entries-20000', CORRUPT,
     ova(tail=b''.join(header('e%d' % i) for i in range(20000))))
case(67, 'entries-tiny', CORRUPT,
     ova(tail=b''.join(entry('e%d' % i, b'x') for i in range(2000))))
case(68, 'gzip', CORRUPT, gzip.compress(ova(), mtime=0))
case(68, 'gzip-bomb', CORRUPT, gzip.compress(bytes(10_000_000), mtime=0))
case(68, 'claims-an-exbibyte', CORRUPT,
     replaced(header('d.vmdk', 1 << 60)))
case(68, 'descriptor-claims-an-exbibyte', 'size_mismatch',
     ova(ovf=descriptor(size=1 << 60)))

# --- 69: descriptor and references ------------------------------------------

case(69, 'ovf-missing', CORRUPT, archive(entry('d.vmdk', IMG)))
case(69, 'ovf-not-first', CORRUPT,
     archive(entry('d.vmdk', IMG), entry('demo.ovf', GOOD)))
case(69, 'ovf-after-manifest', CORRUPT,
     archive(entry('demo.mf', b''), entry('demo.ovf', GOOD),
             entry('d.vmdk', IMG)))
case(69, 'ovf-two', CORRUPT, ova(tail=entry('other.ovf', GOOD)))
case(69, 'ovf-two-by-case', CORRUPT, ova(tail=entry('other.OVF', GOOD)))
case(69, 'ovf-17-mib', CORRUPT, ova(ovf=GOOD + b' ' * (17 << 20)))
case(69, 'ovf-5-mib', CORRUPT, ova(ovf=GOOD + b' ' * (5 << 20)))
case(69, 'ovf-empty', 'bad_xml', archive(entry('demo.ovf', b'')))
case(69, 'href-absent', CORRUPT, archive(entry('demo.ovf', GOOD)))
for label, href in [
        ('http', 'http://127.0.0.1:1/x.vmdk'),
        ('https', 'https://localhost/x.vmdk'),
        ('file', 'file:///etc/passwd'), ('absolute', '/etc/passwd'),
        ('dotdot', '../../etc/passwd'), ('drive', 'C:\\x'),
        ('percent', 'd%2evmdk'), ('percent-up', '%2e%2e/x'),
        ('star', '*.vmdk'), ('set', '[d].vmdk'), ('question', '?.vmdk'),
        ('here', './d.vmdk'), ('folder', 'sub/d.vmdk'), ('hidden', '.x'),
        ('newline', 'd&#10;.vmdk')]:
    case(69, 'href-' + label, PATH, ova(ovf=descriptor(href=href)))
case(69, 'href-empty', OVF, ova(ovf=descriptor(href='')))
case(69, 'href-other-case', CORRUPT, ova(ovf=descriptor(href='D.vmdk')))
case(69, 'href-twice', CORRUPT, ova(ovf=envelope(
    file_xml(1, 'd.vmdk') + file_xml(2, 'd.vmdk'),
    disk_xml(1, CAPACITY) + disk_xml(2, CAPACITY),
    hardware(['vmdisk1', 'vmdisk2']))))
case(69, 'href-of-the-descriptor', CORRUPT,
     ova(ovf=descriptor(href='demo.ovf', size=None)))
case(69, 'href-of-the-manifest', CORRUPT,
     ova(ovf=descriptor(href='demo.mf', size=None)))


def chunked(chunk, size, *pieces):
    ovf = envelope(file_xml(1, 'd.vmdk', size, ' ovf:chunkSize="%s"' % chunk),
                   disk_xml(1, CAPACITY), hardware(['vmdisk1']))
    return archive(entry('demo.ovf', ovf), *[
        entry('d.vmdk.%09d' % i, data) for i, data in pieces])


HALF = len(IMG) // 1024 * 512
case(69, 'chunk-missing', CORRUPT, chunked(HALF, len(IMG), (0, IMG[:HALF])))
case(69, 'chunk-first-missing', CORRUPT,
     chunked(HALF, len(IMG), (1, IMG[HALF:])))
case(69, 'chunk-short', 'size_mismatch',
     chunked(HALF, HALF * 2, (0, IMG[:HALF - 512]), (1, IMG[HALF:HALF * 2])))
case(69, 'chunk-of-one-byte', CORRUPT, chunked(1, 1 << 50, (0, b'x')))
case(69, 'chunk-zero', OVF, chunked(0, len(IMG), (0, IMG)))
case(69, 'chunk-negative', OVF, chunked(-1, len(IMG), (0, IMG)))
case(69, 'chunk-swapped', IMAGE,
     chunked(HALF, HALF * 2, (0, IMG[HALF:HALF * 2]), (1, IMG[:HALF])))

# --- 70: manifest -----------------------------------------------------------

LINES = manifest([('demo.ovf', GOOD), ('d.vmdk', IMG)])
OVF_LINE, DISK_LINE = LINES.splitlines(True)
OTHER = b'0' * 64


def flipped(algorithm):
    lines = manifest([('demo.ovf', GOOD), ('d.vmdk', IMG)], algorithm)
    end = b'0' if lines[-2:-1] != b'0' else b'1'
    return lines[:-2] + end + b'\n'


case(70, 'mf-no-disk-line', CORRUPT, ova(mf=OVF_LINE))
case(70, 'mf-no-ovf-line', CORRUPT, ova(mf=DISK_LINE))
case(70, 'mf-empty', CORRUPT, archive(
    entry('demo.ovf', GOOD), entry('d.vmdk', IMG), entry('demo.mf', b'')))
case(70, 'mf-extra-file', CORRUPT,
     ova(mf=LINES + b'SHA256(other.vmdk)= ' + OTHER + b'\n'))
case(70, 'mf-extra-traversal', CORRUPT,
     ova(mf=LINES + b'SHA256(../../etc/passwd)= ' + OTHER + b'\n'))
for name in ('sha1', 'sha256', 'sha512'):
    case(70, 'mf-wrong-' + name, DIGEST, ova(mf=flipped(name)))
case(70, 'mf-wrong-ovf', DIGEST,
     ova(mf=b'SHA256(demo.ovf)= ' + OTHER + b'\n' + DISK_LINE))
case(70, 'mf-wrong-crlf', DIGEST,
     ova(mf=flipped('sha256').replace(b'\n', b'\r\n')))
case(70, 'mf-changed-disk', DIGEST,
     ova(disk=IMG[:2000] + b'#' + IMG[2001:], mf=LINES))
for label, text in [
        ('unknown-algorithm', b'MD5(d.vmdk)= ' + b'0' * 32 + b'\n'),
        ('none-algorithm', b'(d.vmdk)= ' + OTHER + b'\n'),
        ('short-digest', b'SHA256(d.vmdk)= 00\n'),
        ('long-digest', b'SHA256(d.vmdk)= ' + b'0' * 66 + b'\n'),
        ('no-hex', b'SHA256(d.vmdk)= ' + b'z' * 64 + b'\n'),
        ('no-form', b'garbage\n'), ('no-equals', b'SHA256(d.vmdk) 00\n'),
        ('nul', b'SHA256(d.vmdk\0x)= ' + OTHER + b'\n'),
        ('latin1', b'SHA256(\xe9)= ' + OTHER + b'\n'),
        ('long-line', b'SHA256(' + b'a' * 5000 + b')= ' + OTHER + b'\n'),
        ('disagrees', b'SHA256(d.vmdk)= ' + OTHER + b'\n'),
        ('lines-3000', b''.join(b'SHA256(f%d)= %s\n' % (i, OTHER)
                                for i in range(3000)))]:
    case(70, 'mf-' + label, CORRUPT, ova(mf=LINES + text))
case(70, 'mf-2-mib', CORRUPT, ova(mf=LINES + b'\n' * (2 << 20)))
case(70, 'mf-two', CORRUPT, ova(tail=entry('other.mf', LINES)))
case(70, 'mf-sha384', CORRUPT,
     ova(mf=b'SHA384(d.vmdk)= ' + b'0' * 96 + b'\n'))

# --- 71: certificate --------------------------------------------------------

CERTIFICATE = b'''-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUJaaI6tyuQrWLmK0HQAvLqfNO9cAwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHaG9zdGlsZTAgFw0yNjExMjUyMzI4MTlaGA8yMTI2MTEwMTIz
MjgxOVowEjEQMA4GA1UEAwwHaG9zdGlsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABJU4LVYdrh9+A3hX7sM55ah9mRaI9ySqGPKIGJFu+zq648+ERm5Is+pcj1P1
S94EL16p2LYxaUBvnUMA/zaPkL6jUzBRMB0GA1UdDgQWBBSjvJZerHLbdj8V3oI+
+ntaES9xJTAfBgNVHSMEGDAWgBSjvJZerHLbdj8V3oI++ntaES9xJTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCICK8vn+QDYNiqlAdpSyc3Hj2EqOh
NuWYtkxLQum78XssAiEA8sKswNLPnzDCIyDOUczHy84US7MXcqGvHE8iZQ8C+WI=
-----END CERTIFICATE-----
'''


def signed(line, certificate=CERTIFICATE):
    return ova(tail=entry('demo.cert', line + certificate))


case(71, 'cert-wrong-signature', 'bad_signature',
     signed(b'SHA256(demo.mf)= ' + b'30' * 70 + b'\n'))
for label, line in [
        ('empty', b''), ('no-line', b'hello\n'),
        ('no-hex', b'SHA256(demo.mf)= xyz\n'),
        ('odd-hex', b'SHA256(demo.mf)= 123\n'),
        ('huge', b'SHA256(demo.mf)= ' + b'00' * 100000 + b'\n'),
        ('other-name', b'SHA256(other.mf)= 00\n'),
        ('algorithm', b'MD5(demo.mf)= 00\n')]:
    case(71, 'cert-' + label, 'bad_cert', signed(line), 'validate')
case(71, 'cert-no-pem', 'bad_cert',
     signed(b'SHA256(demo.mf)= 00\n', b'no certificate\n'), 'validate')
case(71, 'cert-broken-pem', 'bad_cert',
     signed(b'SHA256(demo.mf)= 00\n', CERTIFICATE.replace(b'MII', b'AAA')),
     'validate')
case(71, 'cert-without-manifest', 'bad_cert',
     ova(mf=False, tail=entry('demo.cert', CERTIFICATE)), 'validate')
case(71, 'cert-2-mib', CORRUPT,
     signed(b'SHA256(demo.mf)= 00\n', CERTIFICATE + b'x' * (2 << 20)))
case(71, 'cert-two', CORRUPT,
     ova(tail=entry('demo.cert', CERTIFICATE) +
         entry('other.cert', CERTIFICATE)))

# --- 72: disk images --------------------------------------------------------

GRAIN = b'hypersdk' * 8192


def disk(fault_name, image, kind=IMAGE, scope='both', **descriptor_args):
    descriptor_args.setdefault('size', len(image))
    case(72, 'vmdk-' + fault_name, kind,
         ova(disk=image, ovf=descriptor(**descriptor_args)), scope)


for label, args in [
        ('flat', dict(extent='FLAT "/etc/passwd" 0')),
        ('flat-100', dict(extent='FLAT "/etc/shadow"')),
        ('vmfs', dict(extent='VMFS "/dev/sda"')),
        ('zero-extent', dict(extent='ZERO')),
        ('extent-path', dict(extent='SPARSE "/etc/passwd"')),
        ('extent-up', dict(extent='SPARSE "../../x"')),
        ('extent-two', dict(extent='SPARSE "a.vmdk"\nRW 100 FLAT '
                                   '"/etc/passwd" 0')),
        ('extent-readonly', dict(extent='FLAT "/etc/passwd"',
                                 access='RDONLY')),
        ('extent-none', dict(extent='', access='#')),
        ('parent', dict(more='parentFileNameHint="/etc/passwd"\n')),
        ('parent-cid', dict(parent='12345678')),
        ('change-track', dict(more='changeTrackPath="/etc/passwd"\n')),
        ('monolithic-flat', dict(kind='monolithicFlat')),
        ('monolithic-sparse', dict(kind='monolithicSparse')),
        ('two-gb', dict(kind='twoGbMaxExtentSparse')),
        ('device', dict(kind='fullDevice')),
        ('type-none', dict(kind='"\n#')),
        ('type-twice', dict(more='createType="monolithicFlat"\n')),
        ('hidden-by-nul', dict(more='\0RW 1 FLAT "/etc/passwd"\n'))]:
    disk('descriptor-' + label, vmdk(descriptor=vmdk_descriptor(2048, **args)))
disk('descriptor-size', vmdk(descriptor=vmdk_descriptor(4096)))
disk('text-only', vmdk_descriptor(100, 'FLAT "/etc/passwd" 0',
                                  kind='monolithicFlat').encode())
disk('raw', b'\xfa\x33\xc0' + bytes(65533))
disk('qcow2', b'QFI\xfb' + struct.pack('>IQI', 3, 104, 11) + bytes(84) +
     b'/etc/passwd' + bytes(4096))
disk('cowd', b'COWD' + bytes(2044))
disk('sesparse', struct.pack('<Q', 0xcafebabe) + bytes(4088))
disk('empty', b'')
disk('zeros', bytes(65536))
for label, head in [
        ('version', dict(version=9)), ('not-compressed', dict(flags=3)),
        ('no-markers', dict(flags=0x10001)),
        ('compression', dict(compression=2)),
        ('newlines', dict(newlines=b'\n\n\n\n')),
        ('unclean', dict(unclean=7)), ('grain-0', dict(grain=0)),
        ('grain-100', dict(grain=100)), ('grain-huge', dict(grain=1 << 40)),
        ('gtes-0', dict(gtes=0)), ('gtes-huge', dict(gtes=1 << 31)),
        ('descriptor-far', dict(desc=(1 << 40, 20))),
        ('descriptor-huge', dict(desc=(1, 1 << 40))),
        ('descriptor-none', dict(desc=(0, 0))),
        ('overhead-0', dict(overhead=0)),
        ('overhead-far', dict(overhead=1 << 40))]:
    disk('header-' + label, vmdk(edit=lambda out, head=head: out.__setitem__(
        slice(0, BLOCK), sparse_header(2048, AT_END, **head))))
for label, sectors in [('0', 0), ('2-63', 1 << 63), ('2-64', (1 << 64) - 1),
                       ('63-tib', 63 << 31)]:
    disk('capacity-' + label,
         vmdk(edit=lambda out, n=sectors: out.__setitem__(
             slice(0, BLOCK), sparse_header(n, AT_END))))
for label, where in [('inside', 40), ('far', 1 << 40), ('0', 0), ('1', 1)]:
    disk('directory-' + label,
         vmdk(edit=lambda out, n=where: out.__setitem__(
             slice(0, BLOCK), sparse_header(2048, n))))
disk('directory-entry', vmdk(gd_edit=lambda d: d.__setitem__(0, 99999)))
disk('directory-entry-0', vmdk(gd_edit=lambda d: d.__setitem__(0, 0)))
disk('table-entry-outside',
     vmdk(gt_edit=lambda t: t.__setitem__(0, 0x7fffffff)))
disk('table-entry-moved', vmdk(gt_edit=lambda t: t.__setitem__(0, t[0] + 1)))
disk('table-entry-added', vmdk(gt_edit=lambda t: t.__setitem__(7, t[0])))
disk('table-entry-missing', vmdk(gt_edit=lambda t: t.__setitem__(0, 0)))
disk('no-footer', vmdk(footer=False))
disk('no-end-of-stream', vmdk(eos=False))
disk('footer-elsewhere', vmdk(footer_edit=lambda f: f.__setitem__(
    slice(0, BLOCK), sparse_header(2048, 77))))
disk('footer-other-capacity', vmdk(footer_edit=lambda f: f.__setitem__(
    slice(12, 20), struct.pack('<Q', 4096))))
disk('footer-magic', vmdk(footer_edit=lambda f: f.__setitem__(0, 0)))
disk('data-after-end', vmdk() + b'x' * 512)
disk('image-after-image', vmdk() + vmdk())
disk('zeros-after-end', vmdk() + bytes(2 << 20))
disk('cut', vmdk(grains={i: noise(i, 65536) for i in range(4)})[:200000])
disk('cut-in-the-head', IMG[:5000])
TWO = {0: GRAIN, 1: GRAIN}
disk('grains-swapped', vmdk(grains=TWO, order=lambda m: m[::-1]))
disk('grain-twice', vmdk(grains=TWO, lbas={1: 0}))
disk('grain-odd', vmdk(grains=TWO, lbas={1: 100}))
disk('grain-beyond', vmdk(lbas={0: 1 << 40}))
disk('grain-just-beyond', vmdk(lbas={0: 2048}))


def one(stream):
    return vmdk(streams={0: stream})


disk('grain-bomb', one(zlib.compress(bytes(64 << 20), 9)))
disk('grain-bomb-nested', one(zlib.compress(zlib.compress(bytes(64 << 20)) +
                                            bytes(70000))))
disk('grain-one-too-many', one(zlib.compress(bytes(65537))))
disk('grain-short', one(zlib.compress(bytes(65535))))
disk('grain-cut', one(zlib.compress(noise(1, 65536))[:-100]))
disk('grain-checksum', one(zlib.compress(GRAIN)[:-1] + b'\0'))
disk('grain-garbage', one(b'\x78\x9c' + b'\xff' * 100))
disk('grain-no-deflate', one(b'\x00' * 200))
disk('grain-dictionary', one(b'\x78\xbb' + bytes(100)))
disk('grain-gzip', one(gzip.compress(GRAIN, mtime=0)))
disk('grain-size-huge', vmdk(edit=lambda out: out.__setitem__(
    slice(128 * BLOCK + 8, 128 * BLOCK + 12), b'\xff\xff\xff\xff')))
disk('grain-size-1', vmdk(edit=lambda out: out.__setitem__(
    slice(128 * BLOCK + 8, 128 * BLOCK + 12), b'\1\0\0\0')))
disk('marker-unknown-huge', vmdk(edit=lambda out: out.__setitem__(
    slice(128 * BLOCK, 129 * BLOCK), marker(1 << 50, 9))))
disk('capacity-beyond-descriptor', IMG, 'capacity_mismatch', 'validate',
     capacity=1024 * BLOCK)
disk('format-lies', vmdk_descriptor(100, 'FLAT "/etc/passwd" 0').encode(),
     capacity=CAPACITY)
case(72, 'vmdk-by-name-only', IMAGE, ova(disk=b'RW 100 FLAT "/etc/passwd"\n',
     ovf=envelope(file_xml(1, 'd.vmdk'), disk_xml(1, CAPACITY, fmt='raw'),
                  hardware(['vmdisk1']))))
case(72, 'vmdk-by-format-only', IMAGE, archive(
    entry('demo.ovf', envelope(file_xml(1, 'd.img'), disk_xml(1, CAPACITY),
                               hardware(['vmdisk1']))),
    entry('d.img', b'RW 100 FLAT "/etc/passwd"\n')))

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


def main():
    out = sys.argv[1]
    lines = []
    for name, fault, kind, scope, data in cases:
        with open(os.path.join(out, name), 'wb') as f:
            f.write(data)
        lines.append((name, fault, kind, scope))
    for name, fault, kind, scope, files in folders:
        base = os.path.join(out, name)
        os.mkdir(base)
        for inner, data in files.items():
            path = os.path.join(base, inner)
            if callable(data):
                data(path)
                continue
            with open(path, 'wb') as f:
                f.write(data)
        lines.append((name, fault, kind, scope))
    with open(os.path.join(out, 'cases'), 'w') as f:
        f.writelines('%s\t%d\t%s\t%s\n' % line for line in lines)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main()
