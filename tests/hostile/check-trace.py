#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a trace says of calls that change a file system, or reach a network.

    check-trace.py TRACE WORK    (TRACE by: strace -f -y)

Prints every call, whether it succeeded or not, that would change something
outside of WORK, and a summary; exits 1 if there is one, or if nothing was
traced at all."""
import os
import re
import sys

trace, work = sys.argv[1:3]
work = os.path.realpath(work)
WRITES = re.compile(r'O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)')
# A thread's name is set by writing to a file.
HARMLESS = re.compile(r'/dev/(null|tty)|/proc/self/task/\d+/comm')
counts = {'calls': 0, 'changes': 0, 'outside': 0}


def paths(call):
    """Absolute paths among the arguments; an argument that names one
    relative to a descriptor follows it."""
    base = None
    for fd, text in re.findall(r'\d*(?:AT_FDCWD)?<([^>]*)>|"((?:[^"\\]|\\.)*)"',
                               call):
        if fd:
            base = fd
        elif text:
            yield os.path.normpath(os.path.join(base or '/', text))


def outside(path):
    if HARMLESS.fullmatch(path):
        return False
    path = os.path.join(os.path.realpath(os.path.dirname(path)),
                        os.path.basename(path))
    return not path.startswith(work + '/')


with open(trace, errors='surrogateescape') as f:
    for line in f:
        match = re.match(r'\d+ +(\w+)\((.*)', line)
        if not match:
            continue
        name, call = match.groups()
        counts['calls'] += 1
        if name.startswith('open') and not WRITES.search(call):
            continue
        if name == 'connect' and 'AF_INET' not in call:
            continue
        counts['changes'] += 1
        if name == 'connect' or any(outside(p) for p in paths(call)):
            counts['outside'] += 1
            print(line.rstrip('\n'))
print('%(calls)d calls traced, %(changes)d of them change something, '
      '%(outside)d outside' % counts)
sys.exit(counts['outside'] > 0 or counts['changes'] == 0)
