#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vectors.py CRON-LINES: the instants of vectors.json, as agreed on."""
import json
import os
import subprocess
import sys
from datetime import datetime

here = os.path.dirname(os.path.abspath(__file__))


def seconds(text):
    return int(datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp())


def ask(lines):
    return subprocess.run([sys.argv[1]], input=lines, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.splitlines()


with open(os.path.join(here, 'vectors.json')) as f:
    agreed = json.load(f)
vectors = agreed['vectors']
lines = ''.join(f"{len(v['next']) or 1}\t{v['tz']}\t{seconds(v['after'])}\t"
                f"{v['expr']}\n" for v in vectors)
answers = ask(lines)
failed = len(vectors) != len(answers)
for vector, answer in zip(vectors, answers):
    want = ' '.join(str(seconds(t)) for t in vector['next'])
    good = answer == want if want else answer.startswith('!never_fires ')
    if not good:
        failed = True
        print(f'{vector}\n  got  {answer}\n  want {want or "never_fires"}')
for what in 'accept', 'reject':
    answers = ask(''.join(f'1\tUTC\t0\t{e}\n' for e in agreed[what]))
    failed |= len(answers) != len(agreed[what])
    for expression, answer in zip(agreed[what], answers):
        if (what == 'accept') != answer.isdigit() or answer[:6] == '!line ':
            failed = True
            print(f'{what} "{expression}"\n  got  {answer}')
print(f'{len(vectors)} vectors, {len(agreed["accept"])} accepted, '
      f'{len(agreed["reject"])} refused')
sys.exit(failed or len(vectors) < 40)
