#!/bin/bash
# Cold exports from the simulated vCenter, judged by tools that know neither.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
start_vcenter
mkvmdk() { "$top_builddir/tests/vcenter/vcenter" mkvmdk "$@"; }

# cold VM NAME ARGUMENT...: exports /DC0/vm/e2e/VM into VM.ova, and judges it.
proof=host-sha256
cold() {
	local vm=$1 name=$2
	shift 2
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	run hypersdk export "/DC0/vm/e2e/$vm" --output "$out_dir" --json \
		"${endpoint[@]}" "$@"
	is "$rc" 0 "$name"
	[ "$rc" -eq 0 ] || tail -n 1 <<<"$out" | sed 's/^/# /'
	result=$(jq -c 'select(.event == "job.completed") | .data.result' \
		<<<"$out")
	made=$(jq -r .output <<<"$result")
	is "$(jq -r '[.proof, .consistency, .mode, .tls] | join(" ")' \
		<<<"$result")" "$proof powered-off cold pinned" \
		"$name: proof, consistency, mode and TLS"
	[ ! -f "$made" ] || judge_ova "$made" "$name"
}
# same DISK RAW-OPTION...: disk of $TMP/unpacked has the raw image's contents.
same() {
	local disk=$1 name=$2
	shift 2
	mkvmdk "$@" "$TMP/want.vmdk" "$TMP/want.raw"
	ok "$name" qemu-img compare -q -f raw -F vmdk "$TMP/want.raw" \
		"$TMP/unpacked/$disk"
	ok "$name, by vmdkinfo too" vmdkinfo "$TMP/unpacked/$disk"
}

cold cold-one-disk "one disk"
same cold-one-disk-disk1.vmdk "one disk: its contents" --size 4MiB --seed 1
cold cold-front-layout "tables in front"
same cold-front-layout-disk1.vmdk "tables in front: its contents" \
	--size 4MiB --seed 2 --layout front
for parallel in 1 2; do
	cold cold-both-layouts "both layouts, $parallel at once" \
		--parallel $parallel
	same cold-both-layouts-disk1.vmdk "both layouts: disk 1" --size 4MiB \
		--seed 3 --mode text --layout front
	same cold-both-layouts-disk2.vmdk "both layouts: disk 2" --size 4MiB \
		--seed 4 --mode text
done
proof=none cold cold-no-disk "no disk"
cold cold-empty-disk "an empty disk"
same cold-empty-disk-disk1.vmdk "an empty disk: its contents" --size 64MiB \
	--fill 0
cold cold-zero-disk "a disk of zeros"
cold cold-odd-size "a disk of 6145 sectors"
same cold-odd-size-disk1.vmdk "a disk of 6145 sectors: its contents" \
	--size 3146240 --seed 8 --fill 1
cold cold-many-disks "eleven disks" --parallel 4
is "$(tar -tf "$made" | grep -c '\.vmdk$')" 11 "eleven disks: are there"
for i in 1 7 11; do
	adapter=lsilogic
	[ $i -ne 11 ] || adapter=buslogic
	same "cold-many-disks-disk$i.vmdk" "eleven disks: disk $i" --size 1MiB \
		--seed $((i + 9)) --adapter $adapter
done
cold efi-nvram "EFI with nvram"
is "$(stat -c %s "$TMP/unpacked/efi-nvram.nvram")" 270840 \
	"EFI with nvram: it is kept"
cold cdrom-floppy "CD-ROM and floppy images stay out"
is "$(tar -tf "$made" | grep -cE 'iso|flp')" 0 \
	"CD-ROM and floppy images stay out: they do"
cold cdrom-floppy "CD-ROM and floppy images" --with-images
is "$(tar -tf "$made" | grep -cE 'iso|flp|img')" 2 \
	"CD-ROM and floppy images: are there"
cold hostile-target-ids "names that are not to be trusted"
is "$(tar -tf "$made" | grep -v '^hostile-target-ids[-a-z0-9]*\.[a-z]*$')" "" \
	"names that are not to be trusted: are ours"
cold 'name with spaces, ümlaut & <tag>' "a name to be escaped"
like "$(xmllint --nonet --xpath 'string(//*[local-name()="Name"])' \
	"$TMP/unpacked/"*.ovf)" 'ümlaut & <tag>' "a name to be escaped: it is"
cold '--output=%2fetc%2fx;rm' "a name like an option"
cold 'deep/er/slash%2fin%2fname' "slashes in a name"
cold cold-user-snapshot "a snapshot of the user's"
clean "nothing is left at the vCenter, no VM was changed"

# A bare name, if only one VM has it.
run hypersdk export cold-full-disk --output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "a bare name"
like "$out" "proof +every byte equals the source's own SHA-256" \
	"a bare name: the summary"
run hypersdk export twin --output "$out_dir" "${endpoint[@]}"
is "$rc" 2 "a name that two VMs have: exit code 2"
like "$err_out" 'left/twin.*right/twin' "both are named"
run hypersdk export /DC0/vm/e2e/nowhere --output "$out_dir" "${endpoint[@]}"
is "$rc" 3 "a VM that is not there: exit code 3"
run hypersdk export /Region/DC1/vm/apps/other-datacenter --output "$out_dir" \
	"${endpoint[@]}"
is "$rc" 0 "a datacenter in a folder"

# OVF folder, other digests.
for digest in sha1 sha512; do
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	run hypersdk export cold-both-layouts --format ovf --digest $digest \
		--output "$out_dir" "${endpoint[@]}"
	is "$rc" 0 "an OVF folder with $digest"
	rm "$out_dir/cold-both-layouts/receipt.json"
	judge_folder "$out_dir/cold-both-layouts" cold-both-layouts \
		"an OVF folder with $digest" $digest
done

# What cannot be exported is said before a byte moves, also by --dry-run.
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
reset
for vm in encrypted vtpm pci-passthrough disconnected inaccessible \
	cold-physical-rdm; do
	for dry in --dry-run ''; do
		# shellcheck disable=SC2086
		run hypersdk export $vm --output "$out_dir" $dry "${endpoint[@]}"
		is "$rc" 1 "$vm is refused ${dry:-for real}"
		like "$err_out" 'hypersdk: .+' "$vm: a reason"
	done
done
run hypersdk export suspended --cold --output "$out_dir" "${endpoint[@]}"
is "$rc" 1 "a suspended VM is refused"
run hypersdk export hot-one-disk --cold --output "$out_dir" "${endpoint[@]}"
is "$rc" 1 "--cold refuses a VM that runs"
is "$(state .nfc_bytes)" 0 "no byte was fetched"
empty "$out_dir" "nothing was made"
run hypersdk export cold-medium --dry-run --output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "--dry-run of a VM that can be exported"
is "$(state '[.nfc_bytes, (.leases | length)]')" '[0,0]' \
	"--dry-run opens no lease"
clean "nothing is left at the vCenter after refusals"

# An ESXi host, and another data host.
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
start_vcenter --esx --scenario "$top_srcdir/tests/vcenter/scenarios/demo.json"
run hypersdk export web01 --output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "from an ESXi host"
judge_ova "$out_dir/web01.ova" "from an ESXi host"
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
start_vcenter --data-listen 127.0.0.1:0
run hypersdk export cold-both-layouts --output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "disks from another host, known by its fingerprint"
is "$(state '[.nfc[].listener] | unique')" '["data"]' "that is where they are from"
clean "and it saw no cookie"
done_testing
