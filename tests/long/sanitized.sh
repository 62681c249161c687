#!/bin/bash
# The daemon and the contract suites, all that their scripts do to them, under
# the address and undefined-behaviour sanitizers, in a tree that is built for
# it: 20 minutes of two processors. SANITIZED=DIR takes one that is there.
# Among what is not here: memory limits and start times (bench), which a
# sanitizer changes, and nomem, whose place in the process it would have.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
own_make
chmod 755 "$TMP" # a daemon is started there as another user, too
mkdir -m 1777 "$TMP/reports"
tree=${SANITIZED:-$TMP/tree}
build() {
	mkdir -p "$tree" && cd "$tree" &&
		"$top_srcdir/configure" -q CFLAGS='-g -O1 -Wno-format-truncation' \
			--enable-sanitizers &&
		make -s -j"$(nproc)" all && make -s -j"$(nproc)" check TESTS=
}
[ -n "${SANITIZED:-}" ] || build >"$TMP/build.log" 2>&1
is $? 0 "it builds"
[ ! -s "$TMP/build.log" ] || tail -n 20 "$TMP/build.log" | sed 's/^/# /'

export top_builddir=$tree HYPERSDK=$tree/hypersdk HYPERSDKD=$tree/hypersdkd \
	HYPERSDK_PLUGIN_DIR=$tree/stage/plugins
# a script preloads a clock of its own, before the sanitizer's library
export ASAN_OPTIONS=log_path=$TMP/reports/r:verify_asan_link_order=0 \
	UBSAN_OPTIONS=log_path=$TMP/reports/r:print_stacktrace=1
shopt -s nullglob
# clean SCRIPT: it passes, and nothing of it is reported, whoever ended badly
# and whether or not the script looked.
clean() {
	local name=${1#"$top_srcdir/"} reports
	run bash "$1"
	is "$rc $(grep '^not ok' <<<"$out")" "0 " "$name passes"
	[ "$rc" -eq 0 ] || tail -n 40 <<<"$out
$err_out" | sed 's/^/# /'
	reports=("$TMP"/reports/*)
	is "$(head -qn 30 "${reports[@]:-/dev/null}")" "" "$name: no report"
	rm -f "${reports[@]}"
}

# They do report, and here.
cc -x c -fsanitize=address,undefined -o "$TMP/bad" - <<'END'
#include <stdlib.h>
int main(int n, char **v) { char *p = malloc(8); return p[n + 7] + v[0][0]; }
END
"$TMP/bad" 2>/dev/null
ok "a fault is reported" compgen -G "$TMP/reports/*"
rm -f "$TMP"/reports/*

for script in "$top_srcdir"/tests/contract/*.sh \
	"$top_srcdir"/tests/e2e/{api-*,daemon-*,jobs-client,schedules}.sh \
	"$top_srcdir"/tests/e2e/{metrics*,webhooks*}.sh \
	"$top_srcdir"/tests/fuzz/test-corpus.sh; do
	case $script in */run.sh | */api-lib.sh) continue ;; esac
	clean "$script"
done
done_testing
