#!/bin/bash
# hypersdkd from its start to its end: an export, SIGTERM when it is idle and
# when it is not, SIGHUP with good and with bad settings, other signals.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

slow='pipelines = ({ name = "slow"; default = true; provider = {
	plugin = "synthetic"; vms = 2; disks = 1; disk_size = "64MiB";
	rate = "1MiB"; }; });'
log_since() { tail -n +"$(($1 + 1))" "$daemon_log"; }
log_lines() { wc -l <"$daemon_log"; }

# --- one export ---------------------------------------------------------------

start_daemon
is "$(api GET /health | jq -r .status)" healthy "health"
id=$(submit_vm synthetic-1)
ok "an export completes" wait_job "$id" completed
ok "its package is right" "$HYPERSDK" ova validate "$daemon_out/synthetic-1.ova"
stop_daemon
is "$daemon_rc" 0 "SIGTERM when it is idle: exit 0"
like "$(<"$daemon_log")" "SIGTERM: stopping.*: stopped" "the log says so"
is "$([ -e "$daemon_socket" ] && echo there)" "" "its socket is gone"

# --- stopped in the middle ----------------------------------------------------

daemon_configure "$slow
jobs = { stop_grace = \"100ms\"; };"
start_daemon
is "$(api GET "/jobs/$id" | jq -r .status)" completed "the job is still known"
id=$(submit_vm synthetic-2)
ok "an export is under way" wait_phase "$id" transferring
stop_daemon
is "$daemon_rc" 0 "SIGTERM during an export: exit 0"
is "$(ls -A "$daemon_out")" "synthetic-1.ova
synthetic-1.ova.receipt.json" "nothing of it is left"
daemon_configure
start_daemon
ok "the export begins anew and completes" wait_job "$id" completed
stop_daemon

daemon_configure "$slow
jobs = { stop_grace = \"10m\"; };"
start_daemon
id=$(submit_vm synthetic-1 ',"options":{"force":true}')
ok "a slow export" wait_phase "$id" transferring
kill -TERM "$daemon_pid"
ok "a stop that would wait for it" daemon_says "SIGTERM: stopping"
is "$(api GET /health | jq -r .status)" healthy "health answers meanwhile"
api POST /jobs/submit '{"vm_path":"x","output_path":"/"}' >/dev/null
is "$(api_status)" 503 "no job is taken"
stop_daemon INT
is "$daemon_rc" 0 "a second signal ends it: exit 0"
like "$(<"$daemon_log")" "SIGINT again" "the log says so"

# --- SIGHUP -------------------------------------------------------------------

daemon_configure 'log_level = "info";'
start_daemon
from=$(log_lines)
daemon_configure 'log_level = "debug"; jobs = { max_running = 7; };'
kill -HUP "$daemon_pid"
ok "SIGHUP with good settings" daemon_says "reload: done"
from=$(log_lines)
daemon_configure 'jobs = { max_runing = 9; };'
kill -HUP "$daemon_pid"
ok "SIGHUP with bad settings" daemon_says "reload: the settings stay"
like "$(log_since "$from")" "reload: $daemon_conf:[0-9]+: .*did you mean \
\"max_running\"" "names file and line"
# Not one value of a bad file is in force: the second export waits for the
# first, while that goes on.
one_at_once="pipelines = ({ name = \"slow\"; default = true; provider = {
	plugin = \"synthetic\"; vms = 3; disks = 1; disk_size = \"64MiB\";
	rate = \"1MiB\"; }; });"
bytes_of() { api GET "/jobs/progress/$1" | jq .progress.bytes_transferred; }
has_more() { [ "$(bytes_of "$1")" -gt "$2" ]; }
reload() { # SETTINGS SAYS
	from=$(log_lines)
	daemon_configure "$1 $one_at_once"
	kill -HUP "$daemon_pid"
	wait_for 20 says_since "$2"
}
says_since() { log_since "$from" | grep -q "$1"; }
reload 'jobs = { max_running = 1; };' 'reload: done'
first=$(submit_vm synthetic-1 ',"options":{"force":true}')
ok "an export is under way" wait_phase "$first" transferring
ok "bad settings that would allow two" reload \
	'jobs = { max_running = 9; max_runing = 9; };' 'reload: the settings stay'
second=$(submit_vm synthetic-3)
ok "the first goes on" wait_for 60 has_more "$first" \
	"$(($(bytes_of "$first") + 1048576))"
is "$(api GET "/jobs/$second" | jq -r .status)" pending "the second waits"
ok "good ones that allow it" reload 'jobs = { max_running = 9; };' 'reload: done'
ok "the second begins" wait_phase "$second" transferring
is "$(api GET "/jobs/$first" | jq -r .status)" running "beside the first"
api POST /jobs/cancel "{\"job_ids\":[\"$first\",\"$second\"]}" >/dev/null
ok "both are cancelled" eval "wait_job $first cancelled && wait_job $second cancelled"
reloads_before=$(grep -c 'reload: done' "$daemon_log")
daemon_configure "state_dir = \"/elsewhere\";"
kill -HUP "$daemon_pid"
wait_for 20 sh -c "[ \$(grep -c 'reload: done' '$daemon_log') -gt $reloads_before ]"
is "$(($(grep -c 'reload: done' "$daemon_log") - reloads_before))" 1 \
	"--state-dir still holds over the file"
from=$(log_lines)
daemon_configure "metrics = { enabled = true; };
	api = { listen = \"127.0.0.1:0\"; socket = \"$daemon_socket\"; };"
kill -HUP "$daemon_pid"
ok "SIGHUP with another address of the API" daemon_says \
	'reload: the API stays .* when hypersdkd is restarted'
ok "and with a port for metrics" daemon_says \
	'reload: the metrics stay .* when hypersdkd is restarted'
for setting in 'auth = "none";' 'hosts = [ "backup.example" ];'; do
	daemon_configure "api = { listen = \"\"; socket = \"$daemon_socket\"; };"
	from=$(log_lines)
	kill -HUP "$daemon_pid"
	wait_for 20 says_since 'reload: done'
	daemon_configure "api = { listen = \"\"; socket = \"$daemon_socket\";
		$setting };"
	from=$(log_lines)
	kill -HUP "$daemon_pid"
	wait_for 20 says_since 'reload: done'
	ok "SIGHUP with api.$setting" says_since 'reload: the API stays '
done
from=$(log_lines)
for ((i = 0; i < 1000; i++)); do kill -HUP "$daemon_pid"; done
kill -USR1 "$daemon_pid"
kill -USR2 "$daemon_pid"
kill -PIPE "$daemon_pid"
id=$(submit_vm synthetic-1 ',"options":{"force":true}')
ok "1,000 SIGHUPs and others later it works" wait_job "$id" completed
reloads=$(log_since "$from" | grep -c 'reload: done')
like "$reloads" '^([0-9]|1[0-9])$' "which were few reloads ($reloads)"
for ((i = 0; i < 5; i++)); do kill -TERM "$daemon_pid"; done
wait_daemon
is "$daemon_rc" 0 "SIGTERM five times: exit 0"
done_testing
