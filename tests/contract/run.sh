# shellcheck shell=bash
# Runs a contract suite on every plugin of a kind that is in the tree; sourced
# with $kind set. Settings come from plugins/KIND/NAME/contract.conf, in which
# @ROOT@ is a folder of the suite's own; where a server must run first,
# contract.sh beside it is sourced and does what it must, and may set
# edit (arguments for sed) for further words.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
unset LD_LIBRARY_PATH
: "${kind:?}"
suite() { # NAME
	local name=$1 folder=$top_srcdir/plugins/$kind/$1 line
	local edit=(-e '')
	if [ -e "$folder/contract.sh" ]; then
		# shellcheck source=/dev/null
		. "$folder/contract.sh"
	fi
	sed "${edit[@]}" "$folder/contract.conf" >"$TMP/$name.conf" ||
		fail "$kind/$name has contract.conf"
	TMPDIR=$TMP "$HYPERSDK" plugin-test "$kind" \
		"$HYPERSDK_PLUGIN_DIR/$kind/$name.so" \
		--settings "$TMP/$name.conf" \
		--suites "$top_builddir/tests/contract" \
		>"$TMP/$name.tap" 2>"$TMP/$name.err"
	is "$?" 0 "$name: the suite ends well"
	[ ! -s "$TMP/$name.err" ] || head -n 40 "$TMP/$name.err" | sed 's/^/# /'
	while read -r line; do
		case $line in
		"ok "*) pass "$name: ${line#* - }" ;;
		"not ok "*) fail "$name: ${line#* - }" ;;
		"1.."*) plan=${line#1..} ;;
		esac
	done <"$TMP/$name.tap"
	is "$(grep -c '^\(not \)\?ok ' "$TMP/$name.tap")" "${plan:-a plan}" \
		"$name: as many results as planned"
}
found=0
for plugin in "$HYPERSDK_PLUGIN_DIR/$kind"/*.so; do
	plugin=${plugin##*/}
	suite "${plugin%.so}"
	found=$((found + 1))
done
is "$found" "$(find "$top_srcdir/plugins/$kind" -mindepth 1 -maxdepth 1 \
	-type d | wc -l)" "every plugin of the tree was tried"
# A kind of which nobody thought here would be proven by nobody.
for folder in "$HYPERSDK_PLUGIN_DIR"/*/ "$top_srcdir"/plugins/*/*/; do
	folder=${folder#"$HYPERSDK_PLUGIN_DIR/"} folder=${folder#"$top_srcdir/plugins/"}
	[ -e "$top_srcdir/tests/contract/${folder%%/*}.sh" ] ||
		fail "plugins of the kind ${folder%%/*} have a suite"
done
done_testing
