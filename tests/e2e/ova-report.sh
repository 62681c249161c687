#!/bin/bash
# ova show and ova validate, and signatures, with openssl as another judge.
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
kit=(/usr/bin/python3 -B "$top_srcdir/tests/lib/ovfkit.py")
ok "a folder is made" "${kit[@]}" folder "$TMP/web" web01 1
ok "and packed" hypersdk ova create "$TMP/web" "$out_dir/web01.ova"

# --- show -------------------------------------------------------------------

run hypersdk ova show "$out_dir/web01.ova"
is "$rc" 0 "show: exit code"
like "$out" 'name +web01' "show: the name"
like "$out" 'CPUs +2' "show: processors"
like "$out" 'memory +1\.0 GiB' "show: memory"
like "$out" 'web01-disk1\.vmdk' "show: the disk"
run hypersdk ova show --json "$out_dir/web01.ova"
is "$(jq -c '[.name, .num_cpu, .memory_mb, .manifest, .signed]' <<<"$out")" \
	'["web01",2,1024,true,false]' "show --json"
is "$(jq -r '.files[] | select(.name == "web01-disk1.vmdk") | .sha256' <<<"$out")" \
	"$(sha256sum <"$TMP/web/web01-disk1.vmdk" | cut -d' ' -f1)" \
	"show --json: sha256sum agrees"
is "$(jq -r '.disks[0].capacity' <<<"$out")" \
	"$(qemu-img info --output=json "$TMP/web/web01-disk1.vmdk" |
		jq -r '."virtual-size"')" "show --json: qemu-img agrees"
run hypersdk ova show "$TMP/none.ova"
is "$rc" 3 "show of nothing: exit code"

# --- validate ---------------------------------------------------------------

run hypersdk ova validate --json "$out_dir/web01.ova"
is "$rc" 0 "validate: exit code"
is "$(jq -c '[.valid, .errors, .warnings]' <<<"$out")" "[true,0,0]" \
	"validate --json: no error, no warning"
is "$(jq -c '[.findings[] | select(.rule == "" or .kind == "")]' <<<"$out")" \
	"[]" "each finding has a kind and a rule"
cp "$out_dir/web01.ova" "$TMP/bad.ova"
printf x | dd of="$TMP/bad.ova" bs=1 seek=200000 conv=notrunc status=none
run hypersdk ova validate --json "$TMP/bad.ova"
is "$rc" 1 "one byte changed: exit code"
is "$(jq -c '[.findings[] | select(.kind == "digest_mismatch") | .where]' \
	<<<"$out")" '["web01-disk1.vmdk"]' "one byte changed: in which file"
run hypersdk ova validate "$TMP/none.ova"
is "$rc" 3 "validate of nothing: exit code"
for descriptor in "$top_srcdir"/tests/unit/package/fixtures/*.ovf; do
	name=${descriptor##*/}
	run hypersdk ova validate --json "$descriptor"
	is "$(jq -c '[.findings[] | select(.severity == "error") | .kind]' \
		<<<"$out")" '["corrupt_archive"]' \
		"$name: only its files are missing"
done

# --- signatures -------------------------------------------------------------

cd "$TMP" || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 \
	-subj "/CN=Test root" 2>/dev/null
for kind in rsa ec; do
	if [ $kind = rsa ]; then
		openssl genrsa -out $kind.key 2048 2>/dev/null
	else
		openssl ecparam -name prime256v1 -genkey -noout -out $kind.key
	fi
	openssl req -new -key $kind.key -subj "/CN=Maker" 2>/dev/null |
		openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial \
			-days 30 -out $kind.pem 2>/dev/null
	ok "$kind: signed" hypersdk ova create --sign $kind.key --cert $kind.pem \
		web $kind.ova
	mkdir $kind
	ok "$kind: unpacked by tar" tar -C $kind -xf $kind.ova
	is "$(tar -tf $kind.ova | tail -n 2 | tr '\n' ' ')" \
		"web01.mf web01.cert " "$kind: manifest, then certificate"
	sed -n '1s/.*= //p' $kind/web01.cert |
		/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(
bytes.fromhex(sys.stdin.read()))' >$kind/signature
	openssl x509 -in $kind/web01.cert -noout -pubkey >$kind/public
	ok "$kind: openssl verifies the signature" openssl dgst -sha256 \
		-verify $kind/public -signature $kind/signature $kind/web01.mf
	run hypersdk ova validate --json --ca ca.pem $kind.ova
	is "$rc $(jq -c '[.findings[] | select(.where == "web01.cert") | .kind]' \
		<<<"$out")" '0 ["signed"]' "$kind: validate trusts it"
	run hypersdk ova validate --json $kind.ova
	is "$rc $(jq -c '[.findings[] | select(.where == "web01.cert") | .kind]' \
		<<<"$out")" '0 ["untrusted_cert"]' "$kind: but not without its root"
done
# Signed by openssl alone.
mkdir theirs
cp rsa/web01.ovf rsa/web01.mf rsa/web01-disk1.vmdk theirs
{
	printf 'SHA256(web01.mf)= '
	openssl dgst -sha256 -sign rsa.key rsa/web01.mf |
		od -An -v -tx1 | tr -d ' \n'
	echo
	cat rsa.pem
} >theirs/web01.cert
run hypersdk ova validate --json --ca ca.pem theirs
is "$(jq -c '[.valid, (.findings[] | select(.where == "web01.cert") | .kind)]' \
	<<<"$out")" '[true,"signed"]' "what openssl signs is trusted"
ok "its signature is kept" hypersdk ova create theirs kept.ova
is "$(tar -xOf kept.ova web01.cert | sha256sum)" \
	"$(sha256sum <theirs/web01.cert)" "as it was"
run hypersdk ova create --digest sha512 theirs dropped.ova
like "$err_out" '\(signature_dropped\)' "another manifest drops it, and says so"
is "$(tar -tf dropped.ova | grep -c cert)" 0 "it is not in the OVA"
sed -i '1{s/= 0/= f/;t;s/= ./= 0/}' theirs/web01.cert
run hypersdk ova validate --json theirs
is "$rc $(jq -c '[.findings[] | select(.severity == "error") | .kind]' \
	<<<"$out")" '1 ["bad_signature"]' "a wrong signature is an error"
run hypersdk ova create theirs wrong.ova
is "$rc" 1 "and is not packed"
like "$err_out" '\(bad_signature\)' "and why"
run hypersdk ova create --sign rsa.key --cert ec.pem web wrong.ova
is "$rc" 2 "a key that is another certificate's: exit code"
like "$err_out" '\(bad_key\)' "a key that is another certificate's: why"
ok "nothing is left of those" [ ! -e wrong.ova ]
done_testing
