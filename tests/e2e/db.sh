#!/bin/bash
# hypersdk db backup and db check, judged by the sqlite3 command.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
state=$TMP/daemon
mkdir -m 700 "$state"
db=$state/jobs.db
cat >"$TMP/h.conf" <<END
state_dir = "$state";
END
db() { run hypersdk db "$@" --config "$TMP/h.conf"; }
sql() { sqlite3 -bail "$@" 2>&1; }
# row ID: one job.
row() {
	sql "$db" "INSERT INTO jobs VALUES('$1', 'web', '/vm/$1', '/srv',
	  'pending', '2026-11-25T21:38:00.123Z', NULL, NULL, NULL, NULL, NULL,
	  '{}', 'queued', 2, 0, 0, 0, 0, '2026-11-25T21:38:00.123Z', NULL,
	  'vc', 'me', '', '', '', '', '');"
}

db check
is "$rc" 3 "no database: exit code"
like "$err_out" "$db" "no database: says which"
empty "$state" "no database: none is made"

# What a daemon makes.
"$top_builddir/tests/lib/store-drive" make "$db" 3 >"$TMP/made" 2>&1
is "$? $(sql "$db" 'SELECT count(*) FROM jobs')" "0 3" "a database"
is "$(stat -c %a "$db")" 600 "is its owner's alone"

db check
is "$rc $out" "0 no problems" "db check of a sound one"
db check --json
says_json . '{"problems":[]}' "db check --json"
before=$(sha256sum <"$db")
db backup "$TMP/copy.db"
is "$rc" 0 "db backup"
like "$out" "$TMP/copy.db is a complete copy" "says so"
is "$(stat -c %a "$TMP/copy.db")" 600 "the copy is its owner's alone"
is "$(sql "$TMP/copy.db" 'PRAGMA integrity_check; SELECT count(*) FROM jobs')" \
	$'ok\n3' "sqlite3 finds it whole"
is "$(sql "$TMP/copy.db" .dump | sha256sum)" "$(sql "$db" .dump | sha256sum)" \
	"and alike, row by row"
is "$(sha256sum <"$db")" "$before" "the database was not touched"
is "$(find "$TMP" -maxdepth 1 -name 'copy.db*' | wc -l)" 1 \
	"nothing lies beside the copy"
db backup "$TMP/json.db" --json
says_json .path "\"$TMP/json.db\"" "db backup --json"
ok "it is there" test -s "$TMP/json.db"
db backup "$TMP/copy.db"
is "$rc" 5 "a second backup to the same file is refused"
(cd "$TMP" && "$HYPERSDK" db backup rel.db --config h.conf) >/dev/null 2>&1
is "$?" 0 "a relative path"
db backup "$TMP/none/copy.db"
is "$rc" 3 "a folder that is not there"
db backup
is "$rc" 2 "no file named"

# While another process writes, and holds a transaction.
mkfifo "$TMP/to"
sqlite3 -bail "$db" <"$TMP/to" >"$TMP/writer" 2>&1 &
writer=$!
exec 9>"$TMP/to"
echo "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; DELETE FROM jobs;
.system touch $TMP/ready" >&9
wait_for 30 test -e "$TMP/ready"
db backup "$TMP/busy.db"
is "$rc $(sql "$TMP/busy.db" 'SELECT count(*) FROM jobs')" "0 3" \
	"a backup beside a writer has what was committed"
db check
is "$rc" 0 "so has a check"
echo "ROLLBACK;" >&9
exec 9>&-
wait "$writer"
is "$? $(sql "$db" 'SELECT count(*) FROM jobs')" "0 3" "the writer went on"

# What is not as it should be.
sql "$db" "INSERT INTO job_history VALUES(NULL, 'gone', 'x',
  '2026-11-25T21:38:00.123Z', NULL, '', 1);" >/dev/null
db check
is "$rc" 1 "db check of one with a fault: exit code"
like "$out" "job_history belongs to a row of jobs that is not there" \
	"says which fault"
like "$err_out" "1 problem.*db_corrupt" "and what to do"
db check --json
is "$rc" 1 "db check --json: exit code"
says_json '[.problems[] | test("a row of jobs that is not there")]' '[true]' \
	"the same as JSON"
sql "$db" "DELETE FROM job_history; UPDATE job_counts SET n = 9
  WHERE state = 2;"
db check
like "$out" "job_counts says 9 jobs of state 2, there are 3" "a wrong count"
row late >/dev/null

# A page is spoilt: no copy of it.
size=$(stat -c %s "$db")
head -c 4096 /dev/urandom |
	dd of="$db" bs=4096 seek=$((size / 4096 - 2)) conv=notrunc status=none
before=$(sha256sum <"$db")
db check
is "$rc" 1 "db check of a damaged one"
db backup "$TMP/bad.db"
is "$rc" 1 "it is not copied"
like "$err_out" "db_corrupt" "for that reason"
is "$(find "$TMP" -maxdepth 1 -name 'bad.db*' | wc -l)" 0 "nothing is left"
is "$(sha256sum <"$db")" "$before" "it is not touched"

echo "no database at all" >"$db"
db check
is "$rc" 1 "a file of something else"
like "$err_out" "db_corrupt|db_foreign" "says so"
rm "$db"
sql "$db" "CREATE TABLE songs(name)"
chmod 600 "$db"
db check
like "$err_out" "db_foreign" "another program's database"
rm "$db"
sql "$db" "PRAGMA application_id = 1213812819; PRAGMA user_version = 99;
  CREATE TABLE jobs(id)"
chmod 600 "$db"
db check
like "$err_out" "newer version.*db_newer" "a newer version's"
done_testing
