#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our manifests judged by coreutils and OpenSSL; theirs read by us.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
tool=$top_builddir/tests/unit/package/package-tool

cd "$TMP" || exit 1
: >empty.ovf
head -c 100000 /dev/urandom >web01-disk1.vmdk
printf 'x' >web01.nvram
for alg in sha1 sha256 sha512; do
	ok "$alg: written" "$tool" manifest-write $alg m.mf empty.ovf \
		web01-disk1.vmdk web01.nvram
	ok "$alg: ${alg}sum --check --strict" ${alg}sum --check --strict m.mf
	want=$(for f in empty.ovf web01-disk1.vmdk web01.nvram; do
		echo "$(openssl dgst -$alg -r "$f" | cut -d' ' -f1) $f"
	done)
	is "$(sed -E 's/^[A-Z0-9]+\((.*)\)= (.*)$/\2 \1/' m.mf)" "$want" \
		"$alg: openssl dgst"
	is "$("$tool" manifest-read m.mf)" "$want" "$alg: ourselves"
	is "$(grep -vcE "^${alg^^}\([^)]+\)= [0-9a-f]+\$" m.mf)" 0 \
		"$alg: exactly the form importers want"
	${alg}sum --tag empty.ovf web01-disk1.vmdk web01.nvram >tag.mf
	is "$("$tool" manifest-read tag.mf)" "$want" "$alg: coreutils' --tag"
done
openssl dgst -sha1 empty.ovf web01.nvram >o.mf
is "$("$tool" manifest-read o.mf | wc -l)" 2 "what OpenSSL prints is read"
printf 'y' >web01.nvram
run sha256sum --check --strict m.mf
is "$rc" 1 "a changed file is seen"
done_testing
