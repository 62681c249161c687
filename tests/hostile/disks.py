# SPDX-License-Identifier: Apache-2.0
"""faults.md 72: what is wrong with a disk image."""
import gzip
import struct
import zlib

from spoil import *  # noqa: F403

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
