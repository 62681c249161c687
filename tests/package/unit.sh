#!/bin/bash
# The unit, its user and its folders, as systemd's own tools read them; and
# hypersdkd within the unit's sandbox (sandbox.py says by which means).
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
root=$TMP/root
install_unit "$root"

# --- as systemd reads it ------------------------------------------------------

run systemd-analyze security --no-pager --offline=true --threshold=15 "$unit"
is "$rc" 0 "its exposure is 1.5 at most"
[ "$rc" -eq 0 ] || grep -v '^✓' <<<"$out" | sed 's/^/# /'
# The command must be there for "verify": it is put where it looks.
mkdir -p "$root/usr/sbin" "$root/bin" "$root/etc"
cp "$top_builddir/.libs/hypersdkd" "$root/usr/sbin/" 2>/dev/null ||
	cp "$top_builddir/hypersdkd" "$root/usr/sbin/"
cp /bin/kill "$root/bin/"
run systemd-analyze verify --no-pager --man=no --recursive-errors=no \
	--root="$root" "$unit"
is "$(grep hypersdkd <<<"$err_out$out")" "" "nothing in it is unknown"
run systemd-sysusers --root="$root" "$root/usr/lib/sysusers.d/hypersdk.conf"
is "$rc" 0 "its user can be made"
[ "$rc" -eq 0 ] || { id; ls -ldn "$root" "$root/etc"; df "$root"; echo "$err_out"; } 2>&1 | sed 's/^/# /'
like "$(cat "$root/etc/passwd")" 'hypersdk:x:[0-9]+:[0-9]+:[^:]*:/var/lib/hypersdk:/usr/sbin/nologin' \
	"an ordinary user that cannot log in"
like "$(cat "$root/etc/group")" 'hypersdk:x:' "and its group"
run systemd-tmpfiles --root="$root" --dry-run --create \
	"$root/usr/lib/tmpfiles.d/hypersdk.conf"
if [[ $err_out == *"unrecognized option"* ]]; then
	run systemd-tmpfiles --root="$root" --cat-config \
		"$root/usr/lib/tmpfiles.d/hypersdk.conf"
fi
is "$rc" 0 "its folders can be made"
run systemd-analyze cat-config --root="$root" sysusers.d/hypersdk.conf
like "$out" 'u hypersdk' "where systemd looks for it"

# What the unit promises of the daemon is what the daemon does.
: >"$TMP/none.conf"
run "$HYPERSDK" config check --config "$TMP/none.conf"
grace=$(awk '$1 == "jobs.stop_grace" { print $2 }' <<<"$out")
like "$grace" '^[0-9]+s$' "jobs.stop_grace is known"
stop=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' "$unit")
ok "TimeoutStopSec is beyond jobs.stop_grace ($grace) and what follows it" \
	test "$stop" -gt $((${grace%s} + 11))

# Beneath another prefix it has the state of that prefix.
make -C "$top_builddir" -s install-systemd "DESTDIR=$TMP/other" \
	prefix=/opt/x localstatedir=/opt/var
like "$(cat "$TMP/other/opt/x/lib/systemd/system/hypersdkd.service")" \
	'ReadWritePaths=/opt/var/lib/hypersdk' "localstatedir is kept"

# Many at once are not in each other's way: each has what it was told.
own_make
some="1 2 3 4 5 6"
installers=()
for i in $some; do
	make -C "$top_builddir" -s install-systemd install-conf \
		"DESTDIR=$TMP/many/$i" prefix="/p$i" sysconfdir="/e$i" \
		localstatedir="/v$i" >"$TMP/many-$i.log" 2>&1 &
	installers+=($!)
