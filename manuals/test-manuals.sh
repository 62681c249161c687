#!/bin/bash
# The manuals: no lint, and nothing in them that is not, or missing that is.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
pages=("$top_builddir"/manuals/*.[1-8])
ok "there are manuals" test "${#pages[@]}" -gt 10
prefix=$(sed -n 's/^prefix = //p' "$top_builddir/Makefile")
mkdir "$TMP/pages"
# As a package installs it: a long prefix, as distcheck's, fits on no line.
lint() { # PAGE: what mandoc and groff have against it
	local page=$TMP/pages/${1##*/}
	sed "s|$prefix/|/usr/|g" "$1" >"$page"
	mandoc -T lint -W warning "$page" 2>&1 | grep -v 'outdated mandoc.db'
	LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l \
		-Tutf8 -Z "$page" 2>"$TMP/man.err" >/dev/null
	cat "$TMP/man.err"
}
for page in "${pages[@]}"; do
	is "$(lint "$page")" "" "${page##*/}: no lint"
done
# plain PAGE: its text on one line, as it was before it was escaped.
plain() {
	sed 's/\\&//g; s/\\-/-/g; s/\\(aq/'"'"'/g; s/\\(ga/`/g; s/\\(ti/~/g' "$1" |
		tr -s ' \n' '  '
}

# --- options: the manual's are the table's ------------------------------------

manual_names() { # PAGE: names of options, .It Va
	sed -n 's/^\.It Va \([a-z_.]*\)$/\1/p' "$1"
}
for so in "$HYPERSDK_PLUGIN_DIR"/*/*.so; do
	name=${so##*/} kind=${so%/*}
	name=${name%.so} kind=${kind##*/}
	page=$top_builddir/manuals/hypersdk-$kind-$name.7
	is "$(manual_names "$page")" \
		"$("$HYPERSDK" plugins show "$kind/$name" --json |
			jq -r '.options[].name')" "$kind/$name: every option"
	"$HYPERSDK" plugins show "$kind/$name" --json >"$TMP/show.json"
	text=$(plain "$page")
	missing=$(jq -r '.options[].help' "$TMP/show.json" | while read -r help; do
		[[ $text == *"$(tr -s ' ' <<<"$help")"* ]] || echo "$help"
	done)
	is "$missing" "" "$kind/$name: with their help"
done

# --- hypersdk(1) and hypersdkd(8) ----------------------------------------------

options_of() { grep -oE '^ {2,8}(-[a-zA-Z0-9], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'; }
missing=
commands=$(sed -n '/^\.Sh COMMANDS/,/^\.Sh ENV/s/^\.Ss //p' \
	"$top_builddir/manuals/hypersdk.1")
ok "hypersdk(1) has the commands" test "$(wc -l <<<"$commands")" -gt 30
while read -r command; do
	read -r -a words <<<"$command"
	[ "$("$HYPERSDK" help "${words[@]}" | options_of | sort -u)" = "$({
		sed -n "/^\.Ss $command\$/,/^\.S[sh]/p" \
			"$top_builddir/manuals/hypersdk.1"
		sed -n '/^\.Sh OPTIONS$/,/^\.Sh COMMANDS/p' \
			"$top_builddir/manuals/hypersdk.1"
	} | sed -n 's/^\.It .*Fl Fl \([a-z0-9-]*\).*/--\1/p' | sort -u)" ] ||
		missing+=" $command"
done <<<"$commands"
is "$missing" "" "hypersdk(1): every option of every command"
while read -r code _; do
	ok "hypersdk(1): exit code $code" grep -qx ".It $code" \
		"$top_builddir/manuals/hypersdk.1"
done < <("$HYPERSDK" --help | sed -n '/^Exit codes/,/^$/s/^ *\([0-9]\)/\1/p')
is "$(sed -n 's/^\.It .*Fl Fl \([a-z-]*\).*/--\1/p' \
	"$top_builddir/manuals/hypersdkd.8" | sort)" \
	"$("$HYPERSDKD" --help | options_of | sort)" "hypersdkd(8): every option"
exits=$("$HYPERSDKD" --help | tr '\n' ' ' | grep -o 'Exit codes: .*')
while read -r code; do
	read -r meaning
	like "$exits" "$code $meaning" "hypersdkd(8): exit code $code"
done < <(sed -n '/^\.Sh EXIT/,/^\.El/{s/^\.It //p;/^[a-z]/p}' \
	"$top_builddir/manuals/hypersdkd.8")

# --- hypersdk.conf(5) ------------------------------------------------------------

: >"$TMP/empty.conf"
settings=$("$HYPERSDK" config check --config "$TMP/empty.conf" |
	sed -n '/^settings/,/^$/s/^  \([a-z._]*\) .*/\1/p' | sort)
ok "there are settings" test "$(wc -l <<<"$settings")" -gt 10
is "$(sed -n '/^\.Sh SETTINGS/,/^\.Sh DATA/p' \
	"$top_builddir/manuals/hypersdk.conf.5" | sed -n 's/^\.It Va //p' | sort)" \
	"$settings" "hypersdk.conf(5): every setting"
# Its examples are a configuration.
sed -n '/^\.Bd/,/^\.Ed/p' "$top_builddir/manuals/hypersdk.conf.5" |
	grep -v '^\.' | sed "s|file:[^\"]*|env:NOTHING|" >"$TMP/example.conf"
run "$HYPERSDK" config check --config "$TMP/example.conf"
is "$rc" 0 "hypersdk.conf(5): the examples are right"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$err_out"

# --- references --------------------------------------------------------------------

missing=
while read -r _ name section _; do
	[ -e "$top_builddir/manuals/$name.$section" ] ||
		man -w "$section" "$name" >/dev/null 2>&1 ||
		[[ "$name $section" =~ ^(systemd|govc) ]] || missing+=" $name($section)"
done < <(cat "${pages[@]}" | grep '^\.Xr ' | sort -u)
is "$missing" "" "every page that is referred to is there"
done_testing
