#!/bin/bash
# The Debian packages, from the release tarball: built twice to the same bytes,
# judged by lintian; in a fresh Debian 12 installed and, by the three commands of
# docs/first-export.md, an export made; there the daemon runs, is upgraded to a
# newer package with all that it has, and purged. What can go wrong when upgrading:
# upgrade.sh. (For check-long: root, the network, some minutes.)
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
# shellcheck source=tests/lib/vcenter.sh
. "${top_srcdir:?is set by make check}/tests/lib/vcenter.sh" || exit 1
need_root debootstrap dpkg-buildpackage lintian dh_installsysusers

# --- build --------------------------------------------------------------------

unpack_release "$TMP/src"
debs=${HYP_DEBS:-$TMP/debs}
run env -C "$release" dpkg-parsechangelog -S Version
is "$out" "$version" "debian/changelog is of this version"
run build_debs "$debs/old"
is "$rc" 0 "dpkg-buildpackage"
[ "$rc" -eq 0 ] || {
	sed 's/^/# /' <<<"$out"
	done_testing
}
run lintian --fail-on error --allow-root "$debs"/old/hypersdk_*.changes
is "$rc" 0 "lintian finds no errors"
unlike "$out" maintainer-script "nor anything in the maintainer scripts"
sed 's/^/# /' <<<"$out$err_out"
deb=$(ls "$debs"/old/hypersdk_"$version"_*.deb)
dev=$(ls "$debs"/old/hypersdk-dev_"$version"_*.deb)
lib=$(ls "$debs"/old/libhypersdk1_"$version"_*.deb)

# hardened FILE: PIE, all of the GOT read-only, stack protector, FORTIFY.
hardened() {
	readelf -hdl "$1" >"$TMP/elf"
	grep -q 'Type: *DYN' "$TMP/elf" && grep -q BIND_NOW "$TMP/elf" &&
		grep -q GNU_RELRO "$TMP/elf" || return 1
	readelf -sW "$1" >"$TMP/elf"
	grep -q __stack_chk_fail "$TMP/elf" && grep -q '_chk@' "$TMP/elf"
}
dpkg-deb -x "$deb" "$TMP/unpacked"
dpkg-deb -x "$dev" "$TMP/unpacked-dev"
for file in usr/bin/hypersdk usr/sbin/hypersdkd; do
	ok "hardened: $file" hardened "$TMP/unpacked/$file"
done
for path in usr/bin/hypersdk usr/sbin/hypersdkd \
	lib/systemd/system/hypersdkd.service usr/lib/sysusers.d/hypersdk.conf \
	usr/lib/tmpfiles.d/hypersdk.conf usr/share/man/man8/hypersdkd.8.gz \
	usr/share/bash-completion/completions/hypersdk \
	usr/share/doc/hypersdk/README.Debian \
	etc/hypersdk/conf.d/vsphere.conf.example; do
	ok "it has $path" test -s "$TMP/unpacked/$path"
done
for path in usr/include/hypersdk/plugin.h usr/share/man/man3/hypersdk-plugin.3.gz \
	usr/share/doc/hypersdk-dev/examples/provider-directory/plugin.c; do
	ok "-dev has $path" test -s "$TMP/unpacked-dev/$path"
done
like "$(dpkg-deb -I "$deb" conffiles)" /etc/hypersdk/hypersdk.conf \
	"the configuration is a conffile"

# As README says, with its tests, in another folder, umask, zone and language, and
# without a cache: the same bytes.
build_again() (
	export TZ=Asia/Kathmandu LC_ALL=C CCACHE_DISABLE=1
	export BUILD_AT=$TMP/another/folder BUILD_OPTIONS=
	umask 027
	build_debs "$debs/again"
)
run build_again
is "$rc" 0 "it can be built elsewhere, and its tests pass"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out"
like "$(grep '^# PASS: ' "$debs/again/log")" '[0-9][0-9]' "there were some"
is "$(cd "$debs/again" && sha256sum ./*.deb)" \
	"$(cd "$debs/old" && sha256sum ./*.deb)" "and gives the same bytes"

# --- the three commands ----------------------------------------------------------

fresh_debian "$TMP/root"
cat >"$TMP/scenario.json" <<'JSON'
{"vms": [{"name": "web01", "folder": "/DC0/vm/web", "power": "off", "disks": [
  {"capacity": "64MiB", "generate": {"seed": 1, "fill": 0.5, "mode": "random"}}]}]}
JSON
vcenter_start --scenario "$TMP/scenario.json" || done_testing
cp "$deb" "$root/root/"
mkdir "$root/backup"
(umask 077 && echo "$VC_PASSWORD" >"$root/root/.vcenter-password")
# As they are written, but for whose they are; root needs no sudo.
awk 'sub(/^    /, "") && n++ < 3' "$top_srcdir/docs/first-export.md" |
	sed -e 's/^sudo //' -e "s|https://vcenter.example/sdk|$vc_url|" \
		-e "s|backup@vsphere.local|$vc_user|" \
		-e "s|SHA256:AA:BB:\.\.\.|$vc_pin|" >"$root/root/three"
