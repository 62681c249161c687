#!/bin/bash
# What hypersdkd is as a process: its log, its descriptors, its limits, what
# the service manager hears, and where no secret is.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

# in_json FILE: each line is an object.
in_json() { [ -s "$1" ] && jq -e 'type == "object"' <"$1" >/dev/null; }

# --- the log ------------------------------------------------------------------

start_daemon --log-format json
id=$(submit_vm synthetic-1)
wait_job "$id" completed
stop_daemon
ok "JSON, line by line" in_json "$daemon_log"
is "$(jq -r --arg id "$id" 'select(.job == $id and (.text | test("^completed")))
	| .level' <"$daemon_log")" info "a job's lines bear its id"
rm "$daemon_log"

# As systemd starts it: it finds out by itself.
: >"$daemon_log"
export JOURNAL_STREAM
JOURNAL_STREAM=$(stat -c %d:%i "$daemon_log")
start_daemon
stop_daemon
unset JOURNAL_STREAM
is "$(grep -vEc '^<[3467]>' "$daemon_log")" 0 "the journal's form, by itself"
like "$(<"$daemon_log")" '<6>plugin=daemon: ready' "levels are syslog's"

# quiet: starts it with stderr as it is here.
quiet() {
	"$HYPERSDKD" --config "$daemon_conf" --state-dir "$daemon_state" \
		</dev/null &
	daemon_pid=$!
	wait_ready
}
again() { submit_vm synthetic-1 ',"options":{"force":true}'; }
quiet 2>&- >&- <&-
ok "it works without standard streams" wait_job "$(again)" completed
for file in "$daemon_state"/*; do
	is "$(grep -ac 'plugin=daemon' "$file")" 0 \
		"no log line went to ${file##*/}"
done
stop_daemon
is "$daemon_rc" 0 "and ends"

# A pipe that is full from the start, whose reader does not read.
mkfifo "$TMP/fifo"
exec 9<>"$TMP/fifo"
/usr/bin/python3 -c '
import fcntl, os
fcntl.fcntl(9, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    while True:
        os.write(9, b"x" * 4096)
except BlockingIOError:
    fcntl.fcntl(9, fcntl.F_SETFL, 0)'
quiet 2>"$TMP/fifo" 1>&2
ok "it works with a full pipe" wait_job "$(again)" completed
stop_daemon
is "$daemon_rc" 0 "and ends"
exec 9<&-

# --- descriptors, limits, files -----------------------------------------------

secret=canary-7f3a91
export GOVC_URL=https://127.0.0.1:1/sdk GOVC_USERNAME=backup
daemon_configure 'pipelines = ({ name = "slow"; default = true; provider = {
	plugin = "synthetic"; vms = 2; disks = 2; disk_size = "64MiB";
	rate = "1MiB"; }; });
	log_level = "debug"; jobs = { stop_grace = "100ms"; };'
start_daemon --set api.listen=127.0.0.1:0
id=$(again)
ok "an export is under way" wait_phase "$id" transferring
# inherited: what a child of it would get.
inherited() {
	local info flags
	for info in "/proc/$daemon_pid/fdinfo"/*; do
		[ "${info##*/}" -gt 2 ] || continue
		flags=$(sed -n 's/^flags:[[:blank:]]*//p' "$info" 2>/dev/null)
		[ -n "$flags" ] || continue # closed meanwhile
		(((8#$flags & 8#2000000) != 0)) ||
			readlink "/proc/$daemon_pid/fd/${info##*/}"
	done
}
like "$(ls "/proc/$daemon_pid/fd" | wc -l)" '^[0-9]{2}' "it has descriptors"
is "$(inherited)" "" "no child would inherit one"
limit() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 2), $(NF - 1) }' \
	"/proc/$daemon_pid/limits"; }
is "$(limit 'Max core file size')" "0 0" "no core is dumped"
is "$(limit 'Max open files' | awk '{ print ($1 >= 4096 || $1 == $2) }')" 1 \
	"many files may be open"
