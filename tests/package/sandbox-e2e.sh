#!/bin/bash
# The end-to-end tests of the daemon, with hypersdkd in its unit's sandbox; the
# test's own folder stands for a drop-in's ReadWritePaths. (For check-long.)
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
install_unit "$TMP/root"
mkdir "$TMP/work"
sandboxed_daemon "$unit" --write "$TMP/work"
# Not these: what they look at is the sandbox's doing (who the process is, or a
# parent that passes on its pipes), or other users, who do not get to its folder.
not_here=' daemon-process.sh api-peers.sh '
: "${SANDBOX_E2E:=$(grep -l 'tests/lib/daemon.sh\|jobs-lib.sh\|api-lib.sh' \
	"$top_srcdir"/tests/e2e/*.sh | grep -v -- '-lib.sh$')}"
ran=0
for script in $SANDBOX_E2E; do
	name=${script##*/}
	[[ $not_here != *" $name "* ]] || continue
	TMPDIR=$TMP/work bash "$script" >"$TMP/out" 2>&1
	is "$?" 0 "$name"
	grep -A 12 '^not ok' "$TMP/out" | sed 's/^/# /'
	ran=$((ran + 1))
done
ok "there were some" test "$ran" -gt 5
done_testing