is "$(cut -d ' ' -f 1 "$root/root/three" | paste -sd ' ')" \
	"apt export hypersdk" "three commands"
started=$(date +%s%N)
run in_root bash -euc 'cd; . ./three' < <(yes)
took=$((($(date +%s%N) - started) / 1000000))
is "$rc" 0 "they install and export"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out$err_out"
echo "# package to first export: $((took / 1000)).$(printf %03d $((took % 1000))) s"
ok "in a minute" test "$took" -lt 60000
run in_root hypersdk ova validate /backup/web01.ova
is "$rc" 0 "it is a package"

ok "user hypersdk is there" in_root getent passwd hypersdk
is "$(in_root stat -c '%a %U:%G' /var/lib/hypersdk)" "700 hypersdk:hypersdk" \
	"and owns its folder"
run in_root hypersdk plugins list --json
is "$(jq -c .refused <<<"$out")" "[]" "no plugin is refused"
ok "-dev and the library are installed" install_debs "$dev" "$lib"
like "$(dpkg-deb -f "$dev" Depends)" "libhypersdk1 \(= $version\)" \
	"of one version"
is "$(in_root sh -c 'ldconfig -p | grep -c libhypersdk.so.1')" 1 \
	"the library is found"
run in_root hypersdk plugin-test packager \
	"$(in_root find /usr/lib -path '*/plugins/packager/ovf.so')"
is "$rc" 0 "which a plugin of ours passes"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out$err_out"

# --- the daemon -------------------------------------------------------------------

stand_in_systemctl
in_root cp /etc/hypersdk/conf.d/synthetic.conf.example \
	/etc/hypersdk/conf.d/synthetic.conf
ok "it starts" in_root systemctl start hypersdkd
run in_root hypersdk jobs submit --vm synthetic-1 --pipeline synthetic \
	--output /var/lib/hypersdk/exports --wait
is "$rc" 0 "it exports"
ok "what can be seen" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
# One for later: it waits for its hour, and is there after the upgrade.
ok "a schedule" in_root hypersdk schedules create nightly \
	--schedule '0 2 1 1 *' --vm synthetic-2 --pipeline synthetic \
	--output /var/lib/hypersdk/exports/later
jobs() { in_root hypersdk jobs list --json; }
known() { jobs | jq -c '[.jobs[] | [.definition.id, .status]]'; }
before=$(known)
like "$before" completed "its job is known"

# --- upgrade ---------------------------------------------------------------------

run build_debs "$debs/new" "$version+1"
is "$rc" 0 "a newer package"
echo 'jobs = { keep_completed = "31d"; };' >>"$root/etc/hypersdk/hypersdk.conf"
sed -i '1s/^/# mine\n/' "$root/etc/hypersdk/conf.d/vsphere.conf.example"
pid=$(daemon_pid)
run install_debs "$debs"/new/hypersdk_*.deb "$debs"/new/hypersdk-dev_*.deb \
	"$debs"/new/libhypersdk1_*.deb
is "$rc" 0 "the upgrade"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out$err_out"
unlike "$out$err_out" WARNING "nothing is wrong with it"
is "$(in_root dpkg-query -Wf '${Version}' hypersdk)" "$version+1" "it is newer"
isnt() { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "both: $1"; fi; }
isnt "$(daemon_pid)" "$pid" "it has started the daemon anew"
ok "which answers" in_root hypersdk status
ok "what was changed in /etc is kept" grep -q keep_completed \
	"$root/etc/hypersdk/hypersdk.conf"
is "$(head -n 1 "$root/etc/hypersdk/conf.d/vsphere.conf.example")" "# mine" \
	"in an example, too"
is "$(known)" "$before" "its jobs are kept"
is "$(in_root hypersdk schedules list --json | jq -r '.schedules[].id')" nightly \
	"and its schedule"
ok "and the export" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
run in_root hypersdk config check
is "$rc" 0 "the configuration is right"

# --- remove, purge ---------------------------------------------------------------

ok "remove" in_root apt-get remove -y -q hypersdk hypersdk-dev libhypersdk1
ok "the daemon is stopped" test ! -e "$root/run/hypersdkd.pid"
ok "the configuration is still there" grep -q keep_completed \
	"$root/etc/hypersdk/hypersdk.conf"
ok "purge" in_root apt-get purge -y -q hypersdk
is "$(cd "$root/etc" && find hypersdk -type f)" hypersdk/conf.d/synthetic.conf \
	"the configuration is gone, but for a file of the admin's own"
ok "the exports are not" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
is "$(sqlite3 "$root/var/lib/hypersdk/jobs.db" 'PRAGMA integrity_check')" ok \
	"nor are the jobs"
is "$(find "$root/usr" "$root/lib/systemd" "$root/etc/systemd" \
	-name '*hypersdk*' | head)" "" "nothing else is left"
done_testing
