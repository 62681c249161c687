#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: what hypersdk must reach, as ratios in one run on one machine.

usage: bench.py HYPERSDK VCENTER INVENTORY SCENARIO [--rounds N] [--dir DIR]

Fairness: rival and hypersdk take turns, in changing order, from the same
server, to the same file system, into fresh files; the rivals' files are synced
as hypersdk syncs its own, within the time measured; what is compared are the
medians. Of two ways to call curl (one disk after the other, or both at once)
the faster one is the rival. curl is handed addresses of an open lease: login
and lease are not in its time, but are in hypersdk's. It verifies the
certificate by the same CA. DIR must be on a disk; 12 GiB of room are enough.
"""
import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

VM = "/DC0/vm/bench/"


class Bench:
    """One run: where things are, and what was measured."""

    def __init__(self, options):
        self.o = options
        self.dir = tempfile.mkdtemp(prefix="bench-", dir=options.dir)
        self.rows, self.rivals, self.server, self.ready = [], [], None, None
        self.env = dict(os.environ, LC_ALL="C.UTF-8",
                        XDG_STATE_HOME=self.path("state"))

    def path(self, *names):
        return os.path.join(self.dir, *names)

    # --- the server -------------------------------------------------------

    def start(self, *flags):
        self.stop()
        ready = self.path("ready.json")
        self.server = subprocess.Popen(
            [self.o.vcenter, "--ready-file", ready, "--ca-out",
             self.path("ca.pem"), *flags], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        while not os.path.exists(ready):
            if self.server.poll() is not None:
                sys.exit("bench: the simulated vCenter ended")
            time.sleep(0.05)
        with open(ready, encoding="utf-8") as file:
            self.ready = json.load(file)
        fd = os.open(self.path("password"),
                     os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(self.ready["password"])

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
            self.server = None

    def endpoint(self):
        return ["--url", self.ready["url"], "--username",
                self.ready["username"], "--password-file",
                self.path("password"), "--ca", self.path("ca.pem")]

    # --- measuring --------------------------------------------------------

    def run(self, command):
        """Wall seconds, peak memory and bytes written of a command."""
        start = time.monotonic()
        with open(self.path("out"), "wb") as out, \
                open(self.path("err"), "wb") as err:
            child = subprocess.Popen(command, stdout=out, stderr=err,
                                     stdin=subprocess.DEVNULL, env=self.env)
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            wall = time.monotonic() - start
            with open(f"/proc/{child.pid}/io", encoding="ascii") as file:
                io = dict(line.split(": ") for line in file)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            with open(self.path("err"), encoding="utf-8") as file:
                sys.exit(f"bench: {shlex.join(command)} failed:\n"
                         + file.read())
        return {"wall": wall, "memory": usage.ru_maxrss * 1024,
                "written": int(io["write_bytes"]), "wchar": int(io["wchar"])}

    def export(self, vm, *options):
        out = self.fresh()
        return [self.o.hypersdk, "export", VM + vm, "--output",
                os.path.join(out, vm + ".ova"), *self.endpoint(), *options]

    def fresh(self):
        out = self.path("made")
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out, 0o700)
        os.sync()
        return out

    def made(self):
        return sum(e.stat().st_size for e in os.scandir(self.path("made"))
                   if e.name.endswith(".ova"))

    # --- the table --------------------------------------------------------

    def row(self, what, ours, rival, ratio, limit, at_least=False):
        good = ratio >= limit if at_least else ratio <= limit
        sign = "≥" if at_least else "≤"
        self.rows.append([what, ours, rival, f"{ratio:.2f}",
                          f"{sign} {limit:.2f}", "yes" if good else "NO"])

    def amount(self, what, value, limit):
        good = value <= limit
        self.rows.append([what, mib(value), "", "", f"≤ {mib(limit)}",
                          "yes" if good else "NO"])

    def print(self):
        head = ["", "hypersdk", "rival", "ratio", "must be", "is it"]
        table = [head] + self.rows
        widths = [max(len(row[i]) for row in table) for i in range(len(head))]
        print()
        for row in table:
            print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                            for i, (cell, width)
                            in enumerate(zip(row, widths))))
        print("\nRivals:")
        for name, command in self.rivals:
            print(f"  {name}: {command}")
        return all(row[-1] != "NO" for row in self.rows)


def mib(value):
    return f"{value / 2**20:.1f} MiB"


def seconds(values):
    return (f"{statistics.median(values):.2f} s "
            f"({min(values):.2f}-{max(values):.2f})")


@contextlib.contextmanager
def lease(bench, name):
    """Addresses of a VM's disks, by pyvmomi, kept alive in a thread."""
    from pyVim.connect import Disconnect, SmartConnect

    url = urllib.parse.urlsplit(bench.ready["url"])
    context = ssl.create_default_context(cafile=bench.path("ca.pem"))
    si = SmartConnect(host=url.hostname, port=url.port,
                      user=bench.ready["username"],
                      pwd=bench.ready["password"], sslContext=context)
    vm = si.content.searchIndex.FindByInventoryPath((VM + name).lstrip("/"))
    held = vm.ExportVm()
    while held.state == "initializing":
        time.sleep(0.05)
    stop = threading.Event()

    def keep():
        while not stop.wait(5):
            held.HttpNfcLeaseProgress(1)

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        yield [device.url.replace("*", url.netloc)
               for device in held.info.deviceUrl if device.disk]
    finally:
        stop.set()
        thread.join()
        held.HttpNfcLeaseAbort()
        Disconnect(si)


