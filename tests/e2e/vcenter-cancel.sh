#!/bin/bash
# An export that is cancelled, or killed, at the vCenter.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
start_vcenter
fault '{"fault":"nfc_slow","bytes_per_second":200000}'

# start VM: an export in the background, in its midst.
start() {
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	"$HYPERSDK" export "$1" --output "$out_dir/new" --json "${endpoint[@]}" \
		>"$TMP/events" 2>"$TMP/err" &
	pid=$!
	wait_for 60 sh -c "curl -sf $control/state |
		jq -e '.nfc_active > 0 and ([.nfc[].bytes] | add) > 100000'"
	ok "$1 is in its midst" kill -0 $pid
}
for vm in cold-medium hot-two-disks; do
	start $vm
	kill -TERM $pid
	wait $pid
	is $? 130 "$vm cancelled: exit code 130"
	is "$(tail -n 1 "$TMP/events" | jq -r .event)" job.cancelled \
		"$vm cancelled: the last event"
	empty "$out_dir" "$vm cancelled: nothing is left"
	no_undo_records "$vm cancelled: no undo record is left"
	is "$(state '.leases[-1].reason')" '"aborted"' \
		"$vm cancelled: the lease is aborted"
	clean "$vm cancelled: nothing is left at the vCenter"
done

# SIGKILL: what is open at the vCenter is undone by the next run.
for vm in cold-medium hot-two-disks; do
	start $vm
	kill -KILL $pid
	wait $pid 2>/dev/null
	is "$(state .leases_open)" 1 "$vm killed: its lease is open"
	curl -sf -X DELETE "$control/faults" >/dev/null
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	run hypersdk export $vm --output "$out_dir" "${endpoint[@]}"
	is "$rc" 0 "$vm killed: the next run succeeds"
	like "$err_out" 'undid [1-9]' "$vm killed: it says what it undid"
	clean "$vm killed: nothing is left at the vCenter"
	no_undo_records "$vm killed: no undo record is left"
	fault '{"fault":"nfc_slow","bytes_per_second":200000}'
done

# While the server takes the snapshot, and while it removes it: what it goes on
# with when nobody waits any more is not forgotten, and not asked for twice.
wait_for_snapshot() {
	wait_for 60 sh -c "curl -sf $control/state |
		jq -e '[.snapshots[].name | select(startswith(\"hypersdk-\"))] |
			length $1'"
}
setting() { curl -sf -d "$1" "$control/settings" >/dev/null; }
export_hot() {
	rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
	"$HYPERSDK" export hot-one-disk --output "$out_dir/new" \
		"${endpoint[@]}" >"$TMP/printed" 2>"$TMP/err" &
	pid=$!
}
left_is_undone() {
	is $? 130 "$1: exit code 130"
	like "$(cat "$TMP/err")" 'left_behind: snapshot hypersdk-' \
		"$1: what may stay is said"
	empty "$out_dir" "$1: nothing is left here"
	wait_for_snapshot "$2"
	setting '{"snapshot_time":0.1}'
	run hypersdk export cold-one-disk --output "$out_dir" "${endpoint[@]}"
	is "$rc" 0 "$1: the next run succeeds"
	clean "$1: nothing is left at the vCenter after it"
	no_undo_records "$1: no undo record is left"
}
reset
setting '{"snapshot_time":11}'
export_hot
wait_for 60 sh -c "curl -sf $control/state |
	jq -e '.methods.CreateSnapshot_Task > 0'"
kill -TERM $pid
wait $pid
left_is_undone "cancelled while the snapshot is taken" '== 1'

reset
fault '{"fault":"nfc_slow","bytes_per_second":100000}'
export_hot
wait_for 60 sh -c "curl -sf $control/state | jq -e '.nfc_active > 0'"
setting '{"snapshot_time":11}'
kill -TERM $pid
wait $pid
code=$?
is "$(state .methods.RemoveSnapshot_Task)" 1 \
	"a removal that takes long is asked for once"
(exit $code)
left_is_undone "cancelled, and the removal takes long" '== 0'
fault '{"fault":"nfc_slow","bytes_per_second":200000}'

# Ctrl-C on a terminal.
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
run terminal --on '[1-9] %' int -- "$HYPERSDK" export cold-medium \
	--output "$out_dir" "${endpoint[@]}"
is "$rc" 130 "Ctrl-C: exit code 130"
empty "$out_dir" "Ctrl-C leaves nothing here"
clean "nor at the vCenter"
done_testing
