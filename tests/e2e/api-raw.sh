#!/bin/bash
# Requests by hand: what could be read in two ways, what is too much, other
# protocols, other hosts, clients that go away (faults.md 79-84, 88, 94).
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config token
api_start
is $? 0 "a server"
token=$(new_token raw admin)
like "$token" '^hsk_' "a token"
EXPORTS=$api_dir/state/exports /usr/bin/python3 \
	"$top_srcdir/tests/lib/raw-http.py" "$api_port" "$api_pid" "$token" \
	"$tap_n" smuggling sizes bombs paths hosts protocols revoked crowd leave \
	>"$TMP/raw"
tap_failed=$((tap_failed + ($? != 0)))
cat "$TMP/raw"
tap_n=$((tap_n + $(grep -c '^\(not \)\?ok ' "$TMP/raw")))
api_stop
is "$api_rc" 0 "it stops"
done_testing
