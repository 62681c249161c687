#!/bin/bash
# A wrong password: refused twice, a user is left alone, so that no account is
# locked; his jobs wait, those of others do not. And a job whose row another
# has taken: its run ends and touches nothing.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1
rows() { sqlite3 "$daemon_state/jobs.db" "$1"; }
logins() { state .failed_logins; }
submit_wrong() { # DIR
	submit "{\"vm_path\":\"cold-one-disk\",\"output_path\":\"$daemon_out/$1\",
		\"vcenter\":{\"server\":\"$url\",\"username\":\"$user\",
		\"password\":\"wrong\",\"insecure\":true}}"
}
submit_made() { # VM DIR PIPELINE
	submit "{\"vm_path\":\"$1\",\"output_path\":\"$daemon_out/$2\",
		\"pipeline\":\"$3\"}"
}
waits() { # ID
	[ "$(api GET "/jobs/$1" | jq -r '[.status, .phase] | join(" ")')" = \
		"pending queued" ]
}
list() { api GET "/vms/list?pipeline=vc" | jq -r .kind; }

# --- refused ------------------------------------------------------------------

start_vcenter
(umask 077 && echo wrong >"$TMP/wrong")
daemon_configure "jobs = { max_running = 1; };
	pipelines = ({ name = \"vc\"; provider = { plugin = \"vsphere\";
		url = \"$url\"; username = \"lister\";
		password = \"file:$TMP/wrong\"; insecure = true; }; },
	{ name = \"fast\"; default = true; provider = { plugin = \"synthetic\"; vms = 3;
		disk_size = \"1MiB\"; }; },
	{ name = \"slow\"; provider = { plugin = \"synthetic\"; vms = 3;
		disk_size = \"64MiB\"; rate = \"256KiB\"; }; });"
start_daemon
for n in 1 2; do
	id=$(submit_wrong "$n")
	ok "job $n with a wrong password fails" wait_job "$id" failed
	is "$(rows "SELECT error_kind FROM jobs WHERE id = '$id'") $(logins)" \
		"auth_failed $n" "after one login"
done
third=$(submit_wrong 3)
# There is one place: whoever has it has passed the third.
id=$(submit_made synthetic-1 made fast)
ok "a job elsewhere goes by" wait_job "$id" completed
ok "the third waits" waits "$third"
is "$(logins)" 2 "nobody has logged in again"
for n in 3 4; do
	is "$(list) $(logins)" "auth_failed $n" "a listing of another is refused"
done
is "$(list) $(api_status) $(logins)" "auth_paused 503 4" \
	"the third listing does not ask"
lister=$(submit "{\"vm_path\":\"cold-one-disk\",\"output_path\":
	\"$daemon_out/lister\",\"pipeline\":\"vc\"}")
id=$(submit_made synthetic-2 made fast)
ok "a job elsewhere goes by" wait_job "$id" completed
ok "a job of who listed waits, too" waits "$lister"
is "$(logins)" 4 "nobody has logged in again"
api POST /jobs/cancel "{\"job_ids\":[\"$third\",\"$lister\"]}" >/dev/null

# --- fenced -------------------------------------------------------------------

id=$(submit_made synthetic-3 fenced slow)
ok "an export is under way" wait_for 60 moves "$id"
taken="SELECT status, phase, attempt, error, result_json FROM jobs
	WHERE id = '$id'"
rows "UPDATE jobs SET attempt = attempt + 1 WHERE id = '$id'"
before=$(rows "$taken")
ok "another takes its row: it ends" daemon_says "job=$id .*fenced"
none() { [ -z "$(find "$daemon_out" -name '.hyp-*')" ]; }
ok "its temporary is gone" wait_for 20 none
is "$(ls -A "$daemon_out/fenced" 2>/dev/null)" "" "it publishes nothing"
is "$(rows "$taken")" "$before" "the row is the other's"
is "$(rows "SELECT count(*) FROM events WHERE job_id = '$id' AND
	type IN ('job.completed', 'job.failed', 'job.cancelled')")" 0 \
	"and no event tells of an end"
id=$(submit_made synthetic-1 after fast)
ok "its place is free again" wait_job "$id" completed
stop_daemon
done_testing
