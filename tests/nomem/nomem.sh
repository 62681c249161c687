#!/bin/bash
# Memory fails at places of the code that ask for it, once and from then on. Of
# the units that take longer every STEPth place, the same ones each time:
# NOMEM_SHARE=N takes others. tests/long/nomem.sh takes all of them, and
# NOMEM=every allocations.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
export TMPDIR=$TMP
[ ! -w /dev/shm ] || TMPDIR=$(mktemp -d /dev/shm/hyp-nomem.XXXXXX)
at_exit "rm -rf $TMPDIR"
share=${NOMEM_SHARE:-1} # http at its second place: once a crash

# each UNIT sites|every STEP
each() {
	run "$top_builddir/tests/nomem/nomem" "$1" "$2" "$3" $((share % $3))
	is "$rc" 0 "$1: it fails cleanly, and goes on ($2, share $((share % $3)) of $3)"
	printf '%s\n' "$out" "$err_out" | head -n 60 | sed 's/^/# /'
	like "$out" 'failed at [0-9]{2,} ' "$1: at many places"
}

if [ "${NOMEM:-sites}" = sites ]; then
	for unit in receipt descriptor reading request; do
		each $unit sites 1
	done
	for unit in store submit http; do each $unit sites 4; done
	for unit in publishing interrupted cancelling; do
		each $unit sites 16
	done
	each run sites 40
else
	for unit in receipt descriptor reading request submit http store; do
		each $unit every 1
	done
	for unit in publishing interrupted cancelling run; do
		each $unit sites 1
		each $unit every 40
	done
fi
# libxml2 tells stderr, which may fail too: errno is then another
for unit in descriptor reading request; do
	out=$("$top_builddir/tests/nomem/nomem" $unit sites 2>/dev/full)
	rc=$?
	is "$rc" 0 "$unit: it is whole though stderr cannot be written to"
done
done_testing
