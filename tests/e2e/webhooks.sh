#!/bin/bash
# Webhooks over the API, the commands and the files: what is sent, to whom, and
# what every answer comes to (faults 95, 98, 99, 101).
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

key=whsec_$(head -c 32 /dev/urandom | base64)
other=whsec_$(head -c 32 /dev/urandom | base64)
log=$TMP/hooks
HOOK_KEY="$key $other" /usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" \
	"$log" >"$TMP/port" 2>"$TMP/hooks.err" &
receiver=$!
at_exit kill "$receiver"
wait_for 20 test -s "$TMP/port"
hook=http://127.0.0.1:$(<"$TMP/port")
(umask 077; echo "$key" >"$TMP/key"; echo tell-nobody-1 >"$TMP/value")
# got FILTER: of the requests so far.
got() { jq -rs "$1" "$log"; }
got_is() { [ "$(got "$1" 2>/dev/null)" = "$2" ]; }
cli() { "$HYPERSDK" "$@" --socket "$daemon_socket"; }

configure() {
	daemon_configure "webhooks = ( $1 );
		log_level = \"debug\";"
}
configure "{ name = \"ops\"; url = \"$hook/ok\";
	events = [ \"job.created\", \"job.completed\" ];
	secret = \"file:$TMP/key\"; allow_cidrs = [ \"127.0.0.0/8\" ];
	headers = { X-Team = \"backup\"; X-Token = \"file:$TMP/value\"; };
	timeout = \"5s\"; retry = 2; }"
run "$HYPERSDK" config check --config "$daemon_conf" --json
is "$rc" 0 "config check takes it"
says_json '.webhooks[0] | [.name, .enabled, .retry, .events, .header_names,
	.notifier.plugin, .notifier.options.timeout]' \
	'["ops",true,2,["job.created","job.completed"],["X-Team","X-Token"],"webhook","5s"]' \
	"and shows it"
unlike "$out" "$(<"$TMP/value")" "without the headers' values"
start_daemon
one=$(submit_vm synthetic-1)
ok "a job ends" wait_job "$one" completed
ok "both of its events arrive" wait_for 20 got_is length 2
is "$(got 'map(.event) | join(" ")')" "job.created job.completed" \
	"in order, and no others"
is "$(got 'map(.verified) | join(" ")')" "1 1" \
	"an independent verifier takes the signatures"
is "$(got '.[0].headers | [."User-Agent", ."X-Team", ."X-Token",
	."Content-Type"] | join(" ")')" \
	"HyperSDK-Webhook/1.0 backup tell-nobody-1 application/json" \
	"the headers, one by reference"
is "$(got '.[0].body | keys | join(" ")')" "data event timestamp" \
	"the envelope"
is "$(got '.[0].body.data.output_path')" "$daemon_out" "its data"
is "$(got '.[1].body.data | has("duration_seconds") and has("ovf_path") and
	has("exported_files")')" true "and that of the end"
is "$(cli webhooks list --json | jq -r '.webhooks[0] |
	[.id, .owner, .signed, .timeout, .retry, .header_names[0]] |
	join(" ")')" "ops file true 5000000000 2 X-Team" "webhooks list"
like "$(cli webhooks list)" 'ops .*enabled .*file' "and as a table"
is "$(api GET /webhooks/ops)" "$(api GET /webhooks | jq -c '.webhooks[0]')" \
	"GET /webhooks/{id}: as the list has it"
is "$(api GET /webhooks/0 | jq -r .id)" ops "by its place, too"
is "$(cli webhooks show ops --json | jq -r .id)" ops "webhooks show"
is "$(cli webhooks show ops | sed '/^created /d')" "id           ops
url          $hook/ok
enabled      yes
owner        file
signed       yes
events       job.created
             job.completed
headers      X-Team
             X-Token
timeout      5.0s
retry        2
format       json
allow cidrs  127.0.0.0/8" "and for a person"
for id in nobody 7; do
	is "$(api GET "/webhooks/$id" | jq -r .kind) $(api_status)" \
		"not_found 404" "$id is not there"
done
run cli webhooks show nobody
is "$rc $err_out" "3 hypersdk: there is no webhook nobody (not_found)" \
	"and says so"
