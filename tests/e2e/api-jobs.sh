#!/bin/bash
# A hypersdk client's calls, and what it gets: compatibility.md, "HTTP routes".
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config none
/usr/bin/python3 - "$api_dir/hypersdk.conf" <<'END'
import pathlib, sys
conf = pathlib.Path(sys.argv[1])
conf.write_text(conf.read_text().replace("pipelines = (", """pipelines = (
  { name = "slow"; provider = { plugin = "synthetic"; disk_size = "2MiB";
      rate = "64KiB"; }; },
  { name = "away"; provider = { plugin = "vsphere"; username = "u";
      url = "https://127.0.0.1:1/sdk"; password = "env:PASSWORD"; }; },"""))
END
export PASSWORD=unused
api_start
is $? 0 "a server"
root=$api_dir/state/exports
keys() { json "$1 | keys | join(\",\")"; }
job_keys=attempt,completed_at,created_at,definition,error,error_kind,group_id
job_keys+=,phase,progress,result,retry_at,retry_of,schedule_id,started_at,status,updated_at

# --- the service ------------------------------------------------------------
call GET /health
is "$status $(keys .) $(json .status)" "200 status,timestamp healthy" "/health"
is "$(header Content-Type)" application/json "it is JSON"
like "$(header X-Request-Id)" '^[0-9a-f-]{36}$' "with a request id"
is "$(header X-Content-Type-Options)" nosniff "a browser shall not guess"
is "$(header Content-Security-Policy)" \
	"default-src 'none'; frame-ancestors 'none'" "nor run or frame anything"
call GET /ready
is "$status $(json .status)" "200 ready" "/ready"
call GET /status
is "$(json '[.version,.uptime,.timestamp | type] | unique | .[]')" string \
	"/status: texts"
is "$(json '[.total_jobs,.running_jobs,.completed_jobs,.failed_jobs,
	.cancelled_jobs] | add')" 0 "/status: numbers"
call GET /capabilities
is "$(keys .) $(json '.capabilities.formats | join(" ")')" \
	"capabilities,default_method,timestamp ova ovf" "/capabilities"
call GET /jobs/query?all=true
is "$(json '[.jobs, .total]')" '[[],0]' "no jobs are an empty list"

# --- submit -----------------------------------------------------------------
call POST /jobs/submit "{\"name\":\"one\",\"vm_path\":\"synthetic-1\",
	\"output_path\":\"$root/one\",\"format\":\"ova\",
	\"options\":{\"parallel_downloads\":2,\"remove_cdrom\":true}}"
answers 200 "one definition"
is "$(keys .)" accepted,errors,job_ids,rejected,timestamp "its answer"
is "$(json '[.accepted,.rejected,.errors]')" '[1,0,[]]' "is accepted"
one=$(json '.job_ids[0]')
ok "it ends" wait_for 30 job_ended "$one"
call GET "/jobs/$one"
is "$(keys .)" "$job_keys" "a job's members"
is "$(json '[.status,.phase,.error]')" '["completed",null,null]' "it completed"
is "$(json '.definition | [.id,.name,.vm_path,.output_path,.format]')" \
	"[\"$one\",\"one\",\"synthetic-1\",\"$root/one\",\"ova\"]" \
	"its definition is as sent"
like "$(json .completed_at)" '^20[0-9-]{8}T[0-9:]{8}Z$' "its times are RFC 3339"
is "$(json '.result | [.vm_name,.success]')" '["synthetic-1",true]' "its result"
is "$(json '.result.duration | type')" number "its duration is a number"
ok "its OVA is there" test -f "$root/one/synthetic-1.ova"

