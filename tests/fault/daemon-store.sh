#!/bin/bash
# The daemon over a store in trouble (faults.md 5, 7, 9): a full disk, another
# process that holds the database, and a database that is spoilt under it.
# sqlite3 is the judge.
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

# Another process holds the database while a job runs whose end is to be written:
# for two waits of 5 s, so that the job's has failed, too.
start_daemon
slow=$(submit_vm synthetic-1 ',"options":{"bandwidth":"1MiB/s"}')
ok "a job runs" wait_phase "$slow" transferring
mkfifo "$TMP/to"
sqlite3 -bail "$db" <"$TMP/to" >/dev/null 2>&1 &
holder=$!
exec 9>"$TMP/to"
printf '.timeout 30000\nBEGIN IMMEDIATE;\n.system touch %s\n' "$TMP/held" >&9
ok "the database is held" wait_for 40 test -e "$TMP/held"
for try in first second; do
	curl -s --max-time 60 --unix-socket "$daemon_socket" -D "$TMP/headers" \
		-H 'Content-Type: application/json' -H 'Idempotency-Key: held' \
		--data-binary "{\"vm_path\":\"nobody-4\",\"output_path\":
			\"$daemon_out/4\"}" http://localhost/jobs/submit >"$TMP/answer"
	is "$(awk 'NR == 1 { print $2 }' "$TMP/headers") $(jq -r .kind "$TMP/answer")" \
		"503 db_busy" "the $try submit is refused then"
	like "$(tr -d '\r' <"$TMP/headers")" $'\nRetry-After: [1-9]' \
		"the $try is told to try again"
done
ok "it is not ready" wait_for 20 ready_is "not_ready db_busy"
is "$(api GET "/jobs/$slow" | jq -r .status)" running "jobs can be read"
exec 9>&-
wait "$holder"
ok "once it is let go it is ready" wait_for 20 ready_is "ready "
ok "the job that ran ends as if nothing had been" wait_job "$slow" completed
is "$(api GET "/jobs/$slow" | jq -c '[.attempt, .interruptions // 0]')" "[1,0]" \
	"in its first attempt"
is "$(sqlite3 "$db" "SELECT count(*) FROM jobs WHERE vm_path = 'nobody-4'")" 0 \
	"of what was refused nothing is there"
id=$(submit_vm nobody-4)
ok "a submit works again" wait_job "$id" failed
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
