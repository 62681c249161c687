#!/bin/bash
# ova create and ova extract: what other tools say of what they make.
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
kit=(/usr/bin/python3 -B "$top_srcdir/tests/lib/ovfkit.py")
refused() { # CODE KIND NAME COMMAND...
	local code=$1 kind=$2 name=$3
	shift 3
	run hypersdk "$@"
	is "$rc" "$code" "$name: exit code"
	like "$err_out" "\\($kind\\)\$" "$name: $kind"
}

# --- a folder becomes an OVA, and a folder again ----------------------------

ok "a folder is made" "${kit[@]}" folder "$TMP/web" web01 2 1
echo "another VM's" >"$TMP/web/other.vmdk"
run hypersdk ova create "$TMP/web" "$out_dir/web01.ova"
is "$rc" 0 "create: exit code"
is "$err_out" "" "create: nothing to complain of"
holds "$out_dir" "create leaves the OVA and its receipt" web01.ova \
	web01.ova.receipt.json
judge_ova "$out_dir/web01.ova" "create"
is "$(tar -tf "$out_dir/web01.ova" | tr '\n' ' ')" \
	"web01.ovf web01-disk1.vmdk web01-disk2.vmdk web01.mf " \
	"exactly what the descriptor references, in its order"
ok "the disks are the same" sh -c "cmp '$TMP/web/web01-disk1.vmdk' \
	'$TMP/unpacked/web01-disk1.vmdk' && cmp '$TMP/web/web01-disk2.vmdk' \
	'$TMP/unpacked/web01-disk2.vmdk' && cmp '$TMP/web/web01.ovf' \
	'$TMP/unpacked/web01.ovf'"
ok "it is valid" hypersdk ova validate "$out_dir/web01.ova"
ok "extract" hypersdk ova extract "$out_dir/web01.ova" "$TMP/again"
holds "$TMP/again" "extract leaves no receipt" web01.ovf web01.mf \
	web01-disk1.vmdk web01-disk2.vmdk
ok "extract agrees with tar" diff -r "$TMP/unpacked" "$TMP/again"
ok "extract --file" hypersdk ova extract --file web01-disk2.vmdk \
	"$out_dir/web01.ova" "$TMP/one/new"
holds "$TMP/one" "one file alone" new/web01-disk2.vmdk
ok "which is right" cmp "$TMP/one/new/web01-disk2.vmdk" \
	"$TMP/web/web01-disk2.vmdk"
refused 3 not_found "a file that is not there" ova extract --file none \
	"$out_dir/web01.ova" "$TMP/one"
for algorithm in sha1 sha512; do
	ok "create --digest $algorithm" hypersdk ova create --force \
		--digest $algorithm "$TMP/web/web01.ovf" "$out_dir/web01.ova"
	judge_ova "$out_dir/web01.ova" "$algorithm" $algorithm
done

# --- what is there already --------------------------------------------------

refused 5 output_exists "the OVA is there" ova create "$TMP/web" \
	"$out_dir/web01.ova"
refused 5 output_exists "the folder is there" ova extract \
	"$out_dir/web01.ova" "$TMP/again"
refused 5 output_exists "the file is there" ova extract --file \
	web01-disk2.vmdk "$out_dir/web01.ova" "$TMP/one/new"
cp "$out_dir/web01.ova" "$out_dir/foreign.ova"
sum=$(sha256sum <"$out_dir/foreign.ova")
refused 5 output_exists "force does not replace what is not ours" ova create \
	--force "$TMP/web" "$out_dir/foreign.ova"
is "$(sha256sum <"$out_dir/foreign.ova")" "$sum" "it is as it was"
ok "an OVA is repacked" hypersdk ova create "$out_dir/foreign.ova" \
	"$TMP/repacked/web01.ova"
judge_ova "$TMP/repacked/web01.ova" repacked
refused 2 usage "a name that is no OVA's" ova create "$TMP/web" "$out_dir/x.tar"

