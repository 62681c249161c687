#!/bin/bash
# Every command line of README.md and docs/ is run as it is written, against a
# simulated vCenter and a daemon of its own; every configuration is checked.
# Replaced: the vCenter's name, user and thumbprint, and the folders. What only a
# machine of one's own can do (apt, systemctl, users) is stood in for below.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/vcenter.sh
. "${top_srcdir:?is set by make check}/tests/lib/vcenter.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
own_make

cat >"$TMP/scenario.json" <<'JSON'
{"vms": [
  {"name": "web01", "folder": "/DC0/vm/web", "power": "off", "disks": [
    {"capacity": "4MiB", "generate": {"seed": 1, "fill": 0.5, "mode": "random"}}]},
  {"name": "db01", "folder": "/DC0/vm/prod", "power": "on", "disks": [
    {"capacity": "4MiB", "generate": {"seed": 2, "fill": 0.5, "mode": "text"}}]},
  {"name": "app01", "folder": "/DC0/vm/prod", "power": "off", "disks": [
    {"capacity": "4MiB", "generate": {"seed": 3, "fill": 0.5, "mode": "text"}}]}
]}
JSON
vcenter_start --scenario "$TMP/scenario.json" || done_testing
host=${vc_url#https://}
host=${host%%/*}

# --- stand-ins ------------------------------------------------------------------

bin=$TMP/bin
mkdir "$bin" || exit 1
stand_in() { # NAME: its script is standard input
	{
		echo '#!/bin/bash'
		cat
	} >"${bin:?}/$1"
	chmod 755 "$bin/$1"
}
# shellcheck disable=SC2016
stand_in sudo <<<'exec "$@"'
for name in apt usermod chown editor ldconfig systemd-sysusers \
	systemd-tmpfiles; do
	stand_in "$name" <<<':'
done
# A certificate that an authority has signed is not to be had here.
stand_in hypersdk <<SCRIPT
case \$1 in
vms | export)
	[[ "\$*" == *--thumbprint* || "\$*" == *synthetic* ||
		"\$*" == *--pipeline* ]] ||
		set -- "\$@" --thumbprint "$vc_pin" ;;
plugin-test) set -- "\$@" --suites "$top_builddir/tests/contract" ;;
esac
exec "$HYPERSDK" "\$@" --config "\$WORLD/etc/hypersdk.conf"
SCRIPT
# Files that they are given are there; what they do is tested elsewhere.
for name in promtool prometheus docker; do
	stand_in "$name" <<'SCRIPT'
for word; do
	word=${word#*=}
	[[ $word != contrib/* ]] || [ -e "$top_srcdir/$word" ] || exit 1
done
SCRIPT
done
stand_in curl <<<"exec /usr/bin/curl -sS --fail-with-body \"\$@\""
# The daemon is started again by serve.
stand_in systemctl <<'SCRIPT'
case $1 in restart | start | enable)
	kill "$(cat "$WORLD/pid")"
	until [ -e "$WORLD/restarted" ]; do sleep 0.05; done
	rm "$WORLD/restarted" ;;
esac
SCRIPT
stand_in systemd-analyze <<<"exec /usr/bin/systemd-analyze security --no-pager \
	--offline=true '$TMP/unit/usr/lib/systemd/system/hypersdkd.service'"
# shellcheck disable=SC2016
stand_in quickstart <<<'"$top_srcdir/quickstart" --help | grep -q "^  $1  *[a-z]"'
ok "the unit" make -C "${top_builddir:?}" -s install-systemd \
	"DESTDIR=$TMP/unit" prefix=/usr

# --- a world for each page -------------------------------------------------------

port=$(free_port)
w=$TMP/w
staged=$HYPERSDK_PLUGIN_DIR
export HYPERSDK_PLUGIN_DIR=$w/plugins PKG_CONFIG_PATH=$w/pc
daemon_socket=$w/run/api.sock
# In the background: a daemon, and another one when it was asked to stop.
serve() {
	local pid again=
	while :; do
		"$HYPERSDKD" --config "$w/etc/hypersdk.conf" </dev/null \
			>>"$daemon_log" 2>&1 &
		pid=$!
		# shellcheck disable=SC2064
		trap "kill $pid 2>/dev/null; wait $pid; exit 0" TERM
		echo $pid >"$w/pid"
		wait_for 30 daemon_answers
		[ -z "$again" ] || touch "$w/restarted"
		again=yes
		wait $pid
	done
}
# world SETTINGS
world() {
	rm -rf "${w:?}"
	mkdir -p "$w"/{etc/conf.d,lib/exports,run,home,backup,doc,cwd,credstore}
	chmod 700 "$w/lib"
	cp -r "$top_srcdir/examples" "$w/doc/examples"
	echo '{"vm_path": "/DC0/vm/prod/app01",
		"output_path": "/var/lib/hypersdk/exports"}' |
		sed "s|/var/lib/hypersdk|$w/lib|" >"$w/doc/nightly.yaml"
	(umask 077 && echo "$VC_PASSWORD" | tee "$w/home/.vcenter-password" \
		"$w/etc/password" >/dev/null)
	cat >"$w/etc/hypersdk.conf" <<-CONF
		state_dir = "$w/lib";
		api = { listen = ""; socket = "$daemon_socket"; };
		$1
	CONF
	jq -n --arg dir "$w" --arg url "$vc_url" --arg host "$host" \
		--arg user "$vc_user" --arg pin "$vc_pin" --arg port "$port" '{dir: $dir, replace: [
		["https://vcenter.example/sdk", $url],
		["vcenter.example:443", $host],
		["backup@vsphere.local", $user], ["SHA256:AA:BB:...", $pin],
		["/etc/hypersdk", $dir + "/etc"],
		["/etc/credstore", $dir + "/credstore"],
		["/var/lib/hypersdk", $dir + "/lib"],
		["/run/hypersdk", $dir + "/run"],
		["/usr/share/doc/hypersdk-dev", $dir + "/doc"],
		["127.0.0.1:9090", "127.0.0.1:" + $port],
		["/backup", $dir + "/backup"], ["./quickstart", "quickstart"],
		["600 /dev/null", "600 " + $dir + "/home/.vcenter-password"],
		["cat > ~/.vcenter-password", "true"],
		["ID...", "$(hypersdk jobs list --json | jq -r .jobs[0].definition.id)"]]}' \
		>"$w/world.json"
	# The kit, from the tree: nothing is installed but into this world.
	mkdir "$w/pc"
	cp -r "$staged" "$w/plugins"
	sed -e "s|^includedir=.*|includedir=$top_srcdir/include|" \
		-e "s|^plugindir=.*|plugindir=$w/plugins|" \
		"$top_builddir/kit/hypersdk.pc" >"$w/pc/hypersdk.pc"
	sed -e "s|^includedir=.*|includedir=$top_srcdir/include|" \
		-e "s|^libdir=.*|libdir=$top_builddir/.libs|" \
		"$top_builddir/core/lib/libhypersdk.pc" >"$w/pc/libhypersdk.pc"
}
vcenter_pipeline="pipelines = ({ name = \"sim\"; default = true; provider = {
	plugin = \"vsphere\"; url = \"$vc_url\"; username = \"$vc_user\";
	password = \"file:$w/etc/password\"; thumbprint = \"$vc_pin\"; }; });"

server=
stop_server() {
	[ -n "$server" ] || return 0
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	server=
}
at_exit stop_server

# page FILE SETTINGS [COMMAND]: runs it; COMMAND before it, in its folder. What
# is in $more is found before all else.
more=$TMP/none
page() {
	local file=$1 name=${1##*/} conf before=$tap_failed
	world "$2"
	if ! /usr/bin/python3 "$top_srcdir/docs/run-docs.py" "$file" \
		"$w/world.json" >"$w/script" 2>"$w/err"; then
		fail "$name can be read" "$(<"$w/err")"
		return
	fi
	serve &
	server=$!
	wait_for 30 daemon_answers
	(cd "$w/cwd" && WORLD=$w HOME=$w/home PATH=$more:$bin:$PATH USER=root \
		HYPERSDK='' bash -euc "${3:-:}; . '$w/script'" >"$w/out" 2>&1 </dev/null)
	is "$?" 0 "$name: every command line"
	[ "$tap_failed" -eq "$before" ] || tail -n 30 "$w/out" | sed 's/^/# /'
	for conf in "$w"/conf-*.conf; do
		[ -e "$conf" ] || continue
		sed -i "s|file:[^\"]*|file:$w/home/.vcenter-password|" "$conf"
		ok "$name: ${conf##*/} is a configuration" \
			"$HYPERSDK" config check --config "$conf"
	done
	stop_server
}

