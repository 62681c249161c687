#!/bin/bash
# The database's disk fails: once, and it is opened anew; twice, and hypersdkd
# ends by itself, whatever hangs in it (faults.md 6). And a disk that does not
# answer while it starts does not keep it from stopping (121).
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# preloaded DIR COMMAND...: over a disk that does as the files in DIR say.
preloaded() {
	exec env HYP_SYNC_DIR="$1" \
		LD_PRELOAD="$top_builddir/tests/fault/.libs/fail-sync.so" "${@:2}"
}

# --- a disk that does not answer ----------------------------------------------

# The signal comes while the first database is made; that it ends after nine
# seconds is looked at behind the rest.
mkdir "$TMP/silent"
touch "$TMP/silent/hold"
daemon_configure 'jobs = { stop_grace = "10m"; };'
cp "$daemon_conf" "$TMP/silent.conf"
preloaded "$TMP/silent" "$HYPERSDKD" --config "$TMP/silent.conf" \
	--state-dir "$TMP/silent/state" </dev/null >"$TMP/silent.log" 2>&1 &
silent=$!
at_exit "kill -KILL $silent 2>/dev/null"
ok "it makes its database" wait_for 60 test -e "$TMP/silent/state/jobs.db"
kill -TERM "$silent"
ok "SIGTERM while that takes its time" \
	wait_for 20 grep -q 'SIGTERM: stopping' "$TMP/silent.log"

# --- one that fails twice -----------------------------------------------------

# hangs: a job that does so while it publishes, which nothing interrupts.
mkdir "$TMP/failing"
made='plugin = "synthetic"; vms = 9; disks = 1; disk_size = "1MiB";'
daemon_configure "jobs = { stop_grace = \"10m\"; max_running = 1; };
	storage = { roots = [ \"$daemon_out\" ]; };
	pipelines = ({ name = \"made\"; default = true; provider = { $made };
		storage = { plugin = \"fault\"; operation = \"publish\";
			action = \"pass\"; delay = \"1h\";
			inner = { plugin = \"local\"; }; }; });"
told=$TMP/told
/usr/bin/python3 "$top_srcdir/tests/lib/notify.py" "$told" "$daemon_socket" \
	/usr/bin/env HYP_SYNC_DIR="$TMP/failing" \
	LD_PRELOAD="$top_builddir/tests/fault/.libs/fail-sync.so" \
	"$HYPERSDKD" --config "$daemon_conf" --state-dir "$daemon_state" \
	</dev/null >>"$daemon_log" 2>&1 &
daemon_pid=$!
ok "another starts" wait_ready
hangs=$(submit_vm synthetic-1)
ok "an export hangs" wait_phase "$hangs" publishing
waits=$(submit_vm synthetic-2)
touch "$TMP/failing/fail"
api POST /jobs/submit "{\"vm_path\":\"synthetic-3\",\"output_path\":
	\"$daemon_out\",\"metadata\":{\"a\":\"$(printf 'a%.0s' {1..30000})\"}}" \
	>"$TMP/answer"
is "$(api_status) $(jq -r .kind "$TMP/answer")" "503 db_error" \
	"a submit whose sync fails"
ok "the next write waits for the disk" wait_for 20 test -e "$TMP/failing/held"
is "$(api GET /ready | jq -r '[.status, .kind] | join(" ")') $(api_status)" \
	"not_ready db_error 503" "it is not ready"
is "$(api GET "/jobs/$waits" | jq -r .status)" pending "and answers who reads"
touch "$TMP/failing/go"
wait_daemon
is "$daemon_rc" 3 "it fails again: exit 3, for all that hangs"
like "$(<"$daemon_log")" 'the database is lost' "the log says why"
like "$(grep -E '^(STOPPING|EXTEND_)' "$told" | paste -sd' ')" \
	'^STOPPING=1 EXTEND_TIMEOUT_USEC=[0-9]{7}$' "the service manager is told"

# --- the next start -----------------------------------------------------------

rm -f "$daemon_socket"
daemon_configure "pipelines = ({ name = \"made\"; default = true;
	provider = { $made }; });"
start_daemon
ok "what hung is completed by the next start" wait_job "$hangs" completed
ok "what waited is there, too" wait_job "$waits" completed
is "$(api GET /jobs/stats | jq .total)" 2 "what was refused is not"
is "$(sqlite3 "$daemon_state/jobs.db" 'PRAGMA integrity_check')" ok \
	"the database is whole"
stop_daemon
wait "$silent"
is "$?" 0 "the one whose disk did not answer: exit 0"
like "$(<"$TMP/silent.log")" 'not everything stopped in time' "the log says so"
done_testing
