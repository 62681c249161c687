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

done_testing
