#!/bin/bash
# GET /events: Server-Sent Events from the event table.
# shellcheck source=tests/e2e/api-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/api-lib.sh" || exit 1

api_config none
api_start
is $? 0 "a server"
root=$api_dir/state/exports
events() { /usr/bin/python3 "$top_srcdir/tests/lib/events.py" \
	"$api_url/events${query-}" "$@"; }
# told FILE: the events in it.
told() { grep '^[0-9]* job\.' "$1"; }
listens() { grep -q '^200 ' "$1"; }
submit() { # NAME: its id
	curl -s "$api_url/jobs/submit" -H 'Content-Type: application/json' -d \
		"{\"vm_path\":\"synthetic-1\",\"name\":\"$1\",
		\"output_path\":\"$root/$1\"}" | jq -r '.job_ids[0]'
}

# A job from its birth to its end.
events 300 >"$TMP/live" &
reader=$!
ok "a reader" wait_for 10 listens "$TMP/live"
is "$(head -1 "$TMP/live")" "200 text/event-stream" "of its type"
one=$(submit one)
ok "the job ends" wait_for 30 job_ended "$one"
ok "the end is told" wait_for 10 grep -q job.completed "$TMP/live"
is "$(told "$TMP/live" | awk '{ print $2 }' | grep -v progress | xargs)" \
	"job.created job.started job.completed" "in order"
is "$(told "$TMP/live" | head -1 | cut -d' ' -f3- |
	jq -r '[.event, .data.job_id, .data.vm_path] | join(" ")')" \
	"job.created $one synthetic-1" "the envelope is that of webhooks"
is "$(told "$TMP/live" | awk '{ print $1 }' | sort -nc 2>&1)" "" "ids rise"
last=$(told "$TMP/live" | awk 'NR == 1 { print $1 }')

# Going on behind one that was seen.
events 30 2 "$last" >"$TMP/again"
is "$(told "$TMP/again")" "$(told "$TMP/live" | sed -n '2,3p')" \
	"Last-Event-ID: the same events follow"
events 30 1 0 >"$TMP/all"
is "$(told "$TMP/all")" "$(told "$TMP/live" | head -1)" "from the very first"
for bad in x -1 1x 99999999999999999999; do
	like "$(events 5 1 "$bad" | tr '\n' ' ')" '^400 .*bad_request' \
		"Last-Event-ID $bad"
done

# One job's only.
two=$(submit two)
ok "another ends" wait_for 30 job_ended "$two"
query="?job_id=$two" events 30 1 0 >"$TMP/two"
is "$(told "$TMP/two" | cut -d' ' -f3- | jq -r .data.job_id)" "$two" \
	"?job_id"

# Of before a restore: it has seen more than there is.
events 60 1 999999 >"$TMP/ahead" &
reader_ahead=$!
ok "a reader that is ahead" wait_for 10 listens "$TMP/ahead"
ahead=$(submit ahead)
ok "a job ends" wait_for 30 job_ended "$ahead"
wait $reader_ahead
like "$(told "$TMP/ahead")" "job.created" "is told what follows"

# Many readers, each gets all.
readers=()
for i in {1..60}; do
	events 60 1 >"$TMP/many$i" &
	readers+=($!)
done
all_listen() { [ "$(grep -l '^200 ' "$TMP"/many* | wc -l)" -eq 60 ]; }
ok "60 readers" wait_for 30 all_listen
three=$(submit three)
wait "${readers[@]}"
is "$(cat "$TMP"/many* | grep -c "$three")" 60 "each is told"
is "$(sed -n 's/^Threads:\t//p' "/proc/$api_pid/status" |
	awk '{ print ($1 < 60) }')" 1 "and has no thread of its own"
ok "the third ends" wait_for 30 job_ended "$three"

# More than there may be.
readers=()
for i in {1..140}; do
	events 60 >"$TMP/crowd$i" &
	readers+=($!)
done
all_answered() { [ "$(cat "$TMP"/crowd* | grep -c '^[25]0[03] ')" -eq 140 ]; }
ok "140 more" wait_for 60 all_answered
# Readers that have left are found out when there is something to tell them.
got=$(cat "$TMP"/crowd* | grep -c too_many_streams)
ok "128 at once, with the first: the others get 503 ($got)" \
	test "$got" -ge 13 -a "$got" -lt 73
ok "others are served" curl -sf "$api_url/jobs/stats"
ok "a silent stream is kept alive by comments" wait_for 30 \
	grep -q comment "$TMP/live"
kill "${readers[0]}" "${readers[1]}" "${readers[2]}" 2>/dev/null
wait "${readers[0]}" "${readers[1]}" "${readers[2]}" 2>/dev/null

# A stop ends them all.
api_stop
is "$api_rc" 0 "it stops with readers"
wait "$reader" "${readers[@]}" 2>/dev/null
is "$(tail -1 "$TMP/live")" end "and their streams end in order"
done_testing
