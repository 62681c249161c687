#!/bin/bash
# Memory fails at each place of the code that asks for it, once and from then
# on. NOMEM=every: at each allocation.
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
export TMPDIR=$TMP
[ ! -w /dev/shm ] || TMPDIR=$(mktemp -d /dev/shm/hyp-nomem.XXXXXX)
at_exit "rm -rf $TMPDIR"
for unit in receipt descriptor store submit; do
	run "$top_builddir/tests/nomem/nomem" $unit "${NOMEM:-sites}"
	is "$rc" 0 "$unit: it fails cleanly, and goes on"
	printf '%s\n' "$out" "$err_out" | head -n 60 | sed 's/^/# /'
	like "$out" 'failed at [0-9]{2,} places' "$unit: at many places"
done
# libxml2 tells stderr, which may fail too: errno is then another
out=$("$top_builddir/tests/nomem/nomem" descriptor sites 2>/dev/full)
rc=$?
is "$rc" 0 "descriptor: it is whole though stderr cannot be written to"
done_testing
