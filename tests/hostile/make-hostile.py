#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packages that mean harm, or are broken: all of faults.md 60 to 73.

    make-hostile.py DIR

writes them into DIR, with DIR/cases: one line for each, of four columns:
file or folder, number of the fault, expected kind, and "both" (validate
reports an error and extract refuses) or "validate" (only a finding). The
packages are made by the modules beside this one."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archives  # noqa: E402,F401
import contents  # noqa: E402,F401
import disks  # noqa: E402,F401
import descriptors  # noqa: E402,F401
from spoil import cases, folders  # noqa: E402


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
