#!/bin/bash
# A hypersdk client's calls, as its users have them in their scripts: by curl,
# with auth = "none", in the shapes of compatibility.md.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

configure 'auth = "none";' "$(pipeline fast 'vms = 3;')" \
	"$(pipeline slow 'vms = 3; rate = "1MiB"; disk_size = "64MiB";')"
start_daemon
base=http://127.0.0.1:$(daemon_port)

get() { curl -sS "$base$1"; }
post() { curl -sS -X POST -H 'Content-Type: application/json' -d "$2" "$base$1"; }
code() { curl -sS -o "$TMP/.body" -w '%{http_code}' "$@"; }
# shows JSON FILTER WANT NAME
shows() { is "$(jq -c "$2" <<<"$1" 2>&1)" "$3" "$4"; }
ended() { [[ $(get "/jobs/$1" | jq -r .status) =~ ^(completed|failed|cancelled)$ ]]; }

# --- health, status, VMs ------------------------------------------------------

shows "$(get /health)" '[.status, (.timestamp | type)]' \
	'["healthy","string"]' "GET /health"
shows "$(get /status)" '[.version, .uptime | type] + [.total_jobs,
	.running_jobs, .completed_jobs, .failed_jobs, .cancelled_jobs]' \
	'["string","string",0,0,0,0,0]' "GET /status"
shows "$(get /capabilities)" '[.capabilities, .default_method, .timestamp |
	type]' '["object","string","string"]' "GET /capabilities"
vms=$(get /vms/list)
shows "$vms" '[.total, (.vms | length), (.timestamp | type)]' \
	'[3,3,"string"]' "GET /vms/list"
shows "$vms" '.vms[0] | [.name, .path, .power_state, .guest_os, .memory_mb,
	.num_cpu, .storage_bytes | type]' \
	'["string","string","string","string","number","number","number"]' \
	"a VM's shape"
path=$(jq -r '.vms[0].path' <<<"$vms")
shows "$(post /vms/info "{\"vm_path\":\"$path\"}")" \
	'[.success, .vm_info.path]' "[true,\"$path\"]" "POST /vms/info"

# --- one job from start to end ------------------------------------------------

reply=$(post /jobs/submit "{\"name\":\"nightly\",\"vm_path\":\"$path\",
	\"output_path\":\"$daemon_out/one\",\"export_method\":\"web\",
	\"options\":{\"parallel_downloads\":2,\"remove_cdrom\":true,
	\"create_ova\":true}}")
shows "$reply" '[(.job_ids | length), .accepted, .rejected, .errors,
	(.timestamp | type)]' '[1,1,0,[],"string"]' "POST /jobs/submit"
id=$(jq -r '.job_ids[0]' <<<"$reply")
ok "the job ends" wait_for 60 ended "$id"
job=$(get "/jobs/$id")
shows "$job" '[.status, .error]' '["completed",null]' "GET /jobs/{id}"
shows "$job" '.definition | [.id, .name, .vm_path, .output_path,
	.options.create_ova]' "[\"$id\",\"nightly\",\"$path\",\"$daemon_out/one\",true]" \
	"its definition is what was sent"
shows "$job" '[.definition.created_at, .started_at, .completed_at,
	.updated_at | test("^20[0-9-]+T[0-9:.]+Z$")]' '[true,true,true,true]' \
	"its times are UTC"
shows "$job" '.result | [.vm_name, .output_dir, .ovf_path, .output_files,
	.success]' "[\"synthetic-1\",\"$daemon_out/one\",\"$daemon_out/one/synthetic-1.ova\",[\"$daemon_out/one/synthetic-1.ova\"],true]" \
	"its result"
shows "$job" '.result | [(.files | length > 3), (.total_size > 1000000),
	(.duration | . == floor and . > 0)]' '[true,true,true]' \
	"files, size and nanoseconds"