page "$top_srcdir/docs/first-export.md" ""
page "$top_srcdir/docs/nightly-backups.md" ""
page "$top_srcdir/docs/moving-from-hypersdk.md" "$vcenter_pipeline"
page "$top_srcdir/docs/restoring-an-ova.md" "$vcenter_pipeline" \
	"'$HYPERSDK' export /DC0/vm/web/web01 --pipeline sim --output '$w/backup' \
	--config '$w/etc/hypersdk.conf'"
page "$top_srcdir/docs/security.md" ""
page "$top_srcdir/docs/embedding.md" "" "export HYPERSDK_PROGRAM='$HYPERSDK' \
	LD_LIBRARY_PATH='$top_builddir/.libs'"

# Its own build is what this test runs in: are there those targets?
more=$TMP/building
mkdir "$more"
bin=$more
stand_in autoreconf <<<':'
# shellcheck disable=SC2016
stand_in make <<<'/usr/bin/make -n -C "$top_builddir" "$@" >/dev/null'
bin=$TMP/bin
page "$top_srcdir/README.md" "$vcenter_pipeline
	metrics = { enabled = true; port = $port; };" \
	"cp '$w/doc/nightly.yaml' . && ln -s /bin/true configure &&
	ln -s '$top_srcdir/contrib' ."
more=$TMP/none


page "$top_srcdir/docs/writing-a-plugin.md" ""

# --- links -----------------------------------------------------------------------

broken=
while IFS=: read -r file link; do
	link=${link#](}
	link=${link%)}
	[[ $link == http* ]] || [ -e "${file%/*}/${link%%#*}" ] || broken+=" $link"
done < <(grep -oE '\]\([^)#]+[^)]*\)' "$top_srcdir"/docs/*.md \
	"$top_srcdir/README.md")
is "$broken" "" "every link leads to a file"
done_testing
