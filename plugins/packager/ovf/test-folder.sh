#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Folders of packager/ovf, checked by coreutils.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
make_package="$top_builddir/tests/lib/make-package"

for digest in sha1 sha256 sha512; do
	dir=$TMP/$digest
	mkdir "$dir"
	ok "$digest: is made" "$make_package" "$dir" ovf $digest 2 \
		70000 0 3MiB 512
	is "$(cd "$dir" && find . -mindepth 1 -printf '%P\n' | sort | xargs)" \
		"demo demo/demo.mf demo/demo.ovf demo/disk1.bin demo/disk2.bin \
demo/disk3.bin demo/disk4.bin demo/receipt.json" \
		"$digest: the folder holds the package and the receipt, no more"
	sed -E 's/^[A-Z0-9]+\((.*)\)= ([0-9a-f]+)$/\2  \1/' \
		"$dir/demo/demo.mf" >"$dir/sums"
	is "$(awk '{print $2}' "$dir/sums" | tr '\n' ' ')" \
		"demo.ovf disk1.bin disk2.bin disk3.bin disk4.bin " \
		"$digest: the manifest has every file, in order"
	cd "$dir/demo" || exit 1
	ok "$digest: ${digest}sum agrees" "${digest}sum" -c "$dir/sums"
	is "$(<demo.ovf)" "<Envelope>demo</Envelope>" \
		"$digest: the descriptor is not padded"
done
done_testing
