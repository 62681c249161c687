# shellcheck shell=bash disable=SC2034
# A simulated vCenter for a script, after tap.sh. Variables: $vc_url, $vc_ctl,
# $vc_ca, $vc_pin, $vc_user, $vc_ready (its ready file). $VC_PASSWORD holds the
# password, for password=env:VC_PASSWORD.

# The server's binary: made by the build, or here once for all scripts.
vcenter_binary() {
	local bin=$top_builddir/tests/vcenter/vcenter
	mkdir -p "${bin%/*}"
	if [ ! -x "$bin" ]; then
		(
			flock 9
			[ -x "$bin" ] ||
				sh "$top_srcdir/tests/vcenter/build.sh" "$bin" >&2
		) 9>"$bin.lock"
	fi
	echo "$bin"
}

# vcenter_start FLAG...: start one; it ends with the script.
vcenter_start() {
	local bin ready=$TMP/vcenter.$RANDOM$RANDOM.json
	bin=$(vcenter_binary) || return 1
	"$bin" --ready-file "$ready" --exit-with-parent "$@" </dev/null \
		>"$TMP/vcenter.log" 2>&1 &
	vc_pid=$!
	at_exit "kill $vc_pid 2>/dev/null; wait $vc_pid 2>/dev/null"
	wait_for 120 test -e "$ready" || {
		fail "the simulated vCenter starts" "$(cat "$TMP/vcenter.log")"
		return 1
	}
	vc_ready=$ready
	vc_url=$(jq -r .url "$ready") vc_ctl=$(jq -r .control_url "$ready")
	vc_ca=$(jq -r .ca_file "$ready") vc_pin=$(jq -r .thumbprint "$ready")
	vc_user=$(jq -r .username "$ready")
	VC_PASSWORD=$(jq -r .password "$ready")
	export VC_PASSWORD
}
vcenter_stop() {
	kill "$vc_pid" 2>/dev/null
	wait "$vc_pid" 2>/dev/null
}

fault() { curl -sS -f -X POST -d "$1" "$vc_ctl/fault" >/dev/null; }
settings() { curl -sS -f -X POST -d "$1" "$vc_ctl/settings" >/dev/null; }
reset() { curl -sS -f -X POST "$vc_ctl/reset" >/dev/null; }
# state FILTER: what jq makes of GET /state.
state() { curl -sS -f "$vc_ctl/state" | jq -r -c "$1"; }
# vm_id NAME
vm_id() { state ".vms[] | select(.path | endswith(\"/$1\")) | .ref"; }

# Nothing is left at the server, and no VM was touched but for snapshots.
clean() {
	local s
	s=$(state '{leases_open, sessions,
		ours: [.snapshots[].name | select(startswith("hypersdk-"))],
		active: .nfc_active,
		changed: [.vms[] | select(.config_changed) | .path],
		calls: [.changing_calls | to_entries[] | select(.value > 0) |
			.key | select(test("SnapshotS?_Task$") | not)],
		cookies: [.nfc[] | select(.cookie or .authorization) | .id],
		ranges: [.nfc[] | select(.range != "") | .id],
		auth: .soap_authorization_headers,
		redirected: .redirect_target_requests}')
	is "$s" '{"leases_open":0,"sessions":[],"ours":[],"active":0,"changed":[],"calls":[],"cookies":[],"ranges":[],"auth":0,"redirected":0}' \
		"$1: nothing is left at the server, nothing was changed"
}

# drive ARG...: the driver, with $drive_options; its lines are in $out, its
# log in $err_out, its exit code in $rc.
drive_options=()
drive_command() {
	printf '%s\0' "$top_builddir/tests/lib/provider-drive" vsphere \
		"url=$vc_url" "username=$vc_user" \
		"password=env:VC_PASSWORD" "${drive_trust:-thumbprint=$vc_pin}" \
		"${drive_options[@]}" -- "$@"
}
drive() {
	local words=()
	mapfile -d '' words < <(drive_command "$@")
	run env DRIVE_DIRS="$HYPERSDK_PLUGIN_DIR" "${words[@]}"
	case $out$err_out in
	*"$VC_PASSWORD"*) fail "no password in any output" ;;
	esac
}
# drive_begin ARG...: the same in the background; drive_end waits for it.
drive_begin() {
	local words=()
	mapfile -d '' words < <(drive_command "$@")
	env DRIVE_DIRS="$HYPERSDK_PLUGIN_DIR" "${words[@]}" \
		>"$TMP/drive.out" 2>"$TMP/drive.err" &
	drive_pid=$!
}
drive_end() {
	wait "$drive_pid"
	rc=$? out=$(<"$TMP/drive.out") err_out=$(<"$TMP/drive.err")
}

# exported NAME: the last drive ended well, every digest equal to the host's.
exported() {
	local bad
	bad=$(grep -E '^(error|restart)' <<<"$out")
	if [ "$rc" -eq 0 ] && [ -z "$bad" ] && grep -q '^finished' <<<"$out" &&
		! grep '^proof' <<<"$out" | grep -qv 'equal.*equal'; then
		pass "$1"
	else
		fail "$1" "rc=$rc
$out
$err_out"
	fi
}
# refused CODE KIND NAME: it failed with that code and kind.
refused() {
	local line
	line=$(grep '^error' <<<"$out" | tail -n 1)
	if [ "$rc" -ne 0 ] && [[ $line == "error $1 $2 "* ]]; then
		pass "$3"
	else
		fail "$3" "want: error $1 $2
rc=$rc
$out
$err_out"
	fi
}
