#!/bin/bash
# Faults 4 to 9, 12, 14 and 15 of the job store, from outside; the sqlite3 command
# is the judge. (A failing sync: plugins/store/sqlite/test-sync.)
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
in_namespace
drive=$top_builddir/tests/lib/store-drive
mkdir -m 700 "$TMP/s"
db=$TMP/s/jobs.db
sql() { sqlite3 -bail "$db" "$@" 2>&1; }
new() { rm -f "$db"* && "$drive" make "$db" "${1:-2}"; }

# --- the tables that hypersdk's users know -----------------------------------
new
columns() {
	sql "SELECT name || ' ' || type || iif(\"notnull\", '!', '') ||
	  iif(pk, ' key', '') FROM pragma_table_info('$1') ORDER BY cid" |
		head -n "$2" | paste -sd,
}
is "$(columns jobs 12)" "id TEXT key,name TEXT!,vm_path TEXT!,$(
)output_path TEXT!,status TEXT!,created_at TIMESTAMP!,started_at TIMESTAMP,$(
)completed_at TIMESTAMP,progress_json TEXT,result_json TEXT,error TEXT,$(
)definition_json TEXT!" "jobs"
is "$(columns job_history 5)" "id INTEGER key,job_id TEXT!,status TEXT!,$(
)timestamp TIMESTAMP!,details TEXT" "job_history"
is "$(columns scheduled_jobs 12 | sed 's/ [A-Z]\+!\?//g')" "id key,name,$(
)description,schedule,job_template_json,enabled,created_at,updated_at,$(
)last_run,next_run,run_count,tags_json" "scheduled_jobs"
is "$(columns schedule_executions 7 | sed 's/ [A-Z]\+!\?//g')" "id key,$(
)schedule_id,job_id,executed_at,status,duration_seconds,error" \
	"schedule_executions"
is "$(sql "SELECT sql FROM sqlite_schema WHERE name IN ('idx_status',
	'idx_created_at', 'idx_vm_path') ORDER BY name" | paste -sd,)" \
	"CREATE INDEX idx_created_at ON jobs(created_at DESC),$(
)CREATE INDEX idx_status ON jobs(status),$(
)CREATE INDEX idx_vm_path ON jobs(vm_path)" "the indexes"
is "$(sql "SELECT \"table\", on_delete FROM
	pragma_foreign_key_list('job_history')")" "jobs|CASCADE" "foreign keys"
is "$(sql "SELECT status, phase, created_at, typeof(created_at), started_at
	IS NULL FROM jobs LIMIT 1")" \
	"pending|queued|2025-11-25T21:38:00.000Z|text|1" "a job's values"
is "$(sql "PRAGMA journal_mode; PRAGMA integrity_check; PRAGMA user_version" |
	paste -sd' ')" "wal ok 3" "sound"
is "$(find "$TMP/s" -type f ! -name jobs.db)" "" \
	"closed, there is nothing but the database"

# --- made by the first version ---------------------------------------------------
sql ".schema" >"$TMP/newest"
sort "$TMP/newest" >"$TMP/of-$(sql "PRAGMA user_version")"
sql "DROP TABLE seen_vms;
	ALTER TABLE webhook_deliveries DROP COLUMN latency_ms;
	ALTER TABLE tokens ADD COLUMN used_at TIMESTAMP;
	DROP INDEX idx_jobs_active; DROP INDEX idx_jobs_line;
	CREATE UNIQUE INDEX idx_jobs_active
	  ON jobs(endpoint, vm_path, output_path) WHERE state <= 8;
	CREATE INDEX idx_jobs_queue ON jobs(created_at, id, state, due_at,
	  endpoint, user, host, vm_path) WHERE state IN (2, 3);
	INSERT INTO tokens VALUES('t', 'n', 'viewer', 'x', 0,
	  '2025-11-25T21:38:00.000Z', NULL, NULL);
	PRAGMA user_version = 1;"
