#!/bin/bash
# hypersdk top: jobs, rates and queue, once or live.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

configure '' "$(pipeline slow 'vms = 9;
	disk_size = "64MiB"; rate = "1MiB";')" \
	"$(pipeline fast 'vms = 9; disk_size = "1MiB";')" \
	"$(pipeline broken 'vms = 9; fail_at = "1000B"; fail_with = "permanent";')"
echo 'jobs = { attempts = 1; };' >>"$daemon_conf"
start_daemon
at=(--socket "$daemon_socket")
top() { hypersdk top "$@" "${at[@]}"; }
job() { hypersdk jobs "$@" "${at[@]}"; }
# submit PIPELINE VM...
submit() {
	local pipeline=$1 vms=() vm
	shift
	for vm; do vms+=(--vm "synthetic-$vm"); done
	job submit "${vms[@]}" --pipeline "$pipeline" --output "$daemon_out/{id}"
}
# shown SIZE RULE...: the screen at the end, in $out.
shown() {
	run terminal --size "$@" -- "$HYPERSDK" top --interval 200ms "${at[@]}"
	rows=$(sed -n 's/^rows //p' <<<"$out")
	out=$(sed '$d' <<<"$out")
	[ "$rc" -ne 99 ] || sed 's/^/# /' <<<"$out$err_out"
}

# --- once -----------------------------------------------------------------------

run top --once --interval 100ms
is "$rc$err_out" 0 "without any job"
like "$out" '^hypersdkd [0-9.]+[^,]*, up [0-9a-z.]+, ready
jobs  0 running, 0 pending, 0 completed, 0 failed, 0 cancelled
rate  0 B/s$' "it says so"

failed=$(submit broken 8)
ok "a job fails" wait_job "$failed" failed
done=$(submit fast 7)
ok "one is completed" wait_job "$done" completed
submit slow 1 2 3 4 >"$TMP/ids"
running() { [ "$(api GET /status | jq .running_jobs)" = 2 ]; }
ok "two run, two wait" wait_for 30 running
# From then on the time that is left is known.
a_percent() {
	api GET '/jobs?status=running' |
		jq -e '[.jobs[].progress.percent_complete] | min >= 1' >/dev/null
}
ok "bytes arrive" wait_for 30 a_percent

run top --once --interval 2s
is "$rc$err_out" 0 "with jobs"
like "$out" $'\njobs  2 running, 2 pending, 1 completed, 1 failed, 0 cancelled\n' \
	"how many"
like "$out" $'\nSTATE +DONE +RATE +LEFT +FOR +NAME\ntransferring +[0-9]+ % +[0-9.]+ MiB/s +[0-9hms.]+ +[0-9]+s  synthetic-' \
	"one that runs, with its rate"
like "$out" $'\nqueued +[0-9]+s  synthetic-' "one that waits"
like "$out" $'\nfailed +[0-9]+s  synthetic-8 \\([a-z_]+\\)\n?' "one that failed, and why"
is "$(awk 'p { print $1 } /^STATE/ { p = 1 }' <<<"$out" | uniq | paste -sd' ')" \
	"transferring queued completed failed" "in this order"

run top --once --json --interval 1s
is "$rc $err_out $(wc -l <<<"$out")" "0  1" "--json --once: one document"
is "$(jq -c '[.jobs[].status] | group_by(.) | map([.[0], length])' <<<"$out")" \
	'[["completed",1],["failed",1],["pending",2],["running",2]]' "of all jobs"
is "$(jq -c '.status | [.running_jobs, .pending_jobs]' <<<"$out")" '[2,2]' \
	"with the daemon's own numbers"
is "$(jq '[.jobs[] | select(.status == "running") | .bytes_per_second] |
	(length == 2) and all(. > 2e5 and . < 1e7)' <<<"$out")" true \
	"each rate is about that of the source, 1 MiB/s for each disk"
is "$(jq '.bytes_per_second == ([.jobs[].bytes_per_second // 0] | add)' \
	<<<"$out")" true "the whole is their sum"

"$HYPERSDK" top --json --interval 100ms "${at[@]}" >"$TMP/lines" &
lines=$!
several() { [ "$(wc -l <"$TMP/lines")" -ge 3 ]; }
ok "--json: a document for each look" wait_for 30 several
kill $lines
wait $lines
is "$?" 130 "to the end by a signal"
ok "each of them whole" jq -es 'all(.status.running_jobs == 2)' "$TMP/lines"

# --- a terminal -----------------------------------------------------------------

shown 80x24 --on 'transferring.*MiB/s.*queued.*completed.*failed' type=xq
is "$rc" 0 "q ends it"
is "$(grep -c '^hypersdkd ' <<<"$out")" 1 "one picture is left"
is "$((rows <= 24))" 1 "which fits"
shown 80x24 --on 'transferring.*rate.*rate' int
is "$rc" 130 "so does Ctrl-C"
shown 80x24 --on 'transferring.*rate' term
is "$rc" 130 "and SIGTERM: the terminal is as it was"
shown 80x24 --on 'transferring.*rate' stop --on 'failed.*failed.*rate' type=q
is "$rc" 0 "Ctrl-Z gives the terminal back, and fg goes on"
shown 120x24 --on 'MiB/s.*failed' size=40x10 --on 'and [0-9] more' size=80x24 \
	--on ' more.*completed' type=q
is "$rc" 0 "a terminal that is resized"
is "$(grep -c '^hypersdkd ' <<<"$out")" 1 "one picture is left"
shown 40x9 --on 'and 2 more' type=q
is "$rc $((rows <= 9))" "0 1" "a small one: what does not fit is counted"
shown 8x3 --on '' type=q
is "$rc $((rows <= 3))" "0 1" "one that is too small"

# --- a daemon that is not there ---------------------------------------------------

terminal --size 80x24 --on 'rate' "touch=$TMP/seen" \
	--on 'does not answer; waiting' "touch=$TMP/gone" \
	--on 'hypersdkd ' type=q -- \
	"$HYPERSDK" top --interval 100ms "${at[@]}" >"$TMP/screen" 2>&1 &
watcher=$!
ok "one that is watched" wait_for 30 test -e "$TMP/seen"
stop_daemon KILL
ok "its end is seen" wait_for 30 test -e "$TMP/gone"
start_daemon
wait $watcher
is "$?" 0 "a daemon that is killed and comes back"
run top --interval 1
is "$rc" 2 "an interval without a unit"
run top --interval 1ms
is "$rc" 2 "one that is too short"
stop_daemon KILL
run top --once
is "$rc" 1 "none: an error"
like "$err_out" 'not_running|is it running' "which says so"
done_testing
