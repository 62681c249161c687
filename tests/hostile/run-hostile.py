#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Feed every hostile package to hypersdk.

    run-hostile.py HYPERSDK DIR WORK

DIR is make-hostile.py's; WORK an empty folder to extract and pack into. Writes
one line for each case to WORK/results: "ok NAME", or "not ok NAME: why". Run
it under strace to see what is opened."""
import json
import os
import re
import subprocess
import sys

hypersdk, cases, work = sys.argv[1:4]
target = os.path.join(work, 'target')
limit_kib = int(os.environ.get('HOSTILE_MAX_KIB', 32 << 10))
os.mkdir(target)


def run(*args):
    """Exit code, outputs and peak memory in KiB; nothing by a shell."""
    with open(os.path.join(work, 'out'), 'w+b') as out, \
            open(os.path.join(work, 'err'), 'w+b') as err:
        child = subprocess.Popen([hypersdk] + list(args), stdout=out,
                                 stderr=err, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return (child.returncode, out.read().decode(), err.read().decode(),
                usage.ru_maxrss)


def validate(path, kind):
    code, out, err, memory = run('ova', 'validate', '--json', path)
    if code != 1 or err:
        return 'validate: exit %d, says %r' % (code, err)
    report = json.loads(out)
    kinds = [f['kind'] for f in report['findings'] if f['severity'] == 'error']
    if report['valid'] or kind not in kinds:
        return 'validate finds %r' % kinds
    if any(re.search('[\0-\x1f\x7f]', f['text']) for f in report['findings']):
        return 'validate: a control character in a text'
    return memory > limit_kib and 'validate takes %d KiB' % memory


def refuse(command, path, kind, output):
    code, out, err, memory = run('ova', command, path, output)
    if code != 1 or out:
        return '%s: exit %d, says %r %r' % (command, code, out, err)
    if not err.rstrip('\n').endswith('(%s)' % kind):
        return '%s says %r' % (command, err)
    if re.search('[\0-\x09\x0b-\x1f\x7f]', err):
        return '%s: a control character on the terminal' % command
    if os.listdir(target):
        return '%s leaves %r behind' % (command, os.listdir(target))
    return memory > limit_kib and '%s takes %d KiB' % (command, memory)


def judge(name, kind, scope):
    path = os.path.join(cases, name)
    wrong = validate(path, kind)
    if not wrong and scope == 'both' and not os.path.isdir(path):
        wrong = refuse('extract', path, kind, os.path.join(target, 'out'))
    if not wrong and scope == 'both':
        wrong = refuse('create', path, kind, os.path.join(target, 'x.ova'))
    return wrong


def main():
    with open(os.path.join(cases, 'cases')) as f:
        lines = [line.rstrip('\n').split('\t') for line in f]
    with open(os.path.join(work, 'results'), 'w') as results:
        for name, fault, kind, scope in lines:
            wrong = judge(name, kind, scope)
            print('not ok' if wrong else 'ok', '%s (%s): %s' % (
                name, fault, wrong or kind), file=results, flush=True)


main()
