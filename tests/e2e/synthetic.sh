#!/bin/bash
# Exports of provider/synthetic: formats, digests, results, failures.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1

# small ARGUMENT...: options that make small VMs.
small=(--provider synthetic --provider-option disk_size=2MiB)
export_small() { run hypersdk export "$@" "${small[@]}"; }
fresh() { rm -rf "$out_dir" && mkdir -m 700 "$out_dir"; }
event() { jq -c "select(.event == \"$1\") | $2" <<<"$out"; }

# One VM as OVA.
export_small synthetic-1 --output "$out_dir"
is "$rc" 0 "an OVA is exported"
holds "$out_dir" "the OVA and its receipt are all there is" \
	synthetic-1.ova synthetic-1.ova.receipt.json
is "$(stat -c %a "$out_dir/synthetic-1.ova")" 600 "it is its owner's alone"
like "$out" "to +$out_dir/synthetic-1.ova" "the summary names the place"
like "$out" "proof +every byte equals the source's own SHA-256" \
	"the summary states the proof"
like "$out" 'consistency +powered off' "the summary states the consistency"
like "$err_out" 'synthetic-1: transferring' "progress goes to stderr"
judge_ova "$out_dir/synthetic-1.ova" "the OVA"
is "$(jq -r '.. | .sha256? // empty' \
	"$out_dir/synthetic-1.ova.receipt.json" | grep -c "$(sha256sum \
	"$TMP/unpacked/synthetic-1-disk1.vmdk" | cut -d' ' -f1)")" 1 \
	"the receipt holds the digest of disk 1"
no_undo_records "no undo record is left"

# An OVF folder.
export_small synthetic-2 --output "$out_dir" --format ovf
is "$rc" 0 "an OVF folder is exported"
judge_folder_files=(synthetic-2.mf synthetic-2.nvram synthetic-2.ovf
	synthetic-2-disk1.vmdk synthetic-2-disk2.vmdk receipt.json)
holds "$out_dir/synthetic-2" "its files are all there is" \
	"${judge_folder_files[@]}"
mkdir "$TMP/folder"
cp "$out_dir/synthetic-2/"* "$TMP/folder" && rm "$TMP/folder/receipt.json"
judge_folder "$TMP/folder" synthetic-2 "the folder" sha256

# What is there stays there.
before=$(sha256sum <"$out_dir/synthetic-1.ova")
export_small synthetic-1 --output "$out_dir"
is "$rc" 5 "an output that exists: exit code 5"
like "$err_out" "synthetic-1.ova is there already" "and which it is"
is "$(sha256sum <"$out_dir/synthetic-1.ova")" "$before" "it is untouched"
export_small synthetic-1 --output "$out_dir" --force
is "$rc" 0 "--force replaces what an export made"
echo mine >"$out_dir/synthetic-3.ova"
export_small synthetic-3 --output "$out_dir" --force
is "$rc" 5 "--force replaces nothing else"
is "$(cat "$out_dir/synthetic-3.ova")" mine "a foreign file is untouched"

# Into a named file, in a folder that is made.
fresh
export_small synthetic-1 --output "$out_dir/new/er/web.ova" --digest sha512
is "$rc" 0 "a named OVA in folders that are made"
holds "$out_dir" "nothing else is made" new/er/web.ova \
	new/er/web.ova.receipt.json
judge_ova "$out_dir/new/er/web.ova" "SHA-512" sha512

fresh
export_small synthetic-1 --output "$out_dir" --digest sha1
judge_ova "$out_dir/synthetic-1.ova" "SHA-1" sha1

# The same bytes, however many are copied at once.
for parallel in 1 2 4; do
	fresh
	export_small synthetic-1 --output "$out_dir" --parallel $parallel \
		--provider-option disks=5 --provider-option layout=front \
		--provider-option content=text --provider-option level=6
	is "$rc" 0 "five disks, $parallel at once"
	judge_ova "$out_dir/synthetic-1.ova" "$parallel at once"
	(cd "$TMP/unpacked" && sha256sum -- *.vmdk) >"$TMP/parallel-$parallel"
done
ok "1 and 2 at once make the same disks" cmp "$TMP/parallel-1" \
	"$TMP/parallel-2"
ok "1 and 4 at once make the same disks" cmp "$TMP/parallel-1" \
	"$TMP/parallel-4"

# VMs without disks, with odd ones.
for option in disks=0 nvram=0 disk_size=512 fill=0 content=zero; do
	fresh
	export_small synthetic-1 --output "$out_dir" --provider-option $option
	is "$rc" 0 "$option"
	judge_ova "$out_dir/synthetic-1.ova" "$option"
done

# Events.
fresh
export_small synthetic-1 --output "$out_dir" --json
is "$rc" 0 "--json succeeds"
is "$err_out" "" "--json is silent on stderr"
ok "every line is JSON" jq -e . <<<"$out"
is "$(head -n 1 <<<"$out" | jq -r .event)" job.started "the first event"
is "$(tail -n 1 <<<"$out" | jq -r .event)" job.completed "the last event"
is "$(jq -rs '[.[] | select((keys | sort) != ["data","event","timestamp"])] |
	length' <<<"$out")" 0 "every event has the envelope"
