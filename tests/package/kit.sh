#!/bin/bash
# The kit for authors of plugins, as it is installed: the example, copied
# elsewhere, is built with it, tested with it, dropped into the plugin folder of
# a daemon that runs, and exports. Then what goes wrong with plugins.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
install_all
is "$(pkg-config --cflags hypersdk | sed 's/ *$//')" "-I$installed/include" \
	"hypersdk.pc says where the headers are"
like "$(pkg-config --variable=plugindir hypersdk)" '/hypersdk/plugins$' \
	"and the plugins"
is "$(pkg-config --variable=abi_version hypersdk)" 1.0 "and which ABI it is"

# --- build it elsewhere ---------------------------------------------------------

cp -r "$top_srcdir/examples/provider-directory" "$TMP/example"
chmod -R u+w "$TMP/example"
cd "$TMP/example" || exit 1
ok "autoreconf" autoreconf -fi
ok "configure" ./configure -q --with-plugindir="$TMP/plugins"
ok "make" make -s CFLAGS='-O1 -Werror'
hypersdk=$installed/bin/hypersdk
unset HYPERSDK_PLUGIN_DIR
HYPERSDK=$hypersdk PLUGIN_TEST_OPTIONS="--suites $installed/libexec/hypersdk
	--plugin-dir $installed/lib/hypersdk/plugins" run make -s check
is "$rc" 0 "its own tests, and the contract of providers"
[ "$rc" -eq 0 ] || grep -h '^not ok' ./*.log | sed 's/^/# /'
like "$(cat test-contract.sh.log)" '1\.\.[1-9][0-9]' "which has many promises"
cd / || exit 1

# --- drop it in -----------------------------------------------------------------

export HYPERSDK_PLUGIN_DIR=$TMP/plugins
cp -r "$installed/lib/hypersdk/plugins" "$TMP/plugins"
mkdir -p "$TMP/vms/web01"
head -c 2000000 /dev/urandom >"$TMP/raw"
truncate -s 4M "$TMP/raw"
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$TMP/raw" \
	"$TMP/vms/web01/disk.vmdk"
start_daemon
cli() { "$hypersdk" "$@" --config "$daemon_conf"; }
state() { # NAME: what the last reload said of it
	awk -v name="$1" '$2 == name { print $NF }' <<<"$out"
}
run cli plugins reload
is "$rc $(state directory)" "0 " "the daemon does not know it"
ok "make install, while the daemon runs" make -C "$TMP/example" -s install
run cli plugins reload
is "$rc $(state directory) $(state ova)" "0 new loaded" "it does now"
is "$err_out" "" "without a word of warning"
mkdir "$TMP/conf.d"
cat >"$TMP/conf.d/images.conf" <<-CONF
	pipelines = ({ name = "images"; provider = { plugin = "directory";
		path = "$TMP/vms"; }; });
CONF
kill -HUP "$daemon_pid"
ok "a pipeline of it" daemon_says 'reload: done'
run cli jobs submit --vm web01 --pipeline images --output "$daemon_out" --wait
is "$rc" 0 "it exports"
[ "$rc" -eq 0 ] || sed 's/^/# /' "$daemon_log"
ok "a package that is right" "$hypersdk" ova validate "$daemon_out/web01.ova"
tar -C "$TMP" -xf "$daemon_out/web01.ova" web01-disk1.vmdk
ok "with the bytes of the disk" cmp "$TMP/web01-disk1.vmdk" \
	"$TMP/vms/web01/disk.vmdk"

# --- what goes wrong --------------------------------------------------------------

so=$TMP/plugins/provider/directory.so
cp "$so" "$TMP/keep.so"
cp "$so" "$so.new"
mv -f "$so.new" "$so"
run cli plugins reload
is "$rc $(state directory)" "0 replaced" "a file that was replaced is told"
like "$err_out" 'until hypersdkd is restarted' "with what to do"
head -c 5000 "$TMP/keep.so" >"$TMP/plugins/provider/half.so"
run cli plugins reload
is "$rc" 1 "a half-installed plugin is refused"
like "$err_out" 'half.so: .*' "by name"
rm "$TMP/plugins/provider/half.so"
sed -i 's/HYP_ABI_VERSION,/HYP_ABI_VERSION + 41,/; s/"directory"/"later"/' \
	"$TMP/example/plugin.c"
cc -shared -fPIC -D_GNU_SOURCE "-I$installed/include" \
	-o "$TMP/plugins/provider/later.so" "$TMP"/example/{export,machine,plugin}.c
run cli plugins reload
is "$rc" 1 "one for another ABI is refused"
like "$err_out" 'later.so: is for version 1\.41 .* this core has 1\.0' "and why"
rm "$TMP/plugins/provider/later.so"
cp "$TMP/keep.so" "$TMP/plugins/provider/other.so"
chmod 666 "$TMP/plugins/provider/other.so"
run cli plugins reload
like "$rc $err_out" '^1 .*other.so.*chmod go-w' "one that others may write to"
rm "$TMP/plugins/provider/other.so"
rm "$so"
run cli plugins reload
is "$(state directory)" gone "a removed one is told"
stop_daemon
launch_daemon
wait_daemon
is "$daemon_rc" 2 "without it the daemon does not start"
like "$(tail -n 5 "$daemon_log")" "images.conf:[0-9]+: .*directory" \
	"and says which pipeline names it"
run "$hypersdk" plugin-test provider "$TMP/keep.so" --suites /not/there
is "$rc" 3 "plugin-test without its suites"
like "$err_out" hypersdk-dev "says which package has them"
done_testing
