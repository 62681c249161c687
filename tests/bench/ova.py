#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-ova: the OVA commands against openssl and GNU tar, as ratios.

usage: ova.py HYPERSDK [--rounds N] [--mib M] [--dir DIR]

Fairness: rival and hypersdk take turns, in changing order, on the same file
system, into fresh files, and all that is read is read once before, so that it
is in the page cache. hypersdk syncs what it makes before it is done: so does
the rival, by sync of its files, within the time that is measured. What is
compared are the medians; processor time stands beside them, since a busy
machine spoils wall time. DIR must be on a disk with three times M of room."""
import argparse
import os
import select
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def own_kib(pid):
    """What is not shared with others by way of files: RssAnon, now."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status
                         if line.startswith("RssAnon:")), 0)
    except OSError:
        return 0


class Bench:
    def __init__(self, options):
        self.o = options
        os.makedirs(options.dir, exist_ok=True)
        self.dir = tempfile.mkdtemp(prefix="bench-ova-", dir=options.dir)
        self.rows, self.peak, self.own = [], 0, 0

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def warm(self, *names):
        for name in names:
            with open(self.path(name), "rb", buffering=0) as file:
                while file.read(1 << 20):
                    pass

    def run(self, command):
        """Wall and processor seconds; command: a list, or a shell's text."""
        shutil.rmtree(self.path("made"), ignore_errors=True)
        os.mkdir(self.path("made"), 0o700)
        os.sync()
        if isinstance(command, str):
            command = ["sh", "-ec", command]
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=self.dir,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        ours = command[0] == self.o.hypersdk
        while ours and not select.select([child.stderr], [], [], 0.01)[0]:
            self.own = max(self.own, own_kib(child.pid))
        error = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"bench: {shlex.join(command)}:\n{error.decode()}")
        if ours:
            self.peak = max(self.peak, usage.ru_maxrss)
        return wall, usage.ru_utime + usage.ru_stime

    def compare(self, what, ours, rival, limit, read):
        times = {"ours": [], "rival": []}
        for i in range(self.o.rounds):
            pair = [("ours", ours), ("rival", rival)]
            for who, command in pair if i % 2 else pair[::-1]:
                self.warm(*read)
                times[who].append(self.run(command))
        wall, cpu = ({who: statistics.median(t[k] for t in times[who])
                      for who in times} for k in (0, 1))
        ratio = wall["ours"] / wall["rival"]
        self.rows.append([what, f"{wall['ours']:.2f} s",
                          f"{wall['rival']:.2f} s", f"{ratio:.2f}",
                          f"≤ {limit:.2f}", "yes" if ratio <= limit else "NO",
                          f"{cpu['ours'] / cpu['rival']:.2f}", rival])

    def amount(self, what, value, limit, unit):
        self.rows.append([what, f"{value:.1f} {unit}", "", "",
                          f"≤ {limit} {unit}",
                          "yes" if value <= limit else "NO", "", ""])

    def show(self):
        best = min(self.run([self.o.hypersdk, "ova", "show", "x.ova"])[0]
                   for _ in range(10))
        self.amount("show", best * 1000, 20, "ms")

    def all(self):
        kit = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                           "lib", "ovfkit.py")
        half = str(self.o.mib // 2)
        subprocess.run([sys.executable, "-B", kit, "folder", self.path("in"),
                        "vm", half, half], check=True)
        files = ["vm.ovf", "vm-disk1.vmdk", "vm-disk2.vmdk"]
        there = [os.path.join("in", name) for name in files]
        hyp = [self.o.hypersdk, "ova"]
        self.compare(
            "create", hyp + ["create", "in", "made/vm.ova"],
            f"openssl dgst -sha256 {' '.join(there)}; tar --format=ustar "
            f"-C in -cf made/vm.ova {' '.join(files)}; sync made/vm.ova",
            0.6, there)
        self.run(hyp + ["create", "in", "x.ova"])
        shutil.rmtree(self.path("in"))
        self.compare("extract", hyp + ["extract", "x.ova", "made/vm"],
                     "mkdir made/vm; tar -xf x.ova -C made/vm; sync made/vm/*",
                     1.1, ["x.ova"])
        self.compare("validate", hyp + ["validate", "x.ova"],
                     "openssl dgst -sha256 x.ova", 1.1, ["x.ova"])
        self.show()
        self.amount("memory", self.peak / 1024, 24, "MiB")
        self.amount("of it its own", self.own / 1024, 24, "MiB")

    def print(self):
        head = ["", "hypersdk", "rival", "ratio", "must be", "is it",
                "processor", "rival's command"]
        table = [head] + self.rows
        widths = [max(len(row[i]) for row in table) for i in range(len(head))]
        for row in table:
            print("  ".join(cell.ljust(width)
                            for cell, width in zip(row, widths)).rstrip())
        return all(row[5] == "yes" for row in self.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hypersdk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mib", type=int, default=4096)
    parser.add_argument("--dir", default=".")
    options = parser.parse_args()
    options.hypersdk = os.path.abspath(options.hypersdk)
    options.dir = os.path.abspath(options.dir)
    bench = Bench(options)
    try:
        bench.all()
        good = bench.print()
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)
    return 0 if good else 1


sys.exit(main())
