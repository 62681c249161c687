#!/bin/bash
# From a release tarball to an export, in a fresh Debian 12 by the two lines of
# README.md: nothing is installed there but the packages that they install. (For
# check-long: root, the network, some minutes.)
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
need_root debootstrap
unpack_release "$TMP/src"
fresh_debian "$TMP/root"
cp -a "$release" "$root/root/release"
awk '/^From a release tarball/ { on = 1 }
	on && sub(/^    /, "") && n++ < 2' "$top_srcdir/README.md" |
	sed 's/sudo //' >"$root/root/two"
is "$(cut -d ' ' -f 1 "$root/root/two" | paste -sd ' ')" \
	"./quickstart ./configure" "two lines"
run in_root MAKEFLAGS="-j$(nproc)" bash -euc 'cd /root/release; . ../two'
is "$rc" 0 "they install"
[ "$rc" -eq 0 ] || {
	tail -n 60 <<<"$out$err_out" | sed 's/^/# /'
	done_testing
}
unlike "$out$err_out" 'warning: [^r]' "without a warning"
run in_root hypersdk --version
is "$rc $out" "0 hypersdk $version" "it runs"
run in_root hypersdk export synthetic-1 --provider synthetic \
	--provider-option disk_size=1MiB --output /root
is "$rc" 0 "it exports"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out$err_out"
ok "a package" in_root hypersdk ova validate /root/synthetic-1.ova
run in_root hypersdk plugins list --json
is "$(jq -c '[.refused, (.plugins | length > 8)]' <<<"$out")" "[[],true]" \
	"all plugins are there"
in_root useradd --system --home-dir /usr/local/var/lib/hypersdk hypersdk
install -d -m 700 -o "$(in_root id -u hypersdk)" \
	"$root/usr/local/var/lib/hypersdk"
run in_root setpriv --reuid=hypersdk --regid=hypersdk --init-groups \
	hypersdkd --check
is "$rc" 0 "the daemon accepts its configuration"
is "$(in_root find / -xdev -newer /root/two -not -type d \( -name '*hypersdk*' \
	-o -path '*/hypersdk/*' \) -not -path '/usr/local/*' \
	-not -path '/root/*' -not -path '/tmp/*')" "" \
	"nothing is installed outside of /usr/local"
done_testing
