#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills hypersdkd with SIGKILL, over and over, while it exports virtual
machines, and proves after each restart that its promises held.

usage: soak.py [--kills N] [--seed S] [--dir DIR] [--keep] HYPERSDKD HYPERSDK
               VCENTER SCENARIO KILL-AT.SO

A kill comes at a random instant, in the first moments after the start, or at
a random call of those that durability depends on (kill-at.c). Jobs, single
and many, are submitted meanwhile, some cancelled, some by the command line;
what was sent and not answered is sent again with the same Idempotency-Key.

It must hold: what was acknowledged is there, and there is nothing else; every
completed job has its package, which is what its manifest and its receipt say,
and was published once; no other job has one; whatever is visible is whole;
nothing is left over; the database is sound; no lease and no snapshot is left.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, LOST  # noqa: E402
from judge import Judge  # noqa: E402
from tide import Tide  # noqa: E402
from world import World  # noqa: E402

DRAIN_EVERY = 50
DRAIN_SECONDS = 180


class Failed(Exception):
    pass


class Soak:
    def __init__(self, args, folder):
        self.args = args
        self.random = random.Random(args.seed)
        self.world = World(args, folder)
        self.daemon = Daemon(args.hypersdkd, self.world.config,
                             self.world.socket, f"{folder}/daemon.log",
                             args.preload)
        self.judge = Judge(self.world)
        self.tide = Tide(self.world, self.daemon.api, args.hypersdk,
                         random.Random(args.seed + 1))
        self.kinds = {"instant": 0, "start": 0, "call": 0}
        self.ready_ms = []

    def plan(self):
        """How the next one dies: (kind, seconds after ready or None, call)."""
        kind = self.random.choices(["instant", "start", "call"],
                                   [40, 10, 50])[0]
        if kind == "instant":
            return kind, self.random.uniform(0, 0.9), None
        if kind == "start":
            return kind, self.random.uniform(0, 0.15), None
        which, most = self.random.choice([("", 9), ("fdatasync:", 8),
                                          ("renameat2:", 4)])
        call = int(2 ** self.random.uniform(0, most))
        return kind, 3.0, which + str(self.random.choice([call, -call]))

    def begin(self, call):
        """Starts it; True when it is ready."""
        began = time.monotonic()
        self.daemon.start(call)
        if not self.daemon.wait_ready():
            return False
        self.ready_ms.append(1000 * (time.monotonic() - began))
        return True

    def run_once(self):
        kind, seconds, call = self.plan()
        self.kinds[kind] += 1
        if kind == "start":
            self.daemon.start()
            self.daemon.wait_dead(seconds)
        elif self.begin(call):
            try:
                self.tide.settle()
                self.judge.look(self.daemon.api, [
                    j for j in self.tide.jobs if not j.settled])
            except LOST:
                pass  # it died meanwhile: the next one is asked again
            self.tide.begin()
            self.daemon.wait_dead(seconds)
        code = self.daemon.kill()
        self.tide.end()
        if code != -9:
            raise Failed(f"hypersdkd ended by itself with {code}")
        self.judge.after_death(self.tide.jobs)

    def drain(self):
        """Lets all jobs end, and judges what is left."""
        if not self.begin(None):
            raise Failed("hypersdkd ended at its start")
        self.tide.settle()
        self.tide.finish_cli()
        end = time.monotonic() + DRAIN_SECONDS
        while True:
            stats = self.daemon.api.get("/jobs/stats")
            if stats["pending"] + stats["running"] == 0:
                break
            if time.monotonic() > end:
                raise Failed(f"jobs that never end: {stats}")
            time.sleep(0.05)
        self.judge.look(self.daemon.api, self.tide.jobs)
        code = self.daemon.stop()
        if code != 0:
            raise Failed(f"hypersdkd's exit code on SIGTERM is {code}")
        self.judge.at_rest(self.tide.jobs, self.tide.unsure)

    def run(self):
        for i in range(self.args.kills):
            self.run_once()
            if (i + 1) % DRAIN_EVERY == 0 or i + 1 == self.args.kills:
                self.drain()
                print(f"# {i + 1} kills: {self.judge.summary()}", flush=True)

    def report(self, seconds):
        slowest = sorted(self.ready_ms)[-1] if self.ready_ms else 0
        print(f"{self.args.kills} kills in {seconds:.0f} s: "
              f"{self.kinds['instant']} at an instant, {self.kinds['call']} at "
              f"a call, {self.kinds['start']} at the start")
        print(f"killed while {self.judge.phases_text()}")
        print(f"slowest start {slowest:.0f} ms; {self.tide.summary()}")
        print(f"{self.judge.summary()}; 0 lost, 0 published twice, 0 torn, "
              "0 left over")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--dir", default=None)
    parser.add_argument("--keep", action="store_true")
    for name in ("hypersdkd", "hypersdk", "vcenter", "scenario", "preload"):
        parser.add_argument(name, type=os.path.abspath)
    args = parser.parse_args()
    if args.seed is None:
        args.seed = int.from_bytes(os.urandom(4), "big")
    return args


def main():
    args = parse()
    folder = tempfile.mkdtemp(prefix="hyp-soak-", dir=args.dir)
    began = time.monotonic()
    soak = None
    print(f"# SEED={args.seed} KILLS={args.kills} in {folder}", flush=True)
    try:
        soak = Soak(args, folder)
        soak.run()
        soak.report(time.monotonic() - began)
    except Exception as error:  # whatever it is: the seed must be told
        print(f"FAILED: {type(error).__name__}: {error}")
        print(f"again: make soak KILLS={args.kills} SEED={args.seed}")
        print(f"what is left of it: {folder}")
        subprocess.run(["tail", "-n", "15", f"{folder}/daemon.log"])
        args.keep = True
        sys.exit(1)
    finally:
        if soak is not None:
            soak.world.end()
            if soak.daemon.lives():
                soak.daemon.kill()
        if not args.keep:
            shutil.rmtree(folder)


main()
