#!/bin/bash
# More clients than there is room for, and clients that do not read
# (faults.md 78).
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

# A sanitizer keeps what was freed.
! grep -q __asan_init "$HYPERSDKD" || export CROWD_MAX_KIB=1000000

api_config token
api_start
is $? 0 "a server"
token=$(new_token crowd admin)
/usr/bin/python3 "$top_srcdir/tests/lib/crowd-http.py" "$api_port" "$api_pid" \
	"$token" "$tap_n" "$api_dir/state/exports" "$api_sock" >"$TMP/crowd"
tap_failed=$((tap_failed + ($? != 0)))
cat "$TMP/crowd"
tap_n=$((tap_n + $(grep -c '^\(not \)\?ok ' "$TMP/crowd")))
api_stop
is "$api_rc" 0 "it stopped as it should"
done_testing
