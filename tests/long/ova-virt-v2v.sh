#!/bin/bash
# virt-v2v (Debian: virt-v2v) reads what export and "ova create" make, and
# refuses what "ova validate" refuses.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
kit=(/usr/bin/python3 -B "$top_srcdir/tests/lib/ovfkit.py")
v2v() { run virt-v2v -i ova "$1" --print-source; }

# read_by_v2v PACKAGE NAME VM CPUS MEMORY-MIB FIRMWARE DISKS NETWORKS
read_by_v2v() {
	local name=$2
	ok "$name: valid" hypersdk ova validate "$1"
	v2v "$1"
	is "$rc" 0 "$name: virt-v2v takes it"
	[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$err_out"
	is "$(awk -F': ' '/source name|memory|nr vCPUs|firmware/ { print $2 }' \
		<<<"$out" | tr '\n' ',')" "$3,$(($5 << 20)) (bytes),$4,$6," \
		"$name: name, memory, processors and firmware"
	is "$(sed -n '/^disks:/,/^removable/p' <<<"$out" | grep -c '\[')" "$7" \
		"$name: its disks"
	is "$(sed -n '/^NICs:/,$p' <<<"$out" | grep -c '"')" "$8" \
		"$name: its networks"
}
# refused_by_both OVA NAME: one bit of its first disk is another.
refused_by_both() {
	local at
	at=$(($(tar -tRvf "$1" | awk '$NF ~ /-disk1.vmdk$/ {
		sub(":", "", $2); print $2 + 1 }') * 512 + 70000))
	cp "$1" "$TMP/bad.ova"
	printf '\x%02x' $(($(od -An -tu1 -j "$at" -N 1 "$1") ^ 1)) |
		dd of="$TMP/bad.ova" bs=1 seek=$at conv=notrunc status=none
	run hypersdk ova validate "$TMP/bad.ova"
	is "$rc" 1 "$2: a changed disk is not valid"
	v2v "$TMP/bad.ova"
	is "$rc" 1 "$2: virt-v2v refuses it, too"
	like "$err_out" 'checksum of disk' "$2: for the same reason"
}

ok "virt-v2v is there" virt-v2v --version
for digest in sha1 sha256; do
	run hypersdk export synthetic-2 --provider synthetic --digest $digest \
		--provider-option disk_size=2MiB --output "$TMP/$digest"
	is "$rc" 0 "$digest: exported"
	ova=$TMP/$digest/synthetic-2.ova
	said=$(hypersdk ova show --json "$ova")
	read_by_v2v "$ova" "exported, $digest" synthetic-2 \
		"$(jq .num_cpu <<<"$said")" "$(jq .memory_mb <<<"$said")" \
		"$(jq -r '.firmware | if . == "efi" then "uefi" else "bios" end' \
			<<<"$said")" "$(jq '.disks | length' <<<"$said")" \
		"$(jq '.networks | length' <<<"$said")"
	refused_by_both "$ova" "exported, $digest"
done

start_vcenter --scenario "$top_srcdir/tests/vcenter/scenarios/demo.json"
run hypersdk export /DC0/vm/demo/web01 --output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "a VM of a vCenter is exported"
read_by_v2v "$out_dir/web01.ova" "of a vCenter" web01 2 2048 uefi \
	"$(tar -tf "$out_dir/web01.ova" | grep -c vmdk)" \
	"$(hypersdk ova show --json "$out_dir/web01.ova" |
		jq '.networks | length')"
refused_by_both "$out_dir/web01.ova" "of a vCenter"

"${kit[@]}" folder "$TMP/made" made 2 1
ok "a folder is packed" hypersdk ova create "$TMP/made" "$out_dir/made.ova"
read_by_v2v "$out_dir/made.ova" "packed" made 2 1024 bios 2 0
refused_by_both "$out_dir/made.ova" "packed"
ok "and taken out" hypersdk ova extract "$out_dir/made.ova" "$TMP/out/folder"
read_by_v2v "$TMP/out/folder" "taken out" made 2 1024 bios 2 0
done_testing
