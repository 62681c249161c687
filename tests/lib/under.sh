#!/bin/bash
# under.sh PROGRAM... [-- COMMAND...]: runs each test, under COMMAND if there
# is one, and says which failed. The environment is that of "make check".
programs=() failed=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	programs+=("$1")
	shift
done
shift
for program in "${programs[@]}"; do
	log=$program.under.log
	if "$@" "./$program" >"$log" 2>&1 && ! grep -q '^not ok' "$log"; then
		echo "PASS: $program"
	else
		echo "FAIL: $program, see $log"
		failed=1
	fi
done
exit $failed
