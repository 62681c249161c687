# SPDX-License-Identifier: Apache-2.0
"""A sound package, how to spoil it, and the list of what was spoilt."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
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
