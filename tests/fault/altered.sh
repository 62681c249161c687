#!/bin/bash
# Faults 59, 76, 77: bytes that change on their way to the disk or under the
# packer's hands, and files that do not belong.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1

# A bit flips after it was hashed: validate finds it by the manifest. One file
# after the other, so that the third write is one of the first disk's.
broken operation=write action=flip at_call=3 times=1
run hypersdk export synthetic-1 --config "$TMP/broken.conf" --json \
	--parallel 1 --output "$out_dir"
is "$rc" 0 "a bit that flips on the disk is not seen while writing"
run hypersdk ova validate "$out_dir/synthetic-1.ova"
is "$rc" 1 "but validate sees it"
like "$out$err_out" 'disk1.vmdk: SHA256 is' "and says where"
broken operation=write action=lose at_call=3 times=1
fresh
run hypersdk export synthetic-1 --config "$TMP/broken.conf" --json \
	--parallel 1 --output "$out_dir"
[ "$rc" -ne 0 ] || run hypersdk ova validate "$out_dir/synthetic-1.ova"
is "$rc" 1 "bytes that a disk only pretended to take are missed"

# A package that is not what its descriptor says is not packed.
fresh
export_small synthetic-1 --output "$out_dir" --format ovf
cp -r "$out_dir/synthetic-1" "$TMP/folder"
rm "$TMP/folder/receipt.json"
disk=$TMP/folder/synthetic-1-disk1.vmdk
cp "$disk" "$TMP/disk"
for change in "truncate -s -512" "truncate -s +512"; do
	cp "$TMP/disk" "$disk"
	$change "$disk"
	run hypersdk ova create "$TMP/folder" "$out_dir/packed.ova"
	is "$rc" 1 "$change: it is not packed"
	ok "$change: there is no OVA" test ! -e "$out_dir/packed.ova"
done
cp "$TMP/disk" "$disk"

# What the descriptor does not name stays out.
cp "$TMP/disk" "$TMP/folder/old-vm.vmdk"
echo x >"$TMP/folder/notes.txt"
run hypersdk ova create "$TMP/folder" "$out_dir/packed.ova"
is "$rc" 0 "a folder with foreign files is packed"
is "$(tar -tf "$out_dir/packed.ova" | sort | tr '\n' ' ')" \
	"synthetic-1-disk1.vmdk synthetic-1-disk2.vmdk synthetic-1.mf \
synthetic-1.nvram synthetic-1.ovf " "without them"

# Beside foreign files an export touches none of them.
fresh
cp "$TMP/disk" "$out_dir/synthetic-1-disk1.vmdk"
echo mine >"$out_dir/synthetic-1.ovf"
export_small synthetic-1 --output "$out_dir"
is "$rc" 0 "an export beside foreign files"
is "$(tar -tf "$out_dir/synthetic-1.ova" | wc -l)" 5 "packs its own alone"
ok "and leaves those as they were" cmp "$TMP/disk" \
	"$out_dir/synthetic-1-disk1.vmdk"
done_testing
