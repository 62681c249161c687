#!/bin/bash
# hypersdkd's command line, --check, and the exit codes of a start that fails.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

under=() # what it is started by
daemon() { run "${under[@]}" "$HYPERSDKD" --config "$daemon_conf" --state-dir "$daemon_state" "$@"; }
# fails CODE REGEX NAME [OPTION]...: and nothing of it stays.
fails() {
	local code=$1 regex=$2 name=$3
	shift 3
	daemon "$@" </dev/null
	is "$rc" "$code" "$name: exit $code"
	like "$err_out" "$regex" "$name: says why"
}

# --- what needs no daemon -----------------------------------------------------

daemon_configure
daemon --version
like "$rc $out" '^0 hypersdkd [0-9.]+$' "--version"
daemon --help
like "$rc $out" '^0 Usage: hypersdkd ' "--help"
for option in config set state-dir plugin-dir log-format check help version; do
	like "$out" "--$option" "--help has --$option"
done
daemon --check
is "$rc$out$err_out" "0" "--check of right settings"
is "$([ -e "$daemon_state" ] && echo there)" "" "it makes nothing"
fails 2 'unrecognized option' "an unknown option" --bogus
fails 2 'takes options only' "an operand" start
fails 2 'write KEY=VALUE' "half a setting" --set x
fails 2 'give text, json or journal' "an unknown log format" --log-format xml
cd "$TMP" || exit
run "$HYPERSDKD" --config hypersdk.conf --state-dir state --check
is "$rc$err_out" "0" "names relative to the current folder"

# --- configuration: 2 ---------------------------------------------------------

wrong() { # TEXT REGEX NAME
	daemon_configure "$1"
	fails 2 "$2" "$3, checked" --check
	fails 2 "$2" "$3, started"
}
wrong 'jobs = { max_runing = 3; };' \
	"hypersdk.conf:[0-9]+: .*did you mean \"max_running\"" "a wrong setting"
wrong 'pipelines = ({ name = "x"; provider = { plugin = "synthetic";
	vm = 3; }; });' \
	'hypersdk.conf:[0-9]+: provider/synthetic has no option "vm"' \
	"a wrong option of a plugin"
wrong 'database = { plugin = "oracle"; };' \
	'hypersdk.conf:[0-9]+: there is no store plugin "oracle"' \
	"an unknown store"
wrong 'api = { listen = "0.0.0.0:0"; };' \
	'hypersdk.conf:[0-9]+: api.listen: .* needs TLS' "all addresses in clear"
wrong 'broken' 'syntax error' "a syntax error"
daemon_configure
fails 2 'no-such.conf: cannot be opened' "no file" --config "$TMP/no-such.conf"
mkdir -m 0777 "$daemon_state"
chmod 0777 "$daemon_state"
fails 2 'unsafe_state_dir' "a state directory that all may write to"
rmdir "$daemon_state"

# --- no random bytes: 1 -------------------------------------------------------

# without_random COMMAND...: under a kernel that knows no getrandom.
without_random() {
	/usr/bin/python3 -c '
import errno, os, seccomp, sys
f = seccomp.SyscallFilter(seccomp.ALLOW)
f.add_rule(seccomp.ERRNO(errno.ENOSYS), "getrandom")
f.load()
os.execv(sys.argv[1], sys.argv[1:])' "$@"
}
under=(without_random)
fails 1 'no random bytes.*\(no_random\)' "no random bytes"
is "$([ -s "$daemon_state/seal.key" ] && echo there)" "" "and no key is made"
under=()
rm -r "$daemon_state"

# --- database: 3 --------------------------------------------------------------

mkdir -m 0700 "$daemon_state"
(umask 077 && head -c 8192 /dev/urandom >"$daemon_state/jobs.db")
before=$(sha256sum "$daemon_state/jobs.db")
fails 3 'jobs.db.*\(db_' "a database that is none"
is "$(sha256sum "$daemon_state/jobs.db")" "$before" "which is left as it was"
rm -r "$daemon_state"

# --- already running: 4 -------------------------------------------------------

start_daemon
first=$daemon_pid
fails 4 "process $first works with $daemon_state already" "a second daemon" \
	--set "api.socket=$TMP/other.sock"
ok "the first one goes on" daemon_answers

# --- address in use: 5 --------------------------------------------------------

fails 5 'api.sock' "a socket in use" --state-dir "$TMP/state2"
ok "the first one still answers" daemon_answers
stop_daemon KILL
is "$([ -S "$daemon_socket" ] && echo there)" there "a killed one leaves a socket"
start_daemon
stop_daemon
is "$daemon_rc" 0 "the next one takes its place"

/usr/bin/python3 -c '
import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$TMP/port" &
at_exit "kill $! 2>/dev/null"
wait_for 20 test -s "$TMP/port"
fails 5 '127.0.0.1:' "a port in use" --set "api.listen=127.0.0.1:$(<"$TMP/port")"

start_daemon --set api.listen=127.0.0.1:0
is "$(curl -s "http://127.0.0.1:$(daemon_port)/health" | jq -r .status)" healthy \
	"any port, which the log tells"
stop_daemon
done_testing
