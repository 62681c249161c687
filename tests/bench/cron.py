#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cron.py CRON-LINES: what the next instant of a cron expression costs."""
import subprocess
import sys
from datetime import datetime, timezone

COMMON = ['0 2 * * *', '0 */6 * * *', '0 0 * * 0', '0 3 1 * *',
          '*/30 * * * *', '0 9-17 * * 1-5', '@yearly']
ANY = COMMON + ['0 0 29 2 *', '* * 29 2 *', '* 2 29 3 *', '59 23 31 12 *',
                '30 2 * * *', '*/7 0-3 29-31 3,10 0']
ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Africa/Casablanca',
         'Australia/Lord_Howe', 'Europe/Dublin']
# Now, a day before a change of clocks, within a repeated hour; and far away.
TODAY = ['2026-11-26T00:00:00', '2026-03-28T12:00:00', '2026-10-25T01:10:00']
FAR = TODAY + ['2096-03-01T00:00:00', '2499-12-31T00:00:00',
               '9990-03-27T12:00:00']


def microseconds(expression, zone, after):
    at = datetime.fromisoformat(after).replace(tzinfo=timezone.utc)
    return min(int(subprocess.run(
        [sys.argv[1], '--bench', expression, zone, str(int(at.timestamp()))],
        check=True, stdout=subprocess.PIPE).stdout) for _ in range(3)) / 1000


def row(what, expressions, afters, limit):
    worst, case = max((microseconds(e, z, a), f'"{e}" {z} {a}')
                      for e in expressions for z in ZONES for a in afters)
    good = worst <= limit
    print(f'{what:<24} worst {worst:7.2f} us  must be ≤ {limit} us  '
          f'{"yes" if good else "NO"}  {case}')
    return good


results = [row('next instant, common', COMMON, TODAY, 10),
           row('next instant, any', ANY, FAR, 1000)]
sys.exit(not all(results))
