#!/bin/bash
# What can go wrong when the Debian package is upgraded, in a fresh Debian 12: a
# configuration with a mistake, a full disk while files are unpacked and while the
# database is brought up to date, a database of the first version, one of a newer
# version. Nothing is lost, and what to do is said. (For check-long, as deb.sh.)
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
own_mounts
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
need_root debootstrap dpkg-buildpackage dh_installsysusers sqlite3
unpack_release "$TMP/src"
debs=${HYP_DEBS:-$TMP/debs}
ok "the package" build_debs "$debs/old"
ok "a newer one" build_debs "$debs/new" "$version+1"
[ "$tap_failed" -eq 0 ] || done_testing
old=$(ls "$debs"/old/hypersdk_*.deb) new=$(ls "$debs"/new/hypersdk_*.deb)

fresh_debian "$TMP/root"
ok "installed" install_debs "$old"
stand_in_systemctl
state=$root/var/lib/hypersdk
db=$state/jobs.db
conf_d=$root/etc/hypersdk/conf.d
journal=$root/var/log/journal.log
cat >"$conf_d/synthetic.conf" <<'CONF'
pipelines = ({ name = "synthetic"; default = true; provider = {
	plugin = "synthetic"; disk_size = "1MiB"; }; });
CONF
service() { in_root systemctl "$1" hypersdkd; }
installed() { in_root dpkg-query -Wf '${db:Status-Abbrev}${Version}' hypersdk; }
# What must not be lost: jobs, schedules, tokens.
known() {
	in_root hypersdk jobs list --json | jq -c '[.jobs[] |
		[.definition.id, .status, .definition.vm_path]]'
	in_root hypersdk schedules list --json | jq -c '[.schedules[].id]'
	in_root hypersdk token list --json | jq -c .tokens
}
ok "it runs" service start
ok "a job" in_root hypersdk jobs submit --vm synthetic-1 --wait \
	--output /var/lib/hypersdk/exports
ok "a schedule" in_root hypersdk schedules create nightly --vm synthetic-2 \
	--schedule '0 2 1 1 *' --output /var/lib/hypersdk/exports/later
ok "a token" in_root hypersdk token create looks --role viewer
kept=$(known)
like "$kept" 'completed.*nightly.*looks' "are known"
# untouched NAME: all is there.
untouched() { is "$(known)" "$kept" "$1: nothing is lost"; }

# --- a mistake in conf.d -------------------------------------------------------------

pid=$(daemon_pid)
echo 'this is = wrong' >"$conf_d/broken.conf"
run install_debs "$new"
is "$rc $(installed)" "0 ii $version+1" "a mistake: the package is upgraded"
like "$err_out" 'WARNING.*broken.conf:1.*systemctl restart' \
	"a mistake: where it is, and what to do, is said"
is "$(daemon_pid) $(service is-active && echo active)" "$pid active" \
	"a mistake: the daemon goes on"
# The command reads the same configuration, unless it is told another.
: >"$root/tmp/none.conf"
ok "a mistake: a job" in_root hypersdk jobs submit --vm synthetic-2 --wait \
	--output /var/lib/hypersdk/exports --config /tmp/none.conf \
	--socket /run/hypersdk/api.sock
rm "$conf_d/broken.conf"
kept=$(known)
like "$kept" 'synthetic-2.*synthetic-1' "a mistake: which is known"
ok "mended: it starts anew" service restart
untouched mended

# --- half of it -----------------------------------------------------------------------

cp "$old" "$new" "$root/tmp/"
ok "back to the version before" in_root dpkg -i "/tmp/${old##*/}"
pid=$(daemon_pid)
ok "only unpacked" in_root dpkg --unpack "/tmp/${new##*/}"
is "$(daemon_pid)" "$pid" "only unpacked: the daemon goes on"
untouched "only unpacked"
ok "dpkg --configure -a" in_root dpkg --configure -a
if [ "$(daemon_pid)" != "$pid" ]; then
	pass "which starts it anew"
else
	fail "which starts it anew"
fi
untouched "configured"

# --- a full disk while unpacking -------------------------------------------------------

ok "back again" in_root dpkg -i "/tmp/${old##*/}"
plugins=$(find "$root/usr/lib" -path '*/hypersdk/plugins')
cp -a "$plugins" "$TMP/plugins"
size=$(du -sk "$plugins" | cut -f 1)
mount -t tmpfs -o "size=$((size + 400))k,mode=755" none "$plugins"
cp -a "$TMP/plugins/." "$plugins/"
pid=$(daemon_pid)
run install_debs "$new"
ok "a full disk: the upgrade fails" test "$rc" -ne 0
like "$out$err_out" 'No space left on device' "a full disk: and says why"
is "$(installed)" "ii $version" "a full disk: the version before is there"
is "$(cd "$plugins" && find . -type f -exec sha256sum {} + | sort)" \
	"$(cd "$TMP/plugins" && find . -type f -exec sha256sum {} + | sort)" \
	"a full disk: byte by byte"
