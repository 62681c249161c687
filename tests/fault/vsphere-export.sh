#!/bin/bash
# provider/vsphere: every kind of VM, cold and hot, judged by other tools and
# by the server's own record of what was done to it.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
. "${top_srcdir:?is set by make check}/tests/lib/vcenter.sh" || exit 1

vcenter_start --scenario "$top_srcdir/tests/vcenter/scenarios/e2e.json" ||
	exit 1
mkdir "$TMP/o"

# export MODE NAME: into an empty folder.
export_vm() {
	rm -rf "$TMP/o"
	mkdir "$TMP/o"
	drive export "$1" "$(vm_id "$2")" "$TMP/o"
}

# Inventory
drive list
is "$rc" 0 "list works"
is "$(grep -c '^vm' <<<"$out")" "$((4 + $(jq '.vms | length' \
	"$top_srcdir/tests/vcenter/scenarios/e2e.json")))" "every VM is listed"
is "$(grep '^vm' <<<"$out" | cut -f1 | sort | uniq -d)" "" "none twice"
like "$out" $'/DC0/vm/e2e/deep/er/slash%2fin%2fname\tslash/in/name' \
	"a slash in a name: escaped in the path, plain in the name"
like "$out" '/Region/DC1/vm/apps/other-datacenter' \
	"a datacenter in a folder is part of the path"
like "$out" $'/encrypted\tencrypted\tpower=1 flags=2 ' "encrypted is seen"
like "$out" $'/template\ttemplate\tpower=1 flags=1 ' "a template is seen"
like "$out" $'/disconnected\tdisconnected\tpower=1 flags=4 ' \
	"disconnected is seen"
like "$out" $'/suspended\tsuspended\tpower=3 ' "suspended is seen"
drive list '/DC0/vm/e2e/left'
is "$(grep '^vm' <<<"$out" | cut -f2)" "/DC0/vm/e2e/left/twin" \
	"a folder as filter lists what is in it"
drive list 'hot-*'
is "$(grep -c '^vm' <<<"$out")" 7 "a glob is matched on names"
settings '{"page_cap":3}'
drive list
is "$(grep -c '^vm' <<<"$out")" "$((4 + $(jq '.vms | length' \
	"$top_srcdir/tests/vcenter/scenarios/e2e.json")))" \
	"pages of three: every VM is listed"
settings '{"page_cap":250}'

# lookup
for path in /DC0/vm/e2e/cold-one-disk DC0/vm/e2e/cold-one-disk cold-one-disk \
	/DC0/vm/e2e/deep/er/slash%2fin%2fname slash/in/name slash%2fin%2fname \
	/DC0/vm/e2e/deep/er/slash/in/name '--output=/etc/x;rm' \
	'name with spaces, ümlaut & <tag>' \
	/Region/DC1/vm/apps/other-datacenter; do
	drive lookup "$path"
	is "$rc/$(grep -c '^vm' <<<"$out")" 0/1 "lookup $path"
done
drive lookup twin
refused -6 ambiguous "a name that two VMs have"
like "$out" '/DC0/vm/e2e/left/twin, /DC0/vm/e2e/right/twin' "both are named"
drive lookup /DC0/vm/e2e/none
refused -5 not_found "a path that is not there"
drive lookup none
refused -5 not_found "a name that is not there"
drive lookup /DC0/vm/e2e
refused -5 not_found "a folder is no VM"
drive lookup $'a\x01b/c'
refused -6 bad_value "a path that XML cannot hold"
drive machine vm-999999
refused -5 not_found "an id that is not there"

# machine
drive machine "$(vm_id cold-many-disks)"
is "$(grep -c '^disk' <<<"$out")" 11 "eleven disks"
is "$(grep '^disk' <<<"$out" | cut -d' ' -f2 | sort -u | wc -l)" 11 \
	"each with an id of its own"
drive machine "$(vm_id many-networks)"
unlike "$out" 'dvportgroup-' "distributed port groups are named"

# Cold exports: the disks are what the server says, and whole for qemu-img.
for vm in cold-one-disk cold-front-layout cold-both-layouts cold-empty-disk \
	cold-zero-disk cold-full-disk cold-odd-size cold-many-disks \
	efi-nvram bios-nvram cold-virtual-rdm template cold-user-snapshot \
	hostile-target-ids cdrom-floppy; do
	export_vm auto $vm
	exported "$vm"
	like "$out" 'fact mode cold' "$vm: cold"
	like "$out" 'fact consistency powered-off' "$vm: powered off"
	for disk in "$TMP"/o/*.vmdk; do
		ok "$vm: qemu-img checks ${disk##*/}" qemu-img check -f vmdk \
			"$disk"
	done
	ok "$vm: xmllint reads the descriptor" xmllint --nonet --noout \
		"$TMP/o/vm.ovf"
	is "$(grep '^file' <<<"$out" | sed 's/.*sha256=\([0-9a-f]*\).*/\1/')" \
		"$(cd "$TMP/o" && grep '^file' <<<"$out" | cut -d' ' -f2 |
			xargs sha256sum | cut -d' ' -f1)" "$vm: sha256sum agrees"
