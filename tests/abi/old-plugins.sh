#!/bin/bash
# Plugins as they were written for each kept version of the interface, built
# with its headers and nothing else, do their work in the daemon of today; and
# what a plugin may state of versions and sizes is taken or refused as plugin.h
# says. (The old store keeps its rows in ours: a small one that is right does not
# exist.)
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
unset LD_LIBRARY_PATH
read -r -a cc <<<"${CC:-cc}"
umask 022
# build KEPT OUT ARGUMENT...
build() {
	"${cc[@]}" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -shared \
		-fPIC -fvisibility=hidden "-I$1" -o "$2" "${@:3}" -lcrypto
}
mkdir -p "$TMP/vms/web01"
head -c 300000 /dev/urandom >"$TMP/raw"
truncate -s 2M "$TMP/raw"
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$TMP/raw" \
	"$TMP/vms/web01/disk.vmdk"
shipped=$HYPERSDK_PLUGIN_DIR

for kept in "$top_srcdir"/tests/abi/[0-9]*.*.*; do
	version=${kept##*/} plugins=$TMP/plugins-${kept##*/}
	cp -r "$shipped" "$plugins"
	export HYPERSDK_PLUGIN_DIR=$plugins
	# What is named alike takes the place of what we ship.
	while read -r file sources; do
		read -r -a sources <<<"$sources"
		ok "$version: $file" build "$kept" "$plugins/$file.so" \
			"${sources[@]/#/$kept/plugins/}"
	done <<-END
		provider/directory directory/export.c directory/machine.c directory/plugin.c
		packager/ovf packager.c
		storage/through storage.c
		notifier/webhook notifier.c
		exporter/prometheus exporter.c
		store/kept store.c
	END
	run "$HYPERSDK" plugins list
	unlike "$out" Refused "$version: none is refused"
	is "$(grep -c "of 1\.0$" <<<"$out")" 5 "$version: they are the old ones"
	rm -rf "$daemon_out" "$daemon_state" "$daemon_log"
	daemon_configure "storage = { roots = [ \"$daemon_out\" ]; };
		metrics = { enabled = true; port = 0; };
		database = { plugin = \"kept\"; };
		webhooks = ({ name = \"file\"; url = \"http://x$TMP/told\"; });
		pipelines = ({ name = \"old\"; default = true;
			provider = { plugin = \"directory\"; path = \"$TMP/vms\"; };
			packager = { plugin = \"ovf\"; };
			storage = { plugin = \"through\"; inner = { plugin = \"local\"; }; };
		});"
	start_daemon
	run "$HYPERSDK" jobs submit --vm web01 --pipeline old --config \
		"$daemon_conf" --output "$daemon_out" --wait
	is "$rc" 0 "$version: an export through all of them"
	[ "$rc" -eq 0 ] || (echo "$err_out"; tail -n 30 "$daemon_log") | sed 's/^/# /'
	ok "$version: its files are what the manifest says" \
		"$HYPERSDK" ova validate "$daemon_out/web01"
	ok "$version: its disk is the source's" cmp \
		"$daemon_out/web01/web01-disk1.vmdk" "$TMP/vms/web01/disk.vmdk"
	ok "$version: the notifier was told" wait_for 30 \
		grep -q '^job.completed ' "$TMP/told"
	port=$(sed -n 's/.*metrics.*port \([0-9]*\)$/\1/p' "$daemon_log" | tail -n 1)
	run curl -si --max-time 30 "http://127.0.0.1:$port/metrics"
	like "$out" 'version=1.0-kept.*hypersdk_plugin_events_total 1' \
		"$version: the exporter renders, what the storage counted too"
	stop_daemon
	is "$daemon_rc" 0 "$version: the daemon ends well"
	ok "$version: the store was told where the state is" \
		test -s "$daemon_state/jobs.db"
	echo "state_dir = \"$daemon_state\";" >>"$daemon_conf"
	run "$HYPERSDK" db check --config "$daemon_conf"
	is "$rc $err_out" "0 " "$version: the store reads only, and finds nothing wrong"
done

# --- what a plugin states -------------------------------------------------------

export HYPERSDK_PLUGIN_DIR=$TMP/stated
mkdir -p "$HYPERSDK_PLUGIN_DIR/notifier"
so=$HYPERSDK_PLUGIN_DIR/notifier/webhook.so
# state SED: what the core says of a notifier of today, changed
state() {
	sed "$1" "$top_srcdir/tests/abi/1.0.0/plugins/notifier.c" >"$TMP/stated.c"
	build "$top_srcdir/include" "$so.tmp" "$TMP/stated.c" && mv "$so.tmp" "$so"
	run "$HYPERSDK" plugins show notifier/webhook
}
state ''
is "$rc $err_out" "0 " "as it is, it is taken"
state 's/HYP_ABI_VERSION/(1u << 16)/'
is "$rc $err_out" "0 " "and one that states 1.0"
refused() { # SED TEXT NAME
	state "$1"
	is "$rc" 2 "$3: refused"
	like "$err_out" "webhook.so: $2" "$3: says why"
}
refused 's/HYP_ABI_VERSION/(2u << 16)/' \
	'is for version 2\.0 of the plugin interface, this core has 1\.[0-9]+; a newer hypersdk is needed ' \
	"major 2"
refused 's/HYP_ABI_VERSION/(1u << 16 | 99)/' \
	'is for version 1\.99 .* a newer hypersdk is needed ' "minor 99"
refused 's/HYP_ABI_VERSION/1u/' 'is for version 0\.1 .* build it anew ' \
	"what came before 1.0"
refused 's/HYP_PLUGIN_EXPORT/__attribute__((visibility("default"))) const struct hyp_plugin *hypersdk_plugin_v2(void);const struct hyp_plugin *hypersdk_plugin_v2(void)/' \
	'found v2, this core speaks v1 ' "another symbol"
refused 's/\.size = sizeof(ops)/.size = sizeof(ops) - sizeof(void *)/' \
	'wrong size: its table of operations has [0-9]+ bytes, this core needs [0-9]+' \
	"a table that ends before what every one must have"
refused 's/\.size = sizeof(plugin)/.size = sizeof(plugin) - 8/' \
	'wrong size: its description has' "a description that ends early"
refused 's/\.deliver = deliver,/.deliver = 0 ? deliver : NULL,/' 'lacks the operation .deliver' \
	"a mandatory member that is NULL"

# A store has the options by which it is opened (store.h).
so=$HYPERSDK_PLUGIN_DIR/store/kept.so
mkdir "${so%/*}"
while read -r option type; do
	sed "s/\"$option\",/\"other\",/" \
		"$top_srcdir/tests/abi/1.0.0/plugins/store.c" >"$TMP/stated.c"
	ok "a store without \"$option\"" build "$top_srcdir/include" "$so" \
		"$TMP/stated.c"
	for command in '2 plugins show store/kept' \
		"1 plugin-test store $so --suites ${top_builddir:?}/tests/contract"; do
		read -r -a command <<<"$command"
		run "$HYPERSDK" "${command[@]:1}"
		is "$rc" "${command[0]}" "${command[1]} refuses it"
		like "$err_out" "kept.so: lacks the option .$option., a $type, which every store must have" \
			"${command[1]} says why"
	done
done <<-END
	path string
	read_only bool
END
done_testing
