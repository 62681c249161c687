# shellcheck shell=bash disable=SC2034
# What the tests of packages and units share; with tap.sh, before it or after.

# own_mounts: this script once more, with mounts of its own. Before tap.sh.
own_mounts() {
	local user=()
	if [ -z "${HYP_OWN_MOUNTS:-}" ]; then
		[ "$(id -u)" -eq 0 ] || user=(--user --map-root-user)
		HYP_OWN_MOUNTS=1 exec unshare "${user[@]}" --mount bash "$0"
	fi
	unset HYP_OWN_MOUNTS
}

# --- the unit -------------------------------------------------------------------

# install_unit FOLDER: the unit and what goes with it, as in a package, beneath
# FOLDER; its path is in $unit.
install_unit() {
	ok "make install-systemd" make -C "$top_builddir" -s install-systemd \
		"DESTDIR=$1" prefix=/usr sbindir=/usr/sbin localstatedir=/var
	unit=$1/usr/lib/systemd/system/hypersdkd.service
}
# sandboxed_daemon UNIT [--write PATH]...: from now on $HYPERSDKD runs within
# what the unit allows it.
sandboxed_daemon() {
	local real=$HYPERSDKD
	{
		echo '#!/bin/bash'
		printf 'exec /usr/bin/python3 -B'
		printf ' %q' "$top_srcdir/tests/package/sandbox.py" "$@" "$real"
		# shellcheck disable=SC2016
		echo ' "$@"'
	} >"$TMP/hypersdkd"
	chmod 755 "$TMP/hypersdkd"
	export HYPERSDKD=$TMP/hypersdkd
}

# --- what is installed ------------------------------------------------------------

# install_all: the whole, beneath $dest, as in /usr/local ($installed), where
# pkg-config finds it.
install_all() {
	own_make
	dest=$TMP/dest
	installed=$dest/usr/local
	ok "make install" make -C "$top_builddir" -s install "DESTDIR=$dest" \
		prefix=/usr/local sysconfdir=/usr/local/etc \
		localstatedir=/usr/local/var
	export PKG_CONFIG_PATH=$installed/lib/pkgconfig
	export PKG_CONFIG_SYSROOT_DIR=$dest
}

# --- packages -------------------------------------------------------------------

# need_root COMMAND...: or the test ends here.
need_root() {
	local tool
	own_make
	if [ "$(id -u)" -ne 0 ]; then
		fail "it needs root"
		done_testing
	fi
	for tool; do
		command -v "$tool" >/dev/null && continue
		fail "$tool is missing: ./quickstart deps --long"
		done_testing
	done
}
# unpack_release FOLDER: of "make dist"; its version is in $version, what was
# unpacked in $release.
unpack_release() {
	version=$("$HYPERSDK" --version | sed 's/.* //')
	mkdir -p "$1"
	tarball=$1/hypersdk-$version.tar.xz
	# One at a time in a build folder.
	ok "make dist" flock "$top_builddir/config.status" sh -ec \
		'make -C "$1" -s dist && mv "$1/${2##*/}" "$2"' - \
		"$top_builddir" "$tarball"
	ok "it is a tarball" tar -C "$1" -xf "$tarball"
	release=$1/hypersdk-$version
}
# build_debs FOLDER [VERSION]: of the release in $release, as FOLDER/*.deb. They
# are built in a folder of the same name each time (in mounts of one's own), as
# ccache wants it, where there is one; $BUILD_AT and $BUILD_OPTIONS change where
# and how. HYP_DEBS: a folder for them that stays,
# from which they are taken the next time.
build_debs() {
	local folder=$1 at=${BUILD_AT:-/mnt}
	[ -z "${HYP_DEBS:-}" ] || [ ! -e "$folder/built" ] || return 0
	mkdir -p "$folder" "$TMP/build" "$at"
	mount --bind "$TMP/build" "$at"
	cp -a "$release" "$at/hypersdk"
	[ -z "${2:-}" ] || (cd "$at/hypersdk" && {
		printf 'hypersdk (%s) unstable; urgency=medium\n\n' "$2"
		printf '  * Newer.\n\n'
		sed -n '/^ -- /{p;q}' debian/changelog
		echo
		cat debian/changelog
	} >changelog && mv changelog debian/changelog)
	(cd "$at/hypersdk" &&
		PATH=/usr/lib/ccache:$PATH DEB_BUILD_OPTIONS="${BUILD_OPTIONS-nocheck} parallel=$(nproc)" \
			dpkg-buildpackage -us -uc -b) >"$folder/log" 2>&1
	local rc=$?
	rm -rf "$at/hypersdk"
	mv "$at"/*.* "$folder/"
	umount "$at"
	[ $rc -ne 0 ] || touch "$folder/built"
	tail -n 40 "$folder/log"
	return $rc
}

# --- a machine --------------------------------------------------------------------

# unmount_below FOLDER: all, the innermost first.
unmount_below() {
	awk -v at="$1/" 'index($5 "/", at) == 1 { print $5 }' \
		/proc/self/mountinfo | sort -r | xargs -r -n1 umount -l
}
# fresh_debian FOLDER: Debian 12 as it is first installed, small; in_root runs
# something there.
fresh_debian() {
	local mirror
	root=$1
	mirror=$(sed -n 's/^URIs: *\(.*debian\)$/\1/p
		s/^deb \(\[.*\] \)\?\(.*\/debian\) .*/\2/p' /etc/apt/sources.list \
		/etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
	ok "a fresh Debian" debootstrap --variant=minbase bookworm "$root" \
		"${mirror:-http://deb.debian.org/debian}"
	mount -t proc proc "$root/proc"
	at_exit unmount_below "$TMP"
	ok "its list of packages" in_root apt-get update -q
}
in_root() {
	chroot "$root" env -i PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin \
		HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}
# install_debs FILE...: by apt, in $root.
install_debs() {
	local file names=()
	for file; do
		cp "$file" "$root/tmp/"
		names+=("/tmp/${file##*/}")
	done
	in_root apt-get install -y -q --no-install-recommends \
		-o Dpkg::Options::=--force-confold "${names[@]}"
}
# Where no systemd is at work, this stands for what of it packages and people ask
# of hypersdkd.service (apt looks for it in /usr/bin). Its log is the journal.
stand_in_systemctl() {
	mkdir -p "$root/run/systemd/system"
	rm -f "$root/usr/bin/systemctl"
	cp "$top_srcdir/tests/package/systemctl.sh" "$root/usr/bin/systemctl"
	chmod 755 "$root/usr/bin/systemctl"
	at_exit "in_root systemctl stop hypersdkd"
}
daemon_pid() { cat "$root/run/hypersdkd.pid" 2>/dev/null; }
