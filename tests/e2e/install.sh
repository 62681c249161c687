#!/bin/bash
# make install: beneath prefix, sysconfdir and localstatedir, nowhere else; and
# what is installed works.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
dest=$TMP/dest
run make -C "$top_builddir" -s install DESTDIR="$dest" prefix=/opt/hypersdk \
	sysconfdir=/opt/etc localstatedir=/opt/var
is "$rc" 0 "make install succeeds"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$err_out"
is "$(find "$dest" ! -type d | sed "s|^$dest||" | grep -Ev \
	'^/opt/(hypersdk/(s?bin|lib|libexec|include|share)|etc/hypersdk|var)/')" "" \
	"it writes beneath prefix, sysconfdir and localstatedir only"
for file in /opt/hypersdk/bin/hypersdk /opt/hypersdk/sbin/hypersdkd \
	/opt/hypersdk/include/hypersdk/plugin.h \
	/opt/hypersdk/lib/hypersdk/plugins/provider/synthetic.so \
	/opt/hypersdk/lib/hypersdk/plugins/provider/vsphere.so \
	/opt/hypersdk/lib/hypersdk/plugins/packager/ova.so \
	/opt/hypersdk/lib/hypersdk/plugins/packager/ovf.so \
	/opt/hypersdk/lib/hypersdk/plugins/storage/local.so \
	/opt/hypersdk/lib/hypersdk/plugins/store/sqlite.so; do
	ok "$file is installed" test -f "$dest$file"
done
is "$(find "$dest" -name '*.la' -o -name '*.a')" "" "no libtool archives"
is "$(find "$dest" -perm /022 ! -type l)" "" "nothing that others may write to"
is "$(find "$dest/opt/hypersdk/lib" -name '*.so' -exec sh -c \
	'objdump -p "$1" | grep -E "RPATH|RUNPATH"' _ {} \;)" "" "no run paths"
run "$dest/opt/hypersdk/bin/hypersdk" export synthetic-1 --output "$out_dir" \
	--provider synthetic --provider-option disk_size=1MiB \
	--plugin-dir "$dest/opt/hypersdk/lib/hypersdk/plugins"
is "$rc" 0 "the installed command exports with the installed plugins"
run "$dest/opt/hypersdk/sbin/hypersdkd" --check --state-dir "$TMP/state" \
	--plugin-dir "$dest/opt/hypersdk/lib/hypersdk/plugins"
is "$rc" 0 "the installed daemon accepts its configuration"

# What somebody else has put there is not ours to remove.
foreign=$dest/opt/hypersdk/lib/hypersdk/plugins/provider/directory.so
touch "$foreign"
run make -C "$top_builddir" -s uninstall DESTDIR="$dest" \
	prefix=/opt/hypersdk sysconfdir=/opt/etc localstatedir=/opt/var
is "$rc" 0 "make uninstall succeeds"
is "$(find "$dest" ! -type d)" "$foreign" "and leaves nothing but others' plugins"
is "$(find "$dest" -name hypersdk)" "$dest/opt/hypersdk
$dest/opt/hypersdk/lib/hypersdk" "nor folders of ours"
done_testing
