#!/bin/bash
# Clients that are slow on purpose, and a server without descriptors
# (faults.md 78, 117).
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config token
api_start
is $? 0 "a server"
token=$(new_token slow admin)
# A minute that is not waited for alone.
/usr/bin/python3 "$top_srcdir/tests/lib/raw-http.py" "$api_port" "$api_pid" \
	"$token" 0 idle >"$TMP/idle" &
idle=$!
/usr/bin/python3 "$top_srcdir/tests/lib/raw-http.py" "$api_port" "$api_pid" \
	"$token" "$tap_n" slow >"$TMP/raw"
tap_failed=$((tap_failed + ($? != 0)))
cat "$TMP/raw"
tap_n=$((tap_n + $(grep -c '^\(not \)\?ok ' "$TMP/raw")))
prlimit --pid "$api_pid" \
	--nofile=$(($(ls "/proc/$api_pid/fd" | wc -l) + 20))
/usr/bin/python3 "$top_srcdir/tests/lib/raw-http.py" "$api_port" "$api_pid" \
	"$token" "$tap_n" descriptors >"$TMP/raw"
tap_failed=$((tap_failed + ($? != 0)))
cat "$TMP/raw"
tap_n=$((tap_n + $(grep -c '^\(not \)\?ok ' "$TMP/raw")))
wait "$idle"
is "$?" 0 "an idle connection ends when it has been kept for a while"
sed 's/^/# /' "$TMP/idle"
api_stop
is "$api_rc" 0 "it stops"
done_testing
