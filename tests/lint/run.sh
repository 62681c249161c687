#!/bin/bash
# run.sh TREE LIST OBJECT...: every check on the tree, on the list of what goes
# into the tarball, and on the plugins' objects.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$1 list=$2 failed=0
shift 2
cd "$tree" || exit 1
check() { # NAME ARGUMENT...
	local out
	if out=$(bash "$here/check-$1.sh" "${@:2}" 2>&1); then
		echo "lint: $1 ok"
	else
		printf '%s\n' "$out" "lint: $1 FAILED"
		failed=1
	fi
}
for name in layers words size shell format go headers; do check $name; done
check dist "$list"
[ $# -eq 0 ] || check statics "$@"
exit $failed
