#!/bin/bash
# Plugins and cores of different age. A plugin built with the headers of each
# version that is kept exports in this core; a later core, whose structs have
# grown, takes it too, as a later libhypersdk takes programs; and one built with that core's headers, which can work
# with this one (abi), exports in this core.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
read -r -a cc <<<"${CC:-cc}"
example=$top_srcdir/examples/provider-directory
mkdir -p "$TMP/vms/web01"
head -c 100000 /dev/urandom >"$TMP/raw"
truncate -s 1M "$TMP/raw"
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$TMP/raw" \
	"$TMP/vms/web01/disk.vmdk"
mkdir -p "$TMP/etc/conf.d"
plugins=$TMP/plugins
cat >"$TMP/etc/hypersdk.conf" <<-CONF
	state_dir = "$TMP/state";
CONF
cat >"$TMP/etc/conf.d/images.conf" <<-CONF
	pipelines = ({ name = "images"; provider = { plugin = "directory";
		path = "$TMP/vms"; }; });
CONF
# build HEADERS: the example, among the plugins
build() {
	rm -rf "$plugins"
	cp -r "$HYPERSDK_PLUGIN_DIR" "$plugins"
	"${cc[@]}" -Werror -shared -fPIC -fvisibility=hidden -D_GNU_SOURCE "-I$1" \
		-o "$plugins/provider/directory.so" \
		"$example"/{export,machine,plugin}.c
}
# exports WHAT: through this core
exports() {
	rm -rf "$TMP/out"
	mkdir "$TMP/out"
	run "$HYPERSDK" export web01 --pipeline images --output "$TMP/out" \
		--config "$TMP/etc/hypersdk.conf" --plugin-dir "$plugins"
	is "$rc" 0 "$1 exports"
	[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$err_out"
	ok "the bytes of the disk" sh -c "tar -xOf '$TMP/out/web01.ova' \
		web01-disk1.vmdk | cmp - '$TMP/vms/web01/disk.vmdk'"
}
later=$top_builddir/tests/abi/build-later
for old in "$top_srcdir"/tests/abi/[0-9]*.*.*; do
	ok "a plugin of ${old##*/}" build "$old"
	exports "it"
	run "$top_builddir/tests/abi/later-core" \
		"$plugins/provider/directory.so" directory
	is "$rc $out $err_out" "0 directory, nothing of later
path: folder whose folders are the VMs, absolute " "a later core takes it"
done
ok "a later libhypersdk takes the structs of today" \
	"$top_builddir/tests/abi/later-lib"
ok "a plugin of a later version that takes this core" build "$later"
exports "it"
done_testing
