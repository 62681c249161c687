#!/bin/bash
# Files about the 8 GiB that ustar's octal sizes reach: packed for real, and
# read by others. Needs 10 GiB of disk.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
/usr/bin/python3 -B - "$top_srcdir/tests/lib" "$TMP/in" <<'END'
import os
import sys
sys.path.insert(0, sys.argv[1])
from ovfkit import *
n = 8 << 30
os.mkdir(sys.argv[2])
with open(os.path.join(sys.argv[2], 'd.img'), 'wb') as f:
    f.truncate(n)
    for at in (0, 1 << 32, n - 12345):
        f.seek(at)
        f.write(noise(at, 12345))
with open(os.path.join(sys.argv[2], 'large.ovf'), 'w') as f:
    f.write(envelope(file_xml(1, 'd.img', n), disk_xml(1, n, fmt='raw'),
                     hardware(['vmdisk1'])))
END
ok "8 GiB are packed" hypersdk ova create "$TMP/in" "$out_dir/large.ova"
ok "the OVA is valid" hypersdk ova validate "$out_dir/large.ova"
is "$(tar -tvf "$out_dir/large.ova" | awk '$6 == "d.img" { print $3 }')" \
	8589934592 "GNU tar reads its size"
is "$(bsdtar -tvf "$out_dir/large.ova" | awk '$9 == "d.img" { print $5 }')" \
	8589934592 "bsdtar reads its size"
is "$(/usr/bin/python3 -c 'import sys, tarfile
print([m.size for m in tarfile.open(sys.argv[1]) if m.name == "d.img"])' \
	"$out_dir/large.ova")" "[8589934592]" "Python reads its size"
want=$(openssl dgst -sha256 -r "$TMP/in/d.img" | cut -d' ' -f1)
is "$(tar -xOf "$out_dir/large.ova" d.img | openssl dgst -sha256 -r |
	cut -d' ' -f1)" "$want" "GNU tar reads the same bytes"
is "$(tar -xOf "$out_dir/large.ova" large.mf | sed -n 's/.*(d.img)= //p')" \
	"$want" "which the manifest's digest is of"
rm "$TMP/in/d.img"
done_testing
