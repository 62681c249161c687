#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""raw-http.py PORT PID TOKEN CASES...: requests by hand, byte by byte, at a
server that must refuse what could be read in two ways (faults.md 78-94, 117).
Prints TAP without a plan; the script around it counts."""
import json
import os
import re
import select
import socket
import sys
import threading
import time

PORT, PID, TOKEN = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
FIRST = int(sys.argv[4]) if len(sys.argv) > 4 else 0
count = [FIRST]
failed = [0]
AUTH = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
HOST = b"Host: localhost\r\n"
HEAD = HOST + AUTH


def check(good, name, more=""):
    count[0] += 1
    if good:
        print(f"ok {count[0]} - {name}")
    else:
        failed[0] += 1
        print(f"not ok {count[0]} - {name}")
        for line in str(more).splitlines()[:20]:
            print("# " + line[:400])
    sys.stdout.flush()


def connect(timeout=15):
    s = socket.create_connection(("127.0.0.1", PORT))
    s.settimeout(timeout)
    return s


class Answer:
    """One answer, and whether the server ended the connection behind it."""

    def __init__(self, sock, head_only=False):
        data = b""
        self.closed = False
        self.status, self.headers, self.body = 0, {}, b""
        while b"\r\n\r\n" not in data:
            more = self._read(sock)
            if not more:
                return
            data += more
        head, self.body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        found = re.match(r"HTTP/1\.[01] (\d+)", lines[0])
        self.status = int(found.group(1)) if found else -1
        for line in lines[1:]:
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()
        length = int(self.headers.get("content-length", "0"))
        while not head_only and len(self.body) < length:
            more = self._read(sock)
            if not more:
                return
            self.body += more

    def _read(self, sock):
        try:
            more = sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            more = b""
        if not more:
            self.closed = True
        return more

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def __str__(self):
        return f"{self.status} closed={self.closed} {self.body[:300]!r}"


def ends(sock):
    """The server ends the connection, soon."""
    sock.settimeout(5)
    try:
        while True:
            if not sock.recv(65536):
                return True
    except socket.timeout:
        return False
    except OSError:
        return True


def send(sock, raw):
    try:
        sock.sendall(raw)
    except (ConnectionResetError, BrokenPipeError):
        pass


def ask(raw):
    with connect() as s:
        send(s, raw)
        a = Answer(s)
        a.closed = a.closed or ends(s)
        return a


def refused(number, name, raw, statuses, theirs=False):
    """In JSON; theirs: libmicrohttpd may be the one who refuses, in HTML."""
    if isinstance(statuses, int):
        statuses = (statuses,)
    a = ask(raw)
    told = "kind" in a.json() or (theirs and b"<html>" in a.body)
    check(a.status in statuses and a.closed and told,
          f"{number}: {name}: {' or '.join(map(str, statuses))}, and closed",
          a)


def get(path=b"/jobs/stats", extra=b""):
    return b"GET " + path + b" HTTP/1.1\r\n" + HEAD + extra + b"\r\n"


def post(headers, body=b"", path=b"/jobs/query"):
    return (b"POST " + path + b" HTTP/1.1\r\n" + HEAD +
            b"Content-Type: application/json\r\n" + headers + b"\r\n" + body)


def status_of(raw):
    with connect() as s:
        send(s, raw)
        return Answer(s).status


def alive(name):
    check(status_of(get()) == 200, name)


# --- 79: two readings of one request ----------------------------------------

def smuggling():
    chunked = b"Transfer-Encoding: chunked\r\n"
    refused(79, "Content-Length and Transfer-Encoding",
            post(b"Content-Length: 3\r\n" + chunked, b"0\r\n\r\n"), 400)
    refused(79, "two Content-Length, even if equal",
            post(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"), 400)
    for value in (b"+2", b"0x2", b"2, 2", b"-2", b"2 2", b"", b"2;", b"1e1",
                  b"99999999999999999999"):
        refused(79, f"Content-Length {value.decode()!r}",
                post(b"Content-Length: " + value + b"\r\n", b"{}"), (400, 413),
                theirs=True)
    for value in (b"xchunked", b"chunked, identity", b"identity, chunked",
                  b"gzip, chunked", b"chunked, chunked", b"chunked;q=1",
                  b"\"chunked\"", b"identity", b""):
        refused(79, f"Transfer-Encoding {value.decode()!r}",
                post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n"),
                400)
    refused(79, "two Transfer-Encoding", post(chunked + chunked,
                                              b"0\r\n\r\n"), 400)
    refused(79, "Transfer-Encoding in HTTP/1.0",
            post(chunked, b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"), 400)
    refused(79, "a line that ends with LF alone",
            get(extra=b"X-A: b\n"), 400)
    refused(79, "all lines end with LF alone",
            get().replace(b"\r\n", b"\n"), 400)
    refused(79, "a lone LF made up for by a blank more",
            get(extra=b"X-A: b\nX-C:  d\r\n"), 400)
    refused(79, "a lone LF made up for by a NUL",
            get(extra=b"X-A: b\nX-C: d\0\r\n"), 400)
    refused(79, "a folded line", get(extra=b"X-A: b\r\n c\r\n"), 400)
    refused(79, "a folded line by a tab", get(extra=b"X-A: b\r\n\tc\r\n"), 400)
    refused(79, "a folded first line",
            b"GET /jobs/stats HTTP/1.1\r\n X: y\r\n" + HEAD + b"\r\n", 400)
    refused(79, "a blank before the colon", get(extra=b"X-A : b\r\n"), 400)
    refused(79, "Content-Length with a blank before the colon",
            post(b"Content-Length : 2\r\n", b"{}"), (400, 415))
    refused(79, "a NUL in a value", get(extra=b"X-A: b\0c\r\n"), 400)
    refused(79, "a NUL in a name", get(extra=b"X\0A: b\r\n"), 400,
            theirs=True)
    refused(79, "a CR in a value", get(extra=b"X-A: b\rc\r\n"), 400)
    refused(79, "a control character in a value",
            get(extra=b"X-A: b\x01c\r\n"), 400)
    refused(79, "8 bits in a name", get(extra=b"X\xff: b\r\n"), 400)
    refused(79, "a name without a colon", get(extra=b"X-A\r\n"), 400,
            theirs=True)
    refused(79, "an empty name", get(extra=b": b\r\n"), 400)
    for size in (b"ffffffffffffffff", b"fffffffffffffffff", b"-1", b"0x2",
                 b"+2", b" 2", b"", b"g"):
        raw = post(chunked, size + b"\r\n{}\r\n0\r\n\r\n")
        with connect() as s:
            send(s, raw)
            s.shutdown(socket.SHUT_WR)
            a = Answer(s)
            gone = a.closed or ends(s)
            check(a.status in (0, 400, 413) and gone,
                  f"79: chunk size {size.decode()!r}: refused and closed", a)
    a = ask(post(chunked, b"2;" + b"a" * 65536 + b"\r\n{}\r\n0\r\n\r\n"))
    check(a.status not in (200, 0) and a.closed,
          "79: a chunk extension of 64 KiB: refused and closed", a)
    refused(79, "trailers",
            post(chunked, b"2\r\n{}\r\n0\r\nX-A: b\r\n\r\n"), 400)
    raw = (b"POST /jobs/query HTTP/1.1\r\n" + HOST + chunked +
           b"Content-Type: application/json\r\n\r\n"
           b"2\r\n{}\r\n0\r\n" + AUTH + b"\r\n")
    refused(79, "a token in a trailer", raw, (400, 401))
    a = ask(post(chunked, b"2\r\n{}\r\n0\r\n\r\n"))
    check(a.status == 200 and a.closed,
          "79: a well-formed chunked body is taken, and nothing behind it", a)
    a = ask(post(chunked, b"2\r\n{}\r\n0\r\n\r\n") + get())
    check(a.status == 200 and a.body.count(b"HTTP/1.1") == 0,
          "79: a request behind a chunked one is not read", a)
    for extra in (b"X-A:b\r\n", b"X-A:   b\r\n", b"X-A: b  \r\n", b"X-A:\r\n",
                  b"X-A: \r\n", b"X-A: b\tc\r\n", b"X-A: \xc3\xa9\r\n"):
        got = status_of(get(extra=extra))
        check(got == 200, f"79: {extra!r} is in order", got)
    with connect() as s:
        for c in get(extra=b"X-A: " + b"b" * 3000 + b"\r\nX-B: c\r\n"):
            s.sendall(bytes([c]))
        check(Answer(s).status == 200, "79: a head that comes byte by byte")
    with connect() as s:
        s.sendall(get() * 20)
        data = b""
        while data.count(b'"cancelled"') < 20:
            more = s.recv(65536)
            if not more:
                break
            data += more
        check(data.count(b"HTTP/1.1 200") == 20, "79: 20 in a row (pipelined)",
              data[-200:])
    with connect() as s:
        s.sendall(get() + get(extra=b"X-A: b\n") + get())
        first = Answer(s)
        rest = first.body[int(first.headers["content-length"]):]
        try:
            while True:
                more = s.recv(65536)
                if not more:
                    break
                rest += more
        except OSError:
            pass
        check(first.status == 200 and rest.count(b"HTTP/1.1 400") == 1 and
              rest.count(b"HTTP/1.1") == 1,
              "79: a bad one in the middle ends it", rest)


# --- 80, 81: too much -------------------------------------------------------

def rss():
    with open(f"/proc/{PID}/status") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))


def peak():
    with open(f"/proc/{PID}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


def bombs():
    """Small bodies that want to be large, or to take long."""
    x = b"a: &x " + b"x" * 700000 + b"\nb: ["
    anchors = b"".join(b"&%x ," % i for i in range(120000))
    for name, path, kind, body in (
            ("JSON of the dearest values", b"/jobs/query", b"json",
             b'{"a":[' + b"{}," * 340000 + b"{}]}"),
            ("a long text and its aliases", b"/jobs/submit", b"x-yaml",
             x + b"*x," * 90000 + b"]\n"),
            ("anchors", b"/jobs/submit", b"x-yaml", b"[" + anchors + b"]\n")):
        with open(f"/proc/{PID}/clear_refs", "w") as f:
            f.write("5")
        before = peak()
        a = ask(post(b"Content-Length: %d\r\nConnection: close\r\n" %
                     len(body), body, path)
                .replace(b"application/json", b"application/" + kind))
        check(a.status == 400 and "too m" in a.json().get("error", ""),
              f"80: {name}: 400", a)
        check(peak() - before < 49152, f"80: {name}: memory did not grow",
              peak() - before)


def sizes():
    refused(80, "a body of 10 GiB is announced",
            post(b"Content-Length: 10737418240\r\n", b"{" * 1000), 413)
    refused(80, "a body of 1 MiB and a byte is announced",
            post(b"Content-Length: 1048577\r\n"), 413)
    a = ask(post(b"Content-Length: 1048576\r\n", b" " * 1048576))
    check(a.status == 400, "80: 1 MiB is read (and is no JSON)", a)
    before = rss()
    with connect() as s:
        send(s, post(b"Transfer-Encoding: chunked\r\n"))
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        sent, over, rest = 0, False, b""
        s.settimeout(0.01)
        data = b""
        while sent < (256 << 20) and not over:
            try:
                rest = rest or piece
                n = s.send(rest)
                sent, rest = sent + n, rest[n:]
            except socket.timeout:
                pass
            except OSError:
                over = True
            try:
                data += s.recv(4096)
            except socket.timeout:
                pass
            except OSError:
                over = True
        check(data.startswith(b"HTTP/1.1 413"), "80: an endless body: 413",
              data[:100])
        check(over and sent < (64 << 20),
              "80: an endless body: the connection is cut", sent)
    check(rss() - before < 8192, "80: memory did not grow", rss() - before)
    for coding in (b"gzip", b"deflate", b"br", b"gzip, identity"):
        refused(80, f"Content-Encoding {coding.decode()}",
                post(b"Content-Encoding: " + coding +
                     b"\r\nContent-Length: 2\r\n", b"{}"), 415)
    refused(81, "a header of 1 MiB",
            get(extra=b"X-A: " + b"b" * 1048576 + b"\r\n"), 431,
            theirs=True)
    refused(81, "10,000 headers", get(extra=b"X-A: b\r\n" * 10000), 431,
            theirs=True)
    refused(81, "a header of 17 KiB",
            get(extra=b"X-A: " + b"b" * 17408 + b"\r\n"), 431)
    refused(81, "65 headers", get(extra=b"X-A: b\r\n" * 65), 431)
    refused(81, "a URI of 1 MiB", get(b"/" + b"a" * 1048576), 414,
            theirs=True)
    refused(81, "a URI of 9 KiB", get(b"/" + b"a" * 9216), 414)
    alive("81: a good client is served after all of them")


# --- 82: paths --------------------------------------------------------------

def paths():
    for path in (b"/../etc/passwd", b"/jobs/../tokens", b"/jobs/..", b"/.",
                 b"/./jobs", b"//jobs", b"/jobs//x", b"/%2e%2e%2fetc/passwd",
                 b"/jobs/%2e%2e", b"/%252e%252e/x", b"/..\\x", b"/jobs\\x",
                 b"/jobs/%5c", b"/jobs/%2f..", b"/jobs/%00", b"/jobs/x%00y",
                 b"/jobs/%0a", b"/jobs/%", b"/jobs/%z0", b"/jobs/%4",
                 b"/jobs/\x80", b"/jobs?x=%00", b"/jobs?x=%zz", b"/jobs#x",
                 b"http://localhost/jobs", b"http://evil.example/jobs",
                 b"jobs", b"*", b"localhost:80", b"/jobs\x01", b"/jobs\x7f"):
        refused(82, f"path {path.decode('latin-1')!r}", get(path), (400, 404))
    for path in (b"/jobs/%c0%ae%c0%ae", b"/jobs/%ed%a0%80", b"/jobs/%ff",
                 b"/jobs?vm_path=%c0%af"):
        got = status_of(get(path))
        check(got == 400, f"82: {path.decode()}: 400", got)
    for path in (b"/etc/passwd", b"/jobs/a/b/c", b"/JOBS", b"/jobs/", b"/"):
        got = status_of(get(path))
        check(got == 404, f"82: {path.decode()}: 404", got)
    got = status_of(get(b"/jobs/caf%C3%A9"))
    check(got == 404, "82: UTF-8 in an id is no job", got)


# --- 83, 84: hosts and origins ----------------------------------------------

def hosts():
    def with_host(lines):
        return b"GET /jobs/stats HTTP/1.1\r\n" + lines + AUTH + b"\r\n"
    for host in (b"evil.example", b"localhost.evil.com", b"127.0.0.1.evil.com",
                 b"localhost:80:80", b"localhost:x", b"127.0.0.2", b"[::2]",
                 b"[::1", b"[::1]x", b"local", b"localhost.", b"@localhost",
                 b"localhost@evil", b"localhost/", b"", b"localhost,evil",
                 b"localhost:", b"localhost:123456"):
        refused(83, f"Host {host.decode()!r}",
                with_host(b"Host: " + host + b"\r\n"), (400, 421))
    refused(83, "no Host", with_host(b""), 400, theirs=True)
    refused(83, "no Host in HTTP/1.0",
            with_host(b"").replace(b"HTTP/1.1", b"HTTP/1.0"), 400)
    refused(83, "two Hosts", with_host(HOST + HOST), 400)
    refused(83, "a good Host, and a bad one",
            with_host(HOST + b"host: evil.example\r\n"), 400)
    for host in (b"localhost", b"LOCALHOST:1", b"127.0.0.1", b"127.0.0.1:8080",
                 b"[::1]", b"[::1]:8080", b"[::1]:65535"):
        got = status_of(with_host(b"Host: " + host + b"\r\n"))
        check(got == 200, f"83: Host {host.decode()}: 200", got)
    for kind in (b"text/plain", b"application/x-www-form-urlencoded",
                 b"multipart/form-data; boundary=x", b"application/json; x=y",
                 b"application/json, text/plain", b"application/jsonx", b""):
        raw = (b"POST /jobs/query HTTP/1.1\r\n" + HEAD + b"Content-Type: " +
               kind + b"\r\nContent-Length: 2\r\n\r\n{}")
        got = status_of(raw)
        check(got == 415, f"84: Content-Type {kind.decode()!r}: 415", got)
    raw = (b"POST /jobs/query HTTP/1.1\r\n" + HEAD +
           b"Content-Length: 2\r\n\r\n{}")
    check(status_of(raw) == 415, "84: no Content-Type: 415")
    for kind in (b"application/json", b"Application/JSON",
                 b"application/json; charset=utf-8",
                 b"application/json;charset=\"UTF-8\""):
        raw = (b"POST /jobs/query HTTP/1.1\r\n" + HEAD + b"Content-Type: " +
               kind + b"\r\nContent-Length: 2\r\n\r\n{}")
        got = status_of(raw)
        check(got == 200, f"84: Content-Type {kind.decode()}: 200", got)
    for origin in (b"null", b"http://evil.example", b"https://localhost.evil",
                   b"http://localhost:1", b"file://", b"localhost", b"",
                   b"ftp://localhost", b"http://localhost/"):
        for raw in (get(extra=b"Origin: " + origin + b"\r\n"),
                    get(b"/events", b"Origin: " + origin + b"\r\n"),
                    post(b"Origin: " + origin + b"\r\nContent-Length: 2\r\n",
                         b"{}")):
            got = status_of(raw)
            if got != 403:
                break
        check(got == 403, f"84: Origin {origin.decode()!r}: 403", got)
    for site in (b"cross-site", b"same-site"):
        got = status_of(get(extra=b"Sec-Fetch-Site: " + site + b"\r\n"))
        check(got == 403, f"84: Sec-Fetch-Site {site.decode()}: 403", got)
    a = ask(get(extra=b"Origin: http://localhost\r\nConnection: close\r\n"))
    check(a.status == 200, "84: the own origin: 200", a)
    check(not [h for h in a.headers if h.startswith("access-control")],
          "84: no CORS headers", a.headers)
    a = ask(b"OPTIONS /jobs HTTP/1.1\r\n" + HOST +
            b"Origin: http://localhost\r\n"
            b"Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n")
    check(a.status == 405 and
          not [h for h in a.headers if h.startswith("access-control")],
          "84: a preflight gets 405 and no leave", a)
    refused(84, "WebSocket",
            get(b"/events", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: eA==\r\n"), 400)
    got = status_of(b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n")
    check(got == 401, "84: a stream needs the token too", got)


# --- 94: other protocols ----------------------------------------------------

def protocols():
    refused(94, "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 405, 505),
            theirs=True)
    refused(94, "HTTP/2.0", get().replace(b"HTTP/1.1", b"HTTP/2.0"),
            (400, 505), theirs=True)
    refused(94, "HTTP/1.2", get().replace(b"HTTP/1.1", b"HTTP/1.2"),
            (400, 505))
    refused(94, "HTTP/9.9", get().replace(b"HTTP/1.1", b"HTTP/9.9"),
            (400, 505), theirs=True)
    refused(94, "HTTP/0.9", b"GET /jobs/stats\r\n", 400, theirs=True)
    refused(94, "HTTP/0.9 with an empty line", b"GET /jobs/stats\r\n\r\n", 400,
            theirs=True)
    refused(94, "CONNECT", get().replace(b"GET /jobs/stats",
                                         b"CONNECT evil:443"), (400, 405))
    refused(94, "TRACE", get().replace(b"GET", b"TRACE"), 405)
    refused(94, "a method of 300 bytes", get().replace(b"GET", b"G" * 300),
            (400, 404, 405))
    # To a request line that is none libmicrohttpd says nothing at all.
    for name, raw in (("blanks in the URI", get(b"/jobs stats")),
                      ("no blanks in the request line", b"GET\r\n\r\n"),
                      ("random bytes",
                       bytes(range(128, 256)) * 3 + b"\r\n\r\n")):
        a = ask(raw)
        check(a.status in (0, 400) and a.closed,
              f"94: {name}: closed, and no success", a)
    with connect() as s:
        hello = (bytes.fromhex("1603010200010001fc0303") + b"x" * 32 + b"\x20" +
                 b"y" * 32 + bytes.fromhex("0002130101000191") + b"z" * 401)
        send(s, hello)
        a = Answer(s)
        check(a.status in (0, 400) and (a.closed or ends(s)),
              "94: TLS at the plain port: refused and closed", a)
    alive("94: a good client is served after all of them")


# --- 78: slow clients -------------------------------------------------------

def lasts(sock, drip, most):
    """Seconds until the server ends it; a byte of drip each half second."""
    start = time.monotonic()
    sock.settimeout(0.5)
    i = 0
    while time.monotonic() - start < most:
        if drip:
            try:
                sock.sendall(drip[i % len(drip):i % len(drip) + 1])
            except OSError:
                break
            i += 1
        try:
            if not sock.recv(65536):
                break
        except socket.timeout:
            pass
        except OSError:
            break
    return time.monotonic() - start


def slow():
    result = {}

    def run(name, begin, drip, most):
        with connect() as s:
            send(s, begin)
            result[name] = lasts(s, drip, most)
    cases = [
        ("a client that says nothing", b"", b"", 20),
        ("headers, a byte each half second", b"GET / HTTP/1.1\r\n", b"X", 20),
        ("a request line, a byte each half second", b"", b"G", 20),
        ("a body, a byte each half second",
         post(b"Content-Length: 1000\r\n"), b" ", 45),
        ("a chunked body, a byte each half second",
         post(b"Transfer-Encoding: chunked\r\n"), b"1\r\n \r\n", 45),
    ]
    threads = [threading.Thread(target=run, args=c) for c in cases]
    for t in threads:
        t.start()
    good = [status_of(get()) for _ in range(100)]
    check(good == [200] * 100, "78: a good client is served meanwhile")
    for t in threads:
        t.join()
    for name, _, _, most in cases:
        check(result[name] < most, f"78: {name}: ended by the server",
              result[name])


def turned_away(connections, seconds):
    """Which of them hear of it first, within that time."""
    def is_told(s):
        try:
            return s.recv(64).startswith(b"HTTP/1.1 503")
        except OSError:
            return True
    return [s for s in select.select(connections, [], [], seconds)[0]
            if is_told(s)]


def crowd():
    """More connections than an address may have."""
    held = []
    for _ in range(400):
        s = socket.socket()
        s.bind(("127.0.0.2", 0))
        s.settimeout(2)
        try:
            s.connect(("127.0.0.1", PORT))
        except OSError:
            break
        held.append(s)
    kept = list(held)
    most = time.monotonic() + 20
    while len(kept) > 256 and time.monotonic() < most:
        for s in turned_away(kept, 1):
            kept.remove(s)
    late = turned_away(kept, 0.5)
    check(len(held) == 400 and len(kept) == 256 and not late,
          "78: of 400 connections from one address 256 are held, the others "
          "get 503", f"{len(held)} {len(kept)} {len(late)}")
    check(status_of(get()) == 200,
          "78: a client at another address is served meanwhile")
    for s in held:
        s.close()


def idle():
    """A connection that is kept open, and nothing comes."""
    with connect() as s:
        send(s, get())
        answered = Answer(s).status == 200
        took = lasts(s, b"", 110)
        check(answered and 15 < took < 110,
              "78: idle after an answer: kept for a while, then ended", took)


# --- 85: tokens that are revoked meanwhile ----------------------------------

def json_of(method, path, body=b""):
    return ask(method + b" " + path + b" HTTP/1.1\r\n" + HEAD +
               b"Connection: close\r\nContent-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body) + body)


def revoked():
    """A head whose token is good, a body when it is not any more."""
    made = json_of(b"POST", b"/tokens",
                   b'{"name":"soon","role":"operator"}').json()
    head = (HOST + b"Authorization: Bearer " + made["token"].encode() +
            b"\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    waiting = []
    for name, line, body in (
            ("a stream", b"GET /events HTTP/1.1\r\n", b"0\r\n\r\n"),
            ("a read", b"POST /jobs/query HTTP/1.1\r\n",
             b"2\r\n{}\r\n0\r\n\r\n"),
            ("a change", b"POST /jobs/submit HTTP/1.1\r\n",
             b"14\r\n{\"vm_path\":\"nobody\"}\r\n0\r\n\r\n")):
        s = connect()
        # Its head was read when the server answers what came behind it.
        send(s, line + head)
        waiting.append((name, s, body))
    good = [connect() for _ in waiting]
    for s in good:
        send(s, get())
        Answer(s)
        s.close()
    gone = json_of(b"DELETE", b"/tokens/" + made["id"].encode())
    check(gone.status == 200, "85: the token is revoked", gone)
    for name, s, body in waiting:
        send(s, body)
        a = Answer(s)
        check(a.status == 401, f"85: {name} whose body came after: 401", a)
        s.close()


# --- 88: clients that go away -----------------------------------------------

def submits():
    """What was answered is there, and no more than what came whole."""
    def total():
        return ask(get(extra=b"Connection: close\r\n")).json()["total"]
    def submit(where):
        body = json.dumps({"vm_path": "nobody", "output_path":
                           f"{os.environ['EXPORTS']}/{where}"}).encode()
        return post(b"Content-Length: %d\r\n" % len(body), body,
                    b"/jobs/submit")
    before = total()
    whole = submit("cut")
    for n in range(whole.index(b"\r\n\r\n") + 4, len(whole)):
        with connect() as s:
            s.sendall(whole[:n])
            if n % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
    for i in range(5):
        with connect() as s:
            s.sendall(submit(f"left-{i}"))
    ids = []
    for i in range(5):
        with connect() as s:
            s.sendall(submit(f"answered-{i}"))
            ids += Answer(s).json().get("job_ids", [])
    there = [status_of(get(b"/jobs/" + i.encode())) for i in ids]
    check(there == [200] * 5, "88: each submit that was answered is there",
          there)
    check(5 <= total() - before <= 10,
          "88: of those cut short none is, of those not awaited all or fewer",
          total() - before)


def leave():
    whole = post(b"Content-Length: 14\r\n", b'{"all": true }')
    before = len(os.listdir(f"/proc/{PID}/fd"))
    for n in range(0, len(whole) + 1):
        with connect() as s:
            s.sendall(whole[:n])
            if n % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
    alive("88: a good client is served after clients went away at each byte")
    for _ in range(100):
        after = len(os.listdir(f"/proc/{PID}/fd"))
        if after <= before + 2:
            break
        time.sleep(0.1)
    check(after <= before + 2, "88: no descriptor is left", f"{before} {after}")
    submits()


# --- 117: no descriptors left ------------------------------------------------

def cpu():
    with open(f"/proc/{PID}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors():
    """The script around this has left the server room for 20 more."""
    held = []
    for _ in range(120):
        s = socket.socket()
        s.settimeout(5)
        s.connect(("127.0.0.1", PORT))
        held.append(s)
    told = 0
    for s in held:
        s.settimeout(0.2)
        try:
            told += s.recv(64).startswith(b"HTTP/1.1 503")
        except OSError:
            pass
    check(told >= 90, "117: who has come too much gets 503", told)
    used = cpu()
    time.sleep(2)
    used = cpu() - used
    check(used < 0.5, "117: and the server does not spin", used)
    for s in held:
        s.close()
    deadline = time.monotonic() + 20
    got = 0
    while got != 200 and time.monotonic() < deadline:
        got = status_of(get())
    check(got == 200, "117: when they have left, clients are served again",
          got)


CASES = {"smuggling": smuggling, "sizes": sizes, "paths": paths,
         "hosts": hosts, "protocols": protocols, "slow": slow,
         "crowd": crowd, "leave": leave, "descriptors": descriptors,
         "bombs": bombs, "idle": idle, "revoked": revoked}
for case in sys.argv[5:]:
    CASES[case]()
sys.exit(1 if failed[0] else 0)
