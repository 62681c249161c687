#!/bin/bash
# The document that describes the API is true: it holds every route, its
# references lead somewhere, and what the server answers is what it says.
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config none
api_start
is $? 0 "a server"
root=$api_dir/state/exports
judge() { /usr/bin/python3 "$top_srcdir/tests/lib/openapi-check.py" "$@"; }
call GET /openapi.json
answers 200 "the document"
cp "$TMP/body" "$TMP/openapi.json"
ok "it is sound" judge "$TMP/openapi.json"

# Every line of the table is in it, as the source has them.
sed -n 's/^\tHYP_ROUTE(\([A-Z]*\), "\([^"]*\)", \([A-Z]*\),.*/\1 \2 \3/p' \
	"$top_srcdir/core/api/routes.c" | tr 'A-Z' 'a-z' | sort >"$TMP/table"
json '.paths | to_entries[] | .key as $p | .value | to_entries[] |
	"\(.key) \($p) \(.value["x-role"])"' | sort >"$TMP/document"
ok "there are routes" test "$(wc -l <"$TMP/table")" -gt 20
is "$(diff "$TMP/table" "$TMP/document")" "" "it holds every route, and no other"
is "$(grep -c 'HYP_ROUTE(' "$top_srcdir/core/api/routes.c")" \
	"$(wc -l <"$TMP/table")" "none was missed here"

# Every route of it is there, and none asks for less than its role says.
n=0
while read -r method path role; do
	n=$((n + 1)) # an address each: ten wrong tokens are the most
	real=${path//\{id\}/nobody}
	got=$(curl -s -o /dev/null -w '%{http_code}' --max-time 60 \
		-X "${method^^}" -H 'Authorization: Bearer wrong' \
		--interface "127.0.1.$n" "$api_url$real")
	[ "$role" = open ] && want=200 || want=401
	is "$got" "$want" "${method^^} $path asks for $role"
done <"$TMP/document"

# What is answered is what it says.
true_to() { # METHOD TEMPLATE PATH [BODY]
	call "$1" "$3" "${4-}"
	if problems=$(judge "$TMP/openapi.json" "$1" "$2" "$status" \
		<"$TMP/body"); then
		pass "$1 $3: $status, as the document says"
	else
		fail "$1 $3: $status" "$problems
$out"
	fi
}
true_to POST /jobs/submit /jobs/submit "{\"jobs\":[{\"vm_path\":\"synthetic-1\",
	\"output_path\":\"$root/a\"},{\"vm_path\":\"x\",\"colour\":1}]}"
id=$(json '.job_ids[0]')
ok "the job ends" wait_for 30 job_ended "$id"
for path in /health /ready /status /capabilities /pipelines /plugins \
	/openapi.json /jobs /jobs/query /jobs/stats /vms/list /tokens; do
	true_to GET $path $path
done
for path in /jobs/ /jobs/progress/ /jobs/logs/ /jobs/eta/; do
	true_to GET "$path{id}" "$path$id"
	true_to GET "$path{id}" "${path}nobody"
done
true_to GET '/jobs/{id}/history' "/jobs/$id/history"
true_to POST /jobs/query /jobs/query '{"all":true}'
true_to POST /jobs/cancel /jobs/cancel "{\"job_ids\":[\"$id\"]}"
true_to POST /vms/info /vms/info '{"vm_path":"synthetic-1"}'
true_to POST /vms/info /vms/info '{"vm_path":1}'
true_to POST /tokens /tokens '{"name":"x","role":"viewer"}'
true_to DELETE '/tokens/{id}' "/tokens/$(json .id)"
true_to POST /webhooks /webhooks '{"name":"x","url":"http://hooks.example/",
	"headers":{"A":"b"},"events":["job.failed"],"retry":"durable"}'
true_to GET /webhooks /webhooks
true_to GET '/webhooks/{id}' /webhooks/x
true_to GET '/webhooks/{id}' /webhooks/nobody
true_to GET '/webhooks/{id}/deliveries' /webhooks/x/deliveries
call GET /webhooks/0/deliveries
answers 200 "by its place in the list too"
call POST /webhooks/0/replay '{}'
answers 200 "so is a replay"
call GET /webhooks/1/deliveries
answers 404 "there is no second"
true_to DELETE '/webhooks/{id}' /webhooks/x
rm -rf "$root/a"
true_to POST '/jobs/{id}/retry' "/jobs/$id/retry"
true_to GET /jobs '/jobs?vm_path=synthetic-1&limit=1'
true_to DELETE '/jobs/{id}' "/jobs/$id"
call POST /jobs/submit '{"vm_path":"nobody"}'
true_to GET '/jobs/{id}' "/jobs/$(json '.job_ids[0]')"

is "$(jq -c '.components.schemas.Query.properties.status.anyOf |
	map(.items.enum // .enum | length)' "$TMP/openapi.json")" "[5,5]" \
	"one status and several have the same words"

# And each request that the document calls wrong is refused.
jq -c '.components.schemas.Definition.properties | to_entries[] |
	select(.value.type == "string" or .value.type == "boolean") | .key' \
	"$TMP/openapi.json" | tr -d '"' >"$TMP/names"
while read -r name; do
	call POST /jobs/submit "{\"vm_path\":\"x\",\"$name\":[[]]}"
	like "$status $(json .error)" "^400 /$name(:|/)" \
		"a definition's $name is checked as the document says"
done <"$TMP/names"
api_stop
is "$api_rc" 0 "it stops"
done_testing
