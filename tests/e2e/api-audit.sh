#!/bin/bash
# Each change that the API makes is one row of the audit table, each POST that
# changes something honours an Idempotency-Key or says that it does not.
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config none
sed -i 's|pipelines = (|&{ name = "slow"; provider = { plugin = "synthetic";\
	disk_size = "2MiB"; rate = "8KiB"; }; },|' "$api_dir/hypersdk.conf"
api_start
is $? 0 "a server"
root=$api_dir/state/exports

rows() { # WHERE
	/usr/bin/python3 - "$api_dir/state/jobs.db" "$1" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30)
print(db.execute("SELECT count(*) FROM audit WHERE " + sys.argv[2])
      .fetchone()[0])
END
}
# change METHOD TEMPLATE ID [BODY] [OPTION...]: is made, and is one row.
tried=$TMP/tried
change() {
	local action="$1 $2" path=${2/\{id\}/$3} before all
	before=$(rows "action = '$action' AND outcome = 'ok'")
	all=$(rows 1)
	call "$1" "$path" "${@:4}"
	[ "${status%??}" = 2 ] || echo "# $out"
	is "${status%??} $(($(rows "action = '$action' AND outcome = 'ok'") -
		before)) $(($(rows 1) - all))" "2 1 1" "$action is one row"
	echo "$action" >>"$tried"
}
refused() { # METHOD PATH STATUS [BODY]
	local before
	before=$(rows "outcome = 'ok'")
	call "$1" "$2" "${4-}"
	is "$status $(($(rows "outcome = 'ok'") - before))" "$3 0" \
		"$1 $2, refused, is none"
}

change POST /plugins/reload ''
change POST /tokens '' '{"name":"t","role":"viewer"}'
change DELETE '/tokens/{id}' "$(json .id)"
refused DELETE /tokens/nobody 404

change POST /webhooks '' "{\"name\":\"w\",\"retry\":0,
	\"url\":\"http://127.0.0.1:$(free_port)/x\",
	\"events\":[\"job.created\"],\"allow_cidrs\":[\"127.0.0.1\"]}"
change POST /jobs/submit '' "{\"vm_path\":\"synthetic-1\",
	\"output_path\":\"$root/a\",\"pipeline\":\"slow\"}"
one=$(json '.job_ids[0]')
dead() { call GET /webhooks/w/deliveries &&
	[ "$(json '.deliveries[0].state')" = dead ]; }
ok "a delivery is given up" wait_for 20 dead
change POST '/webhooks/{id}/replay' w '{}' --header 'Idempotency-Key: r'
is "$(json .replayed)" 1 "it is sent again"
first=$out
ok "and given up again" wait_for 20 dead
call POST /webhooks/w/replay '{}' --header 'Idempotency-Key: r'
is "$status $out $(header Idempotent-Replayed)" "200 $first true" \
	"with the same key the answer is the same"
is "$(rows "action = 'POST /webhooks/{id}/replay'")" 1 \
	"and nothing is sent a third time"
change POST /webhooks/test '' '{"id":"w"}'
change PUT '/webhooks/{id}' w '{"retry":1}'
change POST '/webhooks/{id}/disable' w
change POST '/webhooks/{id}/enable' w
change DELETE '/webhooks/{id}' w
refused DELETE /webhooks/w 404

change POST /jobs/cancel '' "{\"job_ids\":[\"$one\"]}"
ok "the job ends" wait_for 30 job_ended "$one"
refused POST /jobs/submit 400 '{"vm_path":"x","output_path":"/etc"}'
change POST '/jobs/{id}/retry' "$one"
two=$(json '.job_ids[0]')
change DELETE '/jobs/{id}' "$one"
refused DELETE "/jobs/$one" 404
call POST /jobs/cancel "{\"job_ids\":[\"$two\"]}"
ok "the other ends" wait_for 30 job_ended "$two"

change POST /schedules '' "{\"id\":\"s\",\"schedule\":\"0 0 1 1 *\",
	\"job_template\":{\"vm_path\":\"synthetic-2\",
	\"output_path\":\"$root/s\"}}"
change PUT '/schedules/{id}' s '{"schedule":"0 0 2 1 *"}'
refused PUT /schedules/s 400 '{"schedule":"never"}'
change POST '/schedules/{id}/disable' s
change POST '/schedules/{id}/enable' s
change POST '/schedules/{id}/trigger' s
change DELETE '/schedules/{id}' s

call GET /openapi.json
json '.paths | to_entries[] | .key as $path | .value | keys[] |
	select(IN("post", "put", "delete")) | "\(ascii_upcase) \($path)"' |
	grep -vx -e 'POST /jobs/query' -e 'POST /vms/info' | sort >"$TMP/all"
is "$(sort "$tried" | diff - "$TMP/all")" "" "that was every change there is"

for path in /plugins/reload /webhooks/w/enable /webhooks/w/disable; do
	call POST "$path" "" --header 'Idempotency-Key: k'
	refuses 400 unsupported "POST $path with a key"
done
call POST /jobs/cancel '{"job_ids":["x"]}' --header 'Idempotency-Key: k'
refuses 400 unsupported "POST /jobs/cancel with a key"
call POST /webhooks/test '{"id":"w"}' --header 'Idempotency-Key: k'
refuses 400 unsupported "POST /webhooks/test with a key"
api_stop
is "$api_rc" 0 "it stops"
done_testing
