#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-daemon: hypersdkd and its REST API against their goals.

usage: daemon.py HYPERSDKD STORE_DRIVE [--jobs N] [--seconds S] [--dir DIR]

Each part has a daemon and a database of its own; its jobs are of synthetic VMs
that stop in the middle, so that they run on and cost nothing. Submits and reads
are by wrk, 64 connections on 2 threads of the same machine. Durable submits
stand against one thread that only appends 4 KiB and calls fdatasync on the same
disk, before and after; the better of the two counts. DIR must be on a disk; 2
GiB of room are enough."""
import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CONF = """
api = {{ listen = "127.0.0.1:{port}"; socket = "{dir}/api.sock"; }};
storage = {{ roots = [ "{dir}/out" ]; }};
jobs = {{ max_running = {running}; max_per_endpoint = {running}; }};
pipelines = ({{ name = "lab"; default = true;
  provider = {{ plugin = "synthetic"; vms = 200; disks = 1;
    disk_size = "1MiB"; stall_at = "64KiB"; }}; }});
"""


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Daemon:
    """One hypersdkd: its folder, its process, its API by the Unix socket."""

    def __init__(self, options, running=1):
        self.o = options
        self.dir = tempfile.mkdtemp(prefix="bench-daemon-", dir=options.dir)
        os.mkdir(os.path.join(self.dir, "out"))
        os.mkdir(os.path.join(self.dir, "state"), 0o700)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        with open(os.path.join(self.dir, "conf"), "w") as file:
            file.write(CONF.format(port=self.port, dir=self.dir,
                                   running=running))
        self.process, self.token = None, None

    def start(self):
        """Seconds until it says that it is ready."""
        log = open(os.path.join(self.dir, "log"), "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [self.o.hypersdkd, "--config", os.path.join(self.dir, "conf"),
             "--state-dir", os.path.join(self.dir, "state")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        while not self.is_ready():
            if self.process.poll() is not None:
                with open(os.path.join(self.dir, "log")) as file:
                    sys.exit("bench: hypersdkd ended:\n" + file.read())
            time.sleep(0.001)
        return time.monotonic() - begun

    def is_ready(self):
        try:
            return self.call("GET", "/ready")["status"] == "ready"
        except (OSError, http.client.HTTPException):
            return False

    def call(self, method, path, body=None):
        connection = Unix(os.path.join(self.dir, "api.sock"))
        with contextlib.closing(connection):
            connection.request(
                method, path, None if body is None else json.dumps(body),
                {"Content-Type": "application/json"} if body else {})
            return json.loads(connection.getresponse().read())

    def new_token(self):
        if self.token is None:
            self.token = self.call("POST", "/tokens", {
                "name": "bench", "role": "operator"})["token"]
        return self.token

    def submit(self, count, name):
        """count jobs; their ids."""
        ids = []
        for first in range(0, count, 500):
            reply = self.call("POST", "/jobs/submit", [
                {"vm_path": f"synthetic-{i % 200 + 1}",
                 "output_path": f"{self.dir}/out/{name}-{i}"}
                for i in range(first, min(first + 500, count))])
            ids += reply["job_ids"]
        if len(ids) != count:
            sys.exit(f"bench: not all were accepted: {reply['errors'][:1]}")
        return ids

    def wait_running(self, count):
        while self.call("GET", "/jobs/stats")["running"] < count:
            time.sleep(0.05)

    def memory(self, what):
        """MiB of VmRSS or RssAnon."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(what + r":\s+(\d+)",
                                 file.read()).group(1)) / 1024

    def processor(self):
        """Seconds that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, script, *args):
        """Answers a second, all of them good; and their processor time."""
        used = self.processor()
        done = subprocess.run(
            ["wrk", "--threads", "2", "--connections", "64", "--duration",
             f"{self.o.seconds}s", "--latency", "--script",
             os.path.join(HERE, script), f"http://127.0.0.1:{self.port}",
             "--", self.new_token(), *args],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        if "Non-2xx" in done or "Socket errors" in done:
            sys.exit(f"bench: wrk: not all went well:\n{done}")
        requests = int(re.search(r"(\d+) requests in", done).group(1))
        return (float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1)),
                requests, (self.processor() - used) * 1e6 / requests)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.dir)


class Table:
    def __init__(self):
        self.good = True

    def row(self, what, value, goal, at_least=False, unit="", more=""):
        well = value >= goal if at_least else value <= goal
        self.good = self.good and well
        print(f"{'ok    ' if well else 'MISSED'} {what:44} {value:10.2f} "
              f"{'>=' if at_least else '<='} {goal} {unit}"
              f"{', ' + more if more else ''}", flush=True)


def percent_99(values):
    return sorted(values)[len(values) * 99 // 100] * 1000


def raw_syncs(folder):
    path = os.path.join(folder, "raw")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    block, begun, n = b"x" * 4096, time.monotonic(), 0
    while time.monotonic() - begun < 1:
        os.pwrite(fd, block, n * 4096)
        os.fdatasync(fd)
        n += 1
    os.close(fd)
    os.unlink(path)
    return n / (time.monotonic() - begun)


def idle(o, table):
    with Daemon(o) as d:
        d.start()
        d.kill()
        starts = []
        for _ in range(5):
            starts.append(d.start())
            d.process.terminate()
            d.process.wait()
        d.start()
        time.sleep(3)
        table.row("start until ready, median of 5", sorted(starts)[2] * 1000,
                  100, unit="ms", more=f"worst {max(starts) * 1000:.0f}")
        table.row("idle, RssAnon", d.memory("RssAnon"), 8, unit="MiB")
        table.row("idle, RSS", d.memory("VmRSS"), 32, unit="MiB")


def submits(o, table):
    with Daemon(o) as d:
        before = raw_syncs(d.dir)
        d.start()
        rate, count, cost = d.wrk("submit.lua", os.path.join(d.dir, "out"))
        there = d.call("GET", "/jobs/stats")["total"]
        if there < count:
            sys.exit(f"bench: {count} were acknowledged, {there} are there")
        syncs = max(before, raw_syncs(d.dir))
        table.row("durable submits, 64 clients", rate, 2000, True, "/s",
                  f"{cost:.0f} us of processor each")
        table.row("durable submits / syncs of the disk", rate / syncs, 0.5,
                  True, more=f"{syncs:.0f} syncs/s")


def gets(o, table):
    with Daemon(o) as d:
        d.start()
        ids = d.submit(1000, "get")
        rate, _, cost = d.wrk("get.lua", *ids)
        table.row("GET /jobs/{id}, 64 clients", rate, 20000, True, "/s",
                  f"{cost:.1f} us of processor each")


def left(o, table):
    with Daemon(o, running=100) as d:
        d.start()
        d.submit(10100, "left")
        d.wait_running(100)
        times = []
        for _ in range(3):
            d.kill()
            times.append(d.start())
            d.wait_running(100)
        table.row("ready, 10,000 queued and 100 running, killed", max(times),
                  1, unit="s", more="worst of 3")


def page(o, table):
    with Daemon(o) as d:
        subprocess.run([o.drive, "ended", os.path.join(d.dir, "state",
                        "jobs.db"), str(o.jobs)], check=True)
        d.start()
        headers = {"Authorization": "Bearer " + d.new_token()}
        connection = http.client.HTTPConnection("127.0.0.1", d.port)
        for path in ("/jobs", "/jobs?status=completed", "/jobs?status=failed"):
            times = []
            for _ in range(200):
                begun = time.monotonic()
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
                body = reply.read()
                times.append(time.monotonic() - begun)
            if reply.status != 200 or \
                    (len(json.loads(body)["jobs"]) == 100) == \
                    path.endswith("failed"):
                sys.exit(f"bench: GET {path}: {reply.status}")
            table.row(f"{path} of {o.jobs} jobs, 99 %", percent_99(times), 20,
                      unit="ms",
                      more=f"median {sorted(times)[100] * 1000:.2f}")


def schedules(o, table):
    """Of which none comes due meanwhile."""
    with Daemon(o) as d:
        d.start()
        month = (time.gmtime().tm_mon + 5) % 12 + 1
        for i in range(1000):
            reply = d.call("POST", "/schedules", {
                "id": f"s{i}", "schedule": f"{i % 60} {i % 24} 1 {month} *",
                "job_template": {"vm_path": "synthetic-1",
                                 "output_path": f"{d.dir}/out/{i}"}})
            if "schedule" not in reply:
                sys.exit(f"bench: POST /schedules: {reply}")
        time.sleep(2)
        used, begun = d.processor(), time.monotonic()
        time.sleep(10)
        share = (d.processor() - used) / (time.monotonic() - begun)
        table.row("1,000 schedules, idle", share * 100, 1,
                  unit="% of a processor")


def drip(port, pipe, seconds):
    """Keeps up 2,000 connections that say a byte a second; tells the longest
    life of one and the most that there were at once."""
    lives, live, most, longest = {}, select.poll(), 0, 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        turn = time.monotonic()
        per = {}
        for s, (_, address) in lives.values():
            per[address] = per.get(address, 0) + 1
        for address in (f"127.0.0.{i}" for i in range(2, 10)):
            for _ in range(250 - per.get(address, 0)):
                s = socket.socket()
                s.setblocking(False)
                s.bind((address, 0))
                s.connect_ex(("127.0.0.1", port))
                lives[s.fileno()] = (s, (time.monotonic(), address))
                live.register(s, select.POLLIN)
        time.sleep(0.2)
        for fd, _ in live.poll(0):
            s, (born, _) = lives.pop(fd)
            longest = max(longest, time.monotonic() - born)
            live.unregister(fd)
            s.close()
        most = max(most, len(lives))
        for s, _ in lives.values():
            with contextlib.suppress(OSError):
                s.send(b"G")
        time.sleep(max(0, turn + 1 - time.monotonic()))
    now = time.monotonic()
    longest = max([longest] + [now - born for _, (born, _) in lives.values()])
    pipe.send((longest, most))


def crowd(o, table):
    with Daemon(o) as d:
        d.start()
        headers = {"Authorization": "Bearer " + d.new_token()}
        before, peak, times, sockets = d.memory("VmRSS"), 0, [], 0
        ours, theirs = multiprocessing.Pipe()
        other = multiprocessing.Process(target=drip,
                                        args=(d.port, theirs, 25))
        other.start()
        time.sleep(2)
        while other.is_alive():
            begun = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", d.port,
                                                    timeout=30)
            connection.request("GET", "/jobs/stats", headers=headers)
            reply = connection.getresponse()
            reply.read()
            connection.close()
            times.append(time.monotonic() - begun)
            if reply.status != 200:
                sys.exit(f"bench: the good client got {reply.status}")
            peak = max(peak, d.memory("VmRSS"))
            sockets = max(sockets, len(os.listdir(
                f"/proc/{d.process.pid}/fd")))
            time.sleep(0.02)
        longest, most = ours.recv()
        other.join()
        table.row("2,000 dripping: a good client, 99 %", percent_99(times), 50,
                  unit="ms", more=f"{len(times)} connections of its own")
        table.row("memory grew by", peak - before, 64, unit="MiB")
        table.row("descriptors at the most", sockets, 1024 + 64,
                  more=f"{most} held")
        table.row("longest life of one that drips", longest, 13, unit="s",
                  more="the head is due in 10 s")


PARTS = {"idle": idle, "submits": submits, "gets": gets, "left": left,
         "page": page, "schedules": schedules, "crowd": crowd}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("hypersdkd", type=os.path.abspath)
    parser.add_argument("drive", type=os.path.abspath)
    parser.add_argument("--jobs", type=int, default=1000000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--dir", type=os.path.abspath, default=os.getcwd())
    parser.add_argument("--only", choices=PARTS, action="append")
    o = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}",
          flush=True)
    table = Table()
    for name in o.only or PARTS:
        PARTS[name](o, table)
    return 0 if table.good else 1


if __name__ == "__main__":
    sys.exit(main())