shows "$job" '.progress | [.phase, .current_file, .current_step,
	.files_downloaded, .total_files, .bytes_downloaded, .bytes_transferred,
	.total_bytes, .percent_complete, .estimated_remaining, .export_method |
	type] | unique | inside(["string","number","null"])' true \
	"its progress has every member"
shows "$job" '[.progress.export_method, .result.export_method]' \
	"[$(get /capabilities | jq .default_method),\"http\"]" \
	"the method that was used, whatever was asked for"
judge_ova "$daemon_out/one/synthetic-1.ova" "the job's OVA"
is "$(jq -r .job "$daemon_out/one/synthetic-1.ova.receipt.json")" "$id" \
	"and its receipt"

shows "$(get "/jobs/progress/$id")" '[.job_id, .status, .completed_at != null,
	.elapsed_seconds >= 0]' "[\"$id\",\"completed\",true,true]" \
	"GET /jobs/progress/{id}"
logs=$(get "/jobs/logs/$id")
shows "$logs" '[.job_id, .log_count == (.logs | length), .log_count > 0]' \
	"[\"$id\",true,true]" "GET /jobs/logs/{id}"
shows "$logs" '.logs[0] | [.timestamp, .level, .message | type]' \
	'["string","string","string"]' "a line of it"
shows "$(get "/jobs/eta/$id")" '.job_id' "\"$id\"" "GET /jobs/eta/{id}"

shows "$(get /jobs/none)" '[.error, (.timestamp | type)]' \
	'["job not found: none","string"]' "a job that is not there"
is "$(code "$base/jobs/none")" 404 "is a 404"

# --- asking for many ----------------------------------------------------------

