# SPDX-License-Identifier: Apache-2.0
"""faults.md 60 to 68: what is wrong with the archive."""
import gzip
import unicodedata

from spoil import *  # noqa: F403

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
