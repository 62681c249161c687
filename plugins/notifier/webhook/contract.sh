# shellcheck shell=bash
# A receiver for the suite.
/usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" "$TMP/hooks" \
	>"$TMP/hooks.port" 2>"$TMP/hooks.err" &
at_exit kill "$!"
wait_for 20 test -s "$TMP/hooks.port"
# shellcheck disable=SC2034
edit+=(-e "s|@HOOK@|http://127.0.0.1:$(<"$TMP/hooks.port")|g")