is "$(event job.phase .data.phase | tr '\n' ' ')" \
	'"preparing" "transferring" "packaging" "publishing" ' "the phases"
is "$(event job.progress .data.percent_complete | tail -n 1)" 100 \
	"progress ends at 100"
result=$(event job.completed .data.result)
is "$(jq -c '[.success, .proof, .consistency, .mode, .format, .restarts,
	.warnings]' <<<"$result")" \
	'[true,"host-sha256","powered-off","cold","ova",0,[]]' "the result"
is "$(jq -r .output <<<"$result")" "$out_dir/synthetic-1.ova" \
	"the result's output"
is "$(jq .total_size <<<"$result")" "$(stat -c %s "$out_dir/synthetic-1.ova")" \
	"the result's size"
mkdir "$TMP/json" && tar -xf "$out_dir/synthetic-1.ova" -C "$TMP/json"
is "$(jq -r '.files[] | select(.sha256) | .sha256 + "  " + .name' \
	<<<"$result" | (cd "$TMP/json" && sha256sum -c --quiet 2>&1))" "" \
	"the result's digests"
is "$(jq -r '.files[] | "\(.name) \(.bytes)"' <<<"$result" | sort)" \
	"$(cd "$TMP/json" && stat -c '%n %s' -- * | sort)" "the result's files"
is "$(jq '.duration > 0 and .bytes_per_second > 0 and
	.transferred_bytes > 4194304' <<<"$result")" true "duration and rate"

# A dry run.
fresh
export_small synthetic-1 --output "$out_dir/new" --dry-run
is "$rc" 0 "--dry-run succeeds"
like "$out" 'Dry run: synthetic-1 can be exported' "and says so"
empty "$out_dir" "--dry-run leaves nothing"
export_small synthetic-1 --output "$out_dir" --dry-run --json
is "$(tail -n 1 <<<"$out" | jq -r .event)" job.checked "its last event"

# Proof, or the lack of it.
for pair in none:structure size:size sha1:host-sha1; do
	fresh
	export_small synthetic-1 --output "$out_dir" --json \
		--provider-option proof=${pair%:*}
	is "$(event job.completed .data.result.proof)" "\"${pair#*:}\"" \
		"the source proves ${pair%:*}"
done

# Restarts.
fresh
export_small synthetic-1 --output "$out_dir" --json \
	--provider-option fail_at=1000000 --provider-option fail_count=2
is "$rc $(event job.completed .data.result.restarts)" "0 2" \
	"a disk that breaks twice is begun anew"
is "$(event job.restart '[.data.file, .data.restart]' | tr '\n' ' ')" \
	'["synthetic-1-disk1.vmdk",1] ["synthetic-1-disk1.vmdk",2] ' \
	"restarts are told"
judge_ova "$out_dir/synthetic-1.ova" "after restarts"

# fails OPTION KIND NAME: exit code 1, nothing left.
fails() {
	fresh
	export_small synthetic-1 --output "$out_dir/new" --json \
		--provider-option "$1" --provider-option fail_count=9 \
		--provider-option fail_disk=2
	is "$rc" 1 "$3: exit code 1"
	is "$(event job.failed '[.data.kind, .data.exit_code]')" \
		"[\"$2\",1]" "$3: its kind"
	empty "$out_dir" "$3: nothing is left"
	no_undo_records "$3: no undo record is left"
}
fails cut_at=1000000 size_mismatch "a disk that ends early"
fails flip_at=1500000 digest_mismatch "a bit that flips"
fails fail_at=100 net_reset "a disk that breaks for good"

fresh
export_small synthetic-1 --output "$out_dir" --provider-option lie_digest=true
is "$rc" 1 "a source whose digest differs: exit code 1"
like "$err_out" 'hypersdk: .*disk1' "and it says which disk"
empty "$out_dir" "nothing is left"

# Several VMs: one that fails does not stop the others.
fresh
echo mine >"$out_dir/synthetic-1.ova"
export_small synthetic-1 nowhere synthetic-2 --output "$out_dir"
is "$rc" 5 "the exit code is the first failure's"
like "$err_out" 'hypersdk: nowhere: ' "each error names its VM"
is "$(ls "$out_dir")" "synthetic-1.ova
synthetic-2.ova
synthetic-2.ova.receipt.json" "the others are exported"

fresh
export_small '/synthetic/*/*-[23]*' synthetic-1 --output "$out_dir"
is "$rc $(cd "$out_dir" && echo *.ova)" \
	"0 synthetic-1.ova synthetic-2.ova synthetic-3.ova" \
	"a pattern means all that match"
like "$out" 'synthetic-2.*synthetic-3.*synthetic-1' "in the order asked for"
export_small '*-9' --output "$out_dir"
like "$rc $err_out" '^3 hypersdk: no VM matches \*-9' "a pattern for nothing"
export_small '*-[12]' --output "$out_dir/x.ova"
like "$rc $err_out" '^2 .*2 VMs do not fit' "a pattern into one file"

