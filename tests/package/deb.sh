#!/bin/bash
# The Debian package, from the release tarball: built, judged by lintian,
# installed in a fresh Debian 12, where its daemon exports; upgraded, purged.
# (For check-long: root, the network, some minutes.)
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
root=$TMP/root
[ "$(id -u)" -eq 0 ] || {
	fail "root, for debootstrap"
	done_testing
}

# --- build --------------------------------------------------------------------

mkdir "$TMP/src"
version=$("$HYPERSDK" --version | sed 's/.* //')
ok "make dist" make -C "$top_builddir" -s dist
tar -C "$TMP/src" -xf "$top_builddir/hypersdk-$version.tar.xz"
rm -f "$top_builddir/hypersdk-$version.tar.xz"
src=$TMP/src/hypersdk-$version
ok "the tarball has debian/" test -x "$src/debian/rules"
build() { # FOLDER: of the sources
	(cd "$1" && PATH=/usr/lib/ccache:$PATH DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
		dpkg-buildpackage -us -uc -b >"$TMP/build.log" 2>&1)
}
if build "$src"; then
	pass "dpkg-buildpackage"
else
	fail "dpkg-buildpackage" "$(tail -n 40 "$TMP/build.log")"
	done_testing
fi
changes=("$TMP"/src/hypersdk_*.changes)
run lintian --fail-on error --allow-root "${changes[0]}"
is "$rc" 0 "lintian finds no errors"
sed 's/^/# /' <<<"$out$err_out"
deb=$(ls "$TMP"/src/hypersdk_"$version"_*.deb)
dev=$(ls "$TMP"/src/hypersdk-dev_"$version"_*.deb)
# hardening_ok DEB: PIE, all of the GOT read-only, stack protector, FORTIFY.
hardening_ok() {
	local file
	dpkg-deb -x "$1" "$TMP/unpacked"
	for file in usr/bin/hypersdk usr/sbin/hypersdkd; do
		readelf -hdl "$TMP/unpacked/$file" >"$TMP/elf"
		grep -q 'Type: *DYN' "$TMP/elf" && grep -q BIND_NOW "$TMP/elf" &&
			grep -q GNU_RELRO "$TMP/elf" || return 1
		readelf -sW "$TMP/unpacked/$file" >"$TMP/elf"
		grep -q __stack_chk_fail "$TMP/elf" && grep -q _chk@ "$TMP/elf" ||
			return 1
	done
}
contents=$(dpkg-deb -c "$deb")
for path in ./usr/bin/hypersdk ./usr/sbin/hypersdkd \
	./lib/systemd/system/hypersdkd.service \
	./usr/share/man/man8/hypersdkd.8.gz \
	./usr/share/bash-completion/completions/hypersdk \
	./etc/hypersdk/hypersdk.conf; do
	like "$contents" "$path" "it has $path"
done
ok "hardened" hardening_ok "$deb"
is "$(dpkg-deb -I "$deb" conffiles | head -n 1)" \
	/etc/hypersdk/conf.d/fault.conf.example "with conffiles"

# Twice the same bytes.
cp -r "$src" "$TMP/again"
mkdir "$TMP/src2"
mv "$TMP/again" "$TMP/src2/hypersdk-$version"
(cd "$TMP/src2/hypersdk-$version" && dpkg-buildpackage -T clean >/dev/null 2>&1)
ok "it can be built again" build "$TMP/src2/hypersdk-$version"
is "$(cd "$TMP/src2" && sha256sum ./*.deb)" "$(cd "$TMP/src" && sha256sum ./*.deb)" \
	"and gives the same bytes"

# --- install in a clean root -----------------------------------------------------

