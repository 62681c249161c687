#!/bin/bash
# The RPM packages, from the release tarball, made by Debian's rpmbuild (with
# Fedora's macros in rpm.macros): they hold what "make install" installs; in a
# fresh root rpm installs, upgrades and removes them, with their scripts. Which
# packages they need is said for RPM's systems, and not tested here. (For
# check-long: root, the network, some minutes.)
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
need_root debootstrap rpmbuild rpm2cpio
unpack_release "$TMP/src"
macros=$top_srcdir/tests/package/rpm.macros
spec=$release/packaging/hypersdk.spec
# As who builds from the tarball has it: configure makes it.
sed "s/@VERSION@/$version/" "$spec.in" >"$TMP/hypersdk.spec"
run rpmspec --load="$macros" -P "$TMP/hypersdk.spec"
is "$rc $err_out" "0 " "the spec can be read"
is "$(grep -n '%[{_a-z]' <<<"$out" | grep -vE \
	'%(description|package|prep|build|install|check|post|preun|postun|files|dir|config|ghost|attr|doc|license)' |
	head)" "" "no macro is unknown"

# rpms FOLDER RELEASE
rpms() {
	local rc
	mkdir -p "$1" "$TMP/build"
	mount --bind "$TMP/build" /mnt
	mkdir -p /mnt/SOURCES
	cp "$tarball" /mnt/SOURCES/
	sed "s/^Release: 1/Release: $2/" "$TMP/hypersdk.spec" >/mnt/hypersdk.spec
	PATH=/usr/lib/ccache:$PATH rpmbuild --load="$macros" -ba --nodeps \
		--nocheck -D '_topdir /mnt' -D "_dbpath $TMP/db" \
		/mnt/hypersdk.spec >"$1/log" 2>&1
	rc=$?
	find /mnt -name '*.rpm' -exec mv {} "$1/" \;
	find /mnt -mindepth 1 -delete
	umount /mnt
	tail -n 40 "$1/log"
	return "$rc"
}
ok "rpmbuild" rpms "$TMP/1" 1
[ "$tap_failed" -eq 0 ] || done_testing
query() { rpm --dbpath "$TMP/db" -qp "$@" 2>&1; }
main=$TMP/1/hypersdk-$version-1.$(uname -m).rpm
devel=$(ls "$TMP"/1/hypersdk-devel-*.rpm)
libs=$(ls "$TMP"/1/hypersdk-libs-*.rpm)
ok "the sources, too" test -s "$TMP/1/hypersdk-$version-1.src.rpm"
is "$(query --configfiles "$main")" /etc/hypersdk/hypersdk.conf \
	"the configuration is one"
is "$(query --qf '[%{FILEFLAGS:fflags} %{FILENAMES}\n]' "$main" |
	grep -E '^[a-z]*[cg]')" "cn /etc/hypersdk/hypersdk.conf
g /var/lib/hypersdk" "that is not replaced; the state is nobody's to remove"
is "$(query --qf '[%{FILEUSERNAME} %{FILENAMES}\n]' "$main" "$devel" "$libs" |
	grep -v '^root ')" "" "all is root's"
like "$(query --requires "$devel")" "hypersdk(\(x86-64\))? = $version-1" \
	"-devel is of one version with it"
unlike "$(query --requires "$main")" "libhyp|/mnt" \
	"it needs no library that nobody has"

# What is in them is what is installed, once.
ok "make install" make -C "$top_builddir" -s install DESTDIR="$TMP/dest" \
	prefix=/usr libdir=/usr/lib64 sysconfdir=/etc localstatedir=/var
plain() { sed 's/\.gz$//' | sort; }
for file in "$main" "$devel" "$libs"; do
	mkdir -p "$TMP/unpacked"
	(cd "$TMP/unpacked" && rpm2cpio "$file" | cpio -id --quiet)
done
examples=usr/share/doc/hypersdk-devel/examples
ok "and the examples" test -s "$TMP/unpacked/$examples/provider-directory/plugin.c" \
	-a -s "$TMP/unpacked/$examples/export-one/export-one.c"
