#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-store: the job store against its disk and its goals.

usage: store.py STORE_DRIVE [--jobs N] [--dir DIR]

One database of N ended jobs (1,000,000), 100 that run and 10,000 that wait.
Changes of a job, its history and its event by 64 threads, each waiting until
its own is durable, stand against one thread that only appends 4 KiB and calls
fdatasync, on the same disk, before and after; the better of the two counts.
DIR must be on a disk; 2 GiB of room are enough."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("drive")
    parser.add_argument("--jobs", type=int, default=1000000)
    parser.add_argument("--dir", default=".")
    o = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-store-",
                              dir=os.path.abspath(o.dir))
    try:
        done = subprocess.run(
            [o.drive, "measure", os.path.join(folder, "jobs.db"),
             str(o.jobs)], check=True, stdout=subprocess.PIPE)
    finally:
        shutil.rmtree(folder)
    m = json.loads(done.stdout)
    rows = [("durable changes/s, of syncs/s",
             m["applies"] / m["syncs"], 0.5, True, "")]
    rows.append(("gets/s", m["gets"], 20000, True, ""))
    for name, key, goal in (
            ("first page, 99 %", "page", 20),
            ("first page of ended jobs, 99 %", "page_ended", 20),
            ("first page of a state without jobs, 99 %", "page_none", 20),
            ("claim, 99 %", "claim", 5),
            ("claim when none of 10,000 may run, 99 %", "claim_none", 5)):
        median, worst = m[key + "_ms"]
        rows.append((name, worst, goal, False, f"ms, median {median}"))
    good = True
    for name, value, goal, more, unit in rows:
        well = value >= goal if more else value <= goal
        good = good and well
        print(f"{'ok  ' if well else 'MISS'} {name:42} {value:12.2f} "
              f"{'>=' if more else '<='} {goal} {unit}")
    print(f"     {m['applies']} durable changes/s, {m['syncs']} syncs/s, "
          f"{o.jobs} jobs")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
