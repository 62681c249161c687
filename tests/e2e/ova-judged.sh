#!/bin/bash
# The OVA commands on what a vCenter gave, and on what was made by qemu-img and
# by hand: tar, sha256sum, openssl, xmllint and qemu-img agree with each of them.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
start_vcenter --scenario "$top_srcdir/tests/vcenter/scenarios/demo.json"

number_of() { # ELEMENT OVF: of the item that has it first
	xmllint --nonet --xpath "string(//*[local-name()='ResourceType' and
		.='$1']/../*[local-name()='VirtualQuantity'])" "$2"
}
# shown OVA BASE NAME: what "show" says, with the files in $TMP/unpacked.
shown() {
	local dir=$TMP/unpacked file disk said
	run hypersdk ova show --json "$1"
	is "$rc" 0 "$3: shown"
	said=$out
	is "$(jq -r '.files[] | "\(.size) \(.name)"' <<<"$said")" \
		"$(tar -tvf "$1" | awk '{ print $3, $6 }')" \
		"$3: names and sizes are GNU tar's"
	is "$(jq -r '"\(.num_cpu) \(.memory_mb)"' <<<"$said")" \
		"$(number_of 3 "$dir/$2.ovf") $(number_of 4 "$dir/$2.ovf")" \
		"$3: processors and memory are xmllint's"
	for file in "$dir"/*; do
		[ "$file" != "$dir/$2.mf" ] || continue
		is "$(jq -r --arg name "${file##*/}" \
			'.files[] | select(.name == $name).sha256' <<<"$said")" \
			"$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)" \
			"$3: openssl has the digest of ${file##*/}"
	done
	for disk in "$dir"/*.vmdk; do
		is "$(jq -r --arg name "${disk##*/}" '. as $all | .files[] |
			select(.name == $name).disk as $id | $all.disks[] |
			select(.id == $id).capacity' <<<"$said")" \
			"$(qemu-img info --output=json "$disk" |
				jq '."virtual-size"')" \
			"$3: qemu-img has the capacity of ${disk##*/}"
	done
}
# broken OVA BASE NAME: one bit of the last disk is another.
broken() {
	local offset
	rm -rf "$TMP/broken" && mkdir "$TMP/broken"
	offset=$(tar -tRvf "$1" | awk '$NF ~ /vmdk$/ {
		sub(":", "", $2); print ($2 + 1) * 512 + int($5 / 2) }' | tail -n 1)
	cp "$1" "$TMP/broken.ova"
	/usr/bin/python3 - "$TMP/broken.ova" "$offset" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 1]))
END
	tar -xf "$TMP/broken.ova" -C "$TMP/broken"
	run sums "$TMP/broken" "$2" sha256
	is "$rc" 1 "$3: sha256sum refuses a changed disk"
	run hypersdk ova validate --json "$TMP/broken.ova"
	is "$rc $(jq -r '[.findings[] | select(.kind == "digest_mismatch")] |
		length' <<<"$out")" "1 1" "$3: and so does validate"
	run hypersdk ova extract "$TMP/broken.ova" "$TMP/never"
	is "$rc" 1 "$3: and so does extract"
	ok "$3: of which nothing is left" [ ! -e "$TMP/never" ]
}
# commands OVA NAME
commands() {
	local ova=$1 name=$2 base=${1##*/}
	base=${base%.ova}
	judge_ova "$ova" "$name"
	run hypersdk ova validate --json "$ova"
	is "$rc $(jq -c '[.valid, .errors]' <<<"$out")" "0 [true,0]" \
		"$name: it is valid"
	ok "$name: every grain is" hypersdk ova validate --deep "$ova"
	shown "$ova" "$base" "$name"
	rm -rf "$TMP/ours"
	ok "$name: extracted" hypersdk ova extract "$ova" "$TMP/ours"
	ok "$name: as GNU tar does" diff -r "$TMP/unpacked" "$TMP/ours"
	ok "$name: the folder is valid" hypersdk ova validate "$TMP/ours"
	ok "$name: packed again" hypersdk ova create "$TMP/ours" \
		"$TMP/again/$base.ova"
	judge_ova "$TMP/again/$base.ova" "$name, packed again"
	ok "$name: nothing was changed by that" diff -r "$TMP/unpacked" \
		"$TMP/ours"
	broken "$ova" "$base" "$name"
	rm -rf "$TMP/again"
}

# --- exported by the demo ---------------------------------------------------

run hypersdk export /DC0/vm/demo/web01 /DC0/vm/demo/db01 \
	--output "$out_dir" "${endpoint[@]}"
is "$rc" 0 "the demo's VMs are exported"
for vm in web01 db01; do commands "$out_dir/$vm.ova" "$vm"; done

# --- made by qemu-img and by hand -------------------------------------------

hand=$TMP/hand
mkdir "$hand"
head -c 3000000 /dev/urandom >"$TMP/hand.raw"
truncate -s 8M "$TMP/hand.raw"
qemu-img convert -q -O vmdk -o subformat=streamOptimized "$TMP/hand.raw" \
	"$hand/hand-disk1.vmdk"
cat >"$hand/hand.ovf" <<END
<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="f1" ovf:href="hand-disk1.vmdk" ovf:size="$(stat -c %s "$hand/hand-disk1.vmdk")"/>
  </References>
  <DiskSection><Info>Disks</Info>
    <Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="8" ovf:capacityAllocationUnits="byte * 2^20"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="hand"><Info>By hand</Info><Name>hand</Name>
    <VirtualHardwareSection><Info>Hardware</Info>
      <System><vssd:ElementName>hand</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType></System>
      <Item><rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits><rasd:ElementName>CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>RAM</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SCSI</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogic</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Disk</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
END
(
	cd "$hand" || exit
	sha256sum hand.ovf hand-disk1.vmdk |
		sed 's/^\([0-9a-f]*\)  \(.*\)$/SHA256(\2)= \1/' >"$TMP/hand.mf"
	mv "$TMP/hand.mf" .
)
ok "made by hand: create packs the folder" hypersdk ova create "$hand" \
	"$out_dir/hand.ova"
tar --owner=0 --group=0 --numeric-owner --format=ustar -C "$hand" \
	-cf "$TMP/hand.ova" hand.ovf hand-disk1.vmdk hand.mf
commands "$TMP/hand.ova" "made by hand"
ok "made by hand: its disk is what it was made of" qemu-img compare -q \
	-f raw -F vmdk "$TMP/hand.raw" "$TMP/ours/hand-disk1.vmdk"
done_testing