is "$(cd "$TMP/unpacked" && find . ! -type d ! -path "*/.build-id/*" \
	! -path "./$examples/*" | plain)" \
	"$(cd "$TMP/dest" && find . ! -type d | plain)" \
	"they hold what make install installs"
is "$(query -l "$main" "$devel" "$libs" | grep -v '/\.build-id' |
	sort | uniq -d)" "" "nothing is in both"

# --- in a fresh root -----------------------------------------------------------------

fresh_debian "$TMP/root"
ok "rpm, and the libraries" in_root apt-get install -y -q \
	--no-install-recommends rpm systemd libconfig9 libjson-c5 libcurl4 \
	libxml2 libglib2.0-0 libsqlite3-0 libmicrohttpd12 libyaml-0-2
stand_in_systemctl
rpm_in() { in_root rpm --force-debian --dbpath /var/lib/rpm --nodeps "$@"; }
cp "$TMP"/1/*.rpm "$root/tmp/"
run rpm_in -i "/tmp/${main##*/}" "/tmp/${devel##*/}" "/tmp/${libs##*/}"
is "$rc" 0 "rpm installs them"
unlike "$err_out" 'warning|error' "without a warning"
is "$(in_root stat -c '%a %U:%G' /var/lib/hypersdk)" "700 hypersdk:hypersdk" \
	"the user is there, and has its folder"
run rpm_in -V hypersdk hypersdk-devel hypersdk-libs
is "$rc $out" "0 " "all is as it was packed"
cat >"$root/etc/hypersdk/conf.d/synthetic.conf" <<'CONF'
pipelines = ({ name = "synthetic"; default = true; provider = {
	plugin = "synthetic"; disk_size = "1MiB"; }; });
CONF
ok "the daemon starts" in_root systemctl start hypersdkd
ok "and exports" in_root hypersdk jobs submit --vm synthetic-1 --wait \
	--output /var/lib/hypersdk/exports
: >"$root/root/none.conf"
known() {
	in_root hypersdk jobs list --json --config /root/none.conf \
		--socket /run/hypersdk/api.sock | jq -c '[.jobs[] | .definition.id]'
}
kept=$(known)

# --- upgrade ----------------------------------------------------------------------------

ok "a newer release" rpms "$TMP/2" 2
cp "$TMP"/2/*.rpm "$root/tmp/"
echo 'jobs = { keep_completed = "31d"; };' >>"$root/etc/hypersdk/hypersdk.conf"
echo 'this is = wrong' >"$root/etc/hypersdk/conf.d/broken.conf"
pid=$(daemon_pid)
newer=("/tmp/hypersdk-$version-2.$(uname -m).rpm"
	"/tmp/hypersdk-devel-$version-2.$(uname -m).rpm"
	"/tmp/hypersdk-libs-$version-2.$(uname -m).rpm")
run rpm_in -U "${newer[@]}"
is "$rc" 0 "upgraded, with a mistake in conf.d"
like "$err_out" 'WARNING.*broken.conf:1' "which is said"
is "$(daemon_pid)" "$pid" "the daemon goes on"
is "$(known)" "$kept" "and knows its job"
rm "$root/etc/hypersdk/conf.d/broken.conf"
run rpm_in -U --oldpackage "/tmp/${main##*/}" "/tmp/${devel##*/}" "/tmp/${libs##*/}"
is "$rc $err_out" "0 " "back to the release before"
if [ "$(daemon_pid)" != "$pid" ]; then
	pass "without the mistake, it is started anew"
else
	fail "without the mistake, it is started anew"
fi
is "$(known)" "$kept" "and knows its job"
ok "what was changed in /etc is kept" grep -q keep_completed \
	"$root/etc/hypersdk/hypersdk.conf"

# --- removed ----------------------------------------------------------------------------

ok "removed" rpm_in -e hypersdk hypersdk-devel hypersdk-libs
ok "the daemon is stopped" test ! -e "$root/run/hypersdkd.pid"
is "$(cd "$root/etc/hypersdk" && find . -type f | sort | paste -sd ' ')" \
	"./conf.d/synthetic.conf ./hypersdk.conf.rpmsave" \
	"what the admin wrote is kept"
is "$(sqlite3 "$root/var/lib/hypersdk/jobs.db" 'PRAGMA integrity_check;
	SELECT count(*) FROM jobs' | paste -sd ' ')" "ok 1" "and the jobs"
ok "and the exports" test -s "$root/var/lib/hypersdk/exports/synthetic-1.ova"
is "$(find "$root/usr" -name '*hypersdk*' | head)" "" "nothing else"
done_testing
