#!/bin/bash
# under.sh PROGRAM... [-- COMMAND...]: runs each test, under COMMAND if there
# is one, and says which failed. The environment is that of "make check".
# UNDER_REPORTS=REGEX: a test fails by such a line alone. valgrind 3.19 knows no
# openat2, so that tests of files fail under it; what counts is what it reports.
programs=() failed=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	programs+=("$1")
	shift
done
shift
for program in "${programs[@]}"; do
	log=$program.under.log
	rc=0
	"$@" "./$program" >"$log" 2>&1 || rc=$?
	if [ -n "${UNDER_REPORTS-}" ]; then
		rc=0
		! grep -qE "$UNDER_REPORTS" "$log" || rc=1
	elif grep -q '^not ok' "$log"; then
		rc=1
	fi
	if [ $rc = 0 ]; then
		echo "PASS: $program"
	else
		echo "FAIL: $program, see $log"
		failed=1
	fi
done
exit $failed
