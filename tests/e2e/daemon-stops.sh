#!/bin/bash
# SIGTERM to a daemon that cannot stop by itself: while it starts and its
# source does not answer, while a storage hangs. It ends all the same, and the
# next start goes on. And what it answers while it starts.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1
rows() { sqlite3 "$daemon_state/jobs.db" "SELECT $1"; }
remembered() { rows "count(*) FROM undo_records WHERE name LIKE 'provider/%'"; }
# answer METHOD PATH [JSON]: status, and what it says.
answer() {
	api "$@" | jq -r '[.status // "", .kind // ""] | join(" ")' \
		>"$TMP/said"
	echo "$(api_status) $(<"$TMP/said")"
}

# --- while it starts ----------------------------------------------------------

start_vcenter
daemon_configure 'jobs = { stop_grace = "100ms"; };'
start_daemon
fault '{"fault":"nfc_slow","bytes_per_second":200000}'
id=$(submit "{\"vm_path\":\"hot-one-disk\",\"output_path\":\"$daemon_out\",
	\"vcenter\":{\"server\":\"$url\",\"username\":\"$user\",
	\"password\":\"$password\",\"insecure\":true}}")
ok "an export with a snapshot" wait_for 60 moves "$id"
stop_daemon KILL
before=$(remembered)
fault '{"fault":"hang","method":"*"}'
launch_daemon
alive() { [ "$(answer GET /health)" = "200 healthy " ]; }
ok "killed; the next start answers /health" wait_for 60 alive
is "$(answer GET /ready)" "503 not_ready starting" "but is not ready"
is "$(answer POST /jobs/submit '{"vm_path":"x","output_path":"/"}')" \
	"503  starting" "and takes no job"
kill -TERM "$daemon_pid"
ok "SIGTERM while its source does not answer" daemon_says 'SIGTERM: stopping'
wait_daemon # for nine seconds: that there is a limit is what this tests
is "$daemon_rc" 0 "exit 0"
like "$(<"$daemon_log")" 'not everything stopped in time' "the log says so"
is "$(rows 'status FROM jobs') $(remembered)" "pending $before" \
	"the job waits, and what it left is remembered"
reset
start_daemon
ok "the next start undoes it, and the export completes" \
	wait_job "$id" completed
is "$(state '[.snapshots[].name | select(startswith("hypersdk-"))]')" "[]" \
	"no snapshot is left"
stop_daemon

# --- a storage that hangs -----------------------------------------------------

made='plugin = "synthetic"; vms = 2; disks = 1; disk_size = "1MiB";'
daemon_configure "jobs = { stop_grace = \"10m\"; };
	storage = { roots = [ \"$daemon_out\" ]; };
	pipelines = ({ name = \"made\"; default = true; provider = { $made };
		storage = { plugin = \"fault\"; operation = \"publish\";
			action = \"pass\"; delay = \"10m\";
			inner = { plugin = \"local\"; }; }; });"
start_daemon
id=$(submit_vm synthetic-1)
ok "an export hangs" wait_phase "$id" publishing
kill -TERM "$daemon_pid"
stop_daemon INT
is "$daemon_rc" 0 "SIGTERM, and a second signal: exit 0, without it"
daemon_configure "pipelines = ({ name = \"made\"; default = true;
	provider = { $made }; });"
start_daemon
ok "the next start completes it" wait_job "$id" completed
is "$(rows "count(*) FROM events WHERE type = 'job.completed' AND
	job_id = '$id'")" 1 "once"
stop_daemon
done_testing
