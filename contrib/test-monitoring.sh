#!/bin/bash
# Dashboards, rules and the stack by themselves; tests/e2e/monitoring.sh has them
# with a daemon.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
contrib=$top_srcdir/contrib
check() { /usr/bin/python3 "$contrib/monitoring-check.py" "$@"; }
for file in "$contrib"/grafana/*.json; do
	ok "${file##*/} is JSON" jq -e .panels "$file"
done
ok "dashboards can be imported as they are" check form "$contrib"/grafana/*.json
ok "promtool check config" promtool check config \
	"$contrib/prometheus/prometheus.yml"
ok "promtool check rules" promtool check rules --lint=all --lint-fatal \
	"$contrib/prometheus/hypersdk.rules.yml"
ok "promtool test rules" promtool test rules \
	"$contrib/prometheus/hypersdk.rules.test.yml"
# panel TITLE: what it asks, of all daemons and an hour
panel() {
	jq -r --arg title "$1" '.panels[] | select(.title == $title) |
		.targets[0].expr' "$contrib/grafana/hypersdk-overview.json" |
		sed 's/\$instance/.*/g; s/\$__range/1h/g'
}
# Two daemons have a schedule of the same name: one hides not the other's trouble.
cat >"$TMP/panels.test.yml" <<END
evaluation_interval: 1m
tests:
  - interval: 10m
    input_series:
      - series: hypersdk_schedule_enabled{job="h", instance="a", schedule="nightly"}
        values: 1x300
      - series: hypersdk_schedule_last_success_timestamp_seconds{job="h", instance="a", schedule="nightly"}
        values: 0x300
      - series: hypersdk_schedule_enabled{job="h", instance="b", schedule="nightly"}
        values: 1x300
      - series: hypersdk_schedule_last_success_timestamp_seconds{job="h", instance="b", schedule="nightly"}
        values: 90000x300
      - series: hypersdk_schedule_enabled{job="h", instance="c", schedule="nightly"}
        values: 0x300
      - series: hypersdk_schedule_created_timestamp_seconds{job="h", instance="c", schedule="nightly"}
        values: -999999x300
    promql_expr_test:
      - expr: >
          $(panel 'Time since the last success of each schedule')
        eval_time: 27h
        exp_samples: [ { labels: '{schedule="nightly"}', value: 97200 } ]
  - interval: 1m
    input_series:
      - series: hypersdk_jobs_total{job="h", instance="a", status="completed"}
        values: 5x100 _x100
      - series: hypersdk_jobs_total{job="h", instance="a", status="failed"}
        values: 0x300
    promql_expr_test:
      - expr: >
          $(panel 'Success rate')
        eval_time: 90m
        exp_samples: []
END
ok "panels say what is so" promtool test rules "$TMP/panels.test.yml"
# alerts FILE REGEX: their names
alerts() { sed -nE "s/$2/\1/p" "$contrib/prometheus/$1" | sort -u; }
is "$(alerts hypersdk.rules.test.yml '.*alertname: (\w+).*')" \
	"$(alerts hypersdk.rules.yml '.*- alert: (\w+)')" "each alert has a test"
images=$(sed -n 's/^ *image: //p' "$contrib/monitoring/compose.yml")
is "$(grep -cE '^[a-z/]+:v?[0-9]+\.[0-9]+\.[0-9]+$' <<<"$images")" 2 \
	"images of the stack have a version"
# What it mounts and what provisioning says are the same places.
ok "what the stack mounts is there" test -d "$contrib/monitoring/../grafana" \
	-a -f "$contrib/monitoring/../prometheus/prometheus.yml" \
	-a -d "$contrib/monitoring/grafana/provisioning"
dashboards=$(sed -n 's/^ *path: //p' \
	"$contrib/monitoring/grafana/provisioning/dashboards/hypersdk.yml")
ok "dashboards are where Grafana looks" \
	grep -q "^ *- ../grafana:$dashboards:ro" "$contrib/monitoring/compose.yml"
address=$(sed -n 's|^ *url: http://||p' \
	"$contrib/monitoring/grafana/provisioning/datasources/prometheus.yml")
ok "and Prometheus where Grafana asks" grep -q \
	"^ *- --web.listen-address=$address" "$contrib/monitoring/compose.yml"
for file in "$contrib"/monitoring/compose.yml \
	"$contrib"/monitoring/grafana/provisioning/*/*.yml; do
	ok "${file##*/} is YAML" /usr/bin/python3 -c 'import sys, yaml
assert isinstance(yaml.safe_load(open(sys.argv[1])), dict)' "$file"
done
done_testing
