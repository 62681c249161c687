#!/bin/bash
# Checks the simulated vCenter with programs that know nothing of it: govmomi,
# pyvmomi, curl, openssl, qemu-img, vmdkinfo and xmllint. Prints TAP.
# usage: selftest.sh [VCENTER-BINARY]      ("make check" has one; else built)
# OVF_XSD names the schema file (default: the team's copy; without it that check is not made).
set -u
here=$(cd "$(dirname "$0")" && pwd)
xsd=${OVF_XSD:-/work/shared/ovf-xsd/dsp8023_1.1.1.xsd}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vcenter-selftest.XXXXXX")
n=0
failures=0
pids=

cleanup() {
	for p in $pids; do kill "$p" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ok() { # ok STATUS NAME: prints one result
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failures=$((failures + 1))
	fi
}
check() { # check NAME COMMAND...: the command's output shows only if it fails
	local name=$1
	shift
	"$@" >"$tmp/out" 2>&1
	local status=$?
	ok $status "$name"
	[ $status -eq 0 ] || sed 's/^/# /' "$tmp/out" | head -20
}
numbered() { # takes results without numbers from stdin
	local line
	while IFS= read -r line; do
		case $line in
		"ok - "*) ok 0 "${line#ok - }" ;;
		"not ok - "*) ok 1 "${line#not ok - }" ;;
		*) echo "# ${line#\# }" ;;
		esac
	done
}
start() { # start NAME FLAGS...: runs a server and waits until it serves
	local name=$1
	shift
	"$vc" --ready-file "$tmp/$name.json" --ca-out "$tmp/$name.pem" --lease-ready 10ms --snapshot-time 10ms "$@" </dev/null 2>"$tmp/$name.err" &
	last=$!
	pids="$pids $last"
	for _ in $(seq 400); do
		[ -e "$tmp/$name.json" ] && return 0
		kill -0 "$last" 2>/dev/null || break
		sleep 0.025
	done
	sed 's/^/# /' "$tmp/$name.err"
	return 1
}
get() { # get NAME KEY: one entry of a ready file
	/usr/bin/python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$tmp/$1.json" "$2"
}
state() { # state NAME PYTHON-EXPRESSION over s
	curl -s "$(get "$1" control_url)/state" | /usr/bin/python3 -c 'import json,sys; s=json.load(sys.stdin); sys.exit(0 if eval(sys.argv[1]) else repr(eval(sys.argv[1])))' "$2"
}
post() { curl -sf -d "$2" "$(get "$1" control_url)/fault"; }
soap() { # soap NAME INNER [curl flags]: with cookies, no certificate worries
	local name=$1 inner=$2
	shift 2
	curl -s --cacert "$tmp/$name.pem" -b "$tmp/$name.jar" -c "$tmp/$name.jar" -H 'SOAPAction: "urn:vim25/7.0"' -H 'Content-Type: text/xml; charset="utf-8"' \
		-d "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body>$inner</Body></Envelope>" "$@" "$(get "$name" url)"
}
login() { # login NAME SESSION-MANAGER
	soap "$1" '<Login xmlns="urn:vim25"><_this type="SessionManager">'"$2"'</_this><userName>administrator@vsphere.local</userName><password>Sim-Passw0rd!</password></Login>'
}
finger() { # finger NAME: SHA-256 of the certificate that is served now
	openssl s_client -connect "$(get "$1" url | cut -d/ -f3)" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 | cut -d= -f2
}
gone() { # gone PID: the process ends soon
	for _ in $(seq 1000); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.02
	done
	return 1
}

vc=${1:-${top_builddir:+$top_builddir/tests/vcenter/vcenter}}
if [ -z "$vc" ]; then
	vc=$tmp/vcenter
	"$here/build.sh" "$vc" || { echo "Bail out! the build fails"; exit 1; }
fi
"$here/gobuild.sh" "$here/selftest" "$tmp/selftest" || { echo "Bail out! the build of the self-test fails"; exit 1; }
"$here/gobuild.sh" "$here/../bench/inventory-govmomi" "$tmp/inventory" || { echo "Bail out! the build of the inventory client fails"; exit 1; }

# --- generated disks
for layout in end front; do
	for mode in random text zero; do
		d=$tmp/$layout-$mode
		size=34MiB # more than one grain table
		[ $layout = end ] || size=6MiB
		check "mkvmdk $layout $mode writes" "$vc" mkvmdk --layout $layout --mode $mode --size $size --seed 7 --fill 0.3 "$d.vmdk" "$d.raw"
		check "qemu-img compares $layout $mode equal" qemu-img compare -q -f raw -F vmdk "$d.raw" "$d.vmdk"
		check "qemu-img check passes on $layout $mode" qemu-img check -q "$d.vmdk"
		check "vmdkinfo reads $layout $mode" sh -c "vmdkinfo '$d.vmdk' | grep -q 'Stream optimized'"
	done