is "$(daemon_pid) $(service is-active && echo active)" "$pid active" \
	"a full disk: its daemon runs"
ok "a full disk: and can be started" service restart
untouched "a full disk"
ok "a full disk: it exports" in_root hypersdk export synthetic-3 --output /root
mount -o remount,size=200m "$plugins"
run install_debs "$new"
is "$rc $(installed)" "0 ii $version+1" "room again: the same command mends it"
untouched "room again"

# --- a database of the first version -----------------------------------------------------

# first_version FILE: what is in $db, as the first version would have it.
first_version() {
	local table columns
	sqlite3 -bail "$1" <"$top_srcdir/tests/package/jobs-v1.sql" >/dev/null
	for table in $(sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE
		type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN
		('job_counts', 'store_meta')"); do
		columns=$(sqlite3 "$1" "ATTACH '$db' AS new;
			SELECT group_concat(name) FROM pragma_table_info('$table')
			WHERE name IN (SELECT name FROM
			pragma_table_info('$table', 'new'))")
		sqlite3 -bail "$1" "ATTACH '$db' AS new; INSERT INTO
			main.$table($columns) SELECT $columns FROM new.$table"
	done
	chmod 600 "$1"
	chown --reference="$state" "$1"
}
sql() { sqlite3 -bail "$db" "$@"; }
# judged SQL: of a copy, for which there is room.
judged() {
	rm -f "$TMP"/copy.db*
	cp "$db" "$TMP/copy.db"
	[ ! -e "$db-wal" ] || cp "$db-wal" "$TMP/copy.db-wal"
	sqlite3 -bail "$TMP/copy.db" "$@"
}
dump() { judged .dump | sha256sum; }
ok "it stops" service stop
newest=$(sql 'PRAGMA user_version')
first_version "$TMP/v1.db"
is "$(sqlite3 "$TMP/v1.db" 'SELECT count(*) FROM jobs; PRAGMA user_version' |
	paste -sd ' ')" "2 1" "a database of version 1"

# On a disk that is full while it is brought up to date: to the last byte, and
# with some room, which does not suffice.
for room in 0 16 48; do
	ok "back once more" in_root dpkg -i "/tmp/${old##*/}"
	service stop
	mount -t tmpfs -o size=4m,mode=700 none "$state"
	chown --reference="$root/run/hypersdk" "$state"
	mkdir "$state/exports"
	chown --reference="$state" "$state/exports"
	cp -p "$TMP/v1.db" "$db"
	dd if=/dev/zero of="$state/ballast" bs=4096 status=none 2>/dev/null
	truncate -s -$((room * 1024)) "$state/ballast"
	before=$(dump)
	: >"$journal"
	run install_debs "$new"
	what="$room KiB of room"
	is "$rc $(installed)" "0 ii $version+1" "$what: the package is upgraded"
	like "$err_out" 'WARNING: hypersdkd does not run.*journalctl' \
		"$what: that it does not start is said"
	like "$(<"$journal")" '[Nn]o space|is full' "$what: and why"
	is "$(judged 'PRAGMA integrity_check; PRAGMA user_version' |
		paste -sd ' ')" "ok 1" "$what: the database is whole, and as it was"
	is "$(dump)" "$before" "$what: row by row"
	rm "$state/ballast"
	ok "$what: with more, it starts" service start
	is "$(sql 'PRAGMA user_version')" "$newest" "$what: with a new database"
	untouched "$what"
	service stop
	umount "$state"
done
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' "$journal"

cp -p "$TMP/v1.db" "$db"
ok "back to the version before" in_root dpkg -i "/tmp/${old##*/}"
untouched "an old database with a newer program"
is "$(sql 'PRAGMA integrity_check; PRAGMA user_version' | paste -sd ' ')" \
	"ok $newest" "which is as new ones are"
ok "it exports" in_root hypersdk jobs submit --vm synthetic-3 --wait \
	--output /var/lib/hypersdk/exports
kept=$(known)

# --- a database of a newer version ----------------------------------------------------------

service stop
sql 'PRAGMA user_version = 99'
# All but who holds it, and the index of its log.
files() {
	(cd "$state" && find . -type f -size +0 ! -name lock ! -name '*-shm' \
		-exec sha256sum {} + | sort)
}
before=$(files)
: >"$journal"
run service start
is "$rc" 1 "a newer database: it does not start"
like "$(<"$journal")" 'newer version.*schema 99.*use that version, or a backup' \
	"a newer database: and says what to do"
is "$(files)" "$before" "a newer database: not a byte is changed"
run in_root dpkg -i "/tmp/${old##*/}"
like "$rc$err_out" '^0.*WARNING: hypersdkd does not run' \
	"a newer database: a package says so, too"
run in_root setpriv --reuid=hypersdk --regid=hypersdk --init-groups \
	hypersdk db check
like "$rc $err_out" '^1 .*newer version' "a newer database: db check"
is "$(files)" "$before" "a newer database: still not a byte"
sql "PRAGMA user_version = $newest"
ok "with its own program it starts" service start
untouched "with its own program"
done_testing