# --- a manifest that is there is checked ------------------------------------

cp "$TMP/unpacked/"* "$TMP/web"
ok "with its manifest" hypersdk ova create "$TMP/web" "$out_dir/checked.ova"
printf x | dd of="$TMP/web/web01-disk1.vmdk" bs=1 seek=70000 conv=notrunc \
	status=none
refused 1 '(digest_mismatch|unsafe_image)' "a changed disk" ova create \
	"$TMP/web" "$out_dir/changed.ova"
cp "$TMP/unpacked/"* "$TMP/web"
sed -i '$d' "$TMP/web/web01.mf"
refused 1 corrupt_archive "a line is missing" ova create "$TMP/web" \
	"$out_dir/changed.ova"
holds "$out_dir" "nothing is left of them" {web01,checked}.ova \
	{web01,checked}.ova.receipt.json foreign.ova

# --- chunked files, nvram, an ISO -------------------------------------------

ok "a package of many kinds is made" /usr/bin/python3 -B - \
	"$top_srcdir/tests/lib" "$TMP/kinds" <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
from ovfkit import *
img = vmdk(grains={i: noise(i, 65536) for i in range(9)})
parts = [img[i:i + 100000] for i in range(0, len(img), 100000)]
os.mkdir(sys.argv[2])
def put(name, data):
    with open(os.path.join(sys.argv[2], name), 'wb') as f:
        f.write(data)
for i, part in enumerate(parts):
    put('d.vmdk.%09d' % i, part)
put('v.nvram', noise(1, 8684))
put('cd 1.iso', noise(2, 40000))
put('v.ovf', envelope(
    file_xml(1, 'd.vmdk', len(img), ' ovf:chunkSize="100000"') +
    file_xml(2, 'v.nvram', 8684) + file_xml(3, 'cd 1.iso', 40000),
    disk_xml(1, 1 << 20), hardware(['vmdisk1'], more=item_xml(
        20, 15, 'cd', HostResource='ovf:/file/file3', Parent='3',
        AddressOnParent='5')), name='v').encode())
put('whole', img)
END
mv "$TMP/kinds/whole" "$TMP/whole.vmdk"
ok "it is packed" hypersdk ova create "$TMP/kinds" "$out_dir/kinds.ova"
is "$(tar -tf "$out_dir/kinds.ova" | tr '\n' '|')" \
	"$(cd "$TMP/kinds" && printf '%s|' v.ovf d.vmdk.* v.nvram 'cd 1.iso' v.mf)" \
	"pieces in their order"
ok "it is valid" hypersdk ova validate "$out_dir/kinds.ova"
ok "python reads it" python_reads "$out_dir/kinds.ova"
ok "it is extracted" hypersdk ova extract "$out_dir/kinds.ova" "$TMP/kinds2"
is "$(cat "$TMP"/kinds2/d.vmdk.* | sha256sum)" "$(sha256sum <"$TMP/whole.vmdk")" \
	"the pieces are the disk"
ok "qemu-img agrees" qemu-img check -q "$TMP/whole.vmdk"

ok "a package of 1,020 pieces is made" /usr/bin/python3 -B - \
	"$top_srcdir/tests/lib" "$TMP/many" <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
from ovfkit import *
os.mkdir(sys.argv[2])
for i in range(1020):
    with open(os.path.join(sys.argv[2], 'd.img.%09d' % i), 'wb') as f:
        f.write(b'0123456789')
with open(os.path.join(sys.argv[2], 'm.ovf'), 'w') as f:
    f.write(envelope(file_xml(1, 'd.img', 10200, ' ovf:chunkSize="10"'),
                     disk_xml(1, 10240, fmt='raw'), hardware(['vmdisk1'])))
END
ok "it is packed, though a process may open 1,024 files by default" \
	sh -c 'ulimit -Sn 1024 && "$1" ova create "$2" "$3"' - "$HYPERSDK" \
	"$TMP/many" "$out_dir/many.ova"