done
wait "${installers[@]}"
for i in $some; do
	cat "$TMP/many-$i.log"
	grep -Fom1 "/p$i/sbin/hypersdkd" "$TMP/many/$i/p$i/lib/systemd/system/hypersdkd.service"
	grep -Fom1 "/v$i/lib/hypersdk" "$TMP/many/$i/p$i/lib/sysusers.d/hypersdk.conf"
	grep -Fom1 "/v$i/lib/hypersdk/exports" "$TMP/many/$i/p$i/lib/tmpfiles.d/hypersdk.conf"
	grep -Fom1 "/e$i/hypersdk" "$TMP/many/$i/e$i/hypersdk/conf.d/vsphere.conf.example"
done >"$TMP/many.got" 2>&1
for i in $some; do
	printf '%s\n' "/p$i/sbin/hypersdkd" "/v$i/lib/hypersdk" \
		"/v$i/lib/hypersdk/exports" "/e$i/hypersdk"
done >"$TMP/many.want"
ok "six installations at once do not mix" diff "$TMP/many.got" "$TMP/many.want"

# --- and within it ------------------------------------------------------------

mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir -p /run/hypersdk /var/lib/hypersdk/exports /var/lib/other
chmod 700 /var/lib/hypersdk
daemon_state=/var/lib/hypersdk
daemon_out=/var/lib/hypersdk/exports
daemon_socket=/run/hypersdk/api.sock
daemon_configure "api = { listen = \"127.0.0.1:0\"; socket = \"$daemon_socket\"; };
	storage = { roots = [ \"$daemon_out\", \"/var/lib/other\" ]; };"
sandboxed_daemon "$unit"
# The state is where the unit has it; an option would say it twice.
start_daemon || done_testing
status() { sed -n "s/^$1:[[:blank:]]*//p" "/proc/$daemon_pid/status"; }
is "$(status CapEff) $(status CapBnd)" "0000000000000000 0000000000000000" \
	"it has no capability"
is "$(status NoNewPrivs) $(status Seccomp)" "1 2" "nor a way to any"
like "$(status Seccomp_filters)" '^[2-9]' "its calls are filtered"
is "$(api GET /plugins | jq -c .refused)" "[]" "it has tried and loaded plugins"
id=$(submit_vm synthetic-1)
ok "it exports" wait_job "$id" completed 20
[ "$tap_failed" -eq 0 ] || { api GET "/jobs/$id"; sed 's/^/# /' "$daemon_log"; done_testing; }
ok "an OVA" test -s "$daemon_out/synthetic-1.ova"
id=$(submit_vm synthetic-2 ',"format":"ovf"')
ok "and a folder" wait_job "$id" completed
id=$(submit '{"vm_path": "synthetic-1", "output_path": "/var/lib/other"}')
ok "not where the unit does not let it" wait_job "$id" failed
like "$(api GET "/jobs/$id" | jq -r .error)" 'read-only|Read-only' \
	"and says so"
is "$(ls -A /var/lib/other)" "" "nothing is there"
kill -HUP "$daemon_pid"
ok "it reads its configuration again" daemon_says 'reload: done'
stop_daemon
is "$daemon_rc" 0 "it stops"
is "$(grep -icE 'not permitted|denied' "$daemon_log")" 0 \
	"nothing that it does was refused"
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' "$daemon_log"

# The sandbox is one: what is forbidden fails in it.
in_sandbox() {
	/usr/bin/python3 -B "$top_srcdir/tests/package/sandbox.py" "$unit" "$@" 2>&1
}
like "$(in_sandbox /bin/touch /etc/hypersdk-was-here)" 'Read-only' \
	"/etc is read-only in it"
like "$(in_sandbox /usr/bin/unshare --user /bin/true)" 'not permitted' \
	"no namespaces in it"
like "$(in_sandbox /bin/chown 1:1 /var/lib/hypersdk)" 'not permitted' \
	"no chown in it"
like "$(in_sandbox /usr/bin/python3 -c 'import socket
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)')" 'not supported' \
	"no other sockets in it"
ok "the state is writable in it" in_sandbox /bin/touch /var/lib/hypersdk/x
done_testing