is "$(readlink "/proc/$daemon_pid/cwd")" / "it holds no folder"
is "$(find "$daemon_state" "$daemon_out" -perm /077 ! -type s \
	! -path "$daemon_out")" "" "its files are private"

# --- secrets ------------------------------------------------------------------

with="\"vm_path\":\"/DC/vm/known-word\",\"output_path\":\"$daemon_out\",
	\"vcenter\":{\"server\":\"127.0.0.1:1\",\"username\":\"me\",
	\"password\":\"$secret\"}"
id2=$(curl -s --unix-socket "$daemon_socket" http://localhost/jobs/submit \
	-H 'Content-Type: application/json' -H 'Idempotency-Key: k' -d "{$with}" |
	tee "$TMP/answer" | jq -r '.job_ids[0]')
ok "a job with a password fails for want of a server" \
	wait_phase "$id2" retry_wait
for path in "/jobs/$id2" "/jobs/$id2/history" "/jobs/logs/$id2" \
	"/jobs/progress/$id2" "/jobs/eta/$id2" /jobs /jobs/query?all=true; do
	api GET "$path" >>"$TMP/answer"
done
# Refused: as it runs already, for a field, as no JSON, as no YAML.
for body in "{$with}" "{$with,\"colour\":1}" "{$with" "[$with]"; do
	api POST /jobs/submit "$body" >>"$TMP/answer"
	is "$(api_status)" "4$(api_status | cut -c 2-)" "a body is refused"
