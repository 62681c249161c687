#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The seeds of tests/fuzz/corpus: make-corpus.py DIR. Tiny, and always the
same; what a fuzzer finds and is mended is added beside them by hand."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from ovfkit import *  # noqa: E402,F403

out = sys.argv[1]


def put(kind, name, data):
    os.makedirs(os.path.join(out, kind), exist_ok=True)
    with open(os.path.join(out, kind, name), 'wb') as f:
        f.write(data)


put('tar', 'plain', archive(entry('a.ovf', b'x'), entry('d.vmdk', b'y' * 600)))
put('tar', 'long-name', archive(
    entry('././@LongLink', b'n' * 120 + b'\0', b'L', magic=GNU),
    entry('n', b'x', magic=GNU)))
put('tar', 'base256', archive(header('a', 1 << 40)))
put('tar', 'pax', archive(entry('p', pax_record(b'path', b'x'), b'x'),
                          entry('a', b'x')))
put('tar', 'symlink', archive(entry('a', b'', b'2', linkname=b'/etc')))
put('tar', 'twice', archive(entry('A'), entry('a')))
put('tar', 'one-block', archive(entry('a', b'x'), end=bytes(512)))

plain = plain_descriptor([('d.vmdk', 7, 1 << 20)], [('v.nvram', 8)])
put('ovf', 'plain', plain.encode())
put('ovf', 'utf16', plain.split('\n', 1)[1].encode('utf-16'))
put('ovf', 'units', envelope(
    file_xml(1, 'd', 7, ' ovf:chunkSize="3" ovf:compression="gzip"'),
    disk_xml(1, '2', units='byte * 2^30'),
    hardware(['vmdisk1'], units='GigaBytes')).encode())
put('ovf', 'parents', envelope('', '', item_xml(1, 6, Parent='2') +
                               item_xml(2, 6, Parent='1')).encode())
put('ovf', 'doctype', b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
put('ovf', 'ovf2', plain.replace('envelope/1', 'envelope/2').encode())

put('manifest', 'sha256', manifest([('a.ovf', b'x'), ('d.vmdk', b'y')]))
put('manifest', 'sha1-crlf', manifest([('a', b'x')], 'sha1').replace(
    b'\n', b'\r\n'))
put('manifest', 'blanks', b'SHA512 (a b) = ' + b'0' * 128 + b'\n')
put('manifest', 'cert', b'SHA256(vm.mf)= 0011\n-----BEGIN CERTIFICATE-----\n'
    b'MIIB\n-----END CERTIFICATE-----\n')

SMALL = dict(sectors=128, desc=(1, 1), overhead=2)
put('vmdk', 'one-grain', vmdk(**SMALL))
put('vmdk', 'no-grain', vmdk(grains={}, **SMALL))
put('vmdk', 'bomb', vmdk(streams={0: zlib.compress(bytes(1 << 20), 9)},
                         **SMALL))
put('vmdk', 'flat', vmdk(descriptor=vmdk_descriptor(
    128, 'FLAT "/etc/passwd" 0'), **SMALL))
put('vmdk', 'partial', vmdk(sectors=200, grains={0: b'a', 1: b'b'},
                            desc=(1, 1), overhead=2))

for name, text in {
        'fixed': '30 2 * * *\x001774699200',
        'elapsed': '*/15 */6 * * *\x001792890000',
        'either': '30 4 1,15 * 5',
        'names': '5 0 * JAN-mar,jul SUN/2',
        'gap': '* 2 29 3 *\x001774699200',
        'leap': '0 0 29 2 ?\x003980000000',
        'late': 'TZ=Europe/Dublin 0 1 * * *\x00253402210800',
        'early': 'TZ=Asia/Manila 0 0 * * *\x00-3944621033',
        'apia': 'CRON_TZ=Pacific/Apia 0 12 30 12 *\x001325160000',
        'macro': '@weekly', 'every': '@every 1h30m\x000',
        'never': '0 0 30 2 *', 'outside': '60 24 32 13 8',
        'zone': 'TZ=../../etc/passwd @daily', 'step': '*/0 1-0/0 , * *',
}.items():
    put('cron', name, text.encode())
