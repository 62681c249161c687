# SPDX-License-Identifier: Apache-2.0
"""faults.md 69 to 71: references, manifest, certificate."""
from spoil import *  # noqa: F403

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
for name in ("sha1", "sha256", "sha512"):
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
