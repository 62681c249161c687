#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write streamOptimized VMDKs as other programs lay them out, and broken ones,
from the specification alone (nothing of hypersdk's is used).

    make-vmdk.py OUT RAW [key=value ...]

Keys: layout=end|front, and those read by opt() below."""
import struct
import sys
import zlib

SECTOR = 512
AT_END = 0xFFFFFFFFFFFFFFFF

out_path, raw_path = sys.argv[1:3]
options = dict(a.split('=', 1) for a in sys.argv[3:])


def opt(name, default):
    value = options.pop(name, str(default))
    return int(value) if isinstance(default, int) else value


layout = opt('layout', 'end')
grain = opt('grain', 128)            # sectors
gtes = opt('gtes', 512)
version = opt('version', 3)
desc_size = opt('desc_size', 20)
overhead = opt('overhead', 128)
round_up = opt('round_up', 0)        # VirtualBox: capacity in whole grains
late_tables = opt('late_tables', 0)  # all grain tables after all grains
empty_tables = opt('empty_tables', 0)
table_pad = opt('table_pad', 0)      # more sectors than a table needs
extra_marker = opt('extra_marker', 0)  # unknown metadata of 2 sectors
gap = opt('gap', 0)                  # zero sectors between markers
tail = opt('tail', 0)                # zero bytes after the end of stream
eos_in_front = opt('eos_in_front', 0)  # open-vmdk ends its front layout so
copy = opt('copy', 0)                # redundant directory, as qemu writes it
# lies
no_footer = opt('no_footer', 0)
no_eos = opt('no_eos', 0)
junk = opt('junk', 0)                # bytes after the end of stream
footer_capacity = opt('footer_capacity', 0)
footer_gd = opt('footer_gd', 0)      # added to the directory's sector
gd_entry = opt('gd_entry', 0)        # written over directory entry 0
gt_entry = opt('gt_entry', 0)        # written over entry 0 of table 0
copy_entry = opt('copy_entry', 0)    # same, in the redundant table
drop_table = opt('drop_table', 0)    # directory entry 0 becomes 0
after_footer = opt('after_footer', 0)  # a grain behind the footer
desc = opt('desc', '')               # whole descriptor, \n escaped
extra_line = opt('extra_line', '')   # added to the descriptor
assert not options, options

raw = open(raw_path, 'rb').read()
assert len(raw) % SECTOR == 0
nominal = len(raw) // SECTOR
capacity = -(-nominal // grain) * grain if round_up else nominal
ngrains = -(-nominal // grain)
ngts = -(-ngrains // gtes)
gt_sectors = gtes * 4 // SECTOR
gd_sectors = -(-ngts * 4 // SECTOR)

if not desc:
    desc = ('# Disk DescriptorFile\nversion=1\nCID=12345678\n'
            'parentCID=ffffffff\ncreateType="streamOptimized"\n\n'
            '# Extent description\nRW %d SPARSE "call me disk.vmdk"\n\n'
            '#DDB\nddb.adapterType = "lsilogic"\n' % nominal)
desc += extra_line + '\n'
desc = desc.replace('\\n', '\n').replace('\\0', '\0')


def pad(data, sectors=0):
    n = max(sectors * SECTOR, -(-len(data) // SECTOR) * SECTOR)
    return data + bytes(n - len(data))


def header(gd, rgd=0, cap=capacity):
    flags = 0x30001 | (2 if rgd else 0)
    return pad(struct.pack('<4sIIQQQQIQQQB4sH', b'KDMV', version, flags, cap,
                           grain, 1, desc_size, gtes, rgd, gd, overhead, 0,
                           b'\n \r\n', 1))


def marker(value, kind):
    return pad(struct.pack('<QII', value, 0, kind))


def record(index):
    data = raw[index * grain * SECTOR:(index + 1) * grain * SECTOR]
    if not data.strip(b'\0'):
        return b''
    data += bytes(grain * SECTOR - len(data))
    stream = zlib.compress(data, 6)
    return pad(struct.pack('<QI', index * grain, len(stream)) + stream)


def entries(values):
    return pad(struct.pack('<%dI' % len(values), *values))


def write_end():
    out = bytearray(header(AT_END) + pad(desc.encode(), desc_size))
    out += bytes(overhead * SECTOR - len(out))
    directory, waiting = [0] * ngts, []

    def put_table(number, table):
        nonlocal out
        out += marker(gt_sectors + table_pad, 1)
        directory[number] = len(out) // SECTOR
        out += entries(table) + bytes(table_pad * SECTOR)

    for t in range(ngts):
        table = [0] * gtes
        for i in range(gtes):
            data = record(t * gtes + i) if t * gtes + i < ngrains else b''
            if data:
                table[i] = len(out) // SECTOR
                out += data + bytes(gap * SECTOR)
        if t == 0 and gt_entry:
            table[0] = gt_entry
        if not any(table) and not empty_tables:
            continue
        if late_tables:
            waiting.append((t, table))
        else:
            put_table(t, table)
    for t, table in waiting:
        put_table(t, table)
    if drop_table:
        directory[0] = 0
    if gd_entry:
        directory[0] = gd_entry
    if extra_marker:
        out += marker(2, 7) + b'new' + bytes(2 * SECTOR - 3)
    out += marker(gd_sectors, 2)
    gd = len(out) // SECTOR
    out += entries(directory)
    if not no_footer:
        out += marker(1, 3)
        out += header(gd + footer_gd, cap=footer_capacity or capacity)
    if after_footer:
        out += record(ngrains - 1)
    if not no_eos:
        out += marker(0, 0)
    return out + bytes(tail) + b'j' * junk


def write_front():
    global overhead
    at = 1 + desc_size
    span = gd_sectors + ngts * gt_sectors
    rgd, gd = (at, at + span) if copy else (0, at)
    end = gd + span
    overhead = end if overhead == 128 else overhead
    data, tables = bytearray(), []
    for t in range(ngts):
        table = [0] * gtes
        for i in range(gtes):
            piece = record(t * gtes + i) if t * gtes + i < ngrains else b''
            if piece:
                table[i] = overhead + len(data) // SECTOR
                data += piece
        tables.append(table)
    out = bytearray(header(gd, rgd) + pad(desc.encode(), desc_size))
    for where in ([rgd] if copy else []) + [gd]:
        first = where + gd_sectors
        directory = [first + i * gt_sectors for i in range(ngts)]
        table = list(tables[0])
        if where == gd and gd_entry:
            directory[0] = gd_entry
        if where == gd and gt_entry:
            table[0] = gt_entry
        if where == rgd and copy_entry:
            table[0] = copy_entry
        out += entries(directory)
        for t in [table] + tables[1:]:
            out += entries(t)
    out += bytes(overhead * SECTOR - len(out)) + data
    if eos_in_front:
        out += marker(0, 0)
    return out + bytes(tail) + b'j' * junk


with open(out_path, 'wb') as f:
    f.write(write_end() if layout == 'end' else write_front())
