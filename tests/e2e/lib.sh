# shellcheck shell=bash
# For tests of the whole: the command, against provider/synthetic or the
# simulated vCenter, judged by tools that know neither.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
PATH=/usr/bin:/bin:$PATH
export LC_ALL=C.UTF-8 XDG_STATE_HOME=$TMP/state
unset GOVC_URL GOVC_USERNAME GOVC_PASSWORD GOVC_INSECURE NO_COLOR COLUMNS
umask 022
out_dir=$TMP/out
mkdir -m 700 "$out_dir"

hypersdk() { "$HYPERSDK" "$@"; }
terminal() { /usr/bin/python3 "$top_srcdir/tests/lib/on-terminal.py" "$@"; }

# --- what is left behind ----------------------------------------------------

# empty DIR NAME: nothing visible and nothing hidden is in it.
empty() { is "$(ls -A "$1" 2>&1)" "" "$2"; }
# holds DIR NAME FILE...: exactly these.
holds() {
	local dir=$1 name=$2
	shift 2
	is "$(cd "$dir" && find . -mindepth 1 ! -type d | sed 's|^\./||' |
		LC_ALL=C sort | tr '\n' ' ')" \
		"$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')" "$name"
}
no_undo_records() {
	is "$(find "$XDG_STATE_HOME" -type f ! -name '*key*' 2>/dev/null)" "" "$1"
}

# --- judges -----------------------------------------------------------------

# sums DIR BASE ALGORITHM: the manifest, by coreutils.
sums() {
	(
		cd "$1" || exit
		sed -n "s/^${3^^}(\(.*\))= \(.*\)\$/\2  \1/p" "$2.mf" >"$TMP/.sums"
		[ "$(wc -l <"$TMP/.sums")" -eq "$(($(find . -type f | wc -l) - 1))" ] ||
			{ echo "the manifest does not list every file"; exit 1; }
		"${3}sum" --check --strict --quiet "$TMP/.sums"
	)
}
# inside OVA NAME: qemu-img's name for a disk within.
inside() {
	tar --list --verbose --block-number --file "$1" |
		awk -v name="$2" -v ova="$1" '$1 == "block" && $NF == name {
			sub(":", "", $2)
			printf "json:{\"driver\":\"vmdk\",\"file\":{\"driver\":" \
				"\"raw\",\"offset\":%d,\"size\":%d,\"file\":{" \
				"\"driver\":\"file\",\"filename\":\"%s\"}}}\n",
				($2 + 1) * 512, $5, ova }'
}
python_reads() {
	/usr/bin/python3 - "$1" <<'END'
import sys, tarfile
tar = tarfile.open(sys.argv[1], "r:", ignore_zeros=False)
for member in tar:
    assert member.isreg(), member.name
    assert not member.pax_headers, member.name
    assert member.uid == member.gid == 0, member.name
    assert "/" not in member.name, member.name
    assert len(tar.extractfile(member).read()) == member.size, member.name
END
}
# judge_ova OVA NAME ALGORITHM: unpacks it into $TMP/unpacked, which stays.
judge_ova() {
	local ova=$1 name=$2 algorithm=${3:-sha256} base=${1##*/} disk
	base=${base%.ova}
	rm -rf "$TMP/unpacked"
	mkdir "$TMP/unpacked"
	ok "$name: GNU tar unpacks it" \
		tar --extract --file "$ova" --directory "$TMP/unpacked"
	ok "$name: bsdtar lists it" bsdtar -tf "$ova"
	ok "$name: python reads it" python_reads "$ova"
	is "$(tar --list --file "$ova" | head -n 1)" "$base.ovf" \
		"$name: the descriptor comes first"
	is "$(tar --list --file "$ova" | tail -n 1)" "$base.mf" \
		"$name: the manifest comes last"
	judge_folder "$TMP/unpacked" "$base" "$name" "$algorithm"
	while read -r disk; do
		ok "$name: qemu-img checks $disk inside the OVA" \
			qemu-img check -q "$(inside "$ova" "$disk")"
	done < <(tar --list --file "$ova" | grep '\.vmdk$')
}
judge_folder() { # DIR BASE NAME ALGORITHM
	local dir=$1 base=$2 name=$3 algorithm=$4
	ok "$name: coreutils' ${algorithm}sum agrees" sums "$dir" "$base" \
		"$algorithm"
	ok "$name: the descriptor is XML" xmllint --nonet --noout \
		"$dir/$base.ovf"
	is "$(sizes_of "$dir/$base.ovf")" "$(cd "$dir" &&
		references_of "$base.ovf" | xargs -r stat -c '%n %s' --)" \
		"$name: ovf:size is exact"
	schema_accepts "$dir/$base.ovf" "$name: OVF 1.1.1's schema accepts it"
}
references_of() {
	xmllint --nonet --xpath '//*[local-name()="File"]/@*[local-name()="href"]' \
		"$1" 2>/dev/null | sed 's/.*="\(.*\)"/\1/'
}
sizes_of() {
	paste -d' ' <(references_of "$1") <(xmllint --nonet --xpath \
		'//*[local-name()="File"]/@*[local-name()="size"]' "$1" 2>/dev/null |
		sed 's/.*="\(.*\)"/\1/')
}
# DMTF's schemas are not ours to ship: without them this check is not made.
schema_accepts() {
	local dir
	for dir in /work/shared/ovf-xsd "$top_srcdir/../shared/ovf-xsd"; do
		[ -e "$dir/dsp8023_1.1.1.xsd" ] || continue
		ok "$2" xmllint --nonet --noout \
			--schema "$dir/dsp8023_1.1.1.xsd" "$1"
		return
	done
}

