#!/bin/bash
# Dashboards, rules and what the texts say of metrics, against a daemon that has
# done what the demo does, and a real Prometheus that asked it.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# shellcheck source=tests/lib/metrics.sh
. "${top_srcdir:?is set by make check}/tests/lib/metrics.sh" || exit 1
contrib=$top_srcdir/contrib
check() { /usr/bin/python3 "$contrib/monitoring-check.py" "$@"; }

/usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" "$TMP/hooks" >"$TMP/port" \
	2>"$TMP/hooks.err" &
at_exit kill $!
wait_for 20 test -s "$TMP/port"
daemon_configure "metrics = { enabled = true; port = 0; };
	webhooks = ( { name = \"ops\"; url = \"http://127.0.0.1:$(<"$TMP/port")/ok\";
		events = [ \"*\" ]; allow_cidrs = [ \"127.0.0.0/8\" ]; } );
	pipelines = ( { name = \"synthetic\"; default = true;
		provider = { plugin = \"synthetic\"; vms = 2;
			disk_size = \"1MiB\"; }; },
		{ name = \"refuses\"; provider = { plugin = \"synthetic\";
			name = \"refuses\"; disk_size = \"1MiB\"; fail_at = \"4KiB\";
			fail_with = \"permanent\"; }; } );"
start_daemon
start_prometheus "rule_files: [ \"$(realpath "$contrib")/prometheus/hypersdk.rules.yml\" ]"
is $? 0 "Prometheus starts"
one=$(submit_vm synthetic-1)
ok "a job is completed" wait_job "$one" completed
api GET /vms/list >"$TMP/vms"
api POST /schedules "{\"id\":\"nightly\",\"schedule\":\"0 2 * * *\",
	\"enabled\":true,\"job_template\":{\"vm_path\":\"synthetic-2\",
	\"output_path\":\"$daemon_out/nightly\"}}" >"$TMP/schedule"
night=$(api POST /schedules/nightly/trigger | jq -r '.job_ids[0]')
ok "the run of a schedule is completed" wait_job "$night" completed

scrape >"$TMP/scrape"
ok "every metric of dashboards, rules and texts is exposed" check names \
	"$TMP/scrape" "$contrib"/grafana/*.json \
	"$contrib/prometheus/hypersdk.rules.yml" "$top_srcdir/README.md"
for file in grafana/hypersdk-jobs.json prometheus/hypersdk.rules.yml; do
	sed 's/hypersdk_jobs_total/hypersdk_job_total/' "$contrib/$file" \
		>"$TMP/${file##*/}"
	run check names "$TMP/scrape" "$TMP/${file##*/}"
	is "$rc" 1 "a wrong name in ${file##*/} is found"
	like "$out" 'hypersdk_job_total is not exposed' "and said"
done

wait_for 60 check panels "$prometheus_url" "$contrib"/grafana/*.json
ok "the query of every panel gives something" check panels "$prometheus_url" \
	"$contrib"/grafana/*.json
api POST /schedules/nightly/disable >"$TMP/disabled"
asks 'hypersdk_schedule_enabled{schedule="nightly"}' 0 "its schedule is disabled"
ok "and there is still something everywhere" check panels "$prometheus_url" \
	"$contrib"/grafana/*.json
sed 's/hypersdk_ready/hypersdk_steady/' "$contrib/grafana/hypersdk-overview.json" \
	>"$TMP/board.json"
run check panels "$prometheus_url" "$TMP/board.json"
is "$rc" 1 "a panel that shows nothing is found"
jq '.panels[0].targets[0].expr = "0 * sum(hypersdk_ready) / 0"' \
	"$contrib/grafana/hypersdk-overview.json" >"$TMP/board.json"
run check panels "$prometheus_url" "$TMP/board.json"
is "$rc" 1 "and one whose values are no numbers"
like "$out" 'no number' "and said"
wait_for 60 check rules "$prometheus_url"
ok "every rule is evaluated, and gives something" check rules "$prometheus_url"
# panel FILE TITLE: what it asks, and what it shows
panel() {
	jq -r --arg title "$2" '.panels[] | select(.title == $title) |
		.targets[0].expr' "$contrib/grafana/$1.json" |
		sed 's/\$instance/.*/g; s/\$__range/1h/g'
}
asks "$(panel hypersdk-overview 'Completed')" 2 "two jobs are shown as completed"
asks "$(panel hypersdk-overview 'Failed')" 0 "none as failed"
asks "$(panel hypersdk-overview 'Success rate')" 1 "a success rate of 100 %"
# This machine's disks are not ours.
asks 'count(ALERTS{alertname!~".*Disk.*",alertstate="firing"}) or vector(0)' 0 \
	"no alert"

# --- something goes wrong -------------------------------------------------------------

bad=$(submit_vm refuses-1 ',"pipeline":"refuses"')
ok "a job fails" wait_job "$bad" failed
asks "$(panel hypersdk-overview 'Failed')" 1 "a first failure is shown"
asks "$(panel hypersdk-overview 'Success rate')" 0.6666666666666667 \
	"and in the success rate"
firing='count(ALERTS{alertname="HypersdkJobsFailed",alertstate="firing"})'
asks "$firing" 1 "an alert fires"
done_testing
