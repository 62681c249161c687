#!/bin/bash
# jobs watch: bars on a terminal, lines without one, and a daemon that dies.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/e2e/jobs-lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/jobs-lib.sh" || exit 1

configure '' "$(pipeline slow 'vms = 9;
	disk_size = "8MiB"; rate = "3MiB";')" \
	"$(pipeline fast 'vms = 9; disk_size = "1MiB";')"
start_daemon
at=(--socket "$daemon_socket")
job() { hypersdk jobs "$@" "${at[@]}"; }
# submit VM...: jobs with a folder of their own; IDs on standard output.
submit() {
	local vms=() vm
	for vm; do vms+=(--vm "synthetic-$vm"); done
	job submit "${vms[@]}" --output "$daemon_out/{id}"
}
# shown SIZE RULE... -- ID...: the screen at the end, in $out.
shown() {
	local before=()
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	shift
	run terminal --size "${before[@]}" -- "$HYPERSDK" jobs watch "$@" \
		"${at[@]}"
	rows=$(sed -n 's/^rows //p' <<<"$out")
	out=$(sed '$d' <<<"$out")
	[ "$rc" -ne 99 ] || sed 's/^/# /' <<<"$out$err_out"
}

# --- a terminal ---------------------------------------------------------------

id=$(submit 1)
shown 80x24 --on 'synthetic-1: transferring.*all .*[1-9]. % .*left' size=70x24 \
	-- "$id"
is "$rc" 0 "one job, watched to its end"
like "$out" '^synthetic-1: completed: /.*/synthetic-1.ova, [0-9.]+ MiB in ' \
	"what is left is the outcome"
unlike "$out" '[━─=]{3}|left|transferring' "and no bar"
is "$((rows <= 4))" 1 "it took a few lines"

mapfile -t ids < <(submit 1 2 3)
shown 80x24 --on 'of 3 jobs have ended.*synthetic-1.*synthetic-2.*synthetic-3.*all .*[1-9] %' \
	size=60x24 -- "${ids[@]}"
is "$rc" 0 "three jobs on a terminal that is resized"
is "$(grep -c ': completed: ' <<<"$out")" 3 "three outcomes"
unlike "$out" '[━─=]{3}|left|transferring' "and no bar is left"
mapfile -t ids < <(submit 1 2)
shown 30x5 -- "${ids[@]}"
is "$rc" 0 "a small terminal"
mapfile -t ids < <(submit 1 2)
shown 8x3 -- "${ids[@]}"
is "$rc" 0 "one that is too small for bars"

id=$(submit 1)
shown 80x24 --on 'all .*[1-9] %' int -- "$id"
is "$rc" 130 "Ctrl-C ends the watching"
like "$out" 'the job goes on' "and says that it ends nothing else"
unlike "$out" '[━─=]{3}' "and leaves no bar"
run job watch "$id"
is "$rc" 0 "the job went on to its end"

# --- lines --------------------------------------------------------------------

id=$(submit 2)
run job watch "$id"
is "$rc" 0 "without a terminal"
like "$out" '^synthetic-2: completed: ' "the outcome on standard output"
like "$err_out" 'synthetic-2: transferring' "phases on stderr"
like "$err_out" 'synthetic-2: [1-9][0-9] %, [0-9.]+ MiB' "and percents"
run job watch "$id" --json
is "$rc $err_out $(wc -l <<<"$out")" "0  1" "--json: one document"
is "$(jq -r '.jobs[0].status' <<<"$out")" completed "of the ended jobs"
run job watch "$id" none
is "$rc" 3 "a job that is not there"
run job watch
is "$rc" 2 "no job at all"

# --- a daemon that dies -------------------------------------------------------

id=$(submit 3)
job watch "$id" >"$TMP/seen" 2>"$TMP/err" &
watcher=$!
ok "bytes arrive" wait_for 30 moves "$id"
stop_daemon KILL
ok "the watch says that the daemon does not answer" wait_for 20 \
	grep -q 'does not answer; waiting' "$TMP/err"
ok "nothing is visible meanwhile" test ! -e "$daemon_out/$id/synthetic-3.ova"
start_daemon
wait $watcher
is "$?" 0 "kill -9 of the daemon ends no watch"
like "$(<"$TMP/seen")" '^synthetic-3: completed: ' "which sees the job's end"
judge_ova "$daemon_out/$id/synthetic-3.ova" "what the killed job came to"
run job history "$id"
like "$out" 'pending .*running .*pending .*running .*completed' \
	"history tells of both runs"

# On a terminal too.
id=$(submit 4)
terminal --size 80x24 -- "$HYPERSDK" jobs watch "$id" "${at[@]}" >"$TMP/seen" 2>&1 &
watcher=$!
ok "bytes arrive again" wait_for 30 moves "$id"
stop_daemon KILL
start_daemon
wait $watcher
is "$?" 0 "on a terminal: nor does it end one"
like "$(<"$TMP/seen")" 'synthetic-4: completed: ' "it is watched to its end"
unlike "$(<"$TMP/seen")" '[━─=]{3}|left|transferring' "and no bar is left"
done_testing
