#!/bin/bash
# The commands that ask the daemon, over its socket.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

# --- no daemon ----------------------------------------------------------------

run hypersdk jobs list --socket "$TMP/none.sock"
is "$rc" 1 "no daemon: exit code"
like "$err_out" "^hypersdk: hypersdkd is not running: .*systemctl start hypersdkd.*\(not_running\)$" \
	"says what to start"
is "$out" "" "and nothing else"

configure '' "$(pipeline fast 'vms = 3;')" \
	"$(pipeline slow 'vms = 3; rate = "1MiB"; disk_size = "64MiB";')"
start_daemon
at=(--socket "$daemon_socket")
job() { hypersdk jobs "$@" "${at[@]}"; }

# --- submit, show, list -------------------------------------------------------

run job submit --vm synthetic-1 --output "$daemon_out" --wait
is "$rc" 0 "submit --wait"
id=$(head -n 1 <<<"$out")
like "$out" "^[0-9a-f-]{36}"$'\n'"synthetic-1: completed: $daemon_out/synthetic-1.ova, " \
	"prints the ID and the outcome"
judge_ova "$daemon_out/synthetic-1.ova" "its OVA"
run job show "$id"
like "$out" "id +$id
name +synthetic-1
vm +synthetic-1
output +$daemon_out
status +completed
" "show"
like "$out" "
proof +host-sha256
" "with its proof"
is "$(grep -cvE '^[a-z ]{11}  [^ ]' <<<"$out")" 0 "its values stand in one column"
run job show "$id" --json
is "$(jq -r '.definition.id, .status' <<<"$out")" "$id
completed" "show --json is the server's document"
run job show no-such-job
is "$rc" 3 "show: not found"
like "$err_out" '^hypersdk: job not found: no-such-job \(not_found\)$' "says so"

run job submit --vm synthetic-1 --output "$daemon_out"
is "$rc" 5 "an output that exists"
like "$err_out" '\(output_exists\)$' "is refused at once"
run job submit --vm synthetic-1 --output "$daemon_out" --force --wait
is "$rc" 0 "unless --force is given"
run job submit --vm synthetic-2 --vm synthetic-3 --output "$daemon_out/many" \
	--format ovf --parallel 1 --digest sha512 --hot --with-images \
	--bandwidth 100MiB/s --wait
is "$rc" 0 "several VMs, every option"
is "$(head -n 2 <<<"$out" | grep -cE '^[0-9a-f-]{36}$')" 2 "two IDs"
cp -r "$daemon_out/many/synthetic-2" "$TMP/ovf"
rm "$TMP/ovf/receipt.json"
judge_folder "$TMP/ovf" synthetic-2 "an OVF folder" sha512
two=$(head -n 1 <<<"$out")
run job show "$two" --json
is "$(jq -c '.definition.options | [.mode, .digest, .bandwidth, .remove_cdrom,
	.parallel_downloads]' <<<"$out")" '["hot","sha512","100MiB/s",false,1]' \
	"the options arrived"
is "$(jq -r .result.mode <<<"$out")" hot "and were heeded"
run job submit --vm synthetic-2 --vm nowhere --output /etc
is "$rc" 2 "all refused: exit code"
is "$out" "" "no ID"
is "$(grep -c 'unsafe_path' <<<"$err_out")" 2 "a line for each"
like "$err_out" '^hypersdk: synthetic-2: .*
hypersdk: nowhere: ' "which names the VM"
# What is refused among others has the exit code that it has alone.
slow=$(job submit --vm synthetic-1 --output "$daemon_out/busy" --pipeline slow)
run job submit --vm synthetic-1 --output "$daemon_out/busy" --pipeline slow
like "$rc $err_out" '^1 .*\(conflict\)$' "an output that another job makes"
run job submit --vm synthetic-1 --vm synthetic-1 --output "$daemon_out/busy" \
	--pipeline slow --json
like "$rc $err_out" '^1 .*\(conflict\)$' "the same in a list"
is "$(jq -c '[.errors[] | [.index, .kind, .status]]' <<<"$out")" \
	'[[0,"conflict",409],[1,"conflict",409]]' "which says what alone had been"
