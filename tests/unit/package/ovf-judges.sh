#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our descriptors judged by xmllint: well-formed, valid against DMTF's schema
# of OVF 1.1.1, and the machine's name read back by another parser. The schema
# is not ours to ship: where it is not found, what needs it is left out.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
tool=$top_builddir/tests/unit/package/package-tool
for xsd in "$top_srcdir/../shared/ovf-xsd" /work/shared/ovf-xsd; do
	[ ! -f "$xsd/dsp8023_1.1.1.xsd" ] || break
done
xsd=$xsd/dsp8023_1.1.1.xsd

# judge NAME OVF
judge() {
	ok "$1: well-formed" xmllint --nonet --noout "$2"
	[ ! -f "$xsd" ] ||
		ok "$1: valid" xmllint --nonet --noout --schema "$xsd" "$2"
}

n=0
while what=$("$tool" ovf-write $n "$TMP/vm.ovf"); do
	judge "$what" "$TMP/vm.ovf"
	n=$((n + 1))
done
is "$n" 14 "all machines were written"

name() { xmllint --xpath 'string(//*[local-name()="Name"])' "$TMP/vm.ovf"; }
"$tool" ovf-write 5 "$TMP/vm.ovf" >/dev/null
is "$(name)" "<a href=\"x\">&amp;'</a> && \" '" "XML specials read back"
"$tool" ovf-write 6 "$TMP/vm.ovf" >/dev/null
is "$(name)" 'a]]>b<![CDATA[c]]>' "]]> read back"
"$tool" ovf-write 7 "$TMP/vm.ovf" >/dev/null
is "$(name)" 'web 😀👍' "emoji read back"

for f in "$top_srcdir"/tests/unit/package/fixtures/*.ovf; do
	ok "${f##*/}: we read it" "$tool" ovf-read "$f"
	ok "${f##*/}: well-formed" xmllint --nonet --noout "$f"
done
[ -f "$xsd" ] || echo "# no schema at ../shared/ovf-xsd"
done_testing
