#!/bin/bash
# Hundreds of packages that mean harm: each is refused, with the kind that
# faults.md names; nothing is written outside of the target or left in it, no
# network is touched, and memory stays bounded.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
here=$top_srcdir/tests/hostile
python=(/usr/bin/python3 -I -B)
export LC_ALL=C.UTF-8 XDG_STATE_HOME=$TMP/state
# Under a tracer there is no leak check; and sanitizers need memory of theirs.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
if grep -q __asan_init "$HYPERSDK"; then
	export HOSTILE_MAX_KIB=1000000
fi

packages=$TMP/packages work=$TMP/work
mkdir "$packages" "$work"
ok "the packages are made" "${python[@]}" "$here/make-hostile.py" "$packages"
ok "there are at least 200 of them" \
	[ "$(wc -l <"$packages/cases")" -ge 200 ]
before=$(cd "$packages" && find . -printf '%p %s %T@ %m\n' | sort | sha256sum)

calls=openat,openat2,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link
calls+=,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,truncate,mknod,mknodat
calls+=,chmod,fchmodat,chown,lchown,fchownat,connect
ok "all were fed to hypersdk" strace -f -qq -y --seccomp-bpf -e "trace=$calls" \
	-e signal=none -o "$TMP/trace" "${python[@]}" "$here/run-hostile.py" \
	"$HYPERSDK" "$packages" "$work"
while read -r line; do
	case $line in
	"ok "*) pass "${line#ok }" ;;
	*) fail "${line#not ok }" ;;
	esac
done <"$work/results"
is "$(wc -l <"$work/results")" "$(wc -l <"$packages/cases")" \
	"none was left out"
while read -r line; do
	case $line in
	"ok "*) pass "others agree: ${line#ok }" ;;
	*) fail "others do not agree: ${line#not ok }" ;;
	esac
done < <("${python[@]}" "$here/agree.py" "$packages" ||
	echo "not ok agree.py failed")
ok "no call would change anything outside of the target, or used a network" \
	"${python[@]}" "$here/check-trace.py" "$TMP/trace" "$work"
is "$(cd "$packages" && find . -printf '%p %s %T@ %m\n' | sort | sha256sum)" \
	"$before" "the packages themselves were not touched"
is "$(ls -A "$work/target")" "" "nothing is left in the target"
done_testing
