#!/bin/bash
# plugins list and show; and plugins that are no good, each refused with one
# clear line while the rest works (faults 111, 113).
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
unset LD_LIBRARY_PATH
modules=$top_builddir/tests/unit/plugin/.libs
plugins=$TMP/plugins
json() { python3 -c "import json, sys; o = json.load(sys.stdin); $1" <<<"$out"; }

# --- what is there ----------------------------------------------------------

run hypersdk plugins list
is "$rc" 0 "plugins list"
is "$err_out" "" "says nothing else"
for plugin in provider/synthetic provider/vsphere packager/ova packager/ovf \
	storage/fault storage/local store/sqlite notifier/webhook \
	exporter/prometheus; do
	like "$out" "${plugin%/*} +${plugin#*/} +[0-9]+\." "lists $plugin"
done
unlike "$out" "Refused" "refuses none"
run hypersdk plugins list --json
is "$(json 'print(len(o["refused"]), sorted(o["plugins"][0]))')" \
	"0 ['kind', 'name', 'path', 'summary', 'version']" "plugins list --json"

for plugin in $(json 'print(*[p["kind"] + "/" + p["name"]
	for p in o["plugins"]])'); do
	run hypersdk plugins show "$plugin"
	is "$rc" 0 "plugins show $plugin"
	for word in plugin version summary file threads operations; do
		like "$out" "(^|
)$word  " "$plugin: $word"
	done
	text=$out
	run hypersdk plugins show "$plugin" --json
	is "$rc" 0 "plugins show $plugin --json"
	names=$(json 'print(*[x["name"] for x in o["options"]])')
	for name in $names; do
		like "$text" "
  $name \(" "$plugin: option $name is shown"
	done
	is "$(json 'print(*[x["name"] for x in o["options"]
		if not x["help"] or "type" not in x or "default" not in x])')" \
		"" "$plugin: every option has type, default and help"
	is "$(json 'print(*[x["name"] for x in o["operations"]
		if not x["present"] and not x["optional"]])')" "" \
		"$plugin: every mandatory operation is there"
done
run hypersdk plugins show provider/synthetic
like "$out" "disks \(integer 0\.\.60, default 2\)" "a range and a default"
like "$out" "content \(random \| text \| zero, default random\)" "choices"
run hypersdk plugins show provider/vsphere
like "$out" "url \(string, required\)" "what is required"
like "$out" "password \(secret\)" "a secret"
run hypersdk plugins show storage/fault
like "$out" "wraps +another storage" "what wraps"
run hypersdk plugins show ova
is "$rc" 0 "a bare name will do"

refused() { # REGEX NAME ARGUMENT...
	local want=$1 name=$2
	shift 2
	run hypersdk "$@"
	is "$rc" 2 "$name: exit code"
	is "$out" "" "$name: nothing on standard output"
	like "$err_out" "$want" "$name: says what"
	is "$(wc -l <<<"$err_out")" 1 "$name: in one line"
}
refused 'no provider plugin "vspere" in .*did you mean "vsphere"\?' \
	"an unknown plugin" plugins show provider/vspere
refused 'the kind of a plugin is provider, packager, storage, store, notifier or exporter' \
	"an unknown kind" plugins show providers/vsphere
refused 'no plugin is called so; write KIND/NAME' "an unknown name" \
	plugins show nothing

# --- what is no good --------------------------------------------------------

cp -r "$HYPERSDK_PLUGIN_DIR" "$plugins"
shipped=$(find "$plugins" -name '*.so' | wc -l)
others=$(find "$plugins" -mindepth 1 -maxdepth 1 ! -name provider \
	-printf '%f\n' | sort | xargs)
export HYPERSDK_PLUGIN_DIR=$plugins
cp "$modules/module-nosymbol.so" "$plugins/provider/nosymbol.so"
cp "$modules/module-v2.so" "$plugins/provider/v2.so"
cp "$modules/module-good.so" "$plugins/provider/othername.so"
cp "$modules/module-good.so" "$plugins/storage/good.so"
cp "$modules/module-good.so" "$plugins/provider/writable.so"
cp "$modules/module-good.so" "$plugins/provider/suid.so"
cp "$modules/module-odd.so" "$plugins/provider/odd.so"
echo "no ELF" >"$plugins/provider/text.so"
ln -s good.so "$plugins/provider/link.so"
chmod 0666 "$plugins/provider/writable.so"
chmod 4755 "$plugins/provider/suid.so"

