#!/bin/bash
# Schedules with the daemon: in files, by curl as clients of old wrote it, by
# the command line; and that nothing is lost or done twice when it is killed.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

in_file() {
	printf 'schedules = ( { id = "filed"; schedule = "%s"; zone = "UTC";
		job_template = { vm_path = "synthetic-1";
			output_path = "%s/filed"; }; } );\n' "$1" "$daemon_out"
}
template() {
	printf '{"vm_path":"%s","output_path":"%s/%s"}' "$1" "$daemon_out" "$2"
}
# create ID EXPR VM [MORE]
create() {
	api POST /schedules "{\"id\":\"$1\",\"schedule\":\"$2\",\"enabled\":true,
		\"job_template\":$(template "$3" "$1")${4:-}}"
}
schedules() { "$HYPERSDK" --config "$daemon_conf" schedules "$@"; }
history_of() { api GET "/schedules/$1/history?limit=1000"; }
# completed ID N: at least N runs were.
completed() {
	[ "$(history_of "$1" |
		jq '[.history[] | select(.status == "completed")] | length')" \
		-ge "$2" ]
}
kind() { jq -r .kind; }

# --- files ------------------------------------------------------------------
daemon_configure "$(in_file '0 2 * * *')"
like "$("$HYPERSDK" --config "$daemon_conf" config check)" \
	'schedule filed' "config check shows it"
run "$HYPERSDK" --config "$daemon_conf" config check --json
says_json '.schedules[0] | [.id, .schedule, .zone, .enabled,
	.job_template.vm_path, .catch_up, .deadline, .overlap, .line]' \
	'["filed","0 2 * * *","UTC",true,"synthetic-1","once","12h00m","forbid",6]' \
	"so does its --json"
daemon_configure "$(in_file '0 25 * * *')"
run "$HYPERSDK" --config "$daemon_conf" config check
is "$rc" 2 "config check: a bad expression"
like "$err_out" 'hypersdk.conf:[0-9]+: .*hour: 25 is outside 0-23' \
	"with its file, line and field"
launch_daemon
wait_daemon
is "$daemon_rc" 2 "and the daemon does not start"
daemon_configure "$(in_file '@every 1s')"
start_daemon
ok "a schedule of a file fires a job" wait_for 60 completed filed 2
is "$(api PUT /schedules/filed '{"enabled":false}' | kind) $(api_status)" \
	"owned_by_file 409" "and cannot be changed over the API"
is "$(api DELETE /schedules/filed | kind)" owned_by_file "nor deleted"
is "$(api POST /schedules/filed/disable | kind)" owned_by_file "nor disabled"
daemon_configure "$(in_file '0 2 1 1 *')"
kill -HUP "$daemon_pid"
filed_is() { [ "$(api GET /schedules/filed | jq -r .schedule)" = "$1" ]; }
ok "SIGHUP: the file is read again" wait_for 60 filed_is '0 2 1 1 *'
triggered() {
	api POST /schedules/filed/trigger >/dev/null
	[ "$(api_status)" = 200 ]
}
ok "it can be triggered" wait_for 60 triggered

# --- as clients of old wrote it ---------------------------------------------
n=0
for expression in "0 2 * * *" "0 */6 * * *" "0 0 * * 0" "0 3 1 * *" \
	"*/30 * * * *" "0 9-17 * * 1-5"; do
	n=$((n + 1))
	next=$(create "seed-$n" "$expression" synthetic-1 |
		jq -r .schedule.next_run)
	is "$(api_status)" 201 "$expression"
	is "$next" "$("$HYPERSDK" cron next "$expression" -n 1 --json |
		jq -r '.next[0]')" "  its next run is that of cron next"
done
is "$(api GET /schedules | jq -c '[.total, (.schedules | length)]')" "[7,7]" \
	"GET /schedules"
is "$(api GET /schedules/stats | jq -c '[.total_schedules,.enabled_schedules]')" \
	"[7,7]" "GET /schedules/stats"
before=$(api GET /schedules/seed-1)
while IFS='|' read -r body want; do
	got=$(api PUT /schedules/seed-1 "$body" | kind)
	is "$got $(api_status)" "$want 400" "PUT $body"
done <<END
{"schedule":"60 * * * *"}|bad_cron
{"schedule":"0 0 30 2 *"}|never_fires
{"zone":"../../etc/passwd"}|bad_zone
{"overlap":"sometimes"}|bad_request
{"nonsense":1}|bad_request
{"advanced_config":{"priority":9}}|unsupported
{"job_template":{"vm_path":"x","output_path":"/etc"}}|unsafe_path
END
is "$(api GET /schedules/seed-1)" "$before" "none of it changed anything"
is "$(create bad "1 2 3" synthetic-1 | kind) $(api_status)" "bad_cron 400" \
	"a bad one is not made"
