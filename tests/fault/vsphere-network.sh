#!/bin/bash
# provider/vsphere and the network: faults 27-30, 34-36, 38-42, 44, 46.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
. "${top_srcdir:?is set by make check}/tests/lib/vcenter.sh" || exit 1

vcenter_start --scenario "$top_srcdir/tests/vcenter/scenarios/e2e.json" \
	--data-listen 127.0.0.1:0 --device-host star || exit 1
one=$(vm_id cold-one-disk) two=$(vm_id cold-both-layouts)
nvram=$(vm_id efi-nvram)

export_vm() {
	rm -rf "$TMP/o"
	mkdir "$TMP/o"
	drive export "${2:-auto}" "$1" "$TMP/o"
}
restarts() { grep -c '^restart' <<<"$out"; }
whole() { # the only thing wrong were restarts
	out=$(grep -v '^restart' <<<"$out")
	exported "$1"
}

# 27: cut at any byte: the disk begins anew, the bytes are right in the end.
size=$(export_vm "$one" && stat -c %s "$TMP/o/disk-0.vmdk")
for at in 0 1 511 512 65536 $((RANDOM * 64 % size)) $((RANDOM * 64 % size)) \
	$((size - 512)) $((size - 1)); do
	reset
	fault "{\"fault\":\"nfc_cut\",\"after_bytes\":$at,\"count\":1}"
	export_vm "$one"
	is "$(restarts)" 1 "27: cut after $at bytes: one restart"
	whole "27: cut after $at bytes: whole in the end"
	ok "27: qemu-img agrees" qemu-img check -f vmdk "$TMP/o/disk-0.vmdk"
done
reset
fault '{"fault":"nfc_cut","after_bytes":100000,"reset":true}'
export_vm "$one"
refused -1 connection_lost "27: cut every time"
is "$(restarts)" 3 "27: after three restarts"
is "$(state '[.leases[].aborts]')" '[1]' "27: the lease is aborted"
# 28: bytes are never asked for in part.
is "$(state '[.nfc[] | select(.range != "")]')" '[]' "28: no Range is sent"
clean 27

# 29: an early end that looks like a good one.
reset
fault '{"fault":"nfc_eof","after_bytes":1000000}'
export_vm "$one"
refused -1 size_mismatch "29: a chunked body that ends early"
reset
fault '{"fault":"nfc_eof","after_bytes":100,"disk":-1}'
export_vm "$nvram"
refused -1 size_mismatch "29: the same of an nvram"
reset
fault '{"fault":"nfc_eof","after_bytes":0,"disk":0}'
export_vm "$one"
refused -1 size_mismatch "29: no byte at all"
clean 29

# 30: next to nothing, for too long.
reset
drive_options=(silence=1s)
fault '{"fault":"nfc_slow","bytes_per_second":100}'
export_vm "$one"
refused -1 net_timeout "30: a drip of bytes"
reset
fault '{"fault":"nfc_stall","after_bytes":100000}'
export_vm "$one"
refused -1 net_timeout "30: a stall"
fault '{"fault":"hang","method":"CreateContainerView"}'
drive list
refused -1 net_timeout "30: a SOAP call without answer"
drive_options=()
clean 30

# 34: a wrong password is tried once.
reset
right=$VC_PASSWORD
VC_PASSWORD=wrong-Passw0rd
drive lookup cold-one-disk
VC_PASSWORD=$right
refused -3 auth_failed "34: a wrong password"
is "$(state '.failed_logins')" 1 "34: is sent once"
like "$out" "not tried again" "34: and says so"

# 35: other hosts need their own proof, and get no cookie.
reset
settings '{"device_host":"data"}'
export_vm "$two"
exported "35: a data host with the thumbprint that the lease states"
is "$(state '[.nfc[].listener] | unique')" '["data"]' "35: it was that host"
fault '{"fault":"wrong_thumbprint"}'
export_vm "$one"
refused -4 cert_mismatch "35: a wrong thumbprint"
like "$out" "expected SHA1:00:11:22" "35: the expected one is shown"
like "$out" "seen $(jq -r '"SHA1:" + .data_sha1' "$vc_ready")" \
	"35: and the one seen"
