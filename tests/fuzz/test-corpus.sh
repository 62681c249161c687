#!/bin/bash
# Every input that a fuzzer began with, or once broke something with.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
corpus=$top_srcdir/tests/fuzz/corpus
for target in cron tar ovf manifest vmdk; do
	ok "$target: its corpus passes" \
		"$top_builddir/tests/fuzz/replay-$target" "$corpus/$target"/*
done
ok "the seeds are made anew" /usr/bin/python3 -B \
	"$top_srcdir/tests/fuzz/make-corpus.py" "$TMP/seeds"
same() {
	local seed
	for seed in */*; do cmp "$seed" "$corpus/$seed" || return; done
}
cd "$TMP/seeds" && ok "and are what is in the tree" same
done_testing
