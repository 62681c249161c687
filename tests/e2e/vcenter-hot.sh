#!/bin/bash
# Hot exports: by a snapshot of our own, which goes again.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
start_vcenter

# hot VM CONSISTENCY NAME ARGUMENT...
hot() {
	local vm=$1 consistency=$2 name=$3
	shift 3
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	reset
	run hypersdk export "$vm" --output "$out_dir" --json "${endpoint[@]}" \
		"$@"
	is "$rc" 0 "$name"
	[ "$rc" -eq 0 ] || tail -n 1 <<<"$out" | sed 's/^/# /'
	result=$(jq -c 'select(.event == "job.completed") | .data.result' \
		<<<"$out")
	is "$(jq -r '[.consistency, .mode] | join(" ")' <<<"$result")" \
		"$consistency hot" "$name: consistency and mode"
	judge_ova "$out_dir/${vm##*/}.ova" "$name"
	is "$(state '[.snapshots_created, .snapshots_removed]')" '[1,1]' \
		"$name: one snapshot made and removed"
	clean "$name: nothing is left at the vCenter"
}
hot hot-one-disk quiesced "a VM that runs"
hot hot-two-disks quiesced "two disks of a VM that runs" --parallel 2
"$top_builddir/tests/vcenter/vcenter" mkvmdk --size 4MiB --seed 42 --mode text \
	"$TMP/want.vmdk" "$TMP/want.raw"
ok "its contents" qemu-img compare -q -f raw -F vmdk "$TMP/want.raw" \
	"$TMP/unpacked/hot-two-disks-disk1.vmdk"
hot hot-quiesce-fails crash-consistent "a guest that cannot be quiesced"
like "$(jq -r '.warnings[]' <<<"$result")" 'quiesc' "the result warns of it"
hot hot-user-snapshots quiesced "beside the user's snapshots"
is "$(state '[.snapshots[] | select(.vm | test("hot-user")) | .name]')" \
	'["before update","after update"]' \
	"which stay"
hot cold-one-disk powered-off "--hot of a VM that is off" --hot

# What a snapshot would miss is said before.
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
reset
for vm in hot-independent-disk hot-physical-rdm hot-bus-sharing; do
	run hypersdk export $vm --output "$out_dir" "${endpoint[@]}"
	is "$rc" 1 "$vm is refused"
	like "$err_out" 'hypersdk: .*' "$vm: a reason"
done
is "$(state '[.snapshots_created, .nfc_bytes]')" '[0,0]' "before a snapshot"
empty "$out_dir" "nothing was made"

# A snapshot that cannot be removed: remembered, told, undone by the next run.
reset
fault '{"fault":"task_fault","method":"RemoveSnapshot_Task","type":"FileLocked","count":20}'
run hypersdk export hot-one-disk --output "$out_dir" "${endpoint[@]}"
like "$err_out$out" 'snapshot' "a snapshot that stays is told"
curl -sf -X DELETE "$control/faults" >/dev/null
run hypersdk export hot-one-disk --output "$out_dir" --force "${endpoint[@]}"
like "$err_out" 'undid 1 leftover' "the next run removes it"
is "$(state '[.snapshots[] | select(.vm | test("hot-one-disk"))]')" '[]' \
	"and it is gone"
done_testing
