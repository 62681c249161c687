#!/bin/bash
# 2,000 times SIGKILL under load: tests/soak says what must hold.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1

kills=${KILLS:-2000} seed=()
[ -z "${SEED:-}" ] || seed=(--seed "$SEED")
/usr/bin/python3 -B "$top_srcdir/tests/soak/soak.py" --kills "$kills" \
	"${seed[@]}" --dir "$TMP" "$HYPERSDKD" "$HYPERSDK" \
	"$top_builddir/tests/vcenter/vcenter" "$top_srcdir/tests/soak/soak.json" \
	"$top_builddir/tests/soak/.libs/kill-at.so" 2>&1 | sed -u 's/^/# /'
is "${PIPESTATUS[0]}" 0 "$kills kills"
done_testing
