#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OVAs of packager/ova, read by those who know nothing of it.
# shellcheck disable=SC2317 # functions are called by name
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
make_package="$top_builddir/tests/lib/make-package"

# names_by READER FILE: one name per line
gnu() { tar -tf "$1"; }
bsd() { bsdtar -tf "$1"; }
py() {
	python3 -c 'import sys, tarfile
for m in tarfile.open(sys.argv[1], "r:"): print(m.name)' "$1"
}
sizes_gnu() { tar -tvf "$1" --numeric-owner | awk '{print $6, $3, $2}'; }
sizes_bsd() { bsdtar -tvf "$1" | awk '{print $9, $5, $3 "/" $4}'; }
sizes_py() {
	python3 -c 'import sys, tarfile
for m in tarfile.open(sys.argv[1], "r:"):
    print(m.name, m.size, "%d/%d" % (m.uid, m.gid))' "$1"
}

# check_manifest DIR ALGORITHM: all lines of demo.mf, and every file has one
check_manifest() {
	local label=${2^^} files=("$1"/*)
	[ "$(wc -l <"$1/demo.mf")" -eq $((${#files[@]} - 1)) ] || return 1
	! grep -qvE "^$label\([A-Za-z0-9._-]+\)= [0-9a-f]+$" "$1/demo.mf" ||
		return 1
	sed -E 's/^[A-Z0-9]+\((.*)\)= ([0-9a-f]+)$/\2  \1/' "$1/demo.mf" \
		>"$1.sums"
	(cd "$1" && "${2}sum" --quiet -c "$1.sums")
}

# one NAME DIGEST PARALLEL SIZE...
one() {
	local name=$1 digest=$2 parallel=$3 dir want n left
	shift 3
	dir=$TMP/$name n=$#
	mkdir "$dir" "$TMP/x.$name"
	ok "$name: is made" "$make_package" "$dir" ova "$digest" "$parallel" \
		"$@"
	want=demo.ovf
	for ((i = 1; i <= n; i++)); do want+=$'\n'disk$i.bin; done
	want+=$'\n'demo.mf
	for reader in gnu bsd py; do
		is "$($reader "$dir/demo.ova" 2>&1)" "$want" \
			"$name: $reader lists the files in order"
	done
	for reader in bsd py; do
		is "$(sizes_gnu "$dir/demo.ova")" \
			"$(sizes_$reader "$dir/demo.ova")" \
			"$name: GNU tar and $reader agree on sizes and owners"
	done
	ok "$name: is extracted by GNU tar" \
		tar -xf "$dir/demo.ova" -C "$TMP/x.$name"
	ok "$name: every file is as the manifest says" \
		check_manifest "$TMP/x.$name" "$digest"
	left=$(find "$dir" -mindepth 1 -printf '%P ')
	is "$(tr ' ' '\n' <<<"$left" | sort | xargs)" \
		"demo.ova demo.ova.receipt.json" "$name: nothing else is left"
}

one no-disk sha256 1
one single sha256 1 70000
one blocks sha256 1 0 1 511 512 513 1MiB
one sha1 sha1 2 70000 3MiB 10
one sha512 sha512 3 70000 3MiB 10 2MiB 99 1
one spooled sha256 8 3MiB 1 2MiB 0 511 5MiB 4MiB 7

# Where ustar's eleven octal digits end.
mkdir "$TMP/big"
big=(8589934591 8589934592 8589934593 12GiB)
ok "8 GiB: is made" "$make_package" "$TMP/big" ova sha256 1 "${big[@]}"
want="disk1.bin 8589934591 0/0
disk2.bin 8589934592 0/0
disk3.bin 8589934593 0/0
disk4.bin 12884901888 0/0"
is "$(sizes_gnu "$TMP/big/demo.ova" | grep disk)" "$want" \
	"8 GiB: GNU tar reads the sizes"
is "$(sizes_py "$TMP/big/demo.ova" | grep disk)" "$want" \
	"8 GiB: Python reads the sizes"
is "$(sizes_bsd "$TMP/big/demo.ova" | grep disk)" "$want" \
	"8 GiB: bsdtar reads the sizes"
is "$(tar -xOf "$TMP/big/demo.ova" demo.mf | wc -l)" 5 \
	"8 GiB: what follows is found"
done_testing