cp "$db" "$TMP/older.db"
sql ".schema" | sort >"$TMP/of-1"
"$drive" make "$db" 0
is "$?" 0 "an older database opens"
is "$(sql ".schema" | sort)" "$(sort "$TMP/newest")" "and is as a new one"
is "$(sql "SELECT count(*) FROM jobs; SELECT name FROM tokens;
	PRAGMA integrity_check; PRAGMA user_version" | paste -sd' ')" \
	"2 n ok 3" "with all that was in it"

# Killed at each write of that step: the old version or the new one, whole.
mixed=0 killed=0 old=0
for ((n = 1; n < 400; n++)); do
	rm -f "$db"*
	install -m 600 "$TMP/older.db" "$db"
	strace -f -qq -o "$TMP/trace" -e trace=pwrite64,fdatasync \
		-e "inject=pwrite64:signal=SIGKILL:when=$n" \
		"$drive" make "$db" 0 2>"$TMP/err"
	code=$?
	version=$(sql "PRAGMA user_version")
	[ "$(sql ".schema" | sort)" = "$(<"$TMP/of-$version")" ] &&
		[ "$(sql "PRAGMA integrity_check; SELECT count(*) FROM jobs" |
			paste -sd' ')" = "ok 2" ] || mixed=$((mixed + 1))
	[ "$version" != 1 ] || old=$((old + 1))
	[ "$code" -ne 0 ] || break
	killed=$((killed + 1))
done
is "$code $mixed" "0 0" \
	"killed at each of its $killed writes: old or new, never mixed"
ok "killed early, it is the old one" test "$old" -gt 1
ok "and killed late the new one" test "$old" -lt "$killed"

# --- killed in the midst ------------------------------------------------------
for round in 1 2 3 4 5; do
	rm -f "$db"* "$TMP/acked"
	"$drive" write "$db" >"$TMP/acked" 2>"$TMP/err" &
	pid=$!
	wait_for 60 grep -q "^$((round * 40))\$" "$TMP/acked"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	last=$(grep -c . "$TMP/acked")
	is "$(sql "PRAGMA integrity_check;
	  SELECT count(*) FROM events WHERE CAST(id AS INTEGER) <= $last")" \
		"ok
$last" "killed, round $round: what was acknowledged is there, and sound"
done

# --- the log is gone ----------------------------------------------------------
rm -f "$db"* "$TMP/acked"
"$drive" write "$db" >"$TMP/acked" 2>"$TMP/err" &
pid=$!
wait_for 60 grep -q "^20\$" "$TMP/acked"
kill -9 "$pid"
wait "$pid" 2>/dev/null
is "$(stat -c %a "$db" "$db-wal" | paste -sd' ')" "600 600" \
	"the log is its owner's alone, too"
rm "$db-wal" "$db-shm"
"$drive" make "$db" 1 2>"$TMP/err"
is "$?" 0 "without its log the database opens"
like "$(<"$TMP/err")" "jobs.db-wal is missing.*are lost" "and says so"
rm -f "$db"*
new
"$drive" make "$TMP/s/other.db" 1 2>"$TMP/err"
is "$(<"$TMP/err")" "" "nothing is said after a proper end"

# --- damaged, newer, foreign, unsafe -----------------------------------------
# refused NAME KIND: it does not open, and nothing of it is changed.
refused() {
	local before
	before=$(sha256sum <"$db")
	"$drive" make "$db" 1 2>"$TMP/err"
	is "$?" 1 "$1: refused"
	like "$(<"$TMP/err")" "$2" "$1: says why"
	is "$(sha256sum <"$db")" "$before" "$1: not touched"
}
new 500
size=$(stat -c %s "$db")
for page in 3 $((size / 4096 / 2)) $((size / 4096 - 1)); do
	new 500
	printf 'spoilt spoilt' |
		dd of="$db" bs=1 seek=$((page * 4096)) conv=notrunc status=none
	refused "page $page spoilt" "$db.*hypersdk db backup.*db_corrupt"
