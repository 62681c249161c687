#!/bin/bash
# provider/vsphere while an export is open: faults 31-33, 37, 43, 45, busy VMs,
# proof and descriptor, cancellation.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
. "${top_srcdir:?is set by make check}/tests/lib/vcenter.sh" || exit 1

vcenter_start --scenario "$top_srcdir/tests/vcenter/scenarios/e2e.json" ||
	exit 1
one=$(vm_id cold-one-disk) medium=$(vm_id cold-medium)
hot=$(vm_id hot-two-disks)
fresh() {
	reset
	rm -rf "$TMP/o"
	mkdir "$TMP/o"
}
export_vm() { drive export "${2:-auto}" "$1" "$TMP/o"; }
# begin ID [MODE]: an export that is in the middle of its first disk.
begin() {
	fresh
	fault '{"fault":"nfc_stall","after_bytes":100000}'
	drive_begin export "${2:-auto}" "$1" "$TMP/o"
	wait_for 20 sh -c "curl -sS '$vc_ctl/state' |
		jq -e '.nfc_active > 0 and .nfc_bytes > 90000'" ||
		fail "the export is under way" "$(cat "$TMP/drive.out")"
}
# 31, 32: Progress.
fresh
settings '{"lease_timeout":4}'
fault '{"fault":"nfc_slow","bytes_per_second":250000,"disk":0}'
export_vm "$one"
exported "31: a download of two leases' time"
is "$(state '.leases[0].progress | .[0] == 0 and length > 6 and . == sort')" \
	true "31: Progress at once, then every second"
fresh
settings '{"lease_timeout":4}'
fault '[{"fault":"nfc_slow","bytes_per_second":250000},
	{"fault":"soap_fault","method":"HttpNfcLeaseProgress","type":"SystemError","count":1},
	{"fault":"http_status","method":"HttpNfcLeaseProgress","status":503,"skip":2,"count":1},
	{"fault":"drop","method":"HttpNfcLeaseProgress","skip":4,"count":1}]'
export_vm "$one"
exported "32: Progress that fails now and then"
fresh
settings '{"lease_timeout":3}'
fault '[{"fault":"nfc_slow","bytes_per_second":100000},
	{"fault":"http_status","method":"HttpNfcLeaseProgress","status":503}]'
export_vm "$one"
refused -1 lease_timeout "31: Progress that never gets through"
like "$(state '.faults[1].hits')" '^([3-9]|[1-9][0-9])$' \
	"31: is tried every second"
is "$(state '[.leases[].reason]')" '["timed out"]' "31: the lease had ended"
clean 31
begin "$one"
fault '{"fault":"expire_leases"}'
drive_end
refused -1 lease_timeout "31: a lease that ends in the middle"
fresh
fault '{"fault":"lease_slow","seconds":1.5}'
export_vm "$one"
exported "a lease that takes its time"
fresh
fault '{"fault":"lease_error","type":"FileLocked"}'
export_vm "$one"
refused -2 vm_busy "a lease that never gets ready"
clean 31

# 33: sessions that end.
begin "$one"
fault '{"fault":"expire_sessions"}'
drive_end
refused -1 session_expired "33: the session ends in the middle"
is "$(state '.logins')" 2 "33: one login more"
for m in RetrievePropertiesEx CreateDescriptor HasPrivilegeOnEntities; do
	fresh
	fault "{\"fault\":\"not_authenticated\",\"method\":\"$m\",\"count\":1}"
	drive preflight auto "$one"
	is "$rc/$(grep -c '^finding' <<<"$out")" 0/0 \
		"33: the session ends at $m: repeated"
	is "$(state '.logins')" 2 "33: after one login"
	fresh
	fault "{\"fault\":\"not_authenticated\",\"method\":\"$m\"}"
	drive preflight auto "$one"
	[ $m = HasPrivilegeOnEntities ] ||
		like "$out" ' -1 session_expired ' "33: the second time at $m"
done
fresh
fault '{"fault":"not_authenticated","method":"HttpNfcLeaseComplete","count":1}'
export_vm "$one"
refused -1 session_expired "33: the session ends after the download"
# Before the lease, while it gets ready, and when its files are asked for.
for skip in 6 7 8 9 10 11 12; do
	fresh
	fault "{\"fault\":\"not_authenticated\",\"count\":1,\"skip\":$skip,
		\"method\":\"RetrievePropertiesEx\"}"
	export_vm "$hot"
	like "$out" '(finished|error -1 session_expired)' \
		"33: the session ends at property read $skip"
