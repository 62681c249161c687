#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our tar headers read by GNU tar, bsdtar and Python; theirs read by us.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
tool=$top_builddir/tests/unit/package/package-tool

by_gnu() { TZ=UTC tar -tvf "$1" --numeric-owner | awk '{print $3, $6}'; }
by_bsd() { bsdtar -tvf "$1" | awk '{print $5, $9}'; }
by_python() {
	python3 - "$1" <<-'PY'
	import sys, tarfile
	for m in tarfile.open(sys.argv[1], "r:"):
	    assert m.isreg() and m.uid == m.gid == 0 and m.mode == 0o644, m
	    assert m.mtime == 1700000000 and not m.pax_headers, m
	    print(m.size, m.name)
	PY
}
# judge NAME NAME:SIZE...: all three see what was meant.
judge() {
	local what=$1 want
	shift
	rm -f "$TMP/a.tar"
	ok "$what: written" "$tool" tar-write "$TMP/a.tar" "$@"
	want=$(printf '%s\n' "$@" | awk -F: '{print $2, $1}')
	is "$(by_gnu "$TMP/a.tar" 2>&1)" "$want" "$what: GNU tar"
	is "$(by_bsd "$TMP/a.tar" 2>&1)" "$want" "$what: bsdtar"
	is "$(by_python "$TMP/a.tar" 2>&1)" "$want" "$what: Python"
	is "$("$tool" tar-list "$TMP/a.tar" 2>&1)" \
		"$(echo "$want" | awk '{print 0, $1, 1700000000, $2}')" \
		"$what: ourselves"
}

judge sizes a.ovf:0 b:1 c:511 d:512 e:513 f:10240
judge "8 GiB - 1" x.ovf:5 disk.vmdk:8589934591 y:1
judge "8 GiB" x.ovf:5 disk.vmdk:8589934592 y:1
judge "1 TiB" x.ovf:5 disk.vmdk:1099511627776 y:1

names=() n=
for i in {1..100}; do
	n+=$((i % 10))
	names+=("$n:$i")
done
judge "names of 1 to 100 bytes" "${names[@]}"
run "$tool" tar-write "$TMP/b.tar" "${n}x:1"
is "$rc" 1 "a name of 101 bytes is refused"
like "$err_out" '^unsafe_path: ' "as unsafe_path"

# Bytes come back too, not names alone.
ok "small archive" "$tool" tar-write "$TMP/c.tar" one:700 two:3
ok "GNU tar unpacks it" tar -xf "$TMP/c.tar" -C "$TMP"
is "$(stat -c %s "$TMP/one" "$TMP/two" | xargs)" "700 3" "to the right sizes"

mkdir "$TMP/in" && cd "$TMP/in" || exit 1
head -c 1000 /dev/zero >one && : >two && truncate -s 9G three
touch -d @1700000000 one two three
want=$(printf '0 %s 1700000000 %s\n' 1000 one 0 two 9663676416 three)
ok "GNU tar writes gnu" tar --format=gnu -cf ../gnu.tar one two
ok "GNU tar writes ustar" tar --format=ustar -cf ../ustar.tar one two
ok "bsdtar writes ustar" bsdtar --format=ustar -cf ../bsd.tar one two
for a in gnu ustar bsd; do
	is "$("$tool" tar-list ../$a.tar 2>&1)" "$(echo "$want" | head -2)" \
		"$a.tar read"
done
# Python writes the header alone of a 9 GiB file, base-256.
python3 - <<-'PY' || exit 1
	import tarfile
	for name, form in (("pgnu", tarfile.GNU_FORMAT),):
	    with open("../%s.tar" % name, "wb") as f:
	        for n, s in (("one", 1000), ("two", 0), ("three", 9663676416)):
	            t = tarfile.TarInfo(n); t.size = s; t.mtime = 1700000000
	            f.write(t.tobuf(form)); f.seek((s + 511) // 512 * 512, 1)
	        f.write(bytes(1024))
	PY
is "$("$tool" tar-list ../pgnu.tar 2>&1)" "$want" "Python's headers read"
tar --format=v7 -cf ../v7.tar one
run "$tool" tar-list ../v7.tar
is "$rc" 1 "the tar before ustar is refused"
tar --format=pax -cf ../pax.tar one
like "$("$tool" tar-list ../pax.tar)" '^x ' "a PAX header is seen as its type"
done_testing