shows "$(post /jobs/query "{\"job_ids\":[\"$id\",\"none\"]}")" \
	'[.total, .jobs[].definition.id, (.timestamp | type)]' \
	"[1,\"$id\",\"string\"]" "POST /jobs/query by id"
shows "$(post /jobs/query '{"all":true}')" '.total' 1 "all"
shows "$(post /jobs/query '{"status":["failed"]}')" '[.jobs, .total]' \
	'[[],0]' "none is [], not null"
shows "$(get '/jobs/query?all=true')" '.jobs[0].status' '"completed"' \
	"GET /jobs/query?all=true"

# --- several at once, in every form -------------------------------------------

reply=$(post /jobs/submit "{\"jobs\":[
	{\"vm_path\":\"synthetic-2\",\"output_dir\":\"$daemon_out/two\"},
	{\"vm_path\":\"synthetic-3\",\"output_path\":\"/etc\"},
	{\"vm_path\":\"synthetic-3\",\"output_path\":\"$daemon_out/two\",\"colour\":1}]}")
two=$(jq -r '.job_ids[0]' <<<"$reply")
shows "$reply" '[(.job_ids | length), .accepted, .rejected]' '[1,1,2]' \
	"{\"jobs\": [...]}: each is checked"
shows "$reply" '[.errors[] | [.index, .kind]]' \
	'[[1,"unsafe_path"],[2,"bad_request"]]' "and each refusal is told"
like "$(jq -r '.errors[1].error' <<<"$reply")" colour "by the field's name"
reply=$(post /jobs/submit "[{\"vm_path\":\"synthetic-3\",\"output_path\":
	\"$daemon_out/three\",\"format\":\"ovf\"}]")
shows "$reply" '.accepted' 1 "an array"
ovf=$(jq -r '.job_ids[0]' <<<"$reply")
reply=$(printf 'vm_path: synthetic-3\noutput_path: %s\noptions:\n  create_ova: true\n' \
	"$daemon_out/four" | curl -sS --data-binary @- \
	-H 'Content-Type: application/x-yaml' "$base/jobs/submit")
shows "$reply" '.accepted' 1 "YAML"
yaml=$(jq -r '.job_ids[0]' <<<"$reply")
ok "all end" wait_for 60 eval "ended $two && ended $ovf && ended $yaml"
shows "$(get "/jobs/$ovf")" '[.status, .result.ovf_path]' \
	"[\"completed\",\"$daemon_out/three/synthetic-3/synthetic-3.ovf\"]" \
	"an OVF folder"
shows "$(get "/jobs/$yaml")" '.status' '"completed"' "what YAML asked for"

is "$(code -d '{"vm_path":"x"}' -H 'Content-Type: application/json' \
	"$base/jobs/submit")" 400 "one definition that is wrong is a 400"
shows "$(<"$TMP/.body")" '[.kind, (.error | startswith("/output_path"))]' \
	'["bad_request",true]' "which points at the field"
is "$(code -d '{"vm_path":' -H 'Content-Type: application/json' \
	"$base/jobs/submit")" 400 "an unreadable body is a 400"
is "$(code -X PUT -d '{}' -H 'Content-Type: application/json' \
	"$base/jobs/submit")" 405 "a wrong method is a 405"
shows "$(<"$TMP/.body")" '.error | type' '"string"' "as JSON"

# --- cancel -------------------------------------------------------------------

slow=$(post /jobs/submit "{\"vm_path\":\"synthetic-1\",\"pipeline\":\"slow\",
	\"output_path\":\"$daemon_out/slow\"}" | jq -r '.job_ids[0]')
ok "bytes arrive" wait_for 30 moves "$slow"
shows "$(get "/jobs/progress/$slow")" '[.status, .progress.phase,
	.progress.percent_complete < 100, .transfer_rate_mbps > 0]' \
	'["running","transferring",true,true]' "progress while it runs"
shows "$(get "/jobs/eta/$slow")" '[.status, (.eta | (.percent_complete == 0) ==
	(.time_remaining_seconds == null))]' '["running",true]' \
	"how long it will take, nobody knows at 0 %"
percent() { get "/jobs/eta/$1" | jq -e '.eta.percent_complete >= 1'; }
ok "1 % arrives" wait_for 30 percent "$slow"
shows "$(get "/jobs/eta/$slow")" '[.status, .eta.time_remaining_seconds > 0,
	(.eta | .time_remaining, .estimated_completion | type)]' \
	'["running",true,"string","string"]' "how long it will take"
reply=$(post /jobs/cancel "{\"job_ids\":[\"$slow\",\"$id\",\"none\"]}")
shows "$reply" '[.cancelled, .failed, (.errors | keys | sort)]' \
	"[[\"$slow\"],[\"$id\",\"none\"],$(jq -nc "[\"$id\",\"none\"] | sort")]" \
	"POST /jobs/cancel"
ok "it ends" wait_for 15 ended "$slow"
shows "$(get "/jobs/$slow")" '.status' '"cancelled"' "as cancelled"
is "$(find "$daemon_out/slow" -mindepth 1 2>/dev/null)" "" \
	"and leaves nothing behind"

# --- a password ---------------------------------------------------------------

canary=canary3b0a2f
reply=$(post /jobs/submit "{\"vm_path\":\"/DC0/vm/x\",
	\"output_path\":\"$daemon_out/five\",\"vcenter\":{\"server\":
	\"https://127.0.0.1:1/sdk\",\"username\":\"u\",\"password\":\"$canary\"}}")
with=$(jq -r '.job_ids[0]' <<<"$reply")
said=$(get "/jobs/$with"; get '/jobs/query?all=true'; get "/jobs/logs/$with")
like "$said" '"username": ?"u"' "a job with a password of its own"
unlike "$reply$said" "$canary" "never shows it"
is "$(grep -rl "$canary" "$daemon_state" 2>/dev/null)" "" \
	"nor is it in any file in clear"
shows "$(get /jobs/stats)" '[.total, .completed, .cancelled]' '[6,4,1]' \
	"GET /jobs/stats" 2>/dev/null
done_testing