export_small nowhere --output "$out_dir"
is "$rc" 3 "a VM that is not there: exit code 3"

# Files that may not grow.
fresh
run bash -c 'ulimit -f 1024; exec "$HYPERSDK" export synthetic-1 --output "$0" \
	--provider synthetic --provider-option disk_size=8MiB' "$out_dir"
is "$rc" 5 "a limit on file sizes: exit code 5"
like "$err_out" 'hypersdk: .*(too large|limit)' "and says so"
empty "$out_dir" "nothing is left"

# A folder that may not be written to (root may everything).
fresh
mkdir "$out_dir/file" && touch "$out_dir/file/x"
export_small synthetic-1 --output "$out_dir/file/x"
is "$rc" 2 "an output that is a file: exit code 2"
ln -s "$out_dir/file" "$out_dir/link"
export_small synthetic-1 --output "$out_dir/link"
is "$rc" 0 "a link that the user names is followed"
ok "to where it points" test -e "$out_dir/file/synthetic-1.ova"

# By pipeline.
fresh
cat >"$TMP/pipelines.conf" <<'END'
pipelines = (
  { name = "small"; default = true; parallel_downloads = 2;
    provider = { plugin = "synthetic"; disk_size = "1MiB"; disks = 3; };
    packager = { plugin = "ovf"; };
    storage = { plugin = "local"; }; },
  { name = "other";
    provider = { plugin = "synthetic"; name = "other"; disk_size = "1MiB"; };
    packager = { plugin = "ova"; };
    storage = { plugin = "local"; }; }
);
END
run hypersdk export synthetic-1 --config "$TMP/pipelines.conf" \
	--output "$out_dir" --json
is "$rc $(event job.completed '.data.result | [.format,
	(.files | map(select(.role == "disk")) | length)]')" '0 ["ovf",3]' \
	"the default pipeline"
run hypersdk export other-1 --config "$TMP/pipelines.conf" --pipeline other \
	--output "$out_dir" --provider-option disks=1 --json
is "$rc $(event job.completed '.data.result | [.format,
	(.files | map(select(.role == "disk")) | length)]')" '0 ["ova",1]' \
	"a named pipeline, and options over it"
run hypersdk export other-1 --config "$TMP/pipelines.conf" --pipeline othr \
	--output "$out_dir"
like "$rc $err_out" '^2 .*other' "the nearest pipeline is named"

# Cancelled: see terminal.sh for Ctrl-C.
fresh
"$HYPERSDK" export synthetic-1 --output "$out_dir/new" "${small[@]}" --json \
	--provider-option stall_at=100000 >"$TMP/events" 2>"$TMP/cancel.err" &
pid=$!
wait_for 30 grep -q '"transferring"' "$TMP/events"
kill -TERM $pid
wait $pid
is $? 130 "SIGTERM cancels: exit code 130"
is "$(tail -n 1 "$TMP/events" | jq -r .event)" job.cancelled \
	"the last event says so"
empty "$out_dir" "nothing is left"
no_undo_records "no undo record is left"

# Standard streams that are closed are nobody's: no file of the package, no
# socket gets their numbers, into which messages would then be written.
fresh
(
	exec <&- >&- 2>&-
	exec "$HYPERSDK" export synthetic-1 --output "$out_dir" "${small[@]}" \
		--provider-option stall_at=100000
) &
pid=$!
wait_for 30 sh -c "ls -A '$out_dir' | grep -q part"
is "$(readlink /proc/$pid/fd/{0,1,2} | tr '\n' ' ')" \
	"/dev/null /dev/null /dev/null " "closed streams lead nowhere"
kill -TERM $pid
wait $pid
is $? 130 "and an export works without them"

# Too late for one VM, and in time for those after it: that is no success.
cat >"$TMP/late.conf" <<'END'
pipelines = ({ name = "late"; default = true;
  provider = { plugin = "synthetic"; disk_size = "1MiB"; };
  packager = { plugin = "ova"; };
  storage = { plugin = "fault"; operation = "publish"; action = "pass";
    delay = "3s"; inner = { plugin = "local"; }; }; });
END
for how in "" --json; do
	fresh
	rm -f "$TMP/events" "$TMP/cancel.err"
	"$HYPERSDK" export synthetic-1 synthetic-2 synthetic-3 $how \
		--config "$TMP/late.conf" --output "$out_dir" \
		>"$TMP/events" 2>"$TMP/cancel.err" &
	pid=$!
	wait_for 30 grep -q 'publishing' "$TMP/events" "$TMP/cancel.err"
	kill -TERM $pid
	wait $pid
	is $? 130 "cancelled between VMs $how: exit code 130"
	is "$(cd "$out_dir" && echo *.ova)" synthetic-1.ova \
		"the first is published, the others were not begun"
	like "$(<"$TMP/cancel.err")" \
		'2 of 3 VMs were not begun, from synthetic-2 on' \
		"which is said"
done
done_testing
