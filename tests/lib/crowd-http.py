#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""crowd-http.py PORT PID TOKEN FIRST ROOT SOCKET: 15,000 connections attempted, and
readers that do not read (faults.md 78), while a good client is served. Prints
TAP without a plan; the script around it counts. Ends the server."""
import collections
import http.client
import json
import os
import re
import resource
import select
import signal
import socket
import sys
import threading
import time

PORT, PID, TOKEN = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ROOT, SOCKET = sys.argv[5:7]
CAP = 1024
GROWTH_KB = int(os.environ.get("CROWD_MAX_KIB", 64 * 1024))
READERS, JOBS = 32, 600
count = [int(sys.argv[4])]
failed = [0]


def check(good, name, more=""):
    count[0] += 1
    failed[0] += not good
    print(f"{'ok' if good else 'not ok'} {count[0]} - 78: {name}")
    if not good:
        print(f"# {str(more)[:400]}")
    sys.stdout.flush()


def ask(method, path, body=None, local=False):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    if local:
        c.sock = socket.socket(socket.AF_UNIX)
        c.sock.connect(SOCKET)
    head = {"Authorization": "Bearer " + TOKEN}
    if body is not None:
        head["Content-Type"] = "application/json"
    c.request(method, path, body and json.dumps(body), head)
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer.status, json.loads(text)


def rss():
    with open(f"/proc/{PID}/status") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))


def descriptors():
    return len(os.listdir(f"/proc/{PID}/fd"))


class Good(threading.Thread):
    """Asks all the time; what it was answered."""

    def __init__(self, local=False):
        super().__init__()
        self.local = local

    def run(self):
        self.answers = collections.Counter()
        self.go_on = True
        while self.go_on:
            try:
                self.answers[ask("GET", "/jobs/stats",
                                 local=self.local)[0]] += 1
            except OSError as e:
                self.answers[str(e)] += 1

    def end(self, name):
        self.go_on = False
        self.join()
        check(set(self.answers) == {200} and self.answers[200] > 5, name,
              self.answers)


def drop_refused(held):
    """Who was told 503 goes."""
    poll = select.poll()
    for fd in held:
        poll.register(fd, select.POLLIN)
    for fd, _ in poll.poll(0):
        held.pop(fd).close()


def flood(attempts, addresses, local, name):
    before, fds = rss(), descriptors()
    good = Good(local)
    good.start()
    held, most = {}, 0
    for i in range(attempts):
        s = socket.socket()
        s.bind((f"127.0.0.{2 + i % addresses}", 0))
        try:
            s.connect(("127.0.0.1", PORT))
        except OSError:
            s.close()
            continue
        held[s.fileno()] = s
        if i % 256 == 0:
            drop_refused(held)
            most = max(most, descriptors() - fds)
    good.end(f"{name} is served while {attempts} come from {addresses} "
             "addresses")
    check(CAP / 2 < most <= CAP + 8, f"no more than {CAP} are held", most)
    check(rss() - before <= GROWTH_KB, "in bounded memory", rss() - before)
    for s in held.values():
        s.close()
    end = time.monotonic() + 60
    while descriptors() > fds + 8 and time.monotonic() < end:
        time.sleep(0.1)
    check(descriptors() <= fds + 8, "no descriptor of theirs is left",
          f"{fds} {descriptors()}")


def do_not_read(path):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", PORT))
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
              f"Bearer {TOKEN}\r\nLast-Event-ID: 0\r\n\r\n".encode())
    return s


def stuck():
    definitions = [{"vm_path": f"nobody-{i}", "output_path": f"{ROOT}/{i}"}
                   for i in range(JOBS)]
    before = rss()
    held = [do_not_read("/events") for _ in range(READERS)]
    held += [do_not_read("/jobs?limit=1000") for _ in range(READERS)]
    good = Good()
    good.start()
    status, answer = ask("POST", "/jobs/submit", {"jobs": definitions})
    check(status == 200 and answer["accepted"] == JOBS, "jobs are taken while "
          f"{READERS} readers of events do not read", answer)
    end = time.monotonic() + 120
    while ask("GET", "/jobs/stats")[1]["failed"] < JOBS and \
            time.monotonic() < end:
        time.sleep(0.1)
    check(ask("GET", "/jobs/stats")[1]["failed"] == JOBS, "they run to their "
          "end", ask("GET", "/jobs/stats")[1])
    held += [do_not_read("/jobs?limit=1000") for _ in range(READERS)]
    time.sleep(1)
    good.end("a good client is served meanwhile")
    check(rss() - before <= GROWTH_KB, "in bounded memory", rss() - before)
    os.kill(PID, signal.SIGTERM)
    end = time.monotonic() + 25
    while os.path.exists(f"/proc/{PID}/exe") and time.monotonic() < end:
        time.sleep(0.1)
    check(time.monotonic() < end, "and a stop does not wait for them")
    for s in held:
        s.close()


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
flood(15000, 8, False, "a good client")
flood(3000, 200, True, "the Unix socket")
stuck()
sys.exit(1 if failed[0] else 0)
