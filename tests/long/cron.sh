#!/bin/bash
# Cron: 500 expressions against the oracle that walks the minutes.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
ok "500 expressions, 20 zones, 40 starts, 5 runs as the oracle has them" \
	/usr/bin/python3 -B "$top_srcdir/tests/cron/oracle.py" \
	"$top_builddir/tests/cron/cron-lines" 500
done_testing
