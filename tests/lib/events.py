#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""events.py URL SECONDS [COUNT [LAST-EVENT-ID]]: reads Server-Sent Events
until there are COUNT, or SECONDS are over, or the stream ends; prints the
status, then one line for each event, "ID TYPE JSON", and "comment" and
"end"."""
import socket
import sys
import time
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
until = time.monotonic() + float(sys.argv[2])
wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
target = url.path + ("?" + url.query if url.query else "")
last = f"Last-Event-ID: {sys.argv[4]}\r\n" if len(sys.argv) > 4 else ""
sock = socket.create_connection((url.hostname, url.port))
sock.settimeout(0.5)
sock.sendall((f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{last}"
              "Accept: text/event-stream\r\n\r\n").encode())
data = b""


def more():
    """Adds to data; False at the end of it, or of the time."""
    global data
    while time.monotonic() < until:
        try:
            piece = sock.recv(65536)
        except socket.timeout:
            continue
        data += piece
        return bool(piece)
    return False


def line():
    global data
    while b"\n" not in data:
        if not more():
            return None
    text, data = data.split(b"\n", 1)
    return text.rstrip(b"\r").decode()


def chunks():
    """The body, out of its chunks; None where it is cut."""
    global data
    while True:
        size = line()
        if size is None:
            yield None
            return
        n = int(size, 16)
        while len(data) < n + 2:
            if not more():
                yield None
                return
        yield data[:n]
        data = data[n + 2:]
        if n == 0:
            return


status = line().split()[1]
headers = {}
while text := line():
    name, value = text.split(": ", 1)
    headers[name.lower()] = value
print(status, headers["content-type"], flush=True)
if status != "200":
    length = int(headers["content-length"])
    while len(data) < length and more():
        pass
    print(data.decode())
    sys.exit()
event, body = {}, b""
for piece in chunks():
    if piece is None:
        break
    if piece == b"":
        print("end")
        break
    body += piece
    while b"\n" in body and wanted > 0:
        text, body = body.split(b"\n", 1)
        text = text.decode()
        if text.startswith(":"):
            print("comment", flush=True)
        elif text == "":
            if event:
                print(event["id"], event["event"], event["data"], flush=True)
                wanted -= 1
            event = {}
        else:
            name, value = text.split(": ", 1)
            event[name] = value
    if wanted == 0:
        break
