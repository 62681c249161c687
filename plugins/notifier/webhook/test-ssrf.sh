#!/bin/bash
# 96: no hostile URL and no hostile answer of a name server makes the notifier
# connect to anybody: strace sees every connect of a TCP socket.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
program=$top_builddir/plugins/notifier/webhook/test-webhook

# trace CASE: runs that case; its TAP in $TMP/CASE, the connects in .trace.
trace() {
	CK_RUN_CASE=$1 CK_TAP_LOG_FILE_NAME=- strace -f -qq -yy --seccomp-bpf \
		-e trace=connect -o "$TMP/$1.trace" "$program" >"$TMP/$1"
}
# connects CASE: of TCP; resolvers connect datagram sockets to choose by.
connects() { grep -cE 'connect\([0-9]+<TCP' "$TMP/$1.trace"; }

ok "an allowed address" trace allowed
is "$(connects allowed)" 1 "is connected to, and the trace shows it"
ok "hostile URLs and answers are refused" trace hostile
is "$(($(grep -c '^ok' "$TMP/hostile") >= 100))" 1 "at least 100 of them"
is "$(connects hostile)" 0 "96: nobody was connected to"
like "$(grep -E 'sa_family=AF_INET' "$TMP/hostile.trace" |
	grep -vE '<(UDP|PING)' | head -n 1)" '^$' "by no other socket either"
done_testing