job cancel "$slow" >/dev/null
job watch "$slow" >/dev/null 2>&1
job delete "$slow" >/dev/null
cd "$TMP" || exit
mkdir -p "$daemon_out/rel"
(cd "$daemon_out/rel" && hypersdk jobs submit --vm synthetic-2 --output sub \
	--name mine --wait "${at[@]}" >/dev/null)
ok "a relative path is of this folder" \
	test -e "$daemon_out/rel/sub/synthetic-2.ova"

# --- files --------------------------------------------------------------------

echo "{\"vm_path\":\"synthetic-1\",\"output_path\":\"$daemon_out/f1\"}" >"$TMP/job.json"
printf 'jobs:\n- vm_path: synthetic-1\n  output_path: %s\n- vm_path: synthetic-2\n  output_path: %s\n' \
	"$daemon_out/f2" "$daemon_out/f2" >"$TMP/job.yaml"
run job submit --file "$TMP/job.json" --wait
is "$rc" 0 "submit --file of JSON"
run job submit --file "$TMP/job.yaml" --wait
is "$rc $(grep -c completed <<<"$out")" "0 2" "of YAML"
run job submit --file - --wait --json < <(sed "s/f1/f3/" "$TMP/job.json")
is "$rc $(jq -r '.jobs[0].status' <<<"$out")" "0 completed" \
	"of standard input, with --json"
is "$(wc -l <<<"$out")" 1 "one document"
# What --file says is all: an option beside it is refused, not dropped.
while read -r -a more; do
	run job submit --file "$TMP/job.json" "${more[@]}"
	like "$rc $err_out" "^2 hypersdk: --file .*: ${more[0]} belongs into it" \
		"--file excludes ${more[*]}"
done <<END
--vm x
--pipeline slow
--provider synthetic
--url https://vc2.example/sdk
--username somebody
--password-file $TMP/none
--insecure
END
run job submit --file "$TMP/none.json"
like "$rc $err_out" '^2 hypersdk: --file .*none.json: No such file' \
	"a file that is not there"
echo '{' >"$TMP/job.json"
run job submit --file "$TMP/job.json"
is "$rc" 2 "a file that is no JSON"

# --- list, stats, status ------------------------------------------------------

run job list
is "$rc $(head -n 1 <<<"$out" | tr -s ' ')" "0 ID STATE DONE AGE NAME" "list"
is "$(sed -n 2,100p <<<"$out" | grep -vc ' completed ')" 0 "all completed"
run job list --json
total=$(jq '.jobs | length' <<<"$out")
is "$(jq -c '[.jobs[].created_at] | . == (sort | reverse)' <<<"$out")" true \
	"list --json: newest first"
run job list --limit 2 --json
is "$(jq '.jobs | length' <<<"$out")" 2 "list --limit"
run job list --vm synthetic-2 --json
is "$(jq -c '[.jobs[].definition.vm_path] | unique' <<<"$out")" \
	'["synthetic-2"]' "list --vm"
run job list --status failed --status cancelled --json
is "$(jq -c .jobs <<<"$out")" '[]' "list --status"
run job list --since 1h --json
is "$(jq '.jobs | length' <<<"$out")" "$total" "list --since, how long ago"
run job list --since 2099-01-01T00:00:00Z --json
is "$(jq -c .jobs <<<"$out")" '[]' "list --since, a time"
run job list --status odd
is "$rc" 2 "list --status of none"
run terminal --size 50x24 -- "$HYPERSDK" jobs list "${at[@]}"
is "$(($(wc -L <<<"$out") <= 50))" 1 "a list fits the terminal"
run job stats
like "$out" "total +$total"$'\n'"pending +0"$'\n'"running +0"$'\n'"completed +$total" stats
run hypersdk status "${at[@]}"
like "$out" "^version +[0-9.]+
uptime +.*
ready +yes
jobs +$total: 0 running, $total completed" status
run hypersdk status --json "${at[@]}"
is "$(jq .total_jobs <<<"$out")" "$total" "status --json"

