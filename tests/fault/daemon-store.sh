#!/bin/bash
# The daemon over a store in trouble (faults.md 5, 7): a full disk, and a
# database that is spoilt under it. sqlite3 is the judge.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
in_namespace
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
daemon_state=$TMP/small/state
db=$daemon_state/jobs.db
ready() { api GET /ready | jq -r '[.status, .kind] | join(" ")'; }
ready_is() { [ "$(ready)" = "$1" ]; }
# The room it takes keeps a submit from fitting where others would.
big() {
	api POST /jobs/submit "{\"vm_path\":\"nobody-$1\",\"output_path\":
		\"$daemon_out/$1\",\"metadata\":{\"a\":\"$(printf 'a%.0s' {1..20000})\"}}"
}

mkdir -m 700 "$TMP/small"
mount -t tmpfs -o size=1m,mode=700 tmpfs "$TMP/small"
daemon_configure
start_daemon
dd if=/dev/zero of="$TMP/small/ballast" bs=4k status=none 2>/dev/null
big 1 >"$TMP/answer"
is "$(api_status) $(jq -r .kind "$TMP/answer")" "507 db_full" \
	"a submit when the disk is full"
ok "it is not ready" wait_for 10 ready_is "not_ready db_full"
is "$(api_status)" 503 "with its status"
is "$(api GET /jobs/stats | jq .total)" 0 "no job is half there"
rm "$TMP/small/ballast"
ok "once there is room it is, by itself" wait_for 20 ready_is "ready "
big 2 >"$TMP/answer"
is "$(api_status) $(sqlite3 "$db" 'PRAGMA integrity_check;
	SELECT count(*) FROM jobs' | paste -sd' ')" "200 ok 1" "and takes jobs"
ok "which end" wait_job "$(jq -r '.job_ids[0]' "$TMP/answer")" failed
stop_daemon

# Every page but the first two is spoilt while it runs.
start_daemon
sqlite3 "$db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
for ((page = 2; page < $(stat -c %s "$db") / 4096; page++)); do
	printf '\377%.0s' {1..64} |
		dd of="$db" bs=1 seek=$((page * 4096)) conv=notrunc status=none
done
big 3 >"$TMP/answer"
is "$(api_status) $(jq -r .kind "$TMP/answer")" "500 db_corrupt" \
	"a submit to a database that is damaged"
like "$(jq -r .error "$TMP/answer")" "$db.*hypersdk db backup" "says what to do"
ok "it is not ready" wait_for 10 ready_is "not_ready db_corrupt"
ok "and its log says so" daemon_says 'error .*plugin=engine: .*is damaged'
before=$(sha256sum <"$db")
stop_daemon
is "$daemon_rc" 0 "it ends as it should"
is "$(sha256sum <"$db")" "$before" "and changes nothing of it"
run "$HYPERSDKD" --config "$daemon_conf" --state-dir "$daemon_state"
like "$rc $err_out" "^3 .*$db.*db_corrupt" "the next start does not begin"
umount "$TMP/small"
done_testing
