#!/bin/bash
# The same bytes wherever it is built: by the flags that this tree is built
# with, a file comes to one object in the tree itself, in another folder, and
# with the tree found by a relative path; nothing that was built names a folder.
# (The whole, built twice: deb.sh.)
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
read -r -a cc <<<"${CC:-cc}"
flags=$(sed -n 's/^PREFIX_CFLAGS = *//p' "${top_builddir:?}/Makefile")
like "$flags" '-ffile-prefix-map=' "the compiler's flags"

# shellcheck disable=SC2016 # they are of make
# object TREE FOLDER TREE-FROM-THERE: FOLDER/text.o, as make in FOLDER would.
object() {
	local mapped=$flags options
	mkdir -p "$2" "$1"
	cp -r "$top_srcdir/core" "$top_srcdir/include" "$1"
	mapped=${mapped//'$(top_srcdir)'/$3}
	mapped=${mapped//'$(abs_top_srcdir)'/$1}
	mapped=${mapped//'$(abs_top_builddir)'/$2}
	read -r -a options <<<"$mapped"
	(cd "$2" && "${cc[@]}" -std=gnu11 -D_GNU_SOURCE -g3 -O2 "${options[@]}" \
		-I. "-I$3/include" "-I$3" -c -o text.o "$3/core/base/text.c") &&
		sha256sum <"$2/text.o"
}
# It is the same, and not by chance.
there=$(object "$TMP/a/tree" "$TMP/a/tree" .)
like "$there" '^[0-9a-f]{64} ' "in the tree"
is "$(object "$TMP/b/another" "$TMP/b/another" .)" "$there" "in another"
is "$(object "$TMP/c/tree" "$TMP/c/build" "$TMP/c/tree")" "$there" "beside it"
is "$(object "$TMP/d/tree" "$TMP/d/e/f" ../../tree)" "$there" "by ../.."

# Sanitizers tell their user where a file is.
if grep -q '^SANITIZE *= *[^ ]' "$top_builddir/Makefile"; then
	done_testing
fi
for file in hypersdk hypersdkd libhypersdk.so; do
	[ -e "$top_builddir/.libs/$file" ] || continue
	files+=("$top_builddir/.libs/$file")
done
files+=("${HYPERSDK_PLUGIN_DIR:?}"/*/*.so)
ok "there are some" test "${#files[@]}" -gt 8
for folder in core include plugins; do # not a prefix that is beneath
	names+=(-e "$top_srcdir/$folder/" -e "$top_builddir/$folder/")
done
is "$(grep -lF "${names[@]}" "${files[@]}")" "" \
	"what was built names no folder of the build"
done_testing
