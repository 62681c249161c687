# shellcheck shell=bash
# Faults from the user's side: the command over provider/synthetic, its output
# on disks that are full, dying, swapped or gone.
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
small=(--provider synthetic --provider-option disk_size=2MiB)
event() { jq -c "select(.event == \"$1\") | $2" <<<"$out"; }
# kind: of the newest run's failure.
kind() { jq -r 'select(.event == "job.failed") | .data.kind' <<<"$out"; }
fresh() { rm -rf "$out_dir" && mkdir -m 700 "$out_dir"; }
# export_small ARGUMENT...
export_small() { run hypersdk export "${small[@]}" --json "$@"; }

# broken KEY=VALUE...: a pipeline over storage/fault with these options.
broken() {
	local pair options=
	for pair in "$@"; do
		case $pair in # only these two are numbers
		at_call=* | times=*) options+=" $pair;" ;;
		*) options+=" ${pair%%=*} = \"${pair#*=}\";" ;;
		esac
	done
	cat >"$TMP/broken.conf" <<-END
		pipelines = ({ name = "broken"; default = true;
		  provider = { plugin = "synthetic"; disk_size = "2MiB"; };
		  packager = { plugin = "${packager:-ova}"; };
		  storage = { plugin = "fault"; $options
		    inner = { plugin = "local"; }; }; });
	END
}
# breaks NAME CODE KIND KEY=VALUE...: an export to a storage broken like that
# fails so, and leaves nothing.
breaks() {
	local name=$1 code=$2 kind=$3
	shift 3
	broken "$@"
	fresh
	run hypersdk export synthetic-1 --config "$TMP/broken.conf" --json \
		--output "$out_dir/new"
	is "$rc $(kind)" "$code $kind" "$name: exit code and kind"
	like "$(event job.failed .data.error)" "$out_dir|storage" \
		"$name: the message says where"
	empty "$out_dir" "$name: nothing is left"
	no_undo_records "$name: no undo record is left"
}
# before_a_byte NAME: the newest run ended before anything was transferred.
before_a_byte() {
	is "$(event job.phase .data.phase | grep -c transferring)" 0 "$1"
}

# in_namespace: the script again, in a mount namespace of its own, where it is
# root and may mount.
in_namespace() {
	[ -z "${HYP_IN_NAMESPACE:-}" ] || return 0
	local user=()
	[ "$(id -u)" -eq 0 ] || user=(--user --map-root-user)
	rm -rf "$TMP"
	HYP_IN_NAMESPACE=1 exec unshare "${user[@]}" --mount bash "$0"
}
# start_slow [ARGUMENT...]: an export in the background, in its midst; $pid.
start_slow() {
	rm -f "$TMP/events"
	"$HYPERSDK" export synthetic-1 --json --output "$out_dir" \
		--provider synthetic --provider-option disk_size=4MiB \
		--provider-option rate=1MiB "$@" >"$TMP/events" 2>&1 &
	pid=$!
	wait_for 60 grep -q '"job.progress"' "$TMP/events"
}
# shellcheck disable=SC2034
end_slow() {
	wait "$pid"
	rc=$? out=$(<"$TMP/events")
}
