#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks, and an independent judge of what it gets.

usage: hooks.py LOG [PERCENT [MOST]]: serves on a free port of 127.0.0.1, which it
prints. Each request becomes one line of LOG, JSON. What it answers is in the
path: /ok, /flaky (PERCENT of 500, MOST times for an id, else 200), /N (that
status), /gone, /moved,
/after/VALUE (429 with Retry-After), /endless, /drip, /hang, /reset.
HOOK_KEY: the key (whsec_...) that signatures must verify with; or several.
HOOK_PORT: the port, instead of a free one.
"""
import base64
import collections
import hashlib
import hmac
import http.server
import json
import os
import random
import socket
import socketserver
import struct
import sys
import threading
import time
import urllib.parse

log = open(sys.argv[1], "a", buffering=1)
percent = int(sys.argv[2]) if len(sys.argv) > 2 else 30
keys = os.environ.get("HOOK_KEY", "").split()
lock = threading.Lock()
chance = random.Random(5)
most = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
failed = collections.Counter()  # by id


def verified(headers, body):
    """How many of the keys have signed this."""
    signed = b".".join([headers.get("webhook-id", "").encode(),
                        headers.get("webhook-timestamp", "").encode(), body])
    given = headers.get("webhook-signature", "").split()
    good = 0
    for key in keys:
        raw = base64.b64decode(key.removeprefix("whsec_"))
        mac = base64.b64encode(
            hmac.new(raw, signed, hashlib.sha256).digest()).decode()
        good += "v1," + mac in given
    return good


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, more=()):
        self.send_response(status)
        for name, value in more:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def stream(self, chunk, pause):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(chunk)
                self.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def flaky(self):
        name = self.headers.get("webhook-id")
        with lock:
            if chance.randrange(100) >= percent or failed[name] == most:
                return 200
            failed[name] += 1
            return 500

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = self.path.lstrip("/")
        status = 200
        if what == "flaky":
            status = self.flaky()
        elif what.isdigit():
            status = int(what)
        try:
            told = json.loads(body)
        except ValueError:
            told = {}
        data = told.get("data", {})
        with lock:
            log.write(json.dumps({
                "id": self.headers.get("webhook-id"), "status": status,
                "path": what, "event": told.get("event"),
                "job": data.get("job_id"), "verified":
                verified(self.headers, body), "time": time.time(),
                "headers": dict(self.headers.items()),
                "body": told}) + "\n")
        if what == "moved":
            self.answer(302, [("Location", "/ok")])
        elif what.startswith("after/"):
            self.answer(429, [("Retry-After",
                               urllib.parse.unquote(what[6:]))])
        elif what == "endless":
            self.stream(b"x" * 65536, 0)
        elif what == "drip":
            self.stream(b"x", 1)
        elif what == "hang":
            time.sleep(60)
        elif what == "reset":
            self.reset()
        else:
            self.answer(status)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", int(os.environ.get("HOOK_PORT", 0))), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
