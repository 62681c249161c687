#!/bin/bash
# An answer that is lost on the way makes no second job.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

configure '' "$(pipeline fast 'vms = 3;')"
start_daemon
count() { hypersdk jobs stats --json --socket "$daemon_socket" | jq .total; }
# cut N COMMAND...: between it and the daemon, N answers are lost.
cut() {
	local pid
	rm -f "$TMP/cut.sock"
	/usr/bin/python3 "$top_srcdir/tests/lib/cut-answers.py" "$TMP/cut.sock" \
		"$daemon_socket" "$1" &
	pid=$!
	at_exit "kill $pid 2>/dev/null"
	wait_for 10 test -S "$TMP/cut.sock"
	shift
	run "$@" --socket "$TMP/cut.sock"
	kill $pid
	wait $pid 2>/dev/null
}

cut 1 hypersdk jobs submit --vm synthetic-1 --output "$daemon_out/{id}"
is "$rc" 0 "a submit whose answer is lost is made again"
id=$out
like "$id" '^[0-9a-f-]{36}$' "and has its ID"
is "$(count)" 1 "there is one job"
run hypersdk jobs watch "$id" --socket "$daemon_socket"
is "$rc" 0 "which is done"
cut 3 hypersdk jobs submit --vm synthetic-2 --vm synthetic-3 \
	--output "$daemon_out/{id}"
is "$rc $(wc -l <<<"$out")" "0 2" "three times lost"
is "$(count)" 3 "no job too many"
cut 2 hypersdk jobs retry "$id"
is "$rc" 0 "a retry too"
is "$(count)" 4 "makes one job"
cut 1 hypersdk jobs show "$id"
is "$rc" 0 "who only looks, looks again"

# The same word in an answer is about somebody else's connection: a vCenter's.
# Nothing is lost then, and the answer stands.
/usr/bin/python3 - "$TMP/says.sock" >"$TMP/asked" <<'END' &
import http.server, socketserver, sys
class Says(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        print(self.headers["Idempotency-Key"], flush=True)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"error":"vc: cut off","kind":"connection_lost"}'
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "unix"
    def log_message(self, *_):
        pass
socketserver.ThreadingUnixStreamServer(sys.argv[1], Says).serve_forever()
END
says=$!
at_exit "kill $says 2>/dev/null"
wait_for 10 test -S "$TMP/says.sock"
run timeout 60 "$HYPERSDK" jobs submit --vm synthetic-1 \
	--output "$daemon_out/x" --socket "$TMP/says.sock"
kill $says
is "$rc $(wc -l <"$TMP/asked")" "1 1" "what the daemon has answered is not asked again"
like "$err_out" 'vc: cut off' "but told"

done_testing