delivered() { [ "$(cli webhooks deliveries ops --json |
	jq -r '[.deliveries[].state] | join(" ")')" = "delivered delivered" ]; }
ok "deliveries are told" wait_for 20 delivered
is "$(cli webhooks deliveries ops --json --body | jq -r '.deliveries[0] |
	[.attempts, .status, .body.event] | join(" ")')" \
	"1 200 job.completed" "with attempts, status and body"
like "$(cli webhooks deliveries ops)" 'job|delivered +1 +200' "as a table"
api DELETE /webhooks/ops >"$TMP/reply"
is "$(api_status) $(jq -r .kind "$TMP/reply")" "409 owned_by_file" \
	"what a file owns is not removed"

# Over the API and the commands.
HOOK_SECRET=$other cli webhooks add "$hook/ok" --name second \
	--event job.created --secret env:HOOK_SECRET \
	--header X-Token="file:$TMP/value" --allow-cidr 127.0.0.1 >"$TMP/reply"
is "$(<"$TMP/reply")" "second: added" "webhooks add"
like "$(cli webhooks test second)" '^second: taken, answer 200 after' "webhooks test"
is "$(got '.[-1] | [.verified, .event, .headers."X-Token"] | join(" ")')" \
	"1 job.completed tell-nobody-1" "really sends, signed"

run cli webhooks test "http://127.0.0.1:$(free_port)/none"
failed=$rc
like "$rc $err_out" '^[1-9] hypersdk: http' "one that fails: exit code"
run cli webhooks test "http://127.0.0.1:$(free_port)/none" --json
is "$rc $(jq .success <<<"$out")" "$failed false" "also with --json"
like "$err_out" '^hypersdk: http' "and it is told"

# What is not said stays, the key and the headers too.
shown() { cli webhooks list --json | jq -r ".webhooks[] |
	select(.id == \"second\") | $1"; }
cli webhooks update second --event job.failed --retry 7 >"$TMP/reply"
is "$(<"$TMP/reply")" "second: updated" "webhooks update"
is "$(shown '[.events[0], .retry, .signed, .header_names[0], .allow_cidrs[0],
	.enabled] | join(" ")')" "job.failed 7 true X-Token 127.0.0.1 true" \
	"changes what is said, and nothing else"
cli webhooks test second >"$TMP/reply"
is "$(got '.[-1] | [.verified, .headers."X-Token"] | join(" ")')" \
	"1 tell-nobody-1" "not what is sealed"
is "$(cli webhooks disable second)" "second: disabled" "webhooks disable"
is "$(shown .enabled)" false "and it is"
is "$(cli webhooks enable second)" "second: enabled" "webhooks enable"
is "$(shown .enabled)" true "and it is"
run cli webhooks disable second --json
says_json '[.webhook.id, .webhook.enabled]' '["second",false]' "disable --json"
run cli webhooks enable second --json
says_json '[.webhook.id, .webhook.enabled]' '["second",true]' "enable --json"
run cli webhooks replay second --json
says_json .replayed 0 "replay --json"
cli webhooks add "$hook/ok" --name json --allow-cidr 127.0.0.1 >/dev/null
run cli webhooks remove json --json
says_json '.id' '"json"' "remove --json"
cli webhooks update second --secret "file:$TMP/key" >"$TMP/reply"
cli webhooks test second >"$TMP/reply"
is "$(got '.[-1].verified')" 2 "99: another key: both sign"
api PUT /webhooks/second '{"headers":{"X-New":"one-of-mine","X-Empty":""},"secret":""}' \
	>"$TMP/reply"
is "$(api_status) $(jq -r '.webhook | [.signed, .header_names[]] |
	join(" ")' "$TMP/reply")" "200 false X-New X-Empty" "no key, other headers"
cli webhooks test second >"$TMP/reply"
is "$(got '.[-1].headers | [."webhook-signature", ."X-Token", ."X-New"] |
	join(" ")')" "  one-of-mine" "and so it is sent"
is "$(got '.[-1].headers."X-Empty"')" "" "also what has no value"
for bad in '{"url":"ftp://x"}' '{"name":"third"}' '{"retry":-1}' \
	'{"headers":{"A":"b\r\nC: d"}}'; do
	api PUT /webhooks/second "$bad" >"$TMP/reply"
	is "$(api_status)" 400 "refused: $bad"
done
is "$(shown '[.url, .retry] | join(" ")')" "$hook/ok 7" \
	"a bad change changes nothing"
for id in ops:409 none:404; do
	api PUT "/webhooks/${id%:*}" '{"retry":1}' >"$TMP/reply"
	is "$(api_status)" "${id#*:}" "not what a file owns, or is not there"
	api POST "/webhooks/${id%:*}/disable" >"$TMP/reply"
	is "$(api_status)" "${id#*:}" "nor is it disabled"
done
api POST /webhooks "{\"url\":\"$hook/ok\",\"name\":\"second\"}" >"$TMP/reply"
is "$(api_status) $(jq -r .kind "$TMP/reply")" "409 conflict" "no name twice"
for bad in '{}' '{"url":"ftp://x"}' '{"url":"http://x","events":["job.x"]}' \
	'{"url":"http://x","timeout":true}' '{"url":"http://x","retry":-1}' \
	'{"url":"http://x","secret":"env:HOME"}' \
	'{"url":"http://x","headers":{"Host":"y"}}' \
	'{"url":"http://x","headers":{"A":"b\r\nC: d"}}' \
	'{"url":"http://x","allow_cidrs":["10.0.0.0/33"]}' \
	'{"url":"http://x","colour":1}' '{"url":"http://x","name":"7"}'; do
	api POST /webhooks "$bad" >"$TMP/reply"
	is "$(api_status)" 400 "refused: $bad"
done

# 101: canaries show nowhere.
{ api GET /webhooks; api GET /webhooks/ops; cli webhooks show second; } \
	>"$TMP/shown"
cli webhooks deliveries second --json --body >>"$TMP/shown"
cat "$daemon_log" "$daemon_state"/jobs.db* >>"$TMP/shown"
for canary in tell-nobody-1 "${key#whsec_}" "${other#whsec_}"; do
	is "$(grep -acF -- "$canary" "$TMP/shown")" 0 "101: a canary is nowhere"
done

# 95: what an answer comes to. A test makes one try.
try() { api POST /webhooks/test "{\"id\":\"try\"}" >"$TMP/reply"; }
for path in 301 302 307 400 401 404 429 500 503 moved after/0 after/-5 \
	after/999999999; do
	api DELETE /webhooks/try >"$TMP/reply"
	api POST /webhooks "{\"url\":\"$hook/$path\",\"name\":\"try\",
		\"allow_cidrs\":[\"127.0.0.1\"],\"enabled\":false}" >"$TMP/reply"
	try
	is "$(jq -r '[.success, .kind] | join(" ")' "$TMP/reply")" \
		"false refused" "95: $path is a failure"
done
for case in 200:true: 204:true: endless:true: drip:false:net_timeout \
	reset:false:connection_lost hang:false:net_timeout 410:false:gone; do
	IFS=: read -r path success kind <<<"$case"
	[ "$kind" = net_timeout ] && timeout=2s || timeout=20s
	api DELETE /webhooks/try >"$TMP/reply"
	api POST /webhooks "{\"url\":\"$hook/$path\",\"name\":\"try\",
		\"allow_cidrs\":[\"127.0.0.1\"],\"enabled\":false,
		\"timeout\":\"$timeout\"}" >"$TMP/reply"
	try
	is "$(jq -r '[.success, .kind // ""] | join(":")' "$TMP/reply")" \
		"$success:$kind" "95: $path"
done
api DELETE /webhooks/try >"$TMP/reply"
api POST /webhooks "{\"url\":\"${hook/http/https}/ok\",\"name\":\"try\",
	\"allow_cidrs\":[\"127.0.0.1\"],\"enabled\":false}" >"$TMP/reply"
try
is "$(jq -r '[.success, .kind] | join(" ")' "$TMP/reply")" "false tls_failed" \
	"95: no TLS where it should be"
is "$(got 'map(select(.path == "ok" and .headers.Referer)) | length')" 0 \
	"no redirect was followed"
api DELETE /webhooks/try >"$TMP/reply"

# 95: 410 disables at once; a dead one is replayed.
for case in gone:410 sick:500; do
	api POST /webhooks "{\"url\":\"$hook/${case#*:}\",
		\"name\":\"${case%:*}\",\"retry\":1,\"events\":[\"job.created\"],
		\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"
done
two=$(submit_vm synthetic-2)
state_of() { cli webhooks deliveries "$1" --json |
	jq -r '.deliveries[0] | [.state, .attempts, .status] | join(" ")'; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }
ok "95: 410: dead after one try" wait_for 20 state_is gone "dead 1 410"
ok "95: 500: dead after its retry" wait_for 20 state_is sick "dead 2 500"
disabled() { [ "$(cli webhooks list --json | jq -r '.webhooks[] |
	select(.id == "gone") | [.enabled, .disabled_why] | join(" ")')" = \
	"false the endpoint answered 410" ]; }
ok "95: 410 disables it" wait_for 20 disabled
stop_daemon
start_daemon
ok "also after a restart" disabled
api POST /webhooks/gone/replay '{}' >"$TMP/reply"
is "$(api_status) $(jq -r .kind "$TMP/reply")" "409 disabled" \
	"and nothing is replayed that would not be sent"
cli webhooks enable gone >"$TMP/reply"
is "$(cli webhooks list --json | jq -r '.webhooks[] | select(.id == "gone") |
	[.enabled, .disabled_why] | join(" ")')" "true " "until it is enabled"
cli webhooks disable gone >"$TMP/reply"
is "$(cli webhooks replay sick)" "sick: 1 to be sent again" "webhooks replay"
ok "and it is dead again" wait_for 20 state_is sick "dead 2 500"
is "$(got "map(select(.path == \"500\") | .id) | length, (unique | length)" |
	tail -n 1)" "$(got 'map(select(.path == "500") | .id) | unique |
	length')" "with the same id"
ok "the job ends" wait_job "$two" completed

# 98: what waits for one that is removed is abandoned.
api POST /webhooks "{\"url\":\"$hook/503\",\"name\":\"slow\",
	\"retry\":\"durable\",\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"
jq -nc "[range(200) | {vm_path: \"synthetic-1\",
	output_path: \"$daemon_out/n\(.)\"}]" >"$TMP/many"
api POST /jobs/submit "@$TMP/many" | jq -c '{job_ids}' >"$TMP/ids"
api POST /jobs/cancel "@$TMP/ids" >"$TMP/reply"
n=$(api GET "/jobs?limit=1" | jq .total)
ok "as many are counted" test "$n" -gt 200
is "$(cli jobs list --limit 0 --since 1h --json |
	jq -c '[.total, (.jobs | length)]')" "[$n,$n]" \
	"and listed, on more pages than one"
is "$(cli webhooks remove slow)" "slow: removed" "webhooks remove"
abandoned() { [ "$(/usr/bin/python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM "
"webhook_deliveries WHERE endpoint_id = ? AND state IN (1, 2)",
(sys.argv[2],)).fetchone()[0])' "$daemon_state/jobs.db" "$1")" = 0 ]; }
ok "98: nothing of it waits any more" wait_for 20 abandoned slow

# 99: a file's new key signs beside the old one.
(umask 077; echo "$other" >"$TMP/key")
kill -HUP "$daemon_pid"
ok "a reload" daemon_says 'reload: done' 20
api POST /webhooks/test '{"id":"ops"}' >"$TMP/reply"
is "$(got 'map(select(.body.data.test and .path == "ok")) |
	.[-1].verified')" 2 "99: two signatures after a rotation"

api POST /webhooks "{\"url\":\"$hook/ok\",\"name\":\"sealed\",
	\"events\":[\"job.failed\"],\"secret\":\"$key\",
	\"headers\":{\"X-Team\":\"backup\"},
	\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"

# One that keeps the name of the URL that it had.
api POST /webhooks "{\"url\":\"$hook/before\",\"events\":[\"job.failed\"],
	\"headers\":{\"X-Team\":\"backup\"},
	\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"
moved=$(jq -r .webhook.id "$TMP/reply")
api PUT "/webhooks/$moved" "{\"url\":\"$hook/ok\"}" >"$TMP/reply"
is "$(jq -r .webhook.url "$TMP/reply")" "$hook/ok" "it moves"

# A stop waits for no receiver.
api POST /webhooks "{\"url\":\"$hook/hang\",\"name\":\"hang\",
	\"events\":[\"job.failed\"],\"timeout\":\"1m\",
	\"allow_cidrs\":[\"127.0.0.1\"]}" >"$TMP/reply"
before=$(got 'map(select(.path == "hang")) | length')
curl -s --unix-socket "$daemon_socket" -H 'Content-Type: application/json' \
	-d '{"id":"hang"}' http://localhost/webhooks/test >"$TMP/hung" &
asked=$!
ok "a test that hangs" wait_for 20 got_is \
	'map(select(.path == "hang")) | length' $((before + 1))
stop_daemon
is "$daemon_rc" 0 "it stops in order"
wait "$asked"
is "$(jq -r .kind "$TMP/hung")" cancelled "and the test ends with it"

# What was sealed is lost with the key that sealed it, and said once more.
rm "$daemon_state/seal.key"
start_daemon
last() { got 'map(select(.body.data.test and .path == "ok")) | .[-1] |
	[.verified, .headers."X-Team"] | join(" ")'; }
api POST /webhooks/test '{"id":"ops"}' >"$TMP/reply"
is "$(jq .success "$TMP/reply") $(last)" "true 1 backup" \
	"a file's webhook needs nothing of it"
api POST /webhooks/test "{\"url\":\"$hook/before\"}" >"$TMP/reply"
is "$(jq -r '[.success, .kind] | join(" ")' "$TMP/reply")" \
	"false ssrf_blocked" \
	"nor a URL alone: what is sealed of one that had it is not opened"
run cli webhooks update sealed --secret "file:$TMP/key"
is "$rc" 1 "of the API's, all that was sealed is said, or nothing"
like "$err_out" secret_lost "and why"
cli webhooks update sealed --secret "file:$TMP/key" \
	--header "X-Team=file:$TMP/value" >"$TMP/reply"
api POST /webhooks/test '{"id":"sealed"}' >"$TMP/reply"
is "$(jq .success "$TMP/reply") $(last)" "true 1 tell-nobody-1" \
	"then it is sent"
done_testing
