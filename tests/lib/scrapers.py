#!/usr/bin/python3
# scrapers.py PORT WHAT: clients of the metrics port that are many or slow.
# Prints what is wrong.
#   many  200 at once, ten scrapes each: every one gets whole metrics
#   slow  50 that ask and do not read, while others are served
import http.client
import socket
import sys
import threading
import time

port = int(sys.argv[1])
wrong = []


def scrape():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for _ in range(10):
            c.request("GET", "/metrics", headers={
                "Accept": "application/openmetrics-text;version=1.0.0"})
            answer = c.getresponse()
            body = answer.read()
            if answer.status != 200 or not body.endswith(b"# EOF\n"):
                wrong.append(f"{answer.status}, {len(body)} bytes")
    except OSError as e:
        wrong.append(str(e))
    finally:
        c.close()


def together(n):
    threads = [threading.Thread(target=scrape) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def slow(n):
    sockets = []
    for _ in range(n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        s.connect(("127.0.0.1", port))
        # many requests in one connection, none of whose answers is read
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        sockets.append(s)
    return sockets


if sys.argv[2] == "many":
    together(200)
else:
    held = slow(50)
    began = time.monotonic()
    together(4)
    if time.monotonic() - began > 30:
        wrong.append("others waited for the slow ones")
    for s in held:
        s.close()
for text in sorted(set(wrong)):
    print(f"{wrong.count(text)} times: {text}")
sys.exit(len(wrong) > 0)