is "$(tar -tf "$out_dir/many.ova" | wc -l)" 1022 "with all its files"

# --- archives that others made ----------------------------------------------

pack() { # NAME COMMAND...: its archive is taken, and extracts to the same
	local name=$1
	shift
	ok "$name writes an archive" "$@"
	ok "$name's is valid" hypersdk ova validate "$TMP/theirs.ova"
	ok "$name's is extracted" hypersdk ova extract "$TMP/theirs.ova" \
		"$TMP/theirs"
	ok "$name's is the same" diff -r "$TMP/unpacked" "$TMP/theirs"
	rm -rf "$TMP/theirs" "$TMP/theirs.ova"
}
files=(web01.ovf web01-disk1.vmdk web01-disk2.vmdk web01.mf)
for format in ustar gnu; do
	pack "GNU tar $format" tar -C "$TMP/unpacked" --format=$format \
		--owner=someone:4000 --mode=4755 -cf "$TMP/theirs.ova" \
		"${files[@]}"
	pack "Python $format" /usr/bin/python3 -c '
import sys, tarfile
kind = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT}[sys.argv[1]]
with tarfile.open(sys.argv[2], "w", format=kind) as tar:
    for name in sys.argv[4:]:
        tar.add(sys.argv[3] + "/" + name, name)' $format "$TMP/theirs.ova" \
		"$TMP/unpacked" "${files[@]}"
done
pack bsdtar bsdtar -C "$TMP/unpacked" --format ustar -cf "$TMP/theirs.ova" \
	"${files[@]}"
pack "one end block" sh -c "tar -C '$TMP/unpacked' --format=ustar -b 1 \
	-cf '$TMP/theirs.ova' ${files[*]} && truncate -s -512 '$TMP/theirs.ova'"

# --- without a manifest, and more than there is room for --------------------

tar -C "$TMP/unpacked" --format=ustar -cf "$TMP/bare.ova" "${files[@]::3}"
run hypersdk ova extract "$TMP/bare.ova" "$TMP/bare"
is "$rc" 0 "no manifest: extracted"
like "$err_out" 'warning: .*\(no_manifest\)' "no manifest: it is said"
/usr/bin/python3 -B - "$top_srcdir/tests/lib" "$TMP" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from ovfkit import *
n = 8 << 40
ovf = envelope(file_xml(1, 'd.img', n), disk_xml(1, n, fmt='raw'),
               hardware(['vmdisk1'])).encode()
with open(sys.argv[2] + '/vast.ova', 'wb') as f:
    f.write(entry('b.ovf', ovf) + header('d.img', n))
    f.truncate(f.tell() + n + 1024)
END
refused 5 insufficient_space "8 TiB of holes" ova extract "$TMP/vast.ova" \
	"$TMP/vast"
ok "8 TiB of holes: nothing is left" [ ! -e "$TMP/vast" ]
rm "$TMP/vast.ova"

# --- above 8 GiB, without the room ------------------------------------------

/usr/bin/python3 -B - "$top_srcdir/tests/lib" "$TMP" <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
from ovfkit import *
n = 9 << 30
ovf = envelope(file_xml(1, 'd.img', n), disk_xml(1, n, fmt='raw'),
               hardware(['vmdisk1'])).encode()
with open(sys.argv[2] + '/big.ova', 'wb') as f:
    f.write(entry('b.ovf', ovf) + header('d.img', n))
    f.truncate(f.tell() + n + 1024)
END
run hypersdk ova show --json "$TMP/big.ova"
is "$(jq -c '.files[1].size' <<<"$out")" 9663676416 "its size is read"
is "$(tar -tvf "$TMP/big.ova" | awk '{ print $3 }' | tail -n 1)" 9663676416 \
	"GNU tar reads the same"
done_testing