mirror=$(sed -n 's/^URIs: *\(.*debian\)$/\1/p; s/^deb \(\[.*\] \)\?\(.*\/debian\) .*/\2/p' \
	/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
ok "a fresh Debian" debootstrap --variant=minbase bookworm "$root" \
	"${mirror:-http://deb.debian.org/debian}"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
at_exit umount "$root/proc"
in_root() { chroot "$root" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin \
	DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
cp "$deb" "$dev" "$root/tmp/"
started=$SECONDS
ok "apt installs it" in_root apt-get install -y -q --no-install-recommends \
	"/tmp/${deb##*/}"
ok "user hypersdk is there" in_root getent passwd hypersdk
is "$(in_root stat -c '%a %U:%G' /var/lib/hypersdk)" "700 hypersdk:hypersdk" \
	"and owns its folder"
run in_root hypersdk export synthetic-1 --provider synthetic \
	--output /root/exports
is "$rc" 0 "a first export"
ok "in a minute" test $((SECONDS - started)) -lt 60
run in_root hypersdk plugins list --json
is "$(jq -c .refused <<<"$out")" "[]" "no plugin is refused"

# --- the daemon, as its unit would start it ---------------------------------------

in_root cp /etc/hypersdk/conf.d/synthetic.conf.example \
	/etc/hypersdk/conf.d/synthetic.conf
start() {
	install -d -m 750 -o "$(stat -c %u "$root/var/lib/hypersdk")" \
		-g "$(stat -c %g "$root/var/lib/hypersdk")" "$root/run/hypersdk"
	# Not by in_root: $! is the daemon itself.
	chroot "$root" env -i PATH=/usr/bin:/usr/sbin LC_ALL=C.UTF-8 \
		setpriv --reuid=hypersdk --regid=hypersdk --init-groups \
		--no-new-privs --bounding-set=-all \
		hypersdkd >>"$TMP/daemon.log" 2>&1 &
	daemon=$!
	ready=no
	! wait_for 30 in_root hypersdk status || ready=yes
}
stop() {
	kill "$daemon"
	wait "$daemon"
	stopped=$?
	daemon=
}
daemon=
at_exit '[ -z "${daemon:-}" ] || kill "$daemon" 2>/dev/null'
start
is "$ready" yes "it starts"
run in_root hypersdk jobs submit --vm synthetic-1 --pipeline synthetic \
	--output /var/lib/hypersdk/exports --wait
is "$rc" 0 "it exports"
ok "what can be seen" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
is "$(in_root hypersdk jobs list --json | jq '.jobs | length')" 1 "one job"
stop
is "$stopped" 0 "it stops"

# --- upgrade ---------------------------------------------------------------------

dpkg-deb -R "$deb" "$TMP/newer"
sed -i 's/^Version: .*/&+1/' "$TMP/newer/DEBIAN/control"
echo '# a newer default' >>"$TMP/newer/etc/hypersdk/hypersdk.conf"
dpkg-deb -b "$TMP/newer" "$root/tmp/newer.deb" >/dev/null
echo 'jobs = { keep_completed = "31d"; };' >>"$root/etc/hypersdk/hypersdk.conf"
echo 'this is = wrong' >"$root/etc/hypersdk/conf.d/broken.conf"
ok "an upgrade, also with a file of conf.d that is wrong" in_root \
	apt-get install -y -q -o Dpkg::Options::=--force-confold /tmp/newer.deb
like "$(in_root dpkg-query -Wf '${Version}' hypersdk)" '\+1$' "it is the newer one"
ok "what was changed in /etc is kept" grep -q keep_completed \
	"$root/etc/hypersdk/hypersdk.conf"
run in_root hypersdk config check
is "$rc" 2 "what is wrong is said"
like "$err_out" 'broken.conf:1' "with file and line"
run in_root setpriv --reuid=hypersdk --regid=hypersdk --init-groups hypersdkd
is "$rc" 2 "the daemon does not start with it"
like "$err_out" 'broken.conf:1' "and says so"
rm "$root/etc/hypersdk/conf.d/broken.conf"
start
is "$ready" yes "without it, it does"
is "$(in_root hypersdk jobs list --json | jq -r '.jobs[0].status')" completed \
	"its jobs are kept"
stop

# --- purge -----------------------------------------------------------------------

ok "purge" in_root apt-get purge -y -q hypersdk
is "$(ls "$root/etc/hypersdk" 2>/dev/null)" conf.d \
	"the configuration is gone, but for a file of the admin's own"
ok "the exports are not" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
is "$(find "$root/usr" -name '*hypersdk*' ! -path '*/systemd/*' | head)" "" \
	"nothing is left in /usr"
done_testing
