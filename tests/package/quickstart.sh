#!/bin/bash
# How quickstart begins, whatever it is started from: what it does is seen by
# running it.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1

sed '/^top=/,$d' "$top_srcdir/quickstart" >"$TMP/begin"
# In a process of its own, as what it starts.
echo 'readlink /proc/self/fd/0' >>"$TMP/begin"
# shellcheck disable=SC2317 # by run
closed() { exec <&-; bash "$@"; }
ok "it has a beginning" grep -q '^PATH=' "$TMP/begin"
run closed "$TMP/begin"
is "$rc $out" "0 /dev/null" "a standard input that is closed is empty"
touch "$TMP/input"
run bash "$TMP/begin" <"$TMP/input"
is "$rc $out" "0 $TMP/input" "one that is there is left alone"
run closed "$top_srcdir/quickstart" --help
is "$rc $(head -c 6 <<<"$out")" "0 Usage:" "and --help helps"
done_testing