done
check "the same seed gives the same bytes" sh -c "'$vc' mkvmdk --layout front --size 6MiB --seed 7 --fill 0.3 '$tmp/again.vmdk' && cmp '$tmp/again.vmdk' '$tmp/front-random.vmdk'"
check "an odd size works" sh -c "'$vc' mkvmdk --size 3146240 --fill 1 '$tmp/odd.vmdk' '$tmp/odd.raw' && qemu-img compare -q -f raw -F vmdk '$tmp/odd.raw' '$tmp/odd.vmdk'"
rm -f "$tmp"/*.vmdk "$tmp"/*.raw

# --- a vCenter
start main --scenario "$here/scenarios/e2e.json" --vms 500 --data-listen 127.0.0.1:0 --device-host star
ok $? "the scenario e2e.json with 500 more VMs serves"
if [ ! -e "$tmp/main.json" ]; then
	echo "1..$n"
	exit 1
fi
main_pid=$last
"$tmp/selftest" "$tmp/main.json" 2>&1 | grep -v '^20[0-9][0-9]/' >"$tmp/results"
numbered <"$tmp/results"

login main SessionManager >/dev/null
check "the session cookie has quotes" grep -q 'vmware_soap_session.*"' "$tmp/main.jar"
check "vimServiceVersions.xml names the version" sh -c "curl -s --cacert '$tmp/main.pem' '$(get main url)/vimServiceVersions.xml' | grep -q '<version>7.0.3.0</version>'"
check "the certificate is that of the ready file" test "SHA256:$(finger main)" = "$(get main thumbprint)"
check "it is valid for localhost" curl -s -o /dev/null --cacert "$tmp/main.pem" "https://localhost:$(get main url | cut -d: -f3 | cut -d/ -f1)/sdk/vimServiceVersions.xml"
old=$(finger main)
post main '{"fault":"new_certificate"}' >/dev/null
check "the certificate can be swapped" test "$(finger main)" != "$old"
check "the new one is of the same authority" curl -s -o /dev/null --cacert "$tmp/main.pem" "$(get main url)/vimServiceVersions.xml"
post main '{"fault":"new_certificate","variant":"foreign"}' >/dev/null
check "a foreign one is not" sh -c "! curl -s -o /dev/null --cacert '$tmp/main.pem' '$(get main url)/vimServiceVersions.xml'"
post main '{"fault":"new_certificate"}' >/dev/null
post main '{"fault":"redirect","method":"Login","count":1}' >/dev/null
soap main '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Login>' -L --post302 --insecure >/dev/null
check "what follows a redirect is recorded" state main 's["redirect_target_requests"] == 1 and s["redirect_target_body_bytes"] > 0'
check "a wrong fault is refused" sh -c "test \$(curl -s -o /dev/null -w '%{http_code}' -d '{\"fault\":\"nonsense\"}' '$(get main control_url)/fault') = 400"
check "so is one with an unknown key" sh -c "test \$(curl -s -o /dev/null -w '%{http_code}' -d '{\"fault\":\"html\",\"coutn\":1}' '$(get main control_url)/fault') = 400"

export GOVC_URL GOVC_USERNAME GOVC_PASSWORD GOVC_TLS_CA_CERTS
GOVC_URL=$(get main url) GOVC_USERNAME=$(get main username) GOVC_PASSWORD=$(get main password) GOVC_TLS_CA_CERTS=$(get main ca_file)
"$tmp/inventory" >"$tmp/vms" 2>"$tmp/out"
check "the govmomi inventory lists them" grep -q "/Region/DC2/vm/load/deep/er/load-" "$tmp/vms"
check "with a slash in a name" grep -q '/DC0/vm/load/alpha/load%2fslash-00000' "$tmp/vms"
check "each path once" sh -c "test \$(wc -l <'$tmp/vms') -gt 540 && test -z \"\$(cut -f2 '$tmp/vms' | sort | uniq -d)\""

# --- exports through pyvmomi
curl -s -X POST "$(get main control_url)/reset" >/dev/null
flow() { # flow NAME VM cold|hot ...: exports in one session and judges what came
	local name=$1 d f
	shift
	rm -rf "$tmp/flow"
	/usr/bin/python3 "$here/selftest/flow.py" "$tmp/$name.json" "$tmp/flow" "$@" >"$tmp/results" 2>&1
	numbered <"$tmp/results"
	for d in "$tmp"/flow/*/; do
		for f in "$d"*.vmdk; do
			[ -e "$f" ] && check "qemu-img check passes on ${f#"$tmp/flow/"}" qemu-img check -q "$f"
		done
		if [ -e "$xsd" ]; then
			check "the descriptor is valid" xmllint --nonet --noout --schema "$xsd" "${d}exported.ovf"
		fi
	done
}
flow main /DC0/vm/e2e/cold-many-disks cold /DC0/vm/e2e/cdrom-floppy cold /DC0/vm/e2e/hot-two-disks hot /DC0/vm/DC0_H0_VM0 hot \
	/DC0/vm/e2e/many-networks cold /DC0/vm/e2e/efi-nvram cold "/DC0/vm/e2e/name with spaces, ümlaut & <tag>" cold
