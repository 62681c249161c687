#!/bin/bash
# The plugin interface is frozen. tests/abi/VERSION keeps the headers of each
# version and what compilers make of them (on machines of 64 bits). The newest
# must be the headers of today, but for comments; all that an older one has must
# still be what and where it was. To break this on purpose: raise HYP_ABI_MINOR,
# append, and keep a new version beside the old ones. fake-host.h is no part of
# it. (hypersdk.h has a number of its own, HYPERSDK_API: the last of VERSION is
# how often that was raised.) Whether the code keeps to it: older.sh.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
read -r -a cc <<<"${CC:-cc}"
kept=$top_srcdir/tests/abi
layout() { # DIR: where all lies, by the headers in it
	python3 "$kept/layout.py" program "$1" >"$TMP/layout.c" &&
		"${cc[@]}" -std=c11 -Wall -Wextra -Werror "-I$1" "$TMP/layout.c" \
			-o "$TMP/layout" && "$TMP/layout"
}
# text DIR: the headers as a compiler reads them, one after the other
text() { python3 "$kept/layout.py" text "$1"; }
# changed OLD NEW: what of the layout OLD is no longer so in NEW. Structs may
# have grown, and what counts the values of a choice.
changed() {
	awk 'NR == FNR { now[$1 == "struct" ? $1 " " $2 : $1] = $0; next }
		$1 == "struct" {
			split(now["struct " $2], new)
			if (new[3] + 0 < $3) print $0
			next
		}
		/^HYP_(ABI_MINOR|ABI_VERSION|E_LAST|JOB_STATES|TABLES) |^HYPERSDK_API / ||
			/^hyp_store_counts.jobs / { next }
		now[$1] != $0' "$2" "$1"
}

version=$(sed -n 's/^#define HYP_ABI_M[A-Z]* \([0-9]*\)u$/\1/p' \
	"$top_srcdir/include/hypersdk/plugin.h" | xargs | tr ' ' .)
api=$(sed -n 's/^#define HYPERSDK_API \([0-9]*\)u$/\1/p' \
	"$top_srcdir/include/hypersdk/hypersdk.h")
version=$version.$((api - 1))
is "$(cd "$kept" && printf '%s\n' [0-9]*.*.* | sort -V | tail -n 1)" "$version" \
	"HYP_ABI_VERSION is the newest that is kept"
text "$top_srcdir/include" >"$TMP/now.txt"
text "$kept/$version" >"$TMP/kept.txt"
is "$(diff "$TMP/kept.txt" "$TMP/now.txt")" "" "the headers are those of $version"
layout "$top_srcdir/include" >"$TMP/now" 2>&1
is "$(diff "$kept/$version/layout.txt" "$TMP/now")" "" "and all lies where it lay"
for old in "$kept"/[0-9]*.*.*; do
	is "$(changed "$old/layout.txt" "$TMP/now")" "" \
		"what ${old##*/} had is what and where it was"
done

# --- would it be seen? ----------------------------------------------------------

# try SED FILE: today's headers, changed
try() {
	rm -rf "$TMP/try"
	cp -r "$top_srcdir/include" "$TMP/try"
	chmod -R u+w "$TMP/try"
	sed -i "$1" "$TMP/try/hypersdk/$2"
	text "$TMP/try" >"$TMP/try.txt"
	layout "$TMP/try" >"$TMP/try.layout" 2>&1
}
try 's|/\* one line, no full stop \*/|/* a line */|' option.h
ok "a comment may change" cmp -s "$TMP/try.txt" "$TMP/now.txt"
unlike "$(diff -q "$top_srcdir/include" "$TMP/try" -r)" '^$' "(it did)"
try 's/^\tuint32_t mode;.*/\tint32_t mode;/' provider.h
unlike "$(diff "$TMP/try.txt" "$TMP/now.txt")" '^$' "not the type of a member"
is "$(changed "$TMP/now" "$TMP/try.layout")" \
	"hyp_open_args.mode 4 4 uint32_t mode" "in no later version either"
try 's/^\tint32_t (\*undo)(void \*instance, /&void *more, /' provider.h
like "$(changed "$TMP/now" "$TMP/try.layout")" '^hyp_provider_ops.undo [^$]*$' \
	"nor what a function is given"
try 's/^int32_t hypersdk_wait(/&int more, /' hypersdk.h
like "$(changed "$TMP/now" "$TMP/try.layout")" '^hypersdk_wait ' \
	"of the library neither"
try 's/"hypersdk_plugin_v1"/"hypersdk_plugin_v2"/' plugin.h
like "$(changed "$TMP/now" "$TMP/try.layout")" '^HYP_PLUGIN_SYMBOL ' \
	"nor the symbol"
try 's/^\tuint32_t mode;/\tuint64_t more;\n&/' provider.h
like "$(changed "$TMP/now" "$TMP/try.layout")" 'hyp_open_args.mode 4 4' \
	"nor what lies before it"
try 's/define HYP_MODE_COLD 1u/define HYP_MODE_COLD 3u/' provider.h
is "$(changed "$TMP/now" "$TMP/try.layout")" "HYP_MODE_COLD 1" "nor a value"
try '/^\tint32_t (\*proof)/,/;$/d' provider.h
like "$(changed "$TMP/now" "$TMP/try.layout")" 'hyp_provider_ops.proof' \
	"nor may a function go"
try 's/^\tconst char \*vm_id;.*/&\n\tuint64_t more;/' provider.h
is "$(changed "$TMP/now" "$TMP/try.layout")" "" "one may be appended"
ok "with a version of its own" test "$(diff "$TMP/try.layout" "$TMP/now")"
try 's/^\tuint32_t mode;.*/\tuint8_t mode;/' provider.h
like "$(<"$TMP/try.layout")" 'hyp_open_args has a hole' \
	"no struct has holes"
done_testing
