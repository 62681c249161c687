#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the writer writes is read the same by qemu-img and libvmdk.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
tool=$top_builddir/tests/unit/package/vmdk-tool

# image NAME SIZE: zeros with random stretches, among them both ends.
image() {
	python3 - "$TMP/$1" "$2" "$1" <<'PY'
import random, sys
path, size, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random.seed(name)
with open(path, 'wb') as f:
    f.truncate(size)
    if name != 'zero':
        for at in [0] + [random.randrange(size) for _ in range(20)]:
            f.seek(at)
            n = min(random.randrange(1, 200000), size - at)
            f.write(random.randbytes(n) if at % 2 else b'text ' * (n // 5))
        f.seek(size - 1)
        f.write(b'e')
PY
}

judge() { # NAME LAYOUT LEVEL
	local what="$1, $2, level $3" raw=$TMP/$1 vmdk=$TMP/$1-$2-$3.vmdk info
	ok "write $what" "$tool" write "$raw" "$vmdk" "$2" "$3"
	ok "qemu-img compare $what" qemu-img compare -q -f raw -F vmdk \
		"$raw" "$vmdk"
	ok "qemu-img check $what" qemu-img check -q -f vmdk "$vmdk"
	info=$(qemu-img info -f vmdk --output=json "$vmdk")
	like "$info" '"create-type": "streamOptimized"' "qemu-img info $what"
	like "$info" "\"virtual-size\": $(stat -c %s "$raw")," "size of $what"
	info=$(vmdkinfo "$vmdk" 2>&1)
	like "$info" 'Disk type:[[:space:]]*Stream optimized' "vmdkinfo $what"
	like "$info" "\($(stat -c %s "$raw") bytes\)" "vmdkinfo's size of $what"
	like "$("$tool" check "$vmdk")" \
		"^ok $(stat -c %s "$raw") [0-9]+ $(stat -c %s "$vmdk") $2\$" \
		"our checker on $what"
	rm -f "$vmdk"
}

image one-sector 512
image one-grain 65536
image odd $((3 * 65536 + 512))
image one-table $((32 << 20))
image more $(((67 << 20) + 7 * 512))
image zero $((5 << 20))
for name in one-sector one-grain odd one-table more zero; do
	for layout in end front; do
		for level in 0 1 9; do
			judge "$name" "$layout" "$level"
		done
	done
done

done_testing
