#!/bin/bash
# Metrics in bad company: who may read them where, ports that cannot be had, odd
# names, many and slow clients, a reload and a stop in the middle of scrapes.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# shellcheck source=tests/lib/metrics.sh
. "${top_srcdir:?is set by make check}/tests/lib/metrics.sh" || exit 1

odd=$TMP/$'a "b" \\c\nd'
mkdir -p "$odd"
quoted=${odd//\\/\\\\} quoted=${quoted//\"/\\\"} quoted=${quoted//$'\n'/\\n}
tcp='listen = "127.0.0.1:0";'
settings() { # METRICS [API]
	daemon_configure "metrics = { $1 };
	api = { socket = \"$daemon_socket\"; ${2-$tcp} };
	storage = { roots = [ \"$daemon_out\" ${3-} ]; };"
}
status_of() { # URL [CURL OPTION...]
	curl -s -o "$TMP/body" -w '%{http_code}' --max-time 30 "$@"
}

# --- who may -----------------------------------------------------------------------

settings 'enabled = true; port = 0;' "$tcp" ", \"$quoted\""
start_daemon
metrics=http://127.0.0.1:$(metrics_port)
rest=http://127.0.0.1:$(daemon_port)
is "$(status_of "$metrics/metrics")" 200 "the metrics port is open on loopback"
is "$(status_of "$metrics/metrics" --head)" 200 "to HEAD too"
is "$(status_of "$metrics/jobs")" 404 "and has nothing else"
is "$(status_of "$metrics/health")" 404 "not even that"
like "$(curl -s "$metrics/")" 'GET /metrics alone' "and says what it has"
is "$(status_of "$metrics/metrics" -X POST)" 405 "and takes no POST"
is "$(status_of "$metrics/metrics" -H 'Host: evil.example')" 421 \
	"a page of elsewhere does not read it"
is "$(status_of "$metrics/metrics?x=1")" 400 "no parameters"
is "$(status_of "$rest/metrics")" 401 "the API wants a token"
for role in metrics viewer; do
	token=$(api POST /tokens "{\"name\":\"$role\",\"role\":\"$role\"}" |
		jq -r .token)
	is "$(status_of "$rest/metrics" -H "Authorization: Bearer $token")" 200 \
		"of the role $role"
done
token=$(api POST /tokens '{"name":"m2","role":"metrics"}' | jq -r .token)
is "$(status_of "$rest/jobs" -H "Authorization: Bearer $token")" 403 \
	"the role metrics may do nothing else"
run /usr/bin/python3 "$top_srcdir/tests/lib/metrics-check.py" "$rest/metrics" \
	"$token"
is "$rc" 0 "the API has them in both formats"

# --- odd names ---------------------------------------------------------------------

like "$(scrape)" 'storage_free_bytes\{root="[^"]*a \\"b\\" \\\\c\\nd"\}' \
	"quotes, backslashes and newlines are escaped"
run /usr/bin/python3 "$top_srcdir/tests/lib/metrics-check.py" "$metrics/metrics"
is "$rc" 0 "and parsers read them"
scrape >"$TMP/scrape"
ok "promtool has nothing against it" promtool check metrics <"$TMP/scrape"
for i in {1..40}; do
	status_of "$rest/no/such/path/$i" >"$TMP/status"
	status_of "$rest/jobs" -X "METHOD$i" >"$TMP/status"
done
is "$(scrape | grep -c 'endpoint="[^"]*no/such')" 0 "no path becomes a label"
is "$(scrape | grep -c 'method="METHOD')" 0 "nor any method"

settings 'enabled = true; port = 0;'
kill -HUP "$daemon_pid"
has_no_odd() { [ "$(scrape | grep -c '_free_bytes')" = 3 ]; }
ok "a root that a reload took away is no longer told" wait_for 20 has_no_odd

# --- many, and slow ones -----------------------------------------------------------

run /usr/bin/python3 "$top_srcdir/tests/lib/scrapers.py" "$(metrics_port)" many
is "$rc$out" 0 "200 clients at once, each gets whole metrics"
run /usr/bin/python3 "$top_srcdir/tests/lib/scrapers.py" "$(metrics_port)" slow
is "$rc$out" 0 "others are served while slow ones are not read"
one=$(submit_vm synthetic-1)
ok "and a job is done" wait_job "$one" completed

# --- a reload and a stop meanwhile ---------------------------------------------------

/usr/bin/python3 "$top_srcdir/tests/lib/scrapers.py" "$(metrics_port)" many \
	>"$TMP/many" 2>&1 &
many=$!
for _ in {1..20}; do kill -HUP "$daemon_pid"; done
wait "$many"
is "$?$(<"$TMP/many")" 0 "scrapes go on through reloads"
/usr/bin/python3 "$top_srcdir/tests/lib/scrapers.py" "$(metrics_port)" many \
	>"$TMP/many" 2>&1 &
many=$!
wait_for 20 sample_is hypersdk_ready 1
stop_daemon
is "$daemon_rc" 0 "a stop amid scrapes"
wait "$many"
unlike "$(<"$TMP/many")" 'Traceback' "its clients are told, or cut off"

# --- ports that cannot be had --------------------------------------------------------

/usr/bin/python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$TMP/busy" &
at_exit kill $!
wait_for 20 test -s "$TMP/busy"
: >"$daemon_log"
settings "enabled = true; port = $(<"$TMP/busy");"
launch_daemon
wait_daemon
is "$daemon_rc" 5 "a port that another has: exit code"
like "$(<"$daemon_log")" \
	"cannot listen on 127.0.0.1:$(<"$TMP/busy"): .*settings: metrics.port" \
	"and it says which setting"
settings 'enabled = true; port = 0; listen = "0.0.0.0";'
launch_daemon
wait_daemon
is "$daemon_rc" 2 "other addresses need TLS: exit code"
like "$(<"$daemon_log")" 'metrics.listen: "0.0.0.0" is more than loopback' \
	"and it says why"
settings 'enabled = true; port = 0; listen = "nowhere";'
run "$HYPERSDK" config check --config "$daemon_conf"
is "$rc" 2 "config check: no address"
settings 'enabled = true; port = 70000;'
run "$HYPERSDK" config check --config "$daemon_conf"
is "$rc" 2 "config check: no port"

# --- elsewhere: TLS and a token --------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=localhost -keyout "$TMP/key.pem" -out "$TMP/cert.pem" \
	2>"$TMP/openssl"
chmod 0600 "$TMP/key.pem"
: >"$daemon_log"
settings 'enabled = true; port = 0; listen = "0.0.0.0";' \
	"$tcp tls_cert = \"$TMP/cert.pem\"; tls_key = \"$TMP/key.pem\";"
start_daemon
metrics=https://127.0.0.1:$(metrics_port)
is "$(status_of "$metrics/metrics" --insecure)" 401 \
	"on another address than loopback it wants a token"
is "$(status_of "$metrics/metrics" --insecure \
	-H "Authorization: Bearer $token")" 200 "and takes one, over TLS"
is "$(status_of "$metrics/jobs" --insecure \
	-H "Authorization: Bearer $token")" 404 "and has nothing else"
is "$(status_of "http://127.0.0.1:$(metrics_port)/metrics")" 000 "never in clear"

# --- without the exporter ----------------------------------------------------------------

stop_daemon
: >"$daemon_log"
settings 'enabled = true; port = 0;'
cp -r "$HYPERSDK_PLUGIN_DIR" "$TMP/plugins"
exporter=$TMP/plugins/exporter/prometheus.so
mv "$exporter" "$TMP/prometheus.so"
HYPERSDK_PLUGIN_DIR=$TMP/plugins start_daemon
metrics=http://127.0.0.1:$(metrics_port)/metrics
is "$(status_of "$metrics") $(jq -r .kind "$TMP/body")" "503 no_exporter" \
	"without its plugin it says so"
two=$(submit_vm synthetic-2)
ok "and jobs are done" wait_job "$two" completed
mv "$TMP/prometheus.so" "$exporter"
is "$(status_of "$metrics")" 200 "once it is there, there are metrics"
done_testing