call POST /jobs/submit "{\"jobs\":[
	{\"vm_path\":\"synthetic-1\",\"output_path\":\"$root/a\"},
	{\"vm_path\":\"synthetic-2\",\"output_path\":\"/etc\"},
	{\"vm_path\":\"synthetic-2\",\"output_path\":\"$root/b\",\"colour\":1}]}"
answers 200 "a batch"
is "$(json '[.accepted,.rejected,(.errors|map(.index))]')" '[1,2,[1,2]]' \
	"what is wrong in it is told by its index"
is "$(json '.errors | map(.kind) | join(" ")')" "unsafe_path bad_request" \
	"and by its kind"
like "$(json '.errors[1].error')" '^/colour: ' "and points at the field"
two=$(json '.job_ids[0]')
call POST /jobs/submit "[{\"vm_path\":\"synthetic-3\",
	\"output_path\":\"$root/c\"}]"
is "$status $(json .accepted)" "200 1" "an array"
three=$(json '.job_ids[0]')
for type in application/x-yaml text/yaml; do
	call POST /jobs/submit "" --header "Content-Type: $type" --data-binary \
		"# a job
name: yaml
vm_path: synthetic-2
output_path: $root/yaml-${type%/*}
options: {parallel_downloads: 1, create_ova: false}
"
	is "$status $(json .accepted)" "200 1" "YAML, as $type"
	yaml=$(json '.job_ids[0]')
done
ok "they end" wait_for 30 job_ended "$yaml"
ok "YAML's is an OVF" test -f "$root/yaml-text/synthetic-2/synthetic-2.ovf"
ok "the batch's ends" wait_for 30 job_ended "$two"
ok "the array's ends" wait_for 30 job_ended "$three"

refused_submit() { # STATUS KIND BODY NAME
	call POST /jobs/submit "$3"
	refuses "$1" "$2" "$4"
}
refused_submit 400 bad_request '{' "no JSON"
refused_submit 400 bad_request '[]' "no definitions"
refused_submit 400 bad_request '{"jobs":[]}' "none in jobs"
refused_submit 400 bad_request '{"jobs":[1]}' "a number for a definition"
like "$(json .error)" '^/jobs/0: ' "points at it"
refused_submit 400 bad_request '"x"' "a string"
refused_submit 400 bad_request '{"vm_path":"a","vm_path":"b"}' "a key twice"
refused_submit 400 bad_request '{"name":"x"}' "without vm_path"
like "$(json .error)" '^/vm_path: ' "points at it"
refused_submit 400 bad_request "{\"vm_path\":\"$(printf 'a%.0s' {1..65536})\"}" \
	"a name of 64 KiB"
refused_submit 400 bad_request \
	"{\"vm_path\":\"a\",\"options\":{\"parallel_downloads\":1e400}}" "1e400"
refused_submit 400 bad_request "{\"vm_path\":\"a\\u0000\"}" "a NUL"
refused_submit 400 bad_request "{\"vm_path\":\"\\ud800\"}" "half a surrogate"
refused_submit 400 bad_request "$(printf '[%.0s' {1..10000})" "depth 10,000"
refused_submit 400 bad_request "{\"vm_path\":\"a\",\"options\":
	{\"parallel_downloads\":9223372036854775808}}" "2^63"
refused_submit 400 bad_request "{\"vm_path\":\"a\",\"options\":
	{\"parallel_downloads\":17}}" "17 downloads"
like "$(json .error)" '^/options/parallel_downloads: ' "points at it"
refused_submit 400 unsupported "{\"vm_path\":\"a\",\"compress\":true}" "compress"
refused_submit 400 bad_request "{\"vm_path\":\"a\",\"format\":\"qcow2\"}" "qcow2"
refused_submit 400 unsafe_path \
	"{\"vm_path\":\"a\",\"output_path\":\"$root-evil/x\"}" "a sibling of the root"
refused_submit 400 unsafe_path \
	"{\"vm_path\":\"a\",\"output_path\":\"$root/../../x\"}" "out of the root"
slow="{\"vm_path\":\"synthetic-1\",\"output_path\":\"$root/slow\",
	\"pipeline\":\"slow\"}"
call POST /jobs/submit "$slow"
slow_id=$(json '.job_ids[0]')
refused_submit 409 conflict "$slow" "the same again while it runs"
like "$(json .error)" "^job $slow_id does the same" "names the job"
# Of a group, who has a job already is left out: the others are made.
call POST /jobs/submit "${slow/synthetic-1/synthetic-2*}"
group="$(json '.job_ids[0]') $slow_id"
call POST /jobs/submit "${slow/synthetic-1/synthetic-*}"
is "$status $(json '[.accepted,.rejected,(.job_ids|length)]')" '200 [1,1,2]' \
	"a group of which one VM is left out is made all the same"
is "$(json '.errors | map(.kind)')" '["conflict"]' "and says so"
group+=" $(json '.job_ids | join(" ")')"
call POST /jobs/cancel "{\"job_ids\":[\"${group// /\",\"}\"]}"
is "$(json '.cancelled | length')" 4 "they are cancelled"
for id in $group; do
	ok "$id ends" wait_for 30 job_ended "$id"
	call DELETE "/jobs/$id"
done
printf '{"vm_path":"\xff"}' >"$TMP/latin1"
call POST /jobs/submit "" --header 'Content-Type: application/json' \
	--data-binary "@$TMP/latin1"
refuses 400 bad_request "bytes that are not UTF-8"

# --- query ------------------------------------------------------------------
call POST /jobs/query '{"all":true}'
is "$(keys .) $(json .total)" "jobs,next_cursor,timestamp,total 5" \
	"all jobs"
is "$(json .next_cursor)" null "and no more"
is "$(json '.jobs[0] | keys | join(",")')" "$job_keys" "each as GET /jobs/{id}"
is "$(json '.jobs[-1].definition.id')" "$one" "newest first"
call GET /jobs/query?all=true
is "$(json .total)" 5 "GET ?all=true too"
call POST /jobs/query '{"status":["completed"],"limit":2}'
is "$(json '[.total, (.jobs|length), (.jobs|map(.status)|unique)]')" \
	'[5,2,["completed"]]' "by status, with a limit: total is the true number"
first=$(json '[.jobs[].definition.id]')
call GET "/jobs?status=completed&cursor=$(json .next_cursor | tr -d '"')"
is "$(json "[.jobs[].definition.id] + $first | unique | length") $(
	json '[(.jobs|length), .next_cursor]')" "5 [3,null]" \
	"and GET /jobs has the others"
call GET '/jobs/query?status=completed&limit=4'
is "$(json '[.total, (.jobs|length), (.next_cursor|type)]')" \
	'[5,4,"string"]' "GET, too"
call POST /jobs/query '{"status":["failed"],"limit":5}'
is "$(json '[.total, .next_cursor]')" '[0,null]' "none"
call POST /jobs/query '{"status":"completed"}'
is "$(json .total)" 5 "a status alone"
call POST /jobs/query "{\"job_ids\":[\"$one\",\"nobody\"]}"
is "$(json '.jobs | map(.definition.id)')" "[\"$one\"]" "by id"
call POST /jobs/query '{"all":true}'
all=$(json '[.jobs[].definition.id]')
turned=$(jq -c reverse <<<"$all")
call POST /jobs/query "{\"job_ids\":$turned}"
is "$(json '[.jobs[].definition.id]')" "$all" "by ids: newest first, too"
call POST /jobs/query "{\"job_ids\":$turned,\"limit\":2}"
is "$(json '[[.jobs[].definition.id], .total, .next_cursor]')" \
	"$(jq -c '[.[:2], length, null]' <<<"$all")" "at most limit of them"
call POST /jobs/query "{\"job_ids\":$all,\"status\":[\"running\"]}"
is "$(json '[.jobs, .total]')" '[[],0]' "and of that status"
call POST /jobs/query "{\"job_ids\":$all,\"status\":\"failed\",\"all\":true}"
is "$(json .total)" 5 "whatever their status with all"
call GET '/jobs/query?status=failed&all=true'
is "$(json .total)" 5 "GET, too"
call POST /jobs/query '{"job_ids":null,"status":null,"all":true,"limit":0}'
is "$(json .total)" 5 "Go's empty values"
call POST /jobs/query '{"status":["done"]}'
refuses 400 bad_request "an unknown status"
like "$(json .error)" '^/status/0: ' "points at it"
call POST /jobs/query '{"limit":1000000000}'
refuses 400 bad_request "a limit of 10^9"
call POST /jobs/query '{"alle":true}'
like "$status $(json .error)" '^400 /alle: .*all' "an unknown field, and the near one"

# --- pages ------------------------------------------------------------------
seen='' cursor='' pages=0
while [ $pages -lt 9 ]; do
	call GET "/jobs?limit=2${cursor:+&cursor=$cursor}"
	seen+=" $(json '.jobs | map(.definition.id) | join(" ")')"
	pages=$((pages + 1))
	cursor=$(json '.next_cursor // empty')
	[ -n "$cursor" ] || break
done
is "$pages $(wc -w <<<"$seen") $(tr ' ' '\n' <<<"$seen" | sort -u | grep -c .)" \
	"3 5 5" "pages hold each job once"
call GET "/jobs?limit=2"
is "$(json '[(.jobs|length), .total]')" "[2,5]" "total is of all pages"
cursor=$(json .next_cursor)
call GET "/jobs?cursor=$(tr -d '"' <<<"$cursor")"
is "$(json '[(.jobs|length), .total]')" "[3,5]" "also on the last"
call GET "/jobs?status=completed&limit=1"
is "$(json '[(.jobs|length), .total]')" "[1,5]" "and by status"
call GET "/jobs?status=failed,running&limit=1"
is "$(json .total)" 0 "of which there may be none"
for filter in vm_path=synthetic-2 since=2000-01-01 \
	until=2100-01-01T00:00:00Z; do
	call GET "/jobs?$filter&limit=1"
	is "$(json '[(.jobs|length), .total]')" "[1,null]" \
		"what is not counted is not told: $filter"
done
other=$(tr 0-9a-f 1-9a-f0 <<<"$cursor") # in each digit
for forged in x "${cursor}a" "${cursor%?}" "${other:0:1}${cursor#?}" \
	"$other" "%27%20OR%201=1--"; do
	call GET "/jobs?cursor=$forged"
	refuses 400 bad_request "the cursor $forged"
done
for bad in limit=0 limit=1001 limit=1000000000 limit=-1 limit=x limit=1.5 \
	since=yesterday since=2026-02-30T00:00:00Z status=done order=name \
	'status=completed&status=failed' 'sort=id;drop%20table%20jobs'; do
	call GET "/jobs?$bad"
	refuses 400 bad_request "?$bad"
done
call GET "/jobs?vm_path=synthetic-2%27%20OR%20%271%27=%271"
is "$status $(json .total)" "200 0" "SQL in a filter is text"
call GET "/jobs?vm_path=synthetic-2&status=completed,failed"
is "$(json .total)" 2 "by vm_path and status"
call GET "/jobs?since=2000-01-01"
is "$(json .total)" 5 "since long ago"
call GET "/jobs?since=2100-01-01T00:00:00%2B01:00"
is "$(json .total)" 0 "since some day"

# --- progress, logs, eta, history, statistics -------------------------------
call GET "/jobs/progress/$one"
is "$(keys .)" completed_at,elapsed_seconds,error,job_id,phase,progress,started_at,status,timestamp,transfer_rate_mbps \
	"/jobs/progress"
is "$(json '.progress | [.percent_complete, .files_downloaded == .total_files]')" \
	'[100,true]' "it is all there"
is "$(json '.progress | [.phase, .current_file, .current_step,
	.estimated_remaining, .estimated_remaining_ms]')" '["","","","",null]' \
	"and no phase of it goes on"
# Lines are written behind the job's back.
has_logs() { call GET "/jobs/logs/$one" && [ "$(json .log_count)" -gt 0 ]; }
ok "it has log lines" wait_for 10 has_logs
call GET "/jobs/logs/$one"
is "$(keys .) $(json '.log_count == (.logs | length)')" \
	"job_id,log_count,logs,timestamp true" "/jobs/logs"
is "$(json '.logs[0] | keys | join(",")')" details,error,level,message,seq,timestamp \
	"a log line"
call GET "/jobs/eta/$one"
is "$(keys .)" eta,job_id,status,timestamp "/jobs/eta"
is "$(json '.eta.time_remaining_seconds')" null "an ended job has none"
call GET "/jobs/$one/history"
is "$(json '[.history[0].status, .history[-1].status]')" \
	'["pending","completed"]' "/jobs/{id}/history"
call GET /jobs/stats
is "$(json '[.total,.completed,.failed,.running,.pending,.cancelled]')" \
	'[5,5,0,0,0,0]' "/jobs/stats"
for path in /jobs/nobody /jobs/progress/nobody /jobs/logs/nobody \
	/jobs/eta/nobody /jobs/nobody/history; do
	call GET $path
	is "$status $(json '[.error,.kind]')" \
		'404 ["job not found: nobody","not_found"]' "$path"
done

# --- cancel, retry, delete --------------------------------------------------
call POST /jobs/cancel "{\"job_ids\":[\"$one\",\"nobody\"]}"
is "$status $(keys .)" "200 cancelled,errors,failed,timestamp" "/jobs/cancel"
is "$(json '[.cancelled,.failed]')" "[[],[\"$one\",\"nobody\"]]" "both failed"
like "$(json ".errors[\"$one\"]")" '^too_late: ' "one came too late"
like "$(json '.errors.nobody')" '^not_found: ' "one is nobody"
for body in '{}' '{"job_ids":[]}' '{"job_ids":"x"}' '{"job_ids":[1]}' '[]' \
	'{"job_ids":[""]}'; do
	call POST /jobs/cancel "$body"
	refuses 400 bad_request "cancel $body"
done
rm -rf "$root/one"
call POST "/jobs/$one/retry"
is "$status $(json '.job_ids | length')" "200 1" "a retry"
again=$(json '.job_ids[0]')
ok "it ends" wait_for 30 job_ended "$again"
call GET "/jobs/$again"
is "$(json '[.status,.retry_of]')" "[\"completed\",\"$one\"]" "it says of which"
call DELETE "/jobs/$one"
is "$status $(json .id)" "200 $one" "an ended job is deleted"
call DELETE "/jobs/$one"
refuses 404 not_found "once"
call GET "/jobs/$one"
refuses 404 not_found "it is gone"

# --- VMs --------------------------------------------------------------------
call GET /vms/list
is "$(keys .) $(json .total)" "timestamp,total,vms 3" "/vms/list"
is "$(json '.vms[0] | [has("name","path","power_state","guest_os","memory_mb",
	"num_cpu","storage_bytes")] | all')" true "a VM's members"
call GET "/vms/list?match=*-2&power=poweredOff"
is "$(json '.vms | map(.name)')" '["synthetic-2"]' "some VMs"
call GET "/vms/list?pipeline=nobody"
refuses 400 no_pipeline "no such pipeline"
call POST /vms/info '{"vm_path":"synthetic-1"}'
is "$(json '[.success,.vm_info.name,(.vm_info.disks|length>0)]')" \
	'[true,"synthetic-1",true]' "/vms/info"
call POST /vms/info '{"vm_path":"nobody"}'
refuses 404 not_found "no such VM"

# --- idempotency (faults.md 1, 89) ------------------------------------------
key_body() { # NAME
	printf '{"vm_path":"synthetic-3","name":"%s","output_path":"%s"}' \
		"$1" "$root/key-$1"
}
submit_key() { # KEY NAME [OPTION...]
	call POST /jobs/submit "$(key_body "$2")" \
		--header "Idempotency-Key: $1" "${@:3}"
}
submit_key k1 x
first=$out
answers 200 "with an Idempotency-Key"
is "$(header Idempotent-Replayed)" "" "the first is no replay"
submit_key k1 x
is "$status $out" "200 $first" "the same again: the same answer"
is "$(header Idempotent-Replayed)" true "and it says so"
submit_key k1 y
refuses 422 idempotency_reused "another body with this key"
submit_key k2 y
is "$(json '.job_ids[0]' | grep -c .) $status" "1 200" "another key"
# What made nothing is not kept: it may be tried again, with its key.
for try in first second; do
	call POST /jobs/submit '{"vm_path":"x","output_path":"/etc"}' \
		--header 'Idempotency-Key: refused'
	refuses 400 unsafe_path "a refusal, the $try time"
	is "$(header Idempotent-Replayed)" "" "is no replay"
	call POST /jobs/submit "{\"vm_path\":\"/DC/vm/web/\",
		\"output_path\":\"$root/away\",\"pipeline\":\"away\"}" \
		--header 'Idempotency-Key: passing'
	refuses 503 connect_failed "a vCenter that is away, the $try time"
	is "$(header Idempotent-Replayed) $(header Retry-After)" " 1" \
		"may be asked again soon"
done
submit_key refused z
is "$status $(json .accepted)" "200 1" "this key made nothing yet"
# A batch of which something was made is kept whole: nothing of it is made twice.
batch="[{\"vm_path\":\"synthetic-1\",\"output_path\":\"$root/half\"},
	{\"vm_path\":\"x\",\"output_path\":\"/etc\"}]"
call POST /jobs/submit "$batch" --header 'Idempotency-Key: half'
kept=$out
is "$(json '[.accepted,.rejected]')" '[1,1]' "a batch, in part"
call POST /jobs/submit "$batch" --header 'Idempotency-Key: half'
is "$out $(header Idempotent-Replayed)" "$kept true" "is kept whole"
# YAML is as good as JSON.
yaml="{vm_path: synthetic-1, output_path: $root/yaml}"
for replayed in '' true; do
	call POST /jobs/submit "" --data-binary "$yaml" \
		--header 'Content-Type: text/yaml' --header 'Idempotency-Key: yaml'
	[ -n "$replayed" ] || kept=$out
	is "$status $out $(header Idempotent-Replayed)" "200 $kept $replayed" \
		"YAML with a key, replayed: ${replayed:-no}"
done
call POST /jobs/submit "" --data-binary "$yaml " \
	--header 'Content-Type: text/yaml' --header 'Idempotency-Key: yaml'
refuses 422 idempotency_reused "other YAML with this key"
submit_key "a b" z
refuses 400 bad_request "a key with a blank"
submit_key "$(printf 'k%.0s' {1..256})" z
refuses 400 bad_request "a key of 256"
for i in {1..20}; do
	curl -s "$api_url/jobs/submit" --header 'Idempotency-Key: race' \
		--header 'Content-Type: application/json' --data \
		"{\"vm_path\":\"synthetic-2\",\"output_path\":\"$root/race\"}" \
		>"$TMP/race$i" &
	pids+=($!)
done
wait "${pids[@]}"
is "$(jq -r '.job_ids[0] // empty' "$TMP"/race* | sort -u | wc -l)" 1 \
	"twenty at once: one job"
is "$(jq -r 'select(.job_ids == null) | .kind' "$TMP"/race* | sort -u |
	grep -vx idempotency_running)" "" "no other was told but to wait"
# While the first waits for the store, another with its key does not.
coproc /usr/bin/python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
' "$api_dir/state/jobs.db"
held=$COPROC_PID
at_exit "kill $held 2>/dev/null"
read -r said <&"${COPROC[0]}"
is "$said" held "the store is busy"
pids=()
for i in 1 2; do
	curl -s "$api_url/jobs/submit" --header 'Idempotency-Key: wait' \
		--header 'Content-Type: application/json' --data \
		"{\"vm_path\":\"synthetic-1\",\"output_path\":\"$root/wait\"}" \
		--write-out '\n%{http_code}\n' >"$TMP/wait$i" &
	pids+=($!)
done
one_answered() { grep -q . "$TMP/wait1" "$TMP/wait2"; }
ok "one is answered at once" wait_for 30 one_answered
is "$(grep -ho '"kind":"[a-z_]*"\|^409$' "$TMP"/wait* | tr '\n' ' ')" \
	'"kind":"idempotency_running" 409 ' "the other is still under way"
eval "exec ${COPROC[1]}>&-"
wait "$held" "${pids[@]}"
is "$(grep -hx '[0-9]*' "$TMP"/wait* | sort | tr '\n' ' ')" "200 409 " \
	"and is done"
api_stop
is "$api_rc" 0 "it stops"
api_start
submit_key k1 x
is "$status $out $(header Idempotent-Replayed)" "200 $first true" \
	"after a restart too"
# A body may hold a password: none of its digest without the key is kept. Of
# rows from before that was so, it still is known.
by_hash() { # HASH: keys of rows that have it
	/usr/bin/python3 - "$api_dir/state/jobs.db" "$1" "${2-}" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30)
if sys.argv[3]:
    db.execute("UPDATE idempotency SET body_hash = ? WHERE key LIKE ?",
               (sys.argv[2], f"%\n{sys.argv[3]}\n%"))
    db.commit()
for (key,) in db.execute("SELECT key FROM idempotency WHERE body_hash = ?",
                         (sys.argv[2],)):
    print(key.split("\n")[1])
END
}
plain=$(key_body x | sha256sum | cut -d ' ' -f 1)
is "$(by_hash "$plain")" "" "a body's plain digest is not kept"
is "$(by_hash "$plain" k1)" k1 "as it was once"
submit_key k1 x
is "$status $out $(header Idempotent-Replayed)" "200 $first true" \
	"then it is known"
submit_key k1 y
refuses 422 idempotency_reused "and another is not"
submit_key k3 killed
kept=$out
kill -KILL "$api_pid"
wait "$api_pid" 2>/dev/null
api_start
submit_key k3 killed
is "$status $out $(header Idempotent-Replayed)" "200 $kept true" \
	"and after a SIGKILL"

# Two days later it is as if it had never been.
api_stop
/usr/bin/python3 - "$api_dir/state/jobs.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
column = [c[1] for c in db.execute("PRAGMA table_info(idempotency)")
          if c[1].startswith("created")][0]
value = db.execute(f"SELECT {column} FROM idempotency").fetchone()[0]
if isinstance(value, str):
    db.execute(f"UPDATE idempotency SET {column} = '2001-01-01T00:00:00Z'")
else:
    db.execute(f"UPDATE idempotency SET {column} = 1000000000000")
db.commit()
END
api_start
submit_key k1 later
is "$status $(json .accepted) $(header Idempotent-Replayed)" "200 1 " \
	"after 48 h a key is new"

# --- methods ----------------------------------------------------------------
call PUT /jobs/stats
refuses 405 method_not_allowed "a method that the path does not take"
is "$(header Allow)" "GET, HEAD" "it says which it takes"
call GET /jobs/submit
refuses 405 method_not_allowed "GET /jobs/submit is no job"
call GET /nothing
refuses 404 not_found "no such path"
is "$(curl -sI "$api_url/jobs/stats" | head -1 | tr -d '\r')" "HTTP/1.1 200 OK" \
	"HEAD"
call DELETE /jobs/x '{}'
refuses 400 bad_request "a body where none is taken"

# --- large definitions: an answer has its bounds ----------------------------
/usr/bin/python3 - "$root" >"$TMP/large.json" <<'END'
import json, sys
print(json.dumps([{"vm_path": "nobody-large",
                   "output_path": f"{sys.argv[1]}/large-{i}",
                   "metadata": {"x": "y" * 250000}} for i in range(4)]))
END
ids=
for i in {1..9}; do
	sed "s|/large-|/large-$i-|g" "$TMP/large.json" >"$TMP/large$i.json"
	call POST /jobs/submit "@$TMP/large$i.json"
	ids+=" $(json '.job_ids | join(" ")')"
done
is "$(wc -w <<<"$ids")" 36 "36 jobs of 250 KB each"
seen='' cursor='' pages=0
while [ $pages -lt 9 ]; do
	call GET "/jobs?vm_path=nobody-large&limit=1000${cursor:+&cursor=$cursor}"
	seen+=" $(json '.jobs | map(.definition.id) | join(" ")')"
	pages=$((pages + 1))
	ok "page $pages is below 9 MB" test "$(wc -c <"$TMP/body")" -lt 9000000
	cursor=$(json '.next_cursor // empty')
	[ -n "$cursor" ] || break
done
is "$pages $(tr ' ' '\n' <<<"$seen" | sort)" \
	"2 $(tr ' ' '\n' <<<"$ids" | sort)" "two pages hold each once"
jq -cn --arg ids "$ids" '{job_ids: ($ids | split(" ") | map(select(. != "")))}' \
	>"$TMP/ids.json"
call POST /jobs/query "@$TMP/ids.json"
refuses 413 too_large "all of them by id"
jq -c '{job_ids: .job_ids[:30]}' "$TMP/ids.json" >"$TMP/few.json"
call POST /jobs/query "@$TMP/few.json"
is "$status $(json .total)" "200 30" "some of them"
api_stop
is "$api_rc" 0 "it stops"
done_testing
