# shellcheck shell=bash
# Metrics in tests: after tests/lib/daemon.sh. A real Prometheus, of Debian's
# package, that scrapes the daemon under test.
prometheus_pid=

# metrics_port: of the daemon.
metrics_port() {
	daemon_says 'metrics on port' 20
	sed -n 's/.*: metrics on port \([0-9]*\)$/\1/p' "$daemon_log" | tail -n 1
}
scrape() { curl -s --max-time 30 "http://127.0.0.1:$(metrics_port)/metrics"; }
# sample SERIES: its value in a scrape of now, "" if there is none.
sample() {
	scrape | awk -v want="$1" 'substr($0, 1, length(want) + 1) == want " " \
		{ print substr($0, length(want) + 2) }'
}
sample_is() { [ "$(sample "$1")" = "$2" ]; }

# start_prometheus [TEXT]: it scrapes each half second; its API is
# $prometheus_url. TEXT: more lines of its configuration.
start_prometheus() {
	local port
	port=$(free_port)
	prometheus_url=http://127.0.0.1:$port
	cat >"$TMP/prometheus.yml" <<-END
		global: { scrape_interval: 500ms, scrape_timeout: 500ms,
		  evaluation_interval: 500ms }
		${1:-}
		scrape_configs:
		  - job_name: hypersdk
		    static_configs:
		      - targets: [ "127.0.0.1:$(metrics_port)" ]
	END
	prometheus --config.file="$TMP/prometheus.yml" \
		--storage.tsdb.path="$TMP/prometheus" \
		--web.listen-address="127.0.0.1:$port" \
		--log.level=warn >"$TMP/prometheus.log" 2>&1 &
	prometheus_pid=$!
	wait_for 30 curl -sf "$prometheus_url/-/ready"
}
stop_prometheus() {
	[ -n "$prometheus_pid" ] || return 0
	kill "$prometheus_pid" 2>/dev/null
	wait "$prometheus_pid" 2>/dev/null
	prometheus_pid=
}
at_exit stop_prometheus
# query EXPRESSION: the value that Prometheus gives, "" if none.
query() {
	curl -s --max-time 30 --data-urlencode "query=$1" \
		"$prometheus_url/api/v1/query" | jq -r '.data.result[0].value[1] // empty'
}
query_is() { [ "$(query "$1")" = "$2" ]; }
# asks EXPRESSION VALUE NAME: what it comes to.
asks() {
	if wait_for 15 query_is "$1" "$2"; then pass "$3"; else
		fail "$3" "$1 is $(query "$1"), not $2"
	fi
}
