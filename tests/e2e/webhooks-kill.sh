#!/bin/bash
# 97: a receiver that fails 30 % at random, while the daemon is killed: nothing
# is lost, what comes twice has the same id, order holds per job, and every
# signature verifies; 100: an endpoint that hangs all the while delays nobody, and
# 98: nothing of its backlog is sent once it is gone. HOOK_EVENTS and HOOK_KILLS: how many; HOOK_MOST: how often
# one event may fail, so that waiting for its tries ends.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
events=${HOOK_EVENTS:-5000}
kills=${HOOK_KILLS:-10}
most=${HOOK_MOST:-3}

HOOK_KEY=whsec_$(head -c 32 /dev/urandom | base64)
export HOOK_KEY
log=$TMP/hooks
/usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" "$log" 30 "$most" \
	>"$TMP/port" 2>"$TMP/hooks.err" &
receiver=$!
at_exit kill "$receiver"
wait_for 20 test -s "$TMP/port"
(umask 077; echo "$HOOK_KEY" >"$TMP/key")
# configure NAME...: webhooks of these names, paths of the receiver.
configure() {
	local name list=
	for name; do
		list+="${list:+,} { name = \"$name\";
			url = \"http://127.0.0.1:$(<"$TMP/port")/$name\";
			secret = \"file:$TMP/key\"; retry = 40; timeout = \"60s\";
			allow_cidrs = [ \"127.0.0.1\" ]; }"
	done
	daemon_configure "webhooks = ( $list ); jobs = { max_running = 1; };"
}
configure flaky hang
start_daemon

# Each job is submitted and cancelled: two events, if it has not begun.
batch=100
first=0
batches=$((events / 2 / batch + 1))
for ((i = 0; i < batches; i++)); do
	jq -nc "[range($first; $first + $batch) | {vm_path: \"synthetic-1\",
		output_path: \"$daemon_out/n\(.)\"}]" >"$TMP/jobs"
	api POST /jobs/submit "@$TMP/jobs" | jq -c '{job_ids}' >"$TMP/ids"
	api POST /jobs/cancel "@$TMP/ids" >"$TMP/reply"
	first=$((first + batch))
	for ((k = i * kills / batches; k < (i + 1) * kills / batches; k++)); do
		stop_daemon KILL
		start_daemon
	done
done
cat >"$TMP/judge.py" <<'END'
import collections, json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
told = [t for t in map(json.loads, open(sys.argv[2])) if t["path"] == "flaky"]
made = dict(db.execute("SELECT id, seq FROM events"))
waiting = db.execute("SELECT count(*) FROM webhook_deliveries WHERE state "
                     "<> 3 AND endpoint_id = 'flaky'").fetchone()[0]
if waiting and len(sys.argv) > 3:
    sys.exit(1)
taken = {t["id"] for t in told if t["status"] == 200}
print("made", len(made))
print("lost", len(set(made) - taken))
print("twice", sum(t["status"] == 200 for t in told) - len(taken))
print("unknown", len({t["id"] for t in told} - set(made)))
print("unverified", sum(t["verified"] != 1 for t in told))
jobs = collections.defaultdict(list)
for t in told:
    if t["id"] not in jobs[t["job"]]:
        jobs[t["job"]].append(t["id"])
print("unordered", sum(ids != sorted(ids, key=made.get)
                       for ids in jobs.values()))
# One is not tried while an earlier one of its job has not been taken.
early = 0
tries = collections.defaultdict(list)
for t in told:
    tries[t["job"]].append(t)
for job, ids in jobs.items():
    done = set()
    for t in tries[job]:
        early += any(made[i] < made[t["id"]] and i not in done for i in ids)
        if t["status"] == 200:
            done.add(t["id"])
print("early", early)
END
verdict=(/usr/bin/python3 "$TMP/judge.py" "$daemon_state/jobs.db" "$log")
all_delivered() { "${verdict[@]}" only >"$TMP/so.far"; }
ok "everything is delivered" wait_for "${HOOK_SECONDS:-300}" all_delivered
"${verdict[@]}" >"$TMP/verdict"
sed 's/^/# /' "$TMP/verdict"
verdict() { sed -n "s/^$1 //p" "$TMP/verdict"; }
is "$(($(verdict made) >= events))" 1 "at least $events events"
is "$(verdict lost)" 0 "97: none is lost"
is "$(verdict unknown)" 0 "97: what comes twice has the same id"
is "$(verdict unverified)" 0 "every signature is right"
is "$(verdict unordered) $(verdict early)" "0 0" "order is kept per job"
# hanging STATES: how many deliveries of the one that hangs are so.
hanging() {
	/usr/bin/python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM "
"webhook_deliveries WHERE endpoint_id = ? AND state IN (%s)" % sys.argv[2],
("hang",)).fetchone()[0])' "$daemon_state/jobs.db" "$1"
}
is "$(hanging 1,2)" "$(verdict made)" "100: while another hung with all of them"
configure flaky
kill -HUP "$daemon_pid"
hangs_not() { [ "$(hanging 1,2)" = 0 ]; }
ok "98: what waits for an endpoint that is gone" wait_for 60 hangs_not
is "$(hanging 5)" "$(verdict made)" "is abandoned"
stop_daemon
is "$daemon_rc" 0 "it stops in order"
done_testing
