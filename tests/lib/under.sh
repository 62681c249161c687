#!/bin/bash
# under.sh PROGRAM... [-- COMMAND...]: runs each test, under COMMAND if there
# is one, and says which failed and how many seconds it took. The environment
# is that of "make check". A test fails by its exit status, by "not ok", and by
# a line that matches UNDER_REPORTS (of what it says, or its children).
programs=() failed=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	programs+=("$1")
	shift
done
shift
[ ${#programs[@]} -gt 0 ] || {
	echo "FAIL: no tests"
	exit 1
}
for program in "${programs[@]}"; do
	log=$program.under.log
	rc=0 begin=$SECONDS
	"$@" "./$program" >"$log" 2>&1 || rc=$?
	! grep -qE "${UNDER_REPORTS:-^not ok}|^not ok" "$log" || rc=1
	if [ $rc = 0 ]; then
		echo "PASS: $program ($((SECONDS - begin)) s)"
	else
		echo "FAIL: $program, see $log"
		failed=1
	fi
done
exit $failed
