#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""oracle.py CRON-LINES [EXPRESSIONS [SEED]]: cron as a clock would run it.

For each expression, in 20 zones, from 40 starts of which 30 lie just before and
5 just after a clock change, 5 runs: what hypersdk says against what comes out of walking from
minute to minute, with Python's zoneinfo for the clock on the wall. Nothing is
worked backwards from local time to an instant, as hypersdk does."""
import bisect
import collections
import random
import re
import subprocess
import sys
import time
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = '''Europe/Berlin Europe/Dublin Europe/London America/New_York
America/Sao_Paulo America/Santiago America/Havana America/St_Johns America/Nuuk
Australia/Lord_Howe Pacific/Apia Pacific/Chatham Africa/Casablanca Africa/Cairo
Asia/Gaza Asia/Beirut Asia/Kolkata Antarctica/Troll Antarctica/Casey
America/Caracas'''.split()
COMMON = '''0 2 * * *|0 */6 * * *|0 0 * * 0|0 3 1 * *|*/30 * * * *|0 9-17 * * 1-5
* * * * *|0 * * * *|*/15 * * * *|30 2 * * *|0 0 * * *|59 23 31 12 *|0 0 29 2 *
30 1 * * *|*/20 1 * * *|45 * * * *|0 */2 * * *|@hourly|@daily|@weekly|@monthly
@yearly|5,35 2,3 * * sun|0 0 */2 * 1|* 2 * * *|*/7 0-3 29-31 mar,OCT *
30 2 25-31 3,10 *|0 0 ? * MON#|15 1-3/2 * * *'''.replace('#', '').replace(
    '\n', '|').split('|')
MACROS = {'@hourly': '0 * * * *', '@daily': '0 0 * * *',
          '@weekly': '0 0 * * 0', '@monthly': '0 0 1 * *',
          '@yearly': '0 0 1 1 *'}
FIELDS = [(0, 59, ''), (0, 23, ''), (1, 31, ''),
          (1, 12, 'jan feb mar apr may jun jul aug sep oct nov dec'),
          (0, 6, 'sun mon tue wed thu fri sat')]
STARTS, BEFORE_CHANGES, AFTER_CHANGES, RUNS = 40, 30, 5, 5
DAY = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = 1990, 2160
DATES = [date(FIRST, 1, 1) + timedelta(n)
         for n in range((date(LAST, 1, 1) - date(FIRST, 1, 1)).days)]
DATES = [((d - EPOCH.date()).days, d.month, d.day, d.isoweekday() % 7)
         for d in DATES]


class Expression:
    def __init__(self, text):
        words = MACROS.get(text, text).lower().split()
        minutes, hours, days, months, week = [
            self.field(w, *f) for w, f in zip(words, FIELDS)]
        self.text = text
        self.elapsed = words[0][0] in '*?' or words[1][0] in '*?'
        self.times = bytearray(DAY)
        for hour in hours:
            for minute in minutes:
                self.times[hour * 60 + minute] = 1
        any_day, any_week = words[2] in '*?', words[4] in '*?'
        if any_day:
            dates = [n for n, m, _, w in DATES if m in months and w in week]
        elif any_week:
            dates = [n for n, m, d, _ in DATES if m in months and d in days]
        else:
            dates = [n for n, m, d, w in DATES
                     if m in months and (d in days or w in week)]
        self.dates, self.is_date = dates, set(dates)

    @staticmethod
    def field(text, low, high, names):
        values = set()
        for i, name in enumerate(names.split()):
            text = re.sub(rf'\b{name}\b', str(i + low), text)
        for part in text.split(','):
            span, _, step = part.partition('/')
            if span in '*?':
                first, last = low, high
            elif '-' in span:
                first, last = map(int, span.split('-'))
            else:
                first, last = int(span), high if step else int(span)
            values |= set(range(first, max(first, last) + 1, int(step or 1)))
        return {0 if high == 6 and v == 7 else v for v in values}

    def matches(self, begin, end):
        """Local minutes from begin to before end that match."""
        while begin < end:
            day, at = divmod(begin, DAY)
            stop = min(end, (day + 1) * DAY)
            if day in self.is_date:
                limit = stop - day * DAY
                at = self.times.find(1, at, limit)
                while at >= 0:
                    yield day * DAY + at
                    at = self.times.find(1, at + 1, limit)
            begin = stop


class Wall:
    """A clock on the wall of a zone, minute by minute."""

    def __init__(self, name):
        self.name, self.zone = name, ZoneInfo(name)
        self.known, self.seen = {}, {}

    def local(self, minute):
        t = (EPOCH + timedelta(minutes=minute)).astimezone(self.zone)
        return minute + t.utcoffset() // timedelta(minutes=1)

    def stretches(self, day):
        """Of a day in UTC: (minute, local minute, how many tick evenly)."""
        if day in self.known:
            return self.known[day]
        begin = day * DAY
        shown = [self.local(begin + m) - m for m in range(0, DAY + 1, 30)]
        if len(set(shown)) == 1:
            out = [(begin, shown[0], DAY)]
        else:
            out = []
            for minute in range(begin, begin + DAY):
                local = self.local(minute)
                if out and out[-1][1] + out[-1][2] == local:
                    out[-1][2] += 1
                else:
                    out.append([minute, local, 1])
        self.known[day] = out
        return out

    def latest(self, day):
        """What it has shown at most before that day."""
        if day not in self.seen:
            self.seen[day] = max(local + n - 1 for d in (day - 2, day - 1)
                                 for _, local, n in self.stretches(d))
        return self.seen[day]

    def changes(self, year, until):
        """Minutes at which it was put forward or back."""
        day = (date(year, 1, 1) - EPOCH.date()).days
        end = (date(until, 1, 1) - EPOCH.date()).days
        out, before = [], self.local(day * DAY)
        for d in range(day, end):
            local = self.local((d + 1) * DAY)
            if local != before + DAY:
                out += [s[0] for s in self.stretches(d)[1:]]
                last = self.stretches(d)[-1]
                if last[1] + last[2] != local:
                    out.append((d + 1) * DAY)
            before = local
        return out


def runs_of_day(expression, wall, day):
    seen = wall.latest(day)
    for minute, local, n in wall.stretches(day):
        if expression.elapsed:
            for match in expression.matches(local, local + n):
                yield minute + match - local
            continue
        # Put forward: what was jumped over runs now.
        if any(True for _ in expression.matches(seen + 1, local + 1)):
            yield minute
        # Put back: what was shown before does not run again.
        begin = max(local, seen) + 1
        for match in expression.matches(begin, local + n):
            yield minute + match - local
        seen = max(seen, local + n - 1)


def walk(expression, wall, after):
    """The first runs after an instant in seconds."""
    day, out = after // 60 // DAY, []
    while len(out) < RUNS:
        for minute in runs_of_day(expression, wall, day):
            if minute * 60 > after:
                out.append(minute * 60)
        # On to the next day, or to two days before the next date.
        at = bisect.bisect_left(expression.dates, day - 2)
        day = max(day + 1, expression.dates[at] - 2)
    return out[:RUNS]


def random_field(r, low, high, near=()):
    def value():
        return r.choice(near) if near and r.random() < .6 else \
            r.randint(low, high)

    def part():
        kind = r.random()
        if kind < .5:
            return str(value())
        a, b = sorted((value(), value()))
        if kind < .75:
            return f'{a}-{b}'
        if kind < .9:
            return f'{a}-{b}/{r.randint(1, 9)}'
        return f'{a}/{r.randint(1, 9)}'
    if r.random() < .2:
        return f'*/{r.randint(1, high)}'
    return ','.join(part() for _ in range(r.choice([1, 1, 1, 2, 3])))


def random_expression(r):
    def maybe(chance, text):
        return text if r.random() < chance else r.choice('***?')
    return ' '.join([
        maybe(.85, random_field(r, 0, 59, (0, 1, 29, 30, 31, 59))),
        maybe(.8, random_field(r, 0, 23, (0, 1, 2, 3, 23))),
        maybe(.3, random_field(r, 1, 28)),
        maybe(.2, random_field(r, 1, 12, (3, 4, 9, 10, 11))),
        maybe(.3, random_field(r, 0, 7))])


def starts(r, wall):
    changes = wall.changes(2000, 2038)
    out = []
    if changes:
        out += [r.choice(changes) * 60 - r.randint(1, 30 * 3600)
                for _ in range(BEFORE_CHANGES)]
        out += [r.choice(changes) * 60 + r.randint(0, 2 * 3600)
                for _ in range(AFTER_CHANGES)]
    while len(out) < STARTS:
        year = r.choice([2005, 2015, 2026, 2030, 2040, 2075])
        out.append((date(year, 1, 1) - EPOCH.date()).days * 86400 +
                   r.randint(0, 5 * 365 * 86400))
    return out


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    r = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 5)
    texts = COMMON + [random_expression(r) for _ in range(count)]
    expressions = [Expression(text) for text in texts[:count]]
    walls = [Wall(name) for name in ZONES]
    cases = []
    for wall in walls:
        places = starts(r, wall)
        cases += [(e, wall, s) for e in expressions for s in places]
    begin = time.monotonic()
    answers = subprocess.run(
        [sys.argv[1]], text=True, check=True, stdout=subprocess.PIPE,
        input=''.join(f'{RUNS}\t{w.name}\t{s}\t{e.text}\n'
                      for e, w, s in cases)).stdout.splitlines()
    ours = time.monotonic() - begin
    wrong = collections.Counter()
    for (e, w, s), answer in zip(cases, answers):
        want = walk(e, w, s)
        if answer.split() != [str(t) for t in want]:
            wrong['all'] += 1
            if wrong['all'] <= 10:
                print(f'"{e.text}" in {w.name} after {s}\n  hypersdk '
                      f'{answer}\n  oracle   {" ".join(map(str, want))}')
    print(f'{len(cases)} cases, {wrong["all"]} differences; hypersdk '
          f'{ours:.1f} s, oracle {time.monotonic() - begin - ours:.1f} s')
    return wrong['all'] > 0 or len(answers) != len(cases) or \
        len(cases) != count * len(ZONES) * STARTS


sys.exit(main())