done
curl -s --unix-socket "$daemon_socket" http://localhost/jobs/submit \
	-H 'Content-Type: application/x-yaml' --data-binary "password: $secret
	{" >>"$TMP/answer"
curl -sN --max-time 20 --unix-socket "$daemon_socket" \
	-H 'Last-Event-ID: 0' http://localhost/events |
	sed "/$id2/q" >>"$TMP/answer"
is "$(grep -c "$secret" "$TMP/answer")" 0 "no password in any answer"
is "$(grep -o known-word "$TMP/answer" | awk 'END { print (NR >= 6) }')" 1 \
	"where what is no secret is found"
ok "the WAL is there" test -s "$daemon_state/jobs.db-wal"
is "$(grep -rlaF "$secret" "$daemon_state" "$daemon_log" "$daemon_out")" "" \
	"nor in a file while it runs"
is "$(find -L "/proc/$daemon_pid/fd" -type f -exec grep -laF "$secret" {} +)" \
	"" "nor in one that has no name any more"
is "$(grep -rlaF known-word "$daemon_state"/jobs.db* | grep -c .)" 1 \
	"where the rest of the job is"
for file in cmdline environ comm; do
	is "$(grep -ac "$secret" "/proc/$daemon_pid/$file")" 0 \
		"no password in /proc/PID/$file"
done
stop_daemon
id2=$(submit "{" 2>/dev/null)
is "$id2" "" "it has ended"
is "$(grep -rlaF "$secret" "$daemon_state" "$daemon_log" "$daemon_out")" "" \
	"no password in a file"

# --- the service manager ------------------------------------------------------

unset GOVC_URL GOVC_USERNAME
daemon_configure
rm -f "$daemon_socket"
told=$TMP/told
WATCHDOG_USEC=200000 /usr/bin/python3 "$top_srcdir/tests/lib/notify.py" \
	"$told" "$daemon_socket" "$HYPERSDKD" --config "$daemon_conf" \
	--state-dir "$daemon_state" --set "api.socket=$TMP/unused.sock" \
	</dev/null >>"$daemon_log" 2>&1 &
daemon_pid=$!
ok "it answers on the socket that it was handed" wait_ready
is "$([ -e "$TMP/unused.sock" ] && echo there)" "" "and opens no other"
hears() { grep -Eq "$1" "$told"; }
count_of() { grep -c "$1" "$told"; }
ok "READY=1" wait_for 20 hears '^READY=1$'
pings() { [ "$(count_of '^WATCHDOG=1$')" -ge 5 ]; }
ok "WATCHDOG=1, again and again" wait_for 20 pings
kill -HUP "$daemon_pid"
ok "RELOADING=1" wait_for 20 hears '^RELOADING=1$'
ok "with the time" wait_for 20 hears '^MONOTONIC_USEC=[0-9]+$'
ready_again() { [ "$(count_of '^READY=1$')" -eq 2 ]; }
ok "and READY=1 again" wait_for 20 ready_again
stop_daemon
is "$daemon_rc" 0 "it ends"
like "$(<"$told")" 'READY=1
STATUS=ready.*READY=1.*STOPPING=1
STATUS=stopping' "STOPPING=1, last"

# --- process 1 ----------------------------------------------------------------

# A container's first process: signals work, orphans are reaped.
rm -f "$daemon_socket"
unshare --pid --fork --mount-proc --kill-child "$HYPERSDKD" --config "$daemon_conf" \
	--state-dir "$daemon_state" </dev/null >>"$daemon_log" 2>&1 &
outer=$!
daemon_pid=$outer
ok "it starts as process 1" wait_ready
init=$(pgrep -P "$outer")
is "$(awk '/^NSpid:/ { print $NF }' "/proc/$init/status")" 1 "which it is"
ok "an export" wait_job "$(again)" completed
nsenter -t "$init" -p -- setsid --fork sh -c 'sleep 0.2 & exec true'
zombies() { ps -o stat= --ppid "$init" | grep -c '^Z'; }
none() { [ "$(zombies)" -eq 0 ] && [ "$(ps -o pid= --ppid "$init" | wc -l)" -eq 1 ]; }
ok "orphans are reaped" wait_for 20 none
kill -TERM "$init"
wait_daemon
is "$daemon_rc" 0 "SIGTERM ends it"

# --- an ordinary user ---------------------------------------------------------

# Another of its own processes is refused its memory, and what tells of it.
secret=canary-0b9d55
chmod 755 "$TMP"
for dir in "$TMP/u" "$TMP/u/exports"; do
	install -d -m 700 -o 65534 -g 65534 "$dir"
done
user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
daemon_socket=$TMP/u/api.sock daemon_out=$TMP/u/exports daemon_conf=$TMP/u.conf
daemon_state=$TMP/u/state
daemon_configure
chmod 644 "$daemon_conf"
CANARY=$secret "${user[@]}" "$HYPERSDKD" --config "$daemon_conf" --state-dir \
	"$daemon_state" </dev/null >>"$daemon_log" 2>&1 &
daemon_pid=$!
ok "it starts as an ordinary user" wait_ready
ok "and exports" wait_job "$(submit_vm synthetic-1)" completed
is "$(awk '/^Uid:/ { print $2 }' "/proc/$daemon_pid/status")" 65534 "which it is"
is "$("${user[@]}" curl -s --unix-socket "$daemon_socket" \
	http://localhost/jobs/stats | jq .total)" 1 "and answers it without a token"
for file in environ mem maps fd io; do
	is "$("${user[@]}" cat "/proc/$daemon_pid/$file" 2>/dev/null |
		grep -ac "$secret")$("${user[@]}" ls "/proc/$daemon_pid/$file/" 2>/dev/null)" \
		0 "its user reads no /proc/PID/$file"
done
"${user[@]}" sleep 60 &
other=$!
at_exit "kill $other 2>/dev/null"
# Not before setpriv has made it the user's.
ok "while it reads those of its others" wait_for 10 "${user[@]}" cat \
	"/proc/$other/environ"
is "$("${user[@]}" /usr/bin/python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
print(libc.ptrace(0x4206, int(sys.argv[1]), 0, 0))' "$daemon_pid")" -1 \
	"nor follows it"
stop_daemon
is "$daemon_rc" 0 "it ends"
done_testing