run hypersdk plugins list --json
is "$rc" 0 "plugins list with bad ones"
is "$(json 'print(len(o["plugins"]))')" $((shipped + 1)) "the good ones are there"
reason() { json "print(*[r['reason'] for r in o['refused']
	if r['path'] == '$plugins/$1.so'])"; }
like "$(reason provider/nosymbol)" "does not export hypersdk_plugin_v1" \
	"no symbol"
like "$(reason provider/v2)" "found v2, this core speaks v1" "another major"
like "$(reason provider/othername)" 'calls itself "good"' "another name"
like "$(reason storage/good)" "is a provider, but lies in the folder of stor" \
	"another kind"
like "$(reason provider/writable)" "can be written by others" "writable"
like "$(reason provider/suid)" "set-user-ID" "set-user-ID"
like "$(reason provider/link)" "is a symbolic link" "a link"
like "$(reason provider/text)" "is not a shared object" "no shared object"
run hypersdk plugins list
like "$out" "Refused:.*provider/v2\.so" "plugins list names them too"
for odd in crash:"crashed while it was loaded" size:"wrong size" \
	thread:"starts threads" mask:"changes the signal mask" \
	exit-0:"ended the process"; do
	HYP_TEST_ODD=${odd%%:*} run hypersdk plugins list --json
	like "$(reason provider/odd)" "${odd#*:}" "${odd%%:*}"
	is "$(json 'print(len(o["plugins"]))')" "$shipped" "${odd%%:*}: the rest works"
done
# The one that hangs is what takes the time: the limit is 5 s.
HYP_TEST_ODD=hang run hypersdk plugins show provider/odd
is "$rc" 2 "one that hangs"
like "$err_out" "did not load within 5000 ms" "one that hangs: says what"
is "$(pgrep -f -- "--probe-plugin $plugins" || echo none)" none \
	"one that hangs: its child is gone"

run hypersdk export synthetic-1 --provider synthetic \
	--provider-option disk_size=1MiB --output "$out_dir"
is "$rc" 0 "an export goes on among bad plugins"

# A folder that others can write is no place for plugins at all.
chmod 0777 "$plugins/provider"
run hypersdk plugins list --json
is "$(json 'print(*sorted({p["kind"] for p in o["plugins"]}))')" \
	"$others" "a world-writable folder: the others' plugins work"
refused "$plugins/provider can be written by others \(mode 0777\); chmod" \
	"a world-writable folder" vms list --provider synthetic
chmod 0755 "$plugins/provider"
chmod 0777 "$plugins"
refused "$plugins can be written by others" "a world-writable parent" \
	vms list --provider synthetic
chmod 1777 "$plugins"
run hypersdk vms list --provider synthetic
is "$rc" 0 "a sticky parent is no danger"

# What the probe prints is for the loader alone.
run hypersdk --probe-plugin "$plugins/provider/synthetic.so"
is "$rc $out" "0 fit" "--probe-plugin"
run hypersdk --probe-plugin "$plugins/provider/v2.so"
is "$rc $out" "1 found v2, this core speaks v1" "--probe-plugin of a bad one"

run "$HYPERSDK" plugins list --plugin-dir /not/there
like "$rc $err_out" '^0 .*no plugins are there; --plugin-dir' \
	"a folder without plugins: says where they are looked for"

# --- plugin-test without what it needs ----------------------------------------

plugin_test() { # KIND NAME OPTION...
	run "$HYPERSDK" plugin-test "$1" "$HYPERSDK_PLUGIN_DIR/$1/$2.so" \
		--suites "$top_builddir/tests/contract" "${@:3}"
}
plugin_test exporter prometheus
is "$rc $(grep -c '^ok ' <<<"$out")" "0 $(grep -c 'ok ' <<<"$out")" \
	"an exporter needs no settings"
plugin_test notifier webhook
like "$rc $err_out" '^2 .*--settings FILE' "a notifier does, and that is said"
cat >"$TMP/still.conf" <<'END'
pipelines = ({ name = "plain";
	provider = { plugin = "synthetic"; disk_size = "64KiB"; }; });
END
plugin_test provider synthetic --settings "$TMP/still.conf"
is "$rc" 1 "no VM runs: a provider fails"
unlike "$out" 'signal' "and no test crashes"
like "$out" 'not ok .*needs a VM that runs.*cold-only' "but says what to do"
sed -i 's/disk_size/vms = 65; disk_size/' "$TMP/still.conf"
plugin_test provider synthetic --settings "$TMP/still.conf"
like "$rc $err_out" '^1 .*takes 64 VMs at the most' "too many: it says so"
done_testing
