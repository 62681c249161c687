#!/bin/bash
# Cron expressions: agreed vectors, and an oracle that walks the minutes.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
here=$top_srcdir/tests/cron
lines=$top_builddir/tests/cron/cron-lines
ok "the agreed vectors" /usr/bin/python3 -B "$here/vectors.py" "$lines"
ok "100 expressions, 20 zones, 40 starts, 5 runs as the oracle has them" \
	/usr/bin/python3 -B "$here/oracle.py" "$lines" 100
done_testing
