#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-webhooks: how fast hypersdkd delivers, and wrk beside it.

usage: webhooks.py HYPERSDKD [--events N] [--dir DIR]

EVENTS events wait in the store for each of 8 endpoints, which are one receiver
on this machine; measured is from its first request to its last. Each delivery
is signed, marked before it is sent and recorded after. wrk posts a body of the
same size to the same receiver, over 8 connections, and records nothing."""
import argparse
import asyncio
import base64
import multiprocessing
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

ENDPOINTS = 8
GOAL = 1000  # deliveries per second
DATA = ('{"job_id":"%s","job_name":"nightly","vm_path":"/DC0/vm/prod/web-1",'
        '"output_path":"/backup/web-1"}')
HOOK = """{{ name = "e{n}"; url = "http://127.0.0.1:{port}/{n}";
  secret = "env:BENCH_KEY"; allow_cidrs = [ "127.0.0.1" ]; }}"""
LUA = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = string.rep("x", 220)
"""


class Receiver(asyncio.Protocol):
    """Counts requests and takes them."""
    count, first, last = None, None, None

    def connection_made(self, transport):
        self.transport, self.bytes = transport, b""

    def data_received(self, data):
        self.bytes += data
        while (head := self.bytes.find(b"\r\n\r\n")) >= 0:
            n = re.search(rb"(?i)content-length: *(\d+)", self.bytes[:head])
            end = head + 4 + (int(n[1]) if n else 0)
            if len(self.bytes) < end:
                return
            self.bytes = self.bytes[end:]
            now = time.monotonic()
            if Receiver.count.value == 0:
                Receiver.first.value = now
            Receiver.last.value = now
            Receiver.count.value += 1
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0"
                                 b"\r\n\r\n")


def receive(listener, count, first, last):
    Receiver.count, Receiver.first, Receiver.last = count, first, last

    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Receiver, sock=listener)
        await server.serve_forever()
    asyncio.run(serve())


def run_daemon(o, folder, conf):
    log = open(os.path.join(folder, "log"), "ab")
    return subprocess.Popen([o.hypersdkd, "--config", conf, "--state-dir",
                             os.path.join(folder, "state")],
                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def wait_until(what, process, seconds=300):
    end = time.monotonic() + seconds
    while not what():
        if process.poll() is not None or time.monotonic() > end:
            sys.exit("bench: hypersdkd ended, or does not get on")
        time.sleep(0.02)


def fill(db, events):
    """As the daemon would have written them."""
    con = sqlite3.connect(db)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    for _ in range(events):
        event, job = str(uuid.uuid4()), str(uuid.uuid4())
        seq = con.execute(
            "INSERT INTO events(id, timestamp, type, job_id, data_json) "
            "VALUES(?, ?, 'job.created', ?, ?)",
            (event, now, job, DATA % job)).lastrowid
        con.executemany(
            "INSERT INTO webhook_deliveries(event_seq, event_id, endpoint_id,"
            " job_id, state, tries, http_status, due_at, updated_at) "
            "VALUES(?, ?, ?, ?, 1, 0, 0, ?, ?)",
            [(seq, event, f"e{n}", job, now, now) for n in range(ENDPOINTS)])
    con.commit()
    con.close()


def deliveries(o, folder, port, count, first, last):
    conf = os.path.join(folder, "conf")
    db = os.path.join(folder, "state", "jobs.db")
    hooks = ",\n".join(HOOK.format(n=n, port=port) for n in range(ENDPOINTS))
    with open(conf, "w") as file:
        file.write(f'api = {{ listen = ""; socket = "{folder}/sock"; }};\n'
                   f'webhooks = ( {hooks} );\n')
    process = run_daemon(o, folder, conf)
    wait_until(lambda: os.path.exists(os.path.join(folder, "sock")), process)
    wait_until(lambda: "ready" in open(os.path.join(folder, "log")).read(),
               process)
    process.terminate()
    process.wait()
    fill(db, o.events)
    process = run_daemon(o, folder, conf)
    wait_until(lambda: count.value >= o.events * ENDPOINTS, process)
    process.terminate()
    process.wait()
    return (count.value - 1) / (last.value - first.value)


def posts(folder, port):
    script = os.path.join(folder, "post.lua")
    with open(script, "w") as file:
        file.write(LUA)
    out = subprocess.run(["wrk", "-t1", f"-c{ENDPOINTS}", "-d5s", "-s", script,
                          f"http://127.0.0.1:{port}/"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return float(re.search(r"Requests/sec: *([\d.]+)", out)[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hypersdkd")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--dir", default=".")
    o = parser.parse_args()
    o.hypersdkd = os.path.abspath(o.hypersdkd)
    os.environ["BENCH_KEY"] = ("whsec_" +
                               base64.b64encode(os.urandom(32)).decode())
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    shared = (multiprocessing.Value("q", 0), multiprocessing.Value("d", 0),
              multiprocessing.Value("d", 0))
    multiprocessing.Process(target=receive, args=(listener, *shared),
                            daemon=True).start()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}",
          flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-webhooks-",
                                     dir=os.path.abspath(o.dir)) as folder:
        os.mkdir(os.path.join(folder, "state"), 0o700)
        ours = deliveries(o, folder, port, *shared)
        theirs = posts(folder, port)
    well = ours >= GOAL
    print(f"{'ok    ' if well else 'MISSED'} deliveries/s over {ENDPOINTS} "
          f"endpoints {ours:10.0f}   goal {GOAL}; wrk alone {theirs:.0f}, "
          f"{ours / theirs:.2f} of it")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