def curl(bench, urls, at_once):
    command = ["curl", "--silent", "--show-error", "--fail", "--cacert",
               bench.path("ca.pem")]
    if at_once:
        command += ["--parallel", "--parallel-immediate"]
    for i, url in enumerate(urls):
        command += ["--output", f"disk{i + 1}.vmdk", url]
    return shlex.join(command)


FILES = "disk1.vmdk disk2.vmdk"
SYNC = f"sync {FILES}"
DIGEST = f"openssl dgst -sha256 {FILES} > SUMS"
TAR = f"tar --create --format ustar --file disks.tar {FILES} SUMS"


def shell(bench, *steps):
    out = bench.fresh()
    return ["sh", "-c", f"cd {shlex.quote(out)} && " + " && ".join(steps)]


def warm_up(bench):
    """Both once, unmeasured; says which way to call curl is the faster."""
    bench.run(bench.export("two-1g"))
    with lease(bench, "two-1g") as urls:
        times = {at_once: bench.run(shell(bench, curl(bench, urls, at_once),
                                          SYNC))["wall"]
                 for at_once in (False, True)}
    print(f"curl: one after the other {times[False]:.2f} s, at once "
          f"{times[True]:.2f} s", flush=True)
    return times[True] < times[False]


def compare_export(bench):
    bench.start("--scenario", bench.o.scenario, "--cache-dir",
                os.path.join(bench.o.dir, "bench-disks"))
    at_once = warm_up(bench)
    ours, files, packed = [], [], []
    for i in range(bench.o.rounds):
        turns = [0, 1, 2]
        for turn in turns[i % 3:] + turns[:i % 3]:
            if turn == 0:
                ours.append(bench.run(bench.export("two-1g"))["wall"])
                continue
            with lease(bench, "two-1g") as urls:
                fetch = curl(bench, urls, at_once)
                if turn == 1:
                    command = shell(bench, fetch, SYNC)
                    files.append(bench.run(command)["wall"])
                else:
                    command = shell(bench, fetch, DIGEST, TAR,
                                    "sync disks.tar")
                    packed.append(bench.run(command)["wall"])
        print(f"round {i + 1}: hypersdk {ours[-1]:.2f} s, curl "
              f"{files[-1]:.2f} s, curl+openssl+tar {packed[-1]:.2f} s",
              flush=True)
    our, curls, tars = map(statistics.median, (ours, files, packed))
    bench.row("2 x 1 GiB to an OVA / curl to files", seconds(ours),
              seconds(files), our / curls, 1.10)
    bench.row("curl, openssl, tar / 2 x 1 GiB to an OVA", seconds(ours),
              seconds(packed), tars / our, 1.5, at_least=True)
    shown = curl(bench, ["URL1", "URL2"], at_once)
    bench.rivals.append(("curl to files", f"{shown} && {SYNC}"))
    bench.rivals.append(("curl, openssl, tar",
                         f"{shown} && {DIGEST} && {TAR} && sync disks.tar"))


def writes(bench):
    measured = bench.run(bench.export("two-1g", "--parallel", "1"))
    size = bench.made()
    # On a file system that does not count, what was handed to write(2).
    written = measured["written"] or measured["wchar"]
    bench.row("bytes written / bytes of the package, --parallel 1",
              mib(written), mib(size), written / size, 1.01)


def memory(bench):
    small = bench.run(bench.export("small-100m"))["memory"]
    big = bench.run(bench.export("big-8g"))["memory"]
    shutil.rmtree(bench.path("made"))
    bench.amount("peak memory, disk of 100 MiB", small, 48 * 2**20)
    bench.amount("peak memory, disk of 8 GiB", big, 48 * 2**20)
    bench.row("peak memory, 8 GiB / 100 MiB", mib(big), mib(small),
              big / small, 1.05)


def inventory(bench):
    bench.start("--vms", "5000")
    ours_command = [bench.o.hypersdk, "vms", "list", "--json",
                    *bench.endpoint()]
    rival_command = [bench.o.inventory, *bench.endpoint()]
    ours, rivals, peak = [], [], 0
    for i in range(2 * bench.o.rounds + 1):
        for command in ([ours_command, rival_command] if i % 2 else
                        [rival_command, ours_command]):
            measured = bench.run(command)
            if i == 0:
                continue  # the server's caches
            if command is ours_command:
                ours.append(measured["wall"])
                peak = max(peak, measured["memory"])
            else:
                rivals.append(measured["wall"])
    bench.row("inventory of 5,000 VMs / govmomi", seconds(ours),
              seconds(rivals),
              statistics.median(ours) / statistics.median(rivals), 1.5)
    bench.amount("peak memory, inventory of 5,000 VMs", peak, 64 * 2**20)
    bench.rivals.append(("govmomi", "tests/bench/inventory-govmomi --url URL "
                         "--username U --password-file F --ca FILE"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("hypersdk", "vcenter", "inventory", "scenario"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=os.path.abspath, default=os.getcwd())
    parser.add_argument("--only", choices=("export", "inventory"))
    bench = Bench(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"{bench.o.rounds} rounds, {os.cpu_count()} processors, load "
          f"{os.getloadavg()[0]:.1f}, in {bench.dir}", flush=True)
    try:
        if bench.o.only != "inventory":
            compare_export(bench)
            writes(bench)
            memory(bench)
        if bench.o.only != "export":
            inventory(bench)
        good = bench.print()
    finally:
        bench.stop()
        shutil.rmtree(bench.dir)
    sys.exit(0 if good else 1)


main()
