#!/bin/bash
# Every shipped configuration is right, as it is and with its commented options
# in force; together the examples name every option of every plugin; and what
# make install does with files that are the admin's.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
conf=$top_srcdir/conf.d
root=$TMP/root

# fresh: an empty configuration folder.
fresh() {
	rm -rf "$root"
	mkdir -p "$root/conf.d"
	: >"$root/hypersdk.conf"
	# as install-conf would write it into the examples
	echo 'state_dir = "/var/lib/hypersdk";' >"$root/conf.d/00-paths.conf"
}
# uncomment FILE: options that are commented out, but not prose. Prose begins
# with "# ", an option with "#option" or, inside a group, "#<tab>".
uncomment() { sed -E 's/^([[:blank:]]*)#([^ #]|$)/\1\2/' "$1"; }
check() { "$HYPERSDK" config check --config "$root/hypersdk.conf" "$@"; }

# all: what holds, as JSON, an option a line.
all() { check --json 2>/dev/null | jq -S 'del(.. | .file?, .line?)'; }
fresh
rm "$root/conf.d/00-paths.conf"
cp "$conf/hypersdk.conf" "$root/"
ok "hypersdk.conf" check
all >"$TMP/plain"
# with this build's paths, as install-conf would write it
uncomment "$conf/hypersdk.conf" | sed \
	-e "s|/usr/lib/hypersdk/plugins|$(jq -r '.settings.plugin_dirs[0]' "$TMP/plain")|" \
	-e "s|/var/lib/hypersdk|$(jq -r .settings.state_dir "$TMP/plain")|" \
	>"$root/hypersdk.conf"
ok "hypersdk.conf with all settings" check
all >"$TMP/all"
is "$(jq '.settings | length > 20' "$TMP/plain")" true "which are many"
is "$(diff "$TMP/plain" "$TMP/all")" "" "hypersdk.conf: each is the default"

# values: what config check printed, without saying what is a default and
# where it was said.
values() { grep -v '^pipeline' <<<"$out" | sed 's/  (default)$//'; }
for file in "$conf"/*.conf; do
	name=${file##*/}
	[ "$name" != hypersdk.conf ] || continue # it is read before all others
	fresh
	cp "$file" "$root/conf.d/"
	ok "$name" check
	run check
	values >"$TMP/plain"
	uncomment "$file" >"$root/conf.d/$name"
	ok "$name with all options" check
	run check
	values >"$TMP/all"
	# What is commented is the default, where there is one.
	is "$(diff "$TMP/plain" "$TMP/all" | grep '^<')" "" \
		"$name: commented options are the defaults"
done
fresh
cp "$conf"/*.conf "$root/conf.d/"
mv "$root/conf.d/hypersdk.conf" "$root/"
ok "all of them together" check

# Every option is in an example, so that the examples are a reference.
plugins() {
	python3 -c '
import json, sys
found = json.load(sys.stdin)
for plugin in found["plugins"]:
    print(plugin["kind"] + "/" + plugin["name"])
for refused in found["refused"]:
    print("refused", refused["path"], refused["reason"], file=sys.stderr)
' <<<"$("$HYPERSDK" plugins list --json)"
}
missing() {
	python3 -c '
import json, re, sys
text = "".join(open(f).read() for f in sys.argv[1:])
for option in json.load(sys.stdin)["options"]:
    if not re.search(r"\b%s\s*=" % re.escape(option["name"]), text):
        print(option["name"])
' "$conf"/*.conf <<<"$("$HYPERSDK" plugins show "$1" --json)"
}
run plugins
is "$err_out" "" "no plugin is refused"
for plugin in $out; do
	is "$(missing "$plugin")" "" "$plugin: every option is in an example"
done

# make install
dest=$TMP/dest
etc=$dest/etc/hypersdk
install_conf() {
	make -C "$top_builddir" -s "$1" DESTDIR="$dest" prefix=/usr \
		sysconfdir=/etc localstatedir=/var
}
ok "make install-conf" install_conf install-conf
is "$(cd "$etc" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" \
	"./conf.d/fault.conf.example ./conf.d/schedules.conf.example \
./conf.d/synthetic.conf.example ./conf.d/vsphere.conf.example \
./conf.d/webhooks.conf.example ./hypersdk.conf " "what it installs"
ok "as the source, for the same paths" \
	diff "$conf/vsphere.conf" "$etc/conf.d/vsphere.conf.example"
is "$(find "$etc" -perm /022 | wc -l)" 0 "and others may not write it"
root=$etc
ok "and it is right" check
run check
like "$out" "no pipelines" "the examples are not in force"
echo 'log_level = "debug";' >"$etc/hypersdk.conf"
echo "broken" >"$etc/conf.d/vsphere.conf.example"
ok "make install-conf again" install_conf install-conf
is "$(<"$etc/hypersdk.conf")" 'log_level = "debug";' \
	"keeps the admin's settings"
ok "and renews the examples" \
	diff "$conf/vsphere.conf" "$etc/conf.d/vsphere.conf.example"
ok "make uninstall-conf" install_conf uninstall-conf
is "$(cd "$dest" && find . -type f)" "./etc/hypersdk/hypersdk.conf" \
	"leaves what the admin changed"
rm "$etc/hypersdk.conf"
ok "make install-conf anew" install_conf install-conf
ok "make uninstall-conf anew" install_conf uninstall-conf
is "$(cd "$dest" && find . -type f)" "" "leaves nothing that was not changed"
done_testing
