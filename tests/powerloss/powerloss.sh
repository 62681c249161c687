#!/bin/bash
# The power goes at every place of a publish, with every choice of what was
# not durable yet. POWERLOSS=long: every sector of a torn write, larger disks.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
export TMPDIR=$TMP
[ ! -w /dev/shm ] || TMPDIR=$(mktemp -d /dev/shm/hyp-powerloss.XXXXXX)
at_exit "rm -rf $TMPDIR"
how=${POWERLOSS:-ci} size=128KiB
[ "$how" = ci ] || size=512KiB
cut() { run "$top_builddir/tests/powerloss/powerloss" "$1" "$2" "$how" $size; }

for format in ova ovf; do
	for over in new replace; do
		cut $format $over
		is "$rc" 0 "$format, $over: every promise is kept"
		printf '%s\n' "$out" "$err_out" | head -n 30 | sed 's/^/# /'
		like "$out" ' ([5-9][0-9]|[0-9]{3,}) of them different' \
			"$format, $over: there were many states"
	done
done

# The control: nothing is synced, though everybody is told so.
export LD_PRELOAD=libeatmydata.so ASAN_OPTIONS=verify_asan_link_order=0
for format in ova ovf; do
	cut $format new
	is "$rc" 1 "$format: without syncs promises are broken"
	like "$out" 'completed, but the package is not whole' \
		"$format: that of a package, too"
	tail -n 1 <<<"$out" | sed 's/^/# /'
done
unset LD_PRELOAD
done_testing
