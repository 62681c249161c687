# shellcheck shell=bash
# TAP for scripts: source it, make checks, end with done_testing.
# Each check prints one line; what a failed one needs to be understood follows
# as comments. A temporary folder $TMP is made and removed.
set -u
tap_n=0 tap_failed=0
TMP=$(mktemp -d "${TMPDIR:-/tmp}/hyp-test.XXXXXX")
tap_cleanup=()
# at_exit COMMAND...: run when the script ends, last first.
at_exit() { tap_cleanup+=("$*"); }
tap_end() {
	local i
	for ((i = ${#tap_cleanup[@]} - 1; i >= 0; i--)); do
		eval "${tap_cleanup[i]}"
	done
	chmod -R u+rwx "$TMP" 2>/dev/null
	rm -rf "$TMP"
}
trap tap_end EXIT
trap 'exit 1' INT TERM
# own_make: what the make that runs this test was told is not for those below.
own_make() {
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS TEST_LOGS
}
pass() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }
fail() {
	tap_n=$((tap_n + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -n 60 | sed 's/^/# /'
}
# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "$*
$out"; fi
}
# is GOT WANT NAME
is() {
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:  $1
want: $2"; fi
}
# like TEXT REGEX NAME (bash's =~)
like() {
	if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" "text: $1
does not match: $2"; fi
}
unlike() {
	if [[ $1 =~ $2 ]]; then fail "$3" "text: $1
matches: $2"; else pass "$3"; fi
}
# run COMMAND...: keep its outputs and exit code in $out, $err_out, $rc.
# shellcheck disable=SC2034
run() {
	out=$("$@" 2>"$TMP/.stderr")
	rc=$?
	err_out=$(<"$TMP/.stderr")
	return 0
}
# says_json FILTER WANT NAME: $out is one line, a JSON document that jq's FILTER
# makes WANT of.
says_json() {
	is "$(wc -l <<<"$out") $(jq -c "$1" <<<"$out" 2>&1)" "1 $2" "$3"
}
# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
# One of the loopback address, which nobody has now.
free_port() {
	/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
done_testing() {
	echo "1..$tap_n"
	[ "$tap_failed" -eq 0 ]
	exit $?
}
