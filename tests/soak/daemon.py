# SPDX-License-Identifier: Apache-2.0
"""hypersdkd to be started and killed, and its API over the Unix socket."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


# The answer did not come: nobody knows whether the call was carried out.
LOST = (OSError, http.client.HTTPException)


class Api:
    def __init__(self, path):
        self.path = path

    def call(self, method, path, body=None, key=None, timeout=60):
        """(status, JSON), or one of LOST."""
        connection = UnixConnection(self.path, timeout)
        headers = {"Connection": "close"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data)
        except ValueError as error:
            raise http.client.HTTPException(f"no JSON: {error}") from error
        finally:
            connection.close()

    def get(self, path):
        status, reply = self.call("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {reply}")
        return reply


class Daemon:
    def __init__(self, program, config, socket_path, log, preload):
        self.program, self.config, self.log = program, config, log
        self.preload = preload
        self.api = Api(socket_path)
        self.process = None

    def start(self, kill_at=None):
        env = dict(os.environ)
        if kill_at is not None:
            env["LD_PRELOAD"] = self.preload
            env["HYP_KILL_AT"] = str(kill_at)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", self.config], env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def lives(self):
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, seconds=30):
        """True when it takes jobs, False when it died before."""
        end = time.monotonic() + seconds
        while self.lives():
            try:
                if self.api.call("GET", "/ready", timeout=5)[0] == 200:
                    return True
            except LOST:
                pass
            if time.monotonic() > end:
                raise RuntimeError(f"not ready after {seconds} s")
            time.sleep(0.01)
        return False

    def wait_dead(self, seconds):
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def kill(self):
        """The exit code, -9 if it was the kill that ended it."""
        self.process.kill()
        return self.process.wait()

    def stop(self, seconds=40):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)