# --- history, logs ------------------------------------------------------------

run job history "$id"
like "$out" '^TIME +STATUS +PHASE +ATTEMPT +DETAILS.* pending +queued .* running .* completed' \
	history
run job history "$id" --json
is "$(jq -r '.history[-1].status' <<<"$out")" completed "history --json"
run job logs "$id"
like "$out" '^20[0-9-]+T[0-9:.]+Z (info|debug|warning) ' logs
run job logs "$id" --json
is "$(jq -r .job_id <<<"$out")" "$id" "logs --json"
run job logs --follow --json "$id"
is "$rc $(jq -sc . <<<"$out")" "0 $(job logs "$id" --json | jq -c .logs)" \
	"logs --follow --json: a document for each line"
is "$(wc -l <<<"$out")" "$(job logs "$id" --json | jq .log_count)" \
	"in a line of its own"
run job logs --follow "$id"
is "$rc $out" "0 $(job logs "$id")" "logs --follow of an ended job ends"

# --- cancel, retry, delete ----------------------------------------------------

slow=$(job submit --vm synthetic-1 --output "$daemon_out/slow" --pipeline slow)
running() { [ "$(job show "$slow" --json | jq -r .phase)" = transferring ]; }
ok "a slow job runs" wait_for 30 running
hypersdk jobs logs --follow "$slow" "${at[@]}" >"$TMP/follow" 2>&1 &
follower=$!
run job delete "$slow"
is "$rc" 1 "delete of a job that runs"
like "$err_out" '\(not_ended\)$' "is refused"
run job retry "$slow"
like "$rc $err_out" '^1 .*\(not_ended\)$' "so is retry"
run job cancel "$slow" "$id"
is "$rc" 1 "cancel: one that runs and one that has ended"
is "$out" "$slow: cancelled" "the one"
like "$err_out" "^hypersdk: $id: .*\(too_late\)$" "and the other"
run job watch "$slow"
is "$rc $out" "130 synthetic-1: cancelled" "watch tells that it was cancelled"
wait $follower
is "$?" 0 "logs --follow ends with the job"
is "$(<"$TMP/follow")" "$(job logs "$slow" | head -n "$(wc -l <"$TMP/follow")")" \
	"and has missed no line"
like "$(<"$TMP/follow")" 'transferring' "that came meanwhile"
run job retry "$slow"
again=$out
like "$rc $again" '^0 [0-9a-f-]{36}$' "retry makes a new job"
run job show "$again" --json
is "$(jq -r .retry_of <<<"$out")" "$slow" "which knows of which"
job cancel "$again" >/dev/null
job watch "$again" >/dev/null 2>&1
gone=$(job submit --vm synthetic-3 --output "$daemon_out/gone" --wait | head -n 1)
run job delete "$gone" no-such-job --json
is "$rc" 3 "delete --json: exit code"
says_json '[.deleted, .failed, .errors]' "[[\"$gone\"],[\"no-such-job\"],{\"no-such-job\":\"not_found: there is no job no-such-job\"}]" \
	"delete --json: what became of each"
run job delete "$slow" "$again" no-such-job
is "$rc" 3 "delete of two, and of one that is not there"
is "$out" "$slow: deleted
$again: deleted" "the two are gone"
run job show "$slow"
is "$rc" 3 "really"

# --- what fails ---------------------------------------------------------------

run job submit --vm no-such-vm --output "$daemon_out/none" --wait
is "$rc" 3 "submit --wait of a VM that is not there"
like "$(tail -n 1 <<<"$err_out")" '^hypersdk: no-such-vm: .*\(not_found\)$' \
	"says why"
run job submit --vm x
like "$rc $err_out" '^2 hypersdk: where to\?' "no --output"
run job submit --output x
like "$rc $err_out" '^2 hypersdk: which virtual machine\?' "no --vm"
run job submit --vm x --output /x --hot --cold
is "$rc" 2 "--hot and --cold"
run job submit --vm x --output /x --url https://u:secret@vc/sdk
is "$rc" 2 "a password in --url"
unlike "$err_out" secret "is not shown either"
done_testing
