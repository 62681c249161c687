#!/bin/bash
# Which events go where, and as what: vm.discovered once per VM, job.progress
# at most every 5 s, pipelines' notifiers, Slack's format; webhooks as written
# for others, Retry-After, and how long what came of it is kept (fault 95).
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

log=$TMP/hooks
/usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" "$log" \
	>"$TMP/port" 2>"$TMP/hooks.err" &
receiver=$!
at_exit kill "$receiver"
wait_for 20 test -s "$TMP/port"
hook=http://127.0.0.1:$(<"$TMP/port")
# got FILTER: of the requests so far.
got() { jq -rs "$1" "$log"; }
got_is() { [ "$(got "$1" 2>/dev/null)" = "$2" ]; }
cli() { "$HYPERSDK" "$@" --socket "$daemon_socket"; }
local_net='allow_cidrs = [ "127.0.0.0/8" ];'

# configure VMS: as others write theirs, with a pipeline of VMS VMs that tells
# "chosen" and "slack", and a slow one that tells everybody.
configure() {
	daemon_configure "webhooks = (
	{ url: \"$hook/1\", events: [ \"job.completed\", \"job.failed\" ],
	  headers: { X-Team: \"backup\" }, timeout: \"10s\", retry: 3,
	  enabled: true, $local_net },
	{ name = \"vms\"; url = \"$hook/200\"; events = [ \"vm.discovered\" ];
	  $local_net },
	{ name = \"progress\"; url = \"$hook/202\";
	  events = \"job.progress\"; $local_net },
	{ name = \"chosen\"; url = \"$hook/204\"; events = [ ];
	  timeout = \"2s\"; $local_net },
	{ name = \"slack\"; url = \"$hook/ok\"; format = \"slack\";
	  events = [ \"job.created\" ]; $local_net } );
	pipelines = ( { name = \"fast\"; default = true;
		notifiers = [ \"chosen\", \"slack\" ];
		provider = { plugin = \"synthetic\"; vms = $1;
			disk_size = \"1MiB\"; }; },
	{ name = \"slow\"; provider = { plugin = \"synthetic\"; vms = 1;
		disks = 1; disk_size = \"11MiB\"; rate = \"1MiB\"; }; } );"
}
configure 2
ok "config check takes it" "$HYPERSDK" config check --config "$daemon_conf"
start_daemon || done_testing
slow=$(submit_vm synthetic-1 ',"pipeline":"slow"')

# vm.discovered
found() { got '[.[] | select(.path == "200") | .body.data.vm_name] | join(" ")'; }
found_is() { [ "$(found)" = "$1" ]; }
api GET "/vms/list?match=synthetic-2" >"$TMP/reply"
ok "a part of the listing discovers what it shows" \
	wait_for 20 found_is synthetic-2
for _ in 1 2 3; do api GET /vms/list >"$TMP/reply"; done
is "$(jq .total "$TMP/reply")" 2 "all of it is listed"
ok "and tells of the other" wait_for 20 found_is "synthetic-2 synthetic-1"
is "$(got '.[] | select(.path == "200") | .body |
	[.event, .data.vm_path, .data.vm_id, .data.endpoint] | join(" ")' |
	tail -n 1)" "vm.discovered /synthetic/vm/synthetic-1 vm-1 synthetic" \
	"with what is known of it"
stop_daemon KILL
configure 3
start_daemon
api GET /vms/list >"$TMP/reply"
ok "after a kill -9 only the new one is told of" \
	wait_for 20 found_is "synthetic-2 synthetic-1 synthetic-3"
configure 2
kill -HUP "$daemon_pid"
ok "a reload" daemon_says 'reload: done' 20
api GET /vms/list >"$TMP/reply"
is "$(/usr/bin/python3 -c 'import sqlite3, sys
print(*[r[0] for r in sqlite3.connect(sys.argv[1]).execute(
"SELECT id FROM seen_vms ORDER BY id")])' "$daemon_state/jobs.db")" \
	"vm-1 vm-2" "one that is gone is forgotten"
submit "{\"vm_path\":\"/synthetic/vm/\",\"output_path\":\"$daemon_out/g\",
	\"format\":\"ovf\"}" >"$TMP/group"
like "$(<"$TMP/group")" . "a group of VMs is made"

# Who is told: by event, and by the pipeline.
created() { got "[.[] | select(.path == \"204\" and
	.event == \"job.created\")] | length"; }
created_is() { [ "$(created)" = "$1" ]; }
ok "notifiers: the chosen are told of the pipeline's jobs, and of others" \
	wait_for 20 created_is 3
wait_for 60 job_is "$(<"$TMP/group")" completed
is "$(got '[.[] | select(.path == "1" and .event != "job.completed")] |
	length')" 0 "events: no others than asked for"
blocks() { got '[.[] | select(.path == "ok") | .body |
	select((keys == ["blocks", "text"]) and
	(.text | contains("job.created")) and
	.blocks[0].type == "section" and
	.blocks[0].text.type == "mrkdwn")] | length'; }
blocks_is() { [ "$(blocks)" = 3 ]; }
ok "slack: text and blocks" wait_for 20 blocks_is
is "$(api GET '/webhooks/slack/deliveries?body=true&limit=1' |
	jq -c '.deliveries[0].body')" \
	"$(got '[.[] | select(.path == "ok")] | .[-1].body | @json')" \
	"and that is what is shown of it"

# A listing of a schedule's group, too.
configure 4
kill -HUP "$daemon_pid"
wait_for 20 eval '[ $(grep -c "reload: done" "$daemon_log") = 2 ]'
api POST /schedules "{\"id\":\"all\",\"schedule\":\"0 0 1 1 *\",
	\"job_template\":{\"vm_path\":\"/synthetic/vm/\",
	\"output_path\":\"$daemon_out/s\"}}" >"$TMP/reply"
api POST /schedules/all/trigger >"$TMP/reply"
more() { [ "$(found | tr ' ' '\n' | sort | tail -n 1)" = synthetic-4 ]; }
ok "a schedule's group discovers" wait_for 20 more

# Over the API, as others do.
curl -s --unix-socket "$daemon_socket" -X POST http://localhost/webhooks -d "{
	\"url\": \"$hook/201\", \"events\": [\"job.completed\", \"job.failed\"],
	\"headers\": {\"Authorization\": \"Bearer tell-nobody-2\"},
	\"timeout\": 10000000000, \"retry\": 3, \"enabled\": true,
	\"allow_cidrs\": [\"127.0.0.1\"]}" -H 'Content-Type: application/json' \
	>"$TMP/reply"
is "$(jq -r '.webhook | [.timeout, .retry, .enabled, .header_names[0]] |
	join(" ")' "$TMP/reply")" "10000000000 3 true Authorization" \
	"POST /webhooks as theirs"
id=$(jq -r .webhook.id "$TMP/reply")
api POST /webhooks/test "{\"url\":\"$hook/201\"}" >"$TMP/reply"
is "$(jq -r '[.success, .status] | join(" ")' "$TMP/reply")" "true 201" \
	"POST /webhooks/test by URL really sends"
is "$(got '[.[] | select(.path == "201")] | .[-1].headers.Authorization')" "Bearer tell-nobody-2" \
	"with its headers"
one=$(submit_vm synthetic-1 ',"pipeline":"slow","output_path":"/"' \
	2>"$TMP/reply")
is "$one" "" "a job that is refused tells nothing"

# 95: Retry-After, and what came of each try.
after() { cli webhooks deliveries "$1" --json | jq -r '.deliveries[-1] |
	[.attempts, .status, ((.due_at | fromdate) - (.updated_at | fromdate)),
	(.latency_ms | type)] | join(" ")' 2>/dev/null; }
after_is() { [ "$(after "$1")" = "$2" ]; }
for wish in 120 999999999; do
	api POST /webhooks "{\"url\":\"$hook/after/$wish\",
		\"name\":\"after-$wish\",\"events\":[\"job.created\"],
		\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"
done
api POST /webhooks "{\"url\":\"$hook/400\",\"name\":\"dead\",\"retry\":0,
	\"events\":[\"job.created\"],\"allow_cidrs\":[\"127.0.0.1\"]}" \
	>"$TMP/reply"
ok "the slow job ends" wait_job "$slow" completed
submit "{\"vm_path\":\"synthetic-1\",\"pipeline\":\"slow\",
	\"output_path\":\"$daemon_out/more\"}" >"$TMP/reply"
api POST /jobs/cancel "{\"job_ids\":[\"$(<"$TMP/reply")\"]}" >"$TMP/reply"
ok "95: Retry-After counts" wait_for 20 after_is after-120 "1 429 120 number"
ok "95: up to an hour" wait_for 20 after_is after-999999999 \
	"1 429 3600 number"
like "$(cli webhooks deliveries dead)" \
	'TOOK.*dead +1 +400 +[0-9]+ ms' "a delivery's answer and latency"

# job.progress
is "$(got "[.[] | select(.path == \"202\")] | map(.body.data |
	select(.job_id == \"$slow\" and .phase == \"transferring\" and
	.bytes_total > 0 and .files_total == 2)) | length >= 2")" true \
	"job.progress is really sent"
got ".[] | select(.path == \"202\" and .body.data.job_id == \"$slow\") |
	.body.timestamp" >"$TMP/times"
is "$(/usr/bin/python3 -c 'import datetime, sys
t = [datetime.datetime.fromisoformat(x.strip()) for x in sys.stdin]
print(min((b - a).total_seconds() for a, b in zip(t, t[1:])) >= 4.99)' \
	<"$TMP/times")" True "and 5 s apart"

# What was given up is kept for 30 days, which is looked at hourly.
stop_daemon
cat >"$TMP/hypersdkd" <<END
#!/bin/sh
HYP_LATER=$TMP/later LD_PRELOAD=$top_builddir/tests/lib/.libs/later.so \\
	exec $HYPERSDKD "\$@"
END
chmod +x "$TMP/hypersdkd"
/usr/bin/python3 - "$daemon_state/jobs.db" <<'END'
import datetime
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
db.execute("INSERT INTO events SELECT NULL, 'old', timestamp, type, job_id, "
           "data_json FROM events LIMIT 1")
columns = [r[1] for r in db.execute("PRAGMA table_info(webhook_deliveries)")]
wanted = ["'old'" if c == "event_id" else c for c in columns]
db.execute(f"INSERT INTO webhook_deliveries SELECT {', '.join(wanted)} FROM "
           "webhook_deliveries WHERE endpoint_id = 'dead'")
now = datetime.datetime.now(datetime.timezone.utc)
for days, which in (31, "="), (29, "<>"):
    then = now - datetime.timedelta(days=days)
    db.execute("UPDATE webhook_deliveries SET updated_at = ? WHERE "
               f"endpoint_id = 'dead' AND event_id {which} 'old'",
               (then.strftime("%Y-%m-%dT%H:%M:%S.000Z"),))
db.commit()
END
HYPERSDKD=$TMP/hypersdkd start_daemon
touch "$TMP/later"
kept() { [ "$(cli webhooks deliveries dead --json |
	jq -r '[.deliveries[].event_id == "old"] | join(" ")')" = false ]; }
ok "30 days, and no longer" wait_for 20 kept
is "$(cli webhooks replay dead)" "dead: 1 to be sent again" \
	"and can be replayed"
is "$(cli webhooks remove "$id")" "$id: removed" "what is not named has an id"
is "$(grep -acF tell-nobody-2 "$daemon_log" "$daemon_state"/jobs.db*)" \
	"$(printf '%s:0\n' "$daemon_log" "$daemon_state"/jobs.db*)" \
	"a header's value shows nowhere"
stop_daemon
is "$daemon_rc" 0 "it stops in order"
done_testing