# --- the simulated vCenter --------------------------------------------------

# shellcheck disable=SC2034
# start_vcenter FLAG...: sets url, control, user, thumbprint, ca, and endpoint.
start_vcenter() {
	local ready=$TMP/vcenter.json pid
	rm -f "$ready"
	"$top_builddir/tests/vcenter/vcenter" --ready-file "$ready" \
		--work-dir "$TMP/vcenter" --lease-ready 10ms --snapshot-time 10ms \
		--cache-dir "$top_builddir/tests/vcenter/disks" \
		--scenario "$top_srcdir/tests/vcenter/scenarios/e2e.json" "$@" \
		</dev/null >"$TMP/vcenter.log" 2>&1 &
	pid=$!
	at_exit "kill $pid 2>/dev/null; wait $pid 2>/dev/null"
	wait_for 120 sh -c "test -s '$ready' || ! kill -0 $pid"
	if [ ! -s "$ready" ]; then
		echo "Bail out! the simulated vCenter does not start"
		sed 's/^/# /' "$TMP/vcenter.log"
		exit 1
	fi
	url=$(jq -r .url "$ready") control=$(jq -r .control_url "$ready")
	user=$(jq -r .username "$ready") ca=$(jq -r .ca_file "$ready")
	thumbprint=$(jq -r .thumbprint "$ready")
	password=$(jq -r .password "$ready")
	(umask 077 && echo "$password" >"$TMP/password")
	endpoint=(--url "$url" --username "$user" --password-file "$TMP/password"
		--thumbprint "$thumbprint")
}
state() { curl -sf "$control/state" | jq -c "$1"; }
fault() { curl -sf -d "$1" "$control/fault" >/dev/null; }
reset() { curl -sf -X POST "$control/reset" >/dev/null; }
# clean NAME: no lease, session or snapshot of ours is left, no VM was changed,
# no ticket's host ever saw a cookie.
clean() {
	local said
	said=$(curl -sf "$control/state" | jq -c '[
		(select(.leases_open != 0) | "leases open"),
		(select(.sessions != []) | "sessions left"),
		(.snapshots[] | select(.name | startswith("hypersdk")) | .name),
		(.changing_calls | to_entries[] | select(.value > 0 and
			(.key | test("Snapshot_Task$") | not)) | .key),
		(.vms[] | select(.config_changed) | .path),
		(.nfc[] | select(.cookie or .authorization) | "cookie sent")]')
	is "$said" "[]" "$1"
}