done
like "$(ls "$TMP/o")" $'^disk-0.vmdk\nfile-1.nvram\nvm.ovf$' \
	"CD-ROM and floppy images are left out, nvram is kept"
export DRIVE_IMAGES=1
export_vm auto cdrom-floppy
exported "images when asked for"
is "$(grep -o 'role=[0-9]' <<<"$out" | sort | tr -d '\n')" \
	"role=1role=2role=3role=4" "disk, nvram, CD-ROM, floppy"
unset DRIVE_IMAGES
export_vm auto cold-no-disk
is "$rc" 0 "a VM without disks"
# The names that the core gave are in the descriptor, and only they.
export_vm auto cold-both-layouts
is "$(xmllint --xpath '//*[local-name()="File"]/@*[local-name()="href"]' \
	"$TMP/o/vm.ovf" | tr -d ' \n')" \
	'ovf:href="disk-0.vmdk"ovf:href="disk-1.vmdk"' \
	"the descriptor has the core's names"

# Hot exports: by a snapshot of our own, which is gone at the end.
for vm in hot-one-disk hot-two-disks hot-user-snapshots suspended; do
	export_vm auto $vm
	exported "$vm"
	like "$out" 'fact mode hot' "$vm: hot"
	like "$(state .snapshot_names)" hypersdk-job-1-1 "$vm: snapshot's name"
done
like "$out" 'fact consistency crash-consistent' "suspended: no more than that"
is "$(state '.methods.ExportSnapshot')" 4 "exported from the snapshot"
is "$(state '.snapshots | map(.name) | sort')" \
	'["after update","before update","kept by its owner"]' \
	"the users' snapshots are still there"
export_vm hot cold-one-disk
exported "a stopped VM, hot"
like "$out" 'fact consistency powered-off' "stands still all the same"
export_vm auto hot-quiesce-fails
exported "a guest that cannot be quiesced"
like "$out" 'warning quiesce_failed ' "is said"
like "$out" 'fact consistency crash-consistent' "and recorded"
drive_options=(quiesce=false)
export_vm auto hot-one-disk
exported "without quiescing"
like "$out" 'fact consistency crash-consistent' "is recorded"
drive_options=()
export_vm cold hot-one-disk
refused -4 vm_powered_on "a running VM, cold"
export_vm cold suspended
refused -4 vm_suspended "a suspended VM, cold"
export_vm hot template
refused -4 vm_template "a template, hot"

# What cannot be exported is said before a byte moves.
# finding VM MODE KIND
finding() {
	drive preflight "$2" "$(vm_id "$1")"
	is "$rc" 0 "preflight of $1 looks"
	like "$out" "finding 1 -[14] $3 " "preflight of $1: $3"
}
finding encrypted auto vm_encrypted
finding disconnected auto host_disconnected
finding inaccessible auto vm_inaccessible
finding hot-independent-disk auto independent_disk
finding hot-physical-rdm auto physical_rdm
finding cold-physical-rdm auto physical_rdm
finding hot-bus-sharing auto bus_sharing
finding vtpm auto unsupported_device
finding pci-passthrough auto unsupported_device
finding hot-one-disk cold vm_powered_on
drive preflight auto "$(vm_id cold-one-disk)"
is "$(grep -c '^finding' <<<"$out")" 0 "nothing is found against a plain VM"
for vm in encrypted:vm_encrypted inaccessible:vm_inaccessible \
	hot-independent-disk:disk_missing cold-physical-rdm:disk_missing \
	vtpm:unsupported_device; do
	export_vm auto ${vm%:*}
	refused -4 ${vm#*:} "${vm%:*} is refused"
done
export_vm auto disconnected
refused -1 host_disconnected "disconnected is refused"
clean "all"

# Every session ends by a logout.
is "$(state '.logins == .logouts and .failed_logins == 0')" true \
	"as many logouts as logins"
is "$(state '.api_versions | keys | map(select(. != "")) | length')" 1 \
	"the API version of the server is spoken"
vcenter_stop

# Older servers, and ESXi alone.
for flags in "--api-version 6.0" "--esx"; do
	# shellcheck disable=SC2086
	vcenter_start --scenario \
		"$top_srcdir/tests/vcenter/scenarios/demo.json" $flags || exit 1
	drive list
	is "$rc" 0 "$flags: list"
	path=$(grep '/web01' <<<"$out" | cut -f2)
	drive lookup "$path"
	is "$rc" 0 "$flags: lookup $path"
	drive preflight auto "$(vm_id db01)"
	is "$rc/$(grep -c '^finding 1' <<<"$out")" 0/0 "$flags: preflight"
	export_vm auto web01
	is "$rc" 0 "$flags: a cold export"
	export_vm auto db01
	is "$rc" 0 "$flags: a hot export"
	like "$out" 'digest=sha(1:other|256:equal)' "$flags: a digest"
	clean "$flags"
	vcenter_stop
done
done_testing
