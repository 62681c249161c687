#!/bin/bash
# Faults 74, 75: names that want to be more than names.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
n=0
name_in_ovf() {
	xmllint --nonet --xpath \
		'string(//*[local-name()="VirtualSystem"]/*[local-name()="Name"])' \
		"$1"
}
while IFS= read -r name <&3; do
	fresh
	n=$((n + 1))
	name=$(printf '%b' "$name")
	export_small --output "$out_dir" --provider-option "name=$name" \
		-- "$name-1"
	is "$rc" 0 "name $n is exported"
	is "$(find "$out_dir" -mindepth 1 -printf '%f\n' |
		LC_ALL=C grep -cv '^[A-Za-z0-9][A-Za-z0-9._-]*$')" 0 \
		"name $n: files have plain names"
	ova=$(find "$out_dir" -name '*.ova')
	judge_ova "$ova" "name $n"
	is "$(name_in_ovf "$TMP"/unpacked/*.ovf)" "$name-1" \
		"name $n: the descriptor has it as it is"
	is "$(jq -r .vm.name "$ova.receipt.json")" "$name-1" \
		"name $n: so has the receipt"
done 3<<'END'
<script>alert("x")<br> & 'y'
a]]>b<![CDATA[c
\xf0\x9f\x90\xa7 \xe2\x80\xaegpj.exe
--output=x; rm -rf $HOME `id`
%2f..%2f..%s%n
CON
END
# The longest names: 99 bytes are what a tar header holds.
fresh
long=$(printf 'l%.0s' {1..120})
export_small synthetic-1 --output "$out_dir/$long.ova"
is "$rc" 0 "a long name is exported"
ok "the OVA has it whole" test -f "$out_dir/$long.ova"
is "$(tar -tf "$out_dir/$long.ova" | awk 'length > 99' | wc -l)" 0 \
	"names within fit into tar headers"
is "$(tar -tf "$out_dir/$long.ova" | sort -u | wc -l)" 5 \
	"and are still different"
done_testing
