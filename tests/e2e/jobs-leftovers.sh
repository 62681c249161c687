#!/bin/bash
# A job that came with a password of its own, and its snapshot that cannot be
# removed: tried again while there is a password, told when there is none.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1
start_vcenter
configure '' "$(pipeline fast 'vms = 3;')"
start_daemon
submit_hot() { # NAME: to a folder of that name
	submit "{\"vm_path\":\"hot-one-disk\",\"output_path\":\"$daemon_out/$1\",
		\"vcenter\":{\"server\":\"$url\",\"username\":\"$user\",
		\"password\":\"$password\",\"insecure\":true}}"
}
snapshot_of() { # ID
	state '[.snapshots[].name]' | jq -r '.[]' | grep -F "hypersdk-$1-"
}
refuse() { # TIMES
	fault "{\"fault\":\"task_fault\",\"method\":\"RemoveSnapshot_Task\",
		\"type\":\"FileLocked\",\"count\":$1}"
}
left() { # ID: what its result says was left behind
	api GET "/jobs/$1" | jq -r '.result.warnings // [] | .[]' |
		grep -v '^insecure: '
}
rows() { sqlite3 "$daemon_state/jobs.db" "SELECT count(*) FROM $1"; }
nothing_is_kept() {
	is "$(rows secrets) $(rows undo_records)" "0 0" \
		"$1: no password and no record is kept"
}

# It goes wrong while the export ends, and is put right before the job does.
refuse 3
id=$(submit_hot again)
ok "removed at the fourth try: the job completes" wait_job "$id" completed
is "$(snapshot_of "$id")" "" "and its snapshot is gone"
is "$(left "$id")" "" "no warning says otherwise"
nothing_is_kept "removed at last"

# It cannot be removed at all.
refuse 99
id=$(submit_hot stays)
ok "never removed: the job completes all the same" wait_job "$id" completed
is "$(snapshot_of "$id")" "hypersdk-$id-1" "its snapshot stays"
is "$(left "$id" | wc -l)" 1 "its result says so, once"
like "$(left "$id")" \
	"^left_behind: provider/vsphere snapshot hypersdk-$id-1 @1: .* by hand$" \
	"and names it"
nothing_is_kept "never removed"
curl -sf -X POST "$control/reset" >/dev/null

# Cancelled, by who does not wait for an attempt to end.
fault '{"fault":"nfc_slow","bytes_per_second":200000}'
refuse 99
id=$(submit_hot cancelled)
ok "bytes arrive" wait_for 60 moves "$id"
api POST /jobs/cancel "{\"job_ids\":[\"$id\"]}" >/dev/null
ok "cancelled" wait_job "$id" cancelled
like "$(left "$id")" "left_behind: provider/vsphere snapshot hypersdk-$id-1" \
	"cancelled: what stays is told"
nothing_is_kept "cancelled"
curl -sf -X POST "$control/reset" >/dev/null

# Cancelled while it waits for another try, and the source answers again.
refuse 99
fault '{"fault":"lease_error","type":"FileLocked"}'
id=$(submit_hot waits)
ok "an attempt fails" wait_phase "$id" retry_wait
is "$(snapshot_of "$id")" "hypersdk-$id-1" "its snapshot stays"
curl -sf -X DELETE "$control/faults" >/dev/null
api POST /jobs/cancel "{\"job_ids\":[\"$id\"]}" >/dev/null
ok "cancelled while it waits" job_is "$id" cancelled
is "$(snapshot_of "$id")" "" "its snapshot went before its password"
is "$(left "$id")" "" "and it has nothing to tell"
nothing_is_kept "cancelled while it waits"

# Killed while the password is needed to put it right.
fault '{"fault":"nfc_slow","bytes_per_second":200000}'
id=$(submit_hot killed)
ok "bytes arrive" wait_for 60 moves "$id"
refuse 99
api POST /jobs/cancel "{\"job_ids\":[\"$id\"]}" >/dev/null
stop_daemon KILL
curl -sf -X DELETE "$control/faults" >/dev/null
start_daemon
ok "cancelled by the next start" wait_job "$id" cancelled
is "$(snapshot_of "$id")" "" "which removes the snapshot first"
is "$(left "$id")" "" "and has nothing to tell"
nothing_is_kept "killed"

# The same, and the source does not answer the next start either.
fault '{"fault":"nfc_slow","bytes_per_second":200000}'
id=$(submit_hot lost)
ok "bytes arrive" wait_for 60 moves "$id"
refuse 99
api POST /jobs/cancel "{\"job_ids\":[\"$id\"]}" >/dev/null
stop_daemon KILL
fault '{"fault":"http_status","method":"*","status":503}'
start_daemon
ok "cancelled by the next start" wait_job "$id" cancelled
like "$(left "$id")" "left_behind: provider/vsphere snapshot hypersdk-$id-1" \
	"what it could not reach is told"
nothing_is_kept "out of reach"

# A removal that takes longer than a start waits for it goes on behind it.
curl -sf -X POST "$control/reset" >/dev/null
fault '{"fault":"nfc_slow","bytes_per_second":200000}'
id=$(submit_hot slow)
ok "bytes arrive" wait_for 60 moves "$id"
stop_daemon KILL
curl -sf -d '{"snapshot_time":15}' "$control/settings" >/dev/null
start_daemon
is "$(rows "undo_records WHERE name LIKE 'provider/% @1'")" 1 \
	"a daemon is ready though a removal still goes on"
one_undone() {
	[ "$(rows "undo_records WHERE name LIKE 'provider/% @1'")" -eq 0 ]
}
ok "which ends" wait_for 60 one_undone
is "$(snapshot_of "$id" | grep -c -- '-1$')" 0 "and the snapshot is gone"
stop_daemon
is "$(grep -cF "$password" "$daemon_log")" 0 "no password is in the log"
done_testing
