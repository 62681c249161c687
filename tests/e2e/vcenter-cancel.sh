#!/bin/bash
# An export that is cancelled, or killed, at the vCenter.
# shellcheck source=tests/e2e/lib.sh
. "$top_srcdir/tests/e2e/lib.sh"
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

# Ctrl-C on a terminal.
rm -rf "$out_dir" && mkdir -m 700 "$out_dir"
run terminal --on '[1-9] %' int -- "$HYPERSDK" export cold-medium \
	--output "$out_dir" "${endpoint[@]}"
is "$rc" 130 "Ctrl-C: exit code 130"
empty "$out_dir" "Ctrl-C leaves nothing here"
clean "nor at the vCenter"
done_testing