is "$(create seed-1 "@daily" synthetic-1 | kind) $(api_status)" \
	"conflict 409" "nor one whose id is taken"
is "$(api GET /schedules | jq .total)" 7 "there are no more than before"
api PUT /schedules/seed-1 "$before" >/dev/null
is "$(api_status)" 200 "what was read can be sent again"

# --- the command line -------------------------------------------------------
like "$(schedules create cli --schedule '@yearly' --vm synthetic-2 \
	--output "$daemon_out/cli")" 'schedule +@yearly' "schedules create"
like "$(schedules update cli --schedule '30 4 * * *')" '30 4' \
	"schedules update"
like "$(schedules list)" 'cli +30 4' "schedules list"
like "$(schedules show cli)" 'vm +synthetic-2' "schedules show"
like "$(schedules disable cli)" 'disabled' "schedules disable"
is "$(api GET /schedules/cli | jq -c '[.enabled,.next_run]')" "[false,null]" \
	"  it has no next run"
ok "schedules trigger --wait" schedules trigger cli --wait
ok "  its outcome is in the history" completed cli 1

# A run that leaves a VM out has begun nevertheless: no failure, told on stderr.
zone=UTC # where the day does not end while this runs
[ "$(TZ=UTC date +%H)" -lt 23 ] || zone=Asia/Tokyo
ok "a schedule of a group" schedules create group --schedule '@yearly' \
	--zone $zone --vm '/synthetic/vm/' --output "$daemon_out/group/{date}"
ok "  runs" schedules trigger group --wait
rm "$daemon_out"/group/*/synthetic-2.ova*
run schedules trigger group --json
is "$rc" 0 "  and again: exit code"
is "$(jq -c '[(.job_ids | length), (.errors[0] | type)]' <<<"$out")" \
	'[1,"string"]' "  --json: the server's document, one job"
is "$(wc -l <<<"$out")" 1 "  alone"
left_out='hypersdk: left out: .*synthetic-[13]'
like "$err_out" "^$left_out" "  what was left out is told"
unlike "$err_out" '\(\)$' "  in full"
wait_job "$(jq -r '.job_ids[0]' <<<"$out")" completed
rm "$daemon_out"/group/*/synthetic-2.ova*
run schedules trigger group --wait
like "$rc $err_out" "^0 $left_out" "  without --json, too"
schedules delete group >/dev/null
like "$(schedules history cli)" 'completed' "schedules history"
like "$(schedules enable cli)" 'next run' "schedules enable"
run schedules update cli --schedule '61 4 * * *'
is "$rc" 2 "a bad update"
like "$err_out" 'minute: 61 is outside 0-59' "says why"
run schedules disable cli --json
says_json '[.schedule.id, .schedule.enabled]' '["cli",false]' "disable --json"
run schedules enable cli --json
says_json '[.schedule.id, .schedule.enabled]' '["cli",true]' "enable --json"
schedules create json --schedule '@yearly' --vm x --output "$daemon_out/x" >/dev/null
run schedules delete json --json
says_json '.id' '"json"' "delete --json"
ok "schedules delete" schedules delete cli
run schedules show cli
is "$rc" 3 "it is gone"

# --- faults 108, 104: killed again and again --------------------------------
create kill "@every 1s" synthetic-2 ',"overlap":"allow"' >/dev/null
for i in 1 2 3 4; do
	ok "runs, $i" wait_for 60 completed kill "$((2 * i))"
	stop_daemon KILL
	start_daemon
done
api POST /schedules/kill/disable >/dev/null
none_runs() {
	[ "$(history_of kill |
		jq '[.history[] | select(.status == "running")] | length')" = 0 ]
}
ok "all that ran ends" wait_for 60 none_runs
history_of kill >"$TMP/history"
is "$(jq '[.history[].instant] | length - (unique | length)' "$TMP/history")" \
	0 "no instant twice"
is "$(jq '[.history[] | select(.status != "completed")] | length' \
	"$TMP/history")" 0 "each was completed"
is "$(jq '.history | length' "$TMP/history")" \
	"$(find "$daemon_out/kill" -name '*.ova' | wc -l)" \
	"and left one package each"
is "$(api GET /schedules/kill | jq .run_count)" \
	"$(jq '.history | length' "$TMP/history")" "run_count says so"
stop_daemon
is "$daemon_rc" 0 "the daemon stops"
done_testing