done
new 500
truncate -s $((size / 2 / 4096 * 4096)) "$db"
refused "cut in half" db_corrupt
truncate -s 0 "$db"
refused "empty" "empty.*db_corrupt"
new
sql "PRAGMA user_version = 99" >/dev/null
refused "newer" "newer version.*db_newer"
rm -f "$db"*
sql "CREATE TABLE songs(x)"
refused "another program's" db_foreign
new
chmod 0660 "$db"
refused "writable by the group" "unsafe_state_dir"
chmod 0600 "$db"
chown 65534 "$db"
refused "another user's, also for root" "unsafe_state_dir"
echo "state_dir = \"$TMP/s\";" >"$TMP/s.conf"
run "$HYPERSDK" db check --config "$TMP/s.conf"
is "$rc" 0 "which may look at it"
chown 0 "$db"
chown 65534 "$TMP/s"
refused "in another user's folder" "unsafe_state_dir"
chown 0 "$TMP/s"
chmod 0777 "$TMP/s"
refused "in a folder that others may write" "unsafe_state_dir"
chmod 0700 "$TMP/s"

# --- held by another ----------------------------------------------------------
new
mkfifo "$TMP/to"
sqlite3 -bail "$db" <"$TMP/to" >/dev/null 2>&1 &
other=$!
exec 9>"$TMP/to"
printf 'BEGIN IMMEDIATE;\n.system touch %s\n' "$TMP/ready" >&9
wait_for 30 test -e "$TMP/ready"
start=$(date +%s)
"$drive" write "$db" >"$TMP/acked" 2>"$TMP/err"
is "$?" 1 "held by another process: it gives up"
like "$(<"$TMP/err")" "locked.*db_busy" "and says why"
ok "after 5 s" test $(($(date +%s) - start)) -ge 5
rm "$TMP/ready"
printf 'ROLLBACK; BEGIN; SELECT * FROM jobs;\n.system touch %s\n' \
	"$TMP/ready" >&9
wait_for 30 test -e "$TMP/ready"
"$drive" make "$TMP/s/unrelated.db" 1
is "$(sql "SELECT count(*) FROM jobs")" 2 "nothing was written"
exec 9>&-
wait "$other"

# --- the log stays small ---------------------------------------------------------
# With an outside reader that stays it cannot, and that is said; when the reader
# goes, it does again.
mkdir -m 700 "$TMP/much"
mount -t tmpfs -o size=200m,mode=700 tmpfs "$TMP/much"
much() { "$drive" much "$TMP/much/jobs.db" 5 >"$TMP/sizes" 2>"$TMP/err"; }
much
is "$? $(<"$TMP/err")" "0 " "80 MiB of changes"
ok "at no time are 64 MiB in the log" test "$(sort -n "$TMP/sizes" | tail -n 1)" -lt 64
sqlite3 -bail "$TMP/much/jobs.db" <"$TMP/to" >/dev/null 2>&1 &
other=$!
exec 9>"$TMP/to"
printf 'BEGIN; SELECT count(*) FROM jobs;\n.system touch %s\n' "$TMP/reads" >&9
ok "somebody reads on and on" wait_for 30 test -e "$TMP/reads"
much
ok "the log is longer then" test "$(tail -n 1 "$TMP/sizes")" -ge 64
like "$(<"$TMP/err")" "jobs.db has grown to [0-9]+ MiB: another process" "and that is said"
exec 9>&-
wait "$other"
much
is "$? $(<"$TMP/err")" "0 " "when that ends"
ok "it is cut" test "$(tail -n 1 "$TMP/sizes")" -lt 64
umount "$TMP/much"

# --- no room ------------------------------------------------------------------
mkdir -m 700 "$TMP/small"
mount -t tmpfs -o size=2m,mode=700 tmpfs "$TMP/small"
head -c 512K /dev/zero >"$TMP/small/ballast"
"$drive" full "$TMP/small/jobs.db" "$TMP/small/ballast" >"$TMP/acked" 2>"$TMP/err"
is "$? $(<"$TMP/err")" "0 db_full" \
	"a full disk says so, and it goes on once there is room"
is "$(sqlite3 "$TMP/small/jobs.db" "PRAGMA integrity_check;
	SELECT count(*) FROM events")" "ok
$(<"$TMP/acked")" "what was acknowledged is there, and no more"
umount "$TMP/small"
done_testing
