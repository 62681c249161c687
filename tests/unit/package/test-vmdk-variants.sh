#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The checker takes what other programs write and refuses what lies; images
# come from make-vmdk.py and qemu-img, neither of which knows our code.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
tool=$top_builddir/tests/unit/package/vmdk-tool
make=$top_srcdir/tests/unit/package/make-vmdk.py

python3 - "$TMP" <<'PY'
import random, sys
random.seed(7)
d = bytearray(40 * 1024 * 1024 + 3 * 512)   # two grain tables
d[:300000] = random.randbytes(300000)
d[20 << 20:(20 << 20) + 5] = b'hello'
d[-9:] = b'last byte'
open(sys.argv[1] + '/raw', 'wb').write(d)
open(sys.argv[1] + '/zero', 'wb').write(bytes(40 << 20))
PY
size=$(stat -c %s "$TMP/raw")

# accepts NAME CAPACITY LAYOUT KEY=VALUE...: and qemu-img reads it the same.
accepts() {
	local name=$1 want="^ok $2 [0-9]+ [0-9]+ $3\$" layout=$3
	shift 3
	python3 "$make" "$TMP/i" "$TMP/raw" "layout=$layout" "$@" || fail "make $name"
	like "$("$tool" check "$TMP/i")" "$want" "$name"
	like "$("$tool" check "$TMP/i" 1)" "$want" "$name, byte by byte"
}
same() {
	ok "qemu-img reads the same: $1" qemu-img compare -q -f raw -F vmdk \
		"$TMP/raw" "$TMP/i"
}
# refuses NAME CODE_AND_KIND TEXT KEY=VALUE...
refuses() {
	local name=$1 want="^$2: .*$3"
	shift 3
	python3 "$make" "$TMP/i" "$TMP/raw" "$@" || fail "make $name"
	like "$("$tool" check "$TMP/i")" "$want" "$name"
	like "$("$tool" check "$TMP/i" 511)" "$want" "$name, in pieces"
}
unsafe='-4 unsafe_image'
cut='-1 size_mismatch'

accepts "as ESXi streams" "$size" end desc_size=1
same ESXi
accepts "version 1" "$size" end version=1
accepts "small descriptor, no gap after it" "$size" end desc_size=4 overhead=5
same "no gap"
accepts "capacity rounded up to grains" $((41 << 20)) end round_up=1 grain=2048
accepts "capacity rounded up, as VirtualBox" $((size - 1536 + 65536)) end \
	round_up=1
accepts "zeros after the end of stream" "$size" end tail=4096
accepts "a byte after the end of stream" "$size" end tail=1
accepts "all tables after all grains" "$size" end late_tables=1
same "late tables"
accepts "empty tables" "$size" end empty_tables=1
same "empty tables"
accepts "longer tables" "$size" end table_pad=3
same "longer tables"
accepts "unknown metadata" "$size" end extra_marker=1
same "unknown metadata"
accepts "zero sectors between grains" "$size" end gap=3
same gaps
accepts "small grains" "$size" end grain=16
same "small grains"
accepts "large grains" "$size" end grain=2048 gtes=128
accepts "change tracking by a plain name" "$size" end \
	extra_line='changeTrackPath="a-ctk.vmdk"'
accepts "as open-vmdk writes" "$size" front eos_in_front=1
same open-vmdk
accepts "redundant directory" "$size" front copy=1
same "redundant directory"
accepts "front, aligned, padded" "$size" front overhead=256 tail=65536
same "front, aligned"
accepts "front, small grains" "$size" front grain=8 copy=1

for raw in raw zero; do
	qemu-img convert -f raw -O vmdk -o subformat=streamOptimized \
		"$TMP/$raw" "$TMP/i" || fail "qemu-img convert"
	like "$("$tool" check "$TMP/i")" '^ok [0-9]+ [0-9]+ [0-9]+ front$' \
		"as qemu-img writes, $raw"
	like "$("$tool" check "$TMP/i" 13)" '^ok .* front$' \
		"as qemu-img writes, $raw, in pieces"
done

refuses "no footer" "$cut" "end of stream" no_footer=1
refuses "no end of stream" "$cut" "end of stream" no_eos=1
refuses "data after the end" "$unsafe" "after its end" junk=1
refuses "data after zeros" "$unsafe" "after its end" tail=4096 junk=1
refuses "endless zeros" "$unsafe" "does not stop" tail=2000000
refuses "footer of another disk" "$unsafe" footer footer_capacity=128
refuses "footer's directory elsewhere" "$unsafe" footer footer_gd=1
refuses "directory entry outside" "$unsafe" "no grain table" \
	gd_entry=4000000000
refuses "directory entry to a grain" "$unsafe" "no grain table" gd_entry=128
refuses "directory entry missing" "$unsafe" "no table" drop_table=1
refuses "table entry outside" "$unsafe" "no grain" gt_entry=4000000000
refuses "table entry to another grain" "$unsafe" "other grains" gt_entry=257
refuses "grain behind the footer" "$unsafe" footer after_footer=1
refuses "front, directory entry outside" "$unsafe" "no grain table" \
	layout=front gd_entry=4000000000
refuses "front, directory entry to a grain" "$unsafe" "no grain table" \
	layout=front gd_entry=40
refuses "front, directory entry to itself" "$unsafe" "no grain table" \
	layout=front gd_entry=21
refuses "front, table entry outside" "$cut" "cut short" layout=front \
	gt_entry=4000000000
refuses "front, table entry wrong" "$unsafe" "other grains" layout=front \
	gt_entry=29
refuses "front, redundant table wrong" "$unsafe" "other grains" layout=front \
	copy=1 copy_entry=30
refuses "front, data after it" "$unsafe" "" layout=front junk=512

refuses "names a file to read" "$unsafe" FLAT \
	desc='createType="streamOptimized"\nRW 100 FLAT "/etc/passwd" 0'
refuses "is of another type" "$unsafe" monolithicFlat \
	desc='createType="monolithicFlat"\nRW 100 FLAT "/etc/passwd" 0'
refuses "names a file beside" "$unsafe" "second extent" \
	extra_line='RW 100 FLAT "/etc/passwd" 0'
refuses "hides it behind a NUL" "$unsafe" "second extent" \
	extra_line='\0RW 100 FLAT "/etc/passwd" 0'
refuses "has a parent" "$unsafe" "parent" \
	extra_line='parentFileNameHint="../base.vmdk"'
refuses "header alone, descriptor too large" "$unsafe" descriptor \
	desc_size=129 overhead=256

printf '# Disk DescriptorFile\nRW 100 FLAT "/etc/passwd"\n' >"$TMP/text"
like "$("$tool" check "$TMP/text")" "^$unsafe" "a text descriptor alone"
for format in monolithicSparse monolithicFlat twoGbMaxExtentSparse; do
	rm -f "$TMP"/i "$TMP"/f*
	qemu-img convert -f raw -O vmdk -o "subformat=$format" "$TMP/zero" \
		"$TMP/f.vmdk" || fail "qemu-img convert $format"
	like "$("$tool" check "$TMP/f.vmdk")" "^$unsafe" "qemu-img's $format"
done
qemu-img create -q -f qcow2 "$TMP/i.qcow2" 1M
like "$("$tool" check "$TMP/i.qcow2")" "^$unsafe" "a qcow2 image"
: >"$TMP/empty"
like "$("$tool" check "$TMP/empty")" "^$cut" "nothing at all"
done_testing