done
clean 33

# 37: the server's file names are looked at, never used.
fresh
fault '{"fault":"target_ids","value":["../../etc/cron.d/x","/etc/passwd"]}'
export_vm "$(vm_id cold-both-layouts)"
exported "37: hostile targetIds"
is "$(ls "$TMP/o")" $'disk-0.vmdk\ndisk-1.vmdk\nvm.ovf' "37: our names alone"
unlike "$out" cron "37: theirs are not handed on"
fresh
fault '{"fault":"duplicate_devices"}'
export_vm "$one"
like "$out" 'error|finished' "37: every device twice ends in order"
fresh
fault '{"fault":"no_devices"}'
export_vm "$one"
refused -4 disk_missing "a lease without the VM's disk"
clean 37

# 43: the VM changes under the export.
begin "$one"
fault '{"fault":"vmotion","vm":"cold-one-disk"}'
drive_end
refused -1 vm_busy "43: vMotion"
begin "$hot"
fault '{"fault":"remove_snapshot","vm":"hot-two-disks"}'
drive_end
refused -5 not_found "43: the snapshot is removed"
begin "$medium"
fault '{"fault":"power_on","vm":"cold-medium"}'
drive_end
refused -1 vm_busy "43: powered on"
begin "$(vm_id cold-odd-size)"
fault '{"fault":"delete_vm","vm":"cold-odd-size"}'
drive_end
refused -5 not_found "43: deleted"
is "$(state '[.leases_open, .sessions, .nfc_active]')" '[0,[],0]' \
	"43: nothing is left"
fresh
fault '{"fault":"soap_fault","method":"ExportVm","type":"NoPermission","privilege":"VApp.Export"}'
export_vm "$one"
refused -4 no_permission "no permission"
like "$out" 'privilege VApp.Export' "the privilege is named"
for f in TaskInProgress:-2:vm_busy FileLocked:-2:vm_busy \
	InvalidState:-1:vm_busy InvalidPowerState:-1:vm_busy \
	MethodDisabled:-1:method_disabled NotSupported:-4:not_supported \
	Timedout:-1:server_timeout HostNotConnected:-1:host_disconnected \
	ManagedObjectNotFound:-5:not_found; do
	IFS=: read -r type code kind <<<"$f"
	fresh
	fault "{\"fault\":\"soap_fault\",\"method\":\"ExportVm\",\"type\":\"$type\"}"
	export_vm "$one"
	refused "$code" "$kind" "ExportVm: $type"
done
begin "$one"
drive export auto "$one" "$TMP/o"
refused -2 vm_busy "two exports of one VM"
kill -TERM "$drive_pid"
wait "$drive_pid" 2>/dev/null
fresh
fault '{"fault":"no_export_snapshot"}'
export_vm "$hot"
refused -4 not_supported "no ExportSnapshot"
clean 43
fresh
fault '{"fault":"task_fault","method":"CreateSnapshot_Task","type":"NoDiskSpace"}'
export_vm "$hot"
refused -8 datastore_full "no room for a snapshot"
clean "no room"
fresh
fault '{"fault":"task_fault","method":"RemoveSnapshot_Task","type":"FileLocked","count":1}'
export_vm "$hot"
exported "a snapshot that is removed at the second try"
clean "second try"
fresh
fault '{"fault":"task_fault","method":"RemoveSnapshot_Task","type":"FileLocked"}'
export DRIVE_REMEMBER=$TMP/record
export_vm "$hot"
is "$rc" 0 "a snapshot that stays does not cost the package"
like "$out" 'warning left_behind snapshot hypersdk-job-1-1' "it is said"
ok "and stays remembered" test -s "$TMP/record"
fresh
drive undo "$TMP/record"
is "$rc" 0 "undo removes it"
clean "undone"
rm -f "$TMP/record"

