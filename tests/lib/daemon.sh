# shellcheck shell=bash
# hypersdkd in tests; source it after tap.sh. A daemon of its own: its state in
# $daemon_state, exports in $daemon_out, its API on $daemon_socket, its log in
# $daemon_log. It ends with the test.
daemon_state=$TMP/state
daemon_out=$TMP/exports
daemon_conf=$TMP/hypersdk.conf
daemon_socket=$TMP/api.sock
daemon_log=$TMP/daemon.log
daemon_pid=

# daemon_configure [TEXT]: the settings, with TEXT added. Without it: two made-up
# VMs of two disks of 1 MiB. Pipelines in TEXT replace them.
# shellcheck disable=SC2120
daemon_configure() {
	local text=${1:-}
	mkdir -p "$daemon_out"
	{
		[[ $text == *"api ="* ]] ||
			echo "api = { listen = \"\"; socket = \"$daemon_socket\"; };"
		[[ $text == *"storage ="* ]] ||
			echo "storage = { roots = [ \"$daemon_out\" ]; };"
		[[ $text == *"pipelines ="* ]] ||
			echo 'pipelines = ({ name = "synthetic"; default = true;
				provider = { plugin = "synthetic"; vms = 2;
					disk_size = "1MiB"; }; });'
		printf '%s\n' "$text"
	} >"$daemon_conf"
}

# launch_daemon [OPTION]...: starts it and does not wait.
launch_daemon() {
	[ -e "$daemon_conf" ] || daemon_configure
	"$HYPERSDKD" --config "$daemon_conf" --state-dir "$daemon_state" "$@" \
		</dev/null >>"$daemon_log" 2>&1 &
	daemon_pid=$!
}
# start_daemon [OPTION]...: starts it and waits until it takes jobs. Not as
# "ok NAME start_daemon": that would be in another shell.
start_daemon() {
	launch_daemon "$@"
	wait_ready && return
	stop_daemon ABRT
	fail "hypersdkd gets ready" "it ended with $daemon_rc; its log in $TMP:
$(tail -n 50 "$daemon_log" 2>&1)"
	return 1
}
daemon_lives() { [ -n "$daemon_pid" ] && kill -0 "$daemon_pid" 2>/dev/null; }
daemon_answers() {
	curl -sf --max-time 5 --unix-socket "$daemon_socket" \
		http://localhost/ready >/dev/null
}
daemon_answers_or_ended() { daemon_answers || ! daemon_lives; }
# wait_ready [SECONDS]
# shellcheck disable=SC2120
wait_ready() {
	wait_for "${1:-60}" daemon_answers_or_ended && daemon_lives
}
# stop_daemon [SIGNAL]: and waits for it; its exit code is in $daemon_rc.
stop_daemon() {
	daemon_rc=
	[ -n "$daemon_pid" ] || return 0
	kill -"${1:-TERM}" "$daemon_pid" 2>/dev/null
	wait_daemon
}
# wait_daemon: for its end.
# shellcheck disable=SC2034
wait_daemon() {
	wait "$daemon_pid" 2>/dev/null
	daemon_rc=$?
	daemon_pid=
}
at_exit stop_daemon KILL

# daemon_says REGEX [SECONDS]: waits for a line of its log.
daemon_says() { wait_for "${2:-60}" grep -Eq -e "$1" "$daemon_log"; }
# daemon_port: of its TCP listener, where it has one.
daemon_port() { sed -n 's/.*: ready, port \([0-9]*\)$/\1/p' "$daemon_log" | tail -n 1; }

# api METHOD PATH [JSON]: the answer's body; its status is in $TMP/.status.
api() {
	local body=()
	[ $# -lt 3 ] ||
		body=(-H 'Content-Type: application/json' --data-binary "$3")
	curl -s --max-time 60 --unix-socket "$daemon_socket" -X "$1" \
		-o "$TMP/.body" -w '%{http_code}' "${body[@]}" \
		"http://localhost$2" >"$TMP/.status"
	cat "$TMP/.body"
}
api_status() { cat "$TMP/.status"; }
# submit JSON: one definition; prints the job's id.
submit() { api POST /jobs/submit "$1" | jq -r '.job_ids[0] // empty'; }
# submit_vm NAME [MORE]: MORE is JSON members, as in ',"format":"ovf"'.
submit_vm() {
	submit "{\"vm_path\":\"$1\",\"output_path\":\"$daemon_out\"${2:-}}"
}
job_is() { [ "$(api GET "/jobs/$1" | jq -r .status)" = "$2" ]; }
job_has_phase() { [ "$(api GET "/jobs/$1" | jq -r .phase)" = "$2" ]; }
# wait_job ID STATUS [SECONDS]
wait_job() { wait_for "${3:-60}" job_is "$1" "$2"; }
# wait_phase ID PHASE [SECONDS]: "transferring", "retry_wait", ...
wait_phase() { wait_for "${3:-60}" job_has_phase "$1" "$2"; }