check "snapshots were removed, nothing reconfigured" state main 's["snapshots_created"] == s["snapshots_removed"] == 2 and s["changing_calls"]["ReconfigVM_Task"] == 0 and not any(v["config_changed"] for v in s["vms"])'
check "sessions were closed, leases completed" state main 's["sessions"] == [] and s["leases_open"] == 0 and all(l["completes"] == 1 and l["aborts"] == 0 for l in s["leases"])'
curl -s -d '{"device_host":"data"}' "$(get main control_url)/settings" >/dev/null
flow main /DC0/vm/e2e/efi-nvram cold
check "no cookie went there" state main 's["nfc"][-1]["listener"] == "data" and not any(r["cookie"] or r["authorization"] for r in s["nfc"])'

# --- the examples of README.md
"$vc" mkvmdk --size 1MiB "$tmp/other.vmdk"
sed -n '/^```json$/,/^```$/p' "$here/README.md" | grep -v '^```' >"$tmp/example.json"
start readme --scenario "$tmp/example.json"
ok $? "README's scenario serves"
check "with its VM" state readme 'any(v["path"] == "/DC0/vm/demo/web01" and v["snapshots"] == 1 for v in s["vms"]) and s["faults"][0]["fault"] == "lease_slow"'
kill "$last"
start demo --scenario "$here/scenarios/demo.json" --data-listen 127.0.0.1:0
ok $? "the demo's scenario serves"
ctl=$(get demo control_url)
grep -o "curl -d '[^']*' .ctl/[a-z]*" "$here/README.md" >"$tmp/examples"
check "README has examples" test "$(wc -l <"$tmp/examples")" -gt 40
while IFS= read -r line; do
	body=${line#*\'}
	check "README: ${line#curl -d }" curl -sf -o /dev/null -d "${body%\'*}" "$ctl/${line##*/}"
done <"$tmp/examples"
kinds_in_readme() {
	local k missing=0
	while read -r k; do
		grep -q "\"fault\":\"$k\"" "$here/README.md" || { echo "missing: $k"; missing=1; }
	done < <(sed -n '/^var ruleKinds/,/^}/p' "$here/control.go" | grep -o '"[a-z_0-9]*": true' | cut -d'"' -f2)
	return $missing
}
flags_in_readme() {
	local f missing=0
	while read -r f; do
		grep -q -- "\`--$f" "$here/README.md" || { echo "missing: --$f"; missing=1; }
	done < <("$vc" --help 2>&1 | sed -n 's/^  -\([a-z-]*\).*/\1/p')
	return $missing
}
check "every kind of fault is in README" kinds_in_readme
check "every flag is in README" flags_in_readme
kill "$last"

# --- an ESXi host, short timeouts, ways to end
start esx --esx --scenario "$here/scenarios/demo.json" --gzip
ok $? "an ESXi host serves"
flow esx /ha-datacenter/vm/web01 cold /ha-datacenter/vm/ha-host_VM0 hot
login esx ha-sessionmgr >/dev/null
check "its session is open" state esx 'len(s["sessions"]) == 1'
curl -s -d '{"session_idle":0.2}' "$(get esx control_url)/settings" >/dev/null
sleep 0.4
check "and expires when idle" sh -c "$(declare -f soap get); tmp='$tmp'; soap esx '<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this></CurrentTime>' | grep -q NotAuthenticated"
esx_pid=$last
kill -TERM "$esx_pid"
check "SIGTERM ends it" gone "$esx_pid"
check "and removes the ready file" test ! -e "$tmp/esx.json"

bash -c '"$0" --exit-with-parent --ready-file "$1" </dev/null & echo $!; for _ in $(seq 200); do [ -e "$1" ] && break; sleep 0.02; done' "$vc" "$tmp/child.json" >"$tmp/child" 2>"$tmp/out"
check "it ends with its parent" gone "$(head -1 "$tmp/child")"
mkfifo "$tmp/fifo"
"$vc" --exit-with-parent --ready-file "$tmp/fifo.json" <"$tmp/fifo" >/dev/null 2>&1 &
fifo_pid=$!
exec 3>"$tmp/fifo"
for _ in $(seq 200); do [ -e "$tmp/fifo.json" ] && break; sleep 0.02; done
exec 3>&-
check "it ends when its stdin is closed" gone "$fifo_pid"
check "the first one still serves" kill -0 "$main_pid"
check "without memory to speak of" sh -c "test \$(awk '/VmHWM/ {print \$2}' /proc/$main_pid/status) -lt 409600"

echo "1..$n"
[ "$failures" -eq 0 ]