# Proof and descriptor: what the host gives, no more.
fresh
fault '{"fault":"manifest_sha1_only"}'
export_vm "$one"
like "$out" 'fact digest sha1' "old host: SHA-1 alone"
like "$out" 'digest=sha1:other' "is handed on"
fresh
fault '{"fault":"no_manifest"}'
export_vm "$one"
is "$rc" 0 "a host without manifest"
like "$out" 'proof none' "gives no proof"
unlike "$out" 'fact digest' "and states none"
fresh
fault '{"fault":"wrong_digest"}'
export_vm "$one"
like "$out" 'digest=sha256:other' "a wrong digest is handed on as it is"
fresh
fault '{"fault":"no_descriptor"}'
export_vm "$one"
is "$rc/$(grep -c 'descriptor none' <<<"$out")" 0/2 "no CreateDescriptor"
fresh
fault '{"fault":"descriptor_error","message":"Device USB 1 cannot be exported"}'
export_vm "$one"
refused -4 unsupported_device "an error in the dry run"
like "$out" "Device USB 1" "names the device"
fresh
fault '{"fault":"descriptor_error","message":"late","skip":1}'
export_vm "$one"
is "$rc" 0 "an error in the last descriptor does not cost the bytes"
like "$out" 'warning descriptor .*late' "it is said"
fresh
fault '{"fault":"descriptor_text","value":"<a b=\"&amp;\">\n\t]]&gt; </a>"}'
export_vm "$one"
is "$(<"$TMP/o/vm.ovf")" $'<a b="&amp;">\n\t]]&gt; </a>' \
	"the descriptor is passed on byte for byte"
clean proof

# Cancellation: bytes stop within a second, and nothing is left.
for what in "nfc_stall:$one" "nfc_stall:$hot" "lease_slow:$one"; do
	fresh
	fault "{\"fault\":\"${what%%:*}\",\"seconds\":60}"
	DRIVE_CANCEL_MS=1500 export_vm "${what#*:}"
	refused -10 cancelled "cancelled during ${what%%:*}"
	ms=$(sed -n 's/^elapsed_ms //p' <<<"$out")
	echo "# ${what%%:*}: ended $((ms - 1500)) ms after the cancellation"
	is "$((ms < 8000))" 1 "soon"
	clean "cancelled during ${what%%:*}"
done
fresh
fault '{"fault":"hang","method":"CreateContainerView"}'
DRIVE_CANCEL_MS=300 drive list
refused -10 cancelled "cancelled in a call without answer"
clean "cancelled call"

# 45: killed with a lease open: the record is enough to undo it.
for vm in "$one" "$hot"; do
	fresh
	DRIVE_DIE=copy export_vm "$vm"
	is "$rc" 137 "45: killed while copying"
	is "$(state .leases_open)" 1 "45: the lease is open"
	ok "45: the record is there" test -s "$TMP/record"
	unlike "$(stat -c %a "$TMP/record")" x "45: (a plain file in this test)"
	drive undo "$TMP/record"
	is "$rc" 0 "45: undone"
	is "$(state '[.leases[].reason]')" '["aborted"]' "45: the lease is aborted"
	clean 45
	export_vm "$vm"
	is "$rc" 0 "45: the VM can be exported at once"
done
# Killed after the server acted and before its answer was recorded.
for at in "$one:2:lease" "$hot:2:snapshot" "$hot:3:lease"; do
	IFS=: read -r vm n what <<<"$at"
	fresh
	DRIVE_DIE=$n export_vm "$vm"
	is "$rc" 137 "45: killed before the $what was recorded"
	drive undo "$TMP/record"
	is "$rc" 0 "45: undone by name and session"
	clean "45, $what unrecorded"
done
# Nobody answers when the export is aborted.
fresh
fault '[{"fault":"http_status","method":"HttpNfcLeaseAbort","status":503},
	{"fault":"http_status","method":"RemoveSnapshot_Task","status":503},
	{"fault":"nfc_status","status":503}]'
export_vm "$hot"
refused -1 server_unavailable "45: neither abort nor removal gets through"
ok "45: it stays remembered" test -s "$TMP/record"
is "$(state '[.sessions[].key] | length')" 1 "45: and its session open"
curl -sS -X DELETE "$vc_ctl/faults" >/dev/null
drive undo "$TMP/record"
is "$rc" 0 "45: undone later"
is "$(state '[.leases[].reason]')" '["aborted"]' "45: the lease is aborted"
clean "45, later"
# The session went first.
fresh
DRIVE_DIE=copy export_vm "$hot"
fault '{"fault":"expire_sessions"}'
drive undo "$TMP/record"
is "$rc" 0 "45: undone, though the session had ended"
clean "45, session ended"
drive undo "$TMP/record"
is "$rc" 0 "45: a second undo finds nothing to do"
clean "45, twice"
sed -i 's/^endpoint .*/endpoint other:443/' "$TMP/record"
drive undo "$TMP/record"
refused -4 bad_record "45: another endpoint's record"
done_testing