reset
settings '{"device_host":"data"}'
fault '{"fault":"wrong_thumbprint","value":""}'
export_vm "$one"
refused -4 cert_untrusted "35: no thumbprint and no authority"
is "$(state '.nfc | length')" 0 "35: no request was sent there"
reset
settings '{"device_host":"real"}'
export_vm "$one"
exported "35: the endpoint by its own name"
reset
settings '{"device_host":"data"}'
drive_trust=insecure=true
fault '{"fault":"wrong_thumbprint","value":""}'
export_vm "$one"
exported "35: insecure covers the data hosts"
like "$out" 'fact tls insecure' "35: and is recorded"
unset drive_trust
for url in http://127.0.0.1/x https://u:p@127.0.0.1/x file:///etc/passwd; do
	reset
	fault "{\"fault\":\"device_url\",\"value\":\"$url\"}"
	export_vm "$one"
	refused -4 bad_url "35: $url is not fetched"
done
clean 35

# 36: sizes that say nothing, or lie.
for n in 0 9223372036854775807 -1; do
	reset
	fault "[{\"fault\":\"file_size\",\"value\":$n},
		{\"fault\":\"total_capacity\",\"value\":$n}]"
	export_vm "$nvram"
	exported "36: sizes of $n"
done
clean 36

# 38: too large, before memory is.
for f in endless gzip_bomb; do
	reset
	fault "{\"fault\":\"$f\",\"method\":\"CreateContainerView\"}"
	drive list
	refused -4 too_large "38: $f"
done

# 39: answers of something else.
reset
fault '{"fault":"soap_fault","method":"Login","type":"InvalidLogin","status":200}'
drive list
refused -4 bad_response "39: a fault with status 200"
is "$(state '.methods.Login')" 1 "39: once"
for f in html http_status; do
	reset
	fault "{\"fault\":\"$f\",\"method\":\"Login\",\"status\":200}"
	drive list
	refused -4 bad_response "39: $f"
done
for at in RetrieveServiceContent Login CreateContainerView; do
	reset
	fault "{\"fault\":\"redirect\",\"method\":\"$at\"}"
	drive list
	refused -4 bad_response "39: redirect at $at"
	is "$(state '.redirect_target_requests')" 0 "39: nobody went there"
done
reset
fault '{"fault":"redirect","method":"/nfc"}'
export_vm "$one"
refused -4 bad_response "39: redirect of a download"
clean 39

# 40: XML that is meant to harm.
while read -r variant kind; do
	reset
	fault "{\"fault\":\"xml\",\"variant\":\"$variant\",\"method\":\"Login\"}"
	drive list
	refused -4 "$kind" "40: $variant"
done <<'LIST'
doctype xml_forbidden
external_entity xml_forbidden
billion_laughs xml_forbidden
huge_attribute xml_limit
many_attributes xml_limit
deep xml_limit
truncated bad_response
not_xml bad_response
empty bad_response
wrong_root bad_response
bad_utf8 bad_response
nul xml_limit
LIST
for variant in utf16_bom undeclared_prefix two_roots processing_instruction; do
	reset
	fault "{\"fault\":\"xml\",\"variant\":\"$variant\",\"method\":\"Login\"}"
	drive list
	like "$rc$out" '^1error -4 (bad_response|xml_(limit|forbidden)) ' \
		"40: $variant"
done
# Who opened this pipe would wait for ever.
mkfifo "$TMP/pipe"
reset
fault "{\"fault\":\"xml\",\"variant\":\"external_entity\",\"method\":\"Login\",\"location\":\"file://$TMP/pipe\"}"
drive list
refused -4 xml_forbidden "40: an external entity is not opened"

# 41: another certificate.
reset
good=$vc_pin
vc_pin="SHA256:$(printf '%064d' 0)"
drive list
refused -4 cert_mismatch "41: not the pinned certificate"
like "$out" "seen $good" "41: the one seen is shown"
is "$(state '.soap_requests')" 0 "41: no request was sent"
vc_pin=$good
drive_trust="ca=$vc_ca" drive list
is "$rc" 0 "41: the right authority"
drive_trust='insecure=false' drive list
refused -4 cert_untrusted "41: an unknown authority"
like "$out" "$good" "41: the fingerprint to pin is shown"
drive_trust="ca=$TMP/none.pem" drive list
refused -6 bad_ca "41: a file of authorities that is not there"
fault "{\"fault\":\"lease_slow\",\"seconds\":5}"
rm -rf "$TMP/o" && mkdir "$TMP/o"
drive_begin export auto "$one" "$TMP/o"
wait_for 20 sh -c "curl -sS '$vc_ctl/state' | jq -e '.leases_open == 1'"
fault '{"fault":"new_certificate"}'
drive_end
refused -4 cert_mismatch "41: a new certificate in the middle of an export"

# 42: no way there.
vc_real=$vc_url
vc_url=https://no-such-host.invalid/sdk drive list
refused -1 dns_failed "42: a name without address"
vc_url=https://127.0.0.1:1/sdk drive list
refused -1 connect_failed "42: a port that nobody listens at"
vc_url=${vc_ctl/http:/https:} drive list
refused -1 tls_failed "42: a port that speaks no TLS"
is "$vc_url" "$vc_real" "the address is the right one again"
vcenter_stop

vcenter_start --scenario "$top_srcdir/tests/vcenter/scenarios/e2e.json" \
	--gzip || exit 1
one=$(vm_id cold-one-disk)

# 44: unavailable for a while: reading calls are tried five times.
fault '{"fault":"http_status","method":"CreateContainerView","status":503,"count":3}'
drive list
is "$rc" 0 "44: three times 503, then an answer"
fault '{"fault":"drop","method":"CreateContainerView","reset":true,"count":2}'
drive list
is "$rc" 0 "44: a reset connection"
reset
fault '{"fault":"http_status","method":"CreateContainerView","status":503}'
drive list
refused -1 server_unavailable "44: 503 every time"
is "$(state '.faults[0].hits')" 5 "44: five tries"
# What changes the server is not repeated.
for f in '"drop"' '"http_status","status":503' '"drop","reset":true'; do
	reset
	fault "{\"fault\":$f,\"method\":\"ExportVm\"}"
	export_vm "$one"
	like "$out" 'error -1 (connection_lost|server_unavailable)' \
		"44: ExportVm with $f fails"
	is "$(state '.faults[0].hits')" 1 "44: and is sent once"
done
reset
fault '{"fault":"drop","method":"CreateSnapshot_Task"}'
export_vm "$(vm_id hot-one-disk)"
like "$out" 'error -1 connection_lost' "44: CreateSnapshot_Task, too"
is "$(state '.faults[0].hits')" 1 "44: and is sent once"
reset
fault '{"fault":"drop","method":"ExportSnapshot"}'
export_vm "$(vm_id hot-one-disk)"
refused -1 connection_lost "44: ExportSnapshot without answer"
is "$(state '[.logins, .logouts, .snapshots_removed]')" '[2,2,1]' \
	"44: its lease goes with the session, before the snapshot does"
clean "44: ExportSnapshot"
reset
fault '{"fault":"nfc_status","status":503,"count":1}'
export_vm "$one"
whole "44: a download that is refused once"
clean 44

# 46: the environment has no say.
reset
mkdir "$TMP/home"
echo "machine 127.0.0.1 login evil password evil" >"$TMP/home/.netrc"
export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 \
	HTTPS_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 \
	NO_PROXY='' SSLKEYLOGFILE=$TMP/keys CURL_HOME=$TMP/home \
	SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null
HOME=$TMP/home export_vm "$one"
exported "46: an export in spite of proxies in the environment"
is "$(cat "$TMP/keys" 2>/dev/null)" "" "46: no TLS keys are written"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY NO_PROXY SSLKEYLOGFILE \
	CURL_HOME SSL_CERT_FILE SSL_CERT_DIR
clean 46
done_testing
