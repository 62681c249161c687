#!/bin/bash
# hypersdk cron next
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
next() { run hypersdk cron next "$@"; }

next '0 2 * * *' --zone Europe/Berlin --after 2026-03-28T12:00:00Z -n 2
is "$rc $out" "0 at 02:00 every day (Europe/Berlin)
Sun 2026-03-29 03:00:00 +02:00  2026-03-29T01:00:00Z
Mon 2026-03-30 02:00:00 +02:00  2026-03-30T00:00:00Z" "over a change of clocks"
next '*/20 1 * * *' --zone America/St_Johns --after 2026-07-01T00:00:00Z -n 1
is "$out" "at 01:00, 01:20 and 01:40 every day (America/St_Johns)
Wed 2026-07-01 01:00:00 -02:30  2026-07-01T03:30:00Z" "west, by half hours"
next '30 4 1,15 * 5' --zone UTC --after 2026-01-02T06:00:00+01:00 -n 3 --json
is "$rc" 0 "--json succeeds"
is "$(jq -cS . <<<"$out")" '{"expression":"30 4 1,15 * 5","next":["2026-01-09T04:30:00Z","2026-01-15T04:30:00Z","2026-01-16T04:30:00Z"],"zone":"UTC"}' \
	"--json says expression, zone and instants"
next 'CRON_TZ=Asia/Tokyo @daily' --zone UTC --after 2026-01-01T00:00:00Z --json
is "$(jq -r '.zone, (.next | length), .next[0]' <<<"$out" | xargs)" \
	"Asia/Tokyo 5 2026-01-01T15:00:00Z" "the expression's own zone wins; 5"
next '@every 90m' --after 2026-01-01T00:00:00Z --zone UTC -n 2 --json
is "$(jq -rc .next <<<"$out")" '["2026-01-01T01:30:00Z","2026-01-01T03:00:00Z"]' \
	"@every counts from --after"
TZ=Asia/Kolkata next '0 9 * * *' --after 2026-01-01T00:00:00Z -n 1 --json
is "$(jq -r '.zone + .next[0]' <<<"$out")" "Asia/Kolkata2026-01-01T03:30:00Z" \
	"the system's zone"
before=$(date -u +%FT%TZ)
next '* * * * *' --zone UTC -n 1 --json
like "$(jq -r '.next[0]' <<<"$out")" '^20[0-9-]+T[0-9:]+:00Z$' "from now on"
[[ $(jq -r '.next[0]' <<<"$out") > $before ]] && pass "which is the future" ||
	fail "which is the future" "$before: $out"

# refused CODE REGEX NAME ARGUMENT...
refused() {
	local code=$1 want=$2 name=$3
	shift 3
	next "$@"
	is "$rc$out" "$code" "$name: exit code, nothing on standard output"
	like "$err_out" "^hypersdk: $want" "$name: says why"
}
refused 2 'hour: 25 is outside 0-23 \(bad_cron\)' "an hour" '0 25 * * *'
refused 2 'it never fires: .* \(never_fires\)' "30 February" '0 0 30 2 *'
refused 2 '.*did you mean Europe/Berlin.* \(bad_zone\)' "a zone" \
	'@daily' --zone Europe/Berln
refused 2 'there is no time zone .*passwd' "a path" \
	'@daily' --zone ../../../etc/passwd
TZ=Nowhere refused 2 "the system's zone: there is no time zone .*Nowhere" \
	"a wrong TZ" '@daily'
refused 2 '--after: "noon" is no time' "a time" '@daily' --after noon
refused 2 '--count: ' "a count" '@daily' -n 0
refused 1 '.* \(never_fires\)' "the end of time" '@daily' \
	--after 9999-12-31T00:00:00Z
refused 2 'cron next needs' "no expression"
done_testing
