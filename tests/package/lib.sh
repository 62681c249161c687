# shellcheck shell=bash
# What the tests of packages and units share; source it after tap.sh.

# install_unit FOLDER: the unit and what goes with it, as in a package, beneath
# FOLDER; its path is in $unit.
# shellcheck disable=SC2034
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
