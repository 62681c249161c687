#!/bin/bash
# Metrics of a daemon at work, as a real Prometheus has them: every one of
# compatibility.md with the value that the test knows, and what operators need.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# shellcheck source=tests/lib/metrics.sh
. "${top_srcdir:?is set by make check}/tests/lib/metrics.sh" || exit 1

/usr/bin/python3 "$top_srcdir/tests/lib/hooks.py" "$TMP/hooks" >"$TMP/port" \
	2>"$TMP/hooks.err" &
at_exit kill $!
wait_for 20 test -s "$TMP/port"
hook=http://127.0.0.1:$(<"$TMP/port")

synthetic() { # NAME OPTIONS
	echo "{ name = \"$1\"; provider = { plugin = \"synthetic\";
		name = \"$1\"; vms = 3; $2 }; }"
}
settings() { # MORE
	daemon_configure "metrics = { enabled = true; port = 0; };
	jobs = { max_running = 1; attempts = 2; retry_min = \"1s\"; };
	webhooks = ( { name = \"ops\"; url = \"$hook/ok\"; events = [ \"*\" ];
		allow_cidrs = [ \"127.0.0.0/8\" ]; } );
	schedules = ( { id = \"nightly\"; schedule = \"0 2 * * *\";
		job_template = { vm_path = \"lab-3\"; pipeline = \"lab\";
			output_path = \"$daemon_out/nightly\"; }; } );
	pipelines = ( $(synthetic lab 'disk_size = "1MiB"; power = "mixed";'),
		$(synthetic breaks 'disk_size = "1MiB"; fail_at = "512KiB";'),
		$(synthetic refuses 'disk_size = "1MiB"; fail_at = "512KiB";
			fail_with = "permanent";'),
		$(synthetic lies 'disk_size = "1MiB"; lie_digest = true;'),
		$(synthetic slow 'disk_size = "1MiB"; rate = "1KiB";') );
	$1"
}
export_vm() { # VM PIPELINE: prints the job's id
	submit_vm "$1" ",\"pipeline\":\"$2\""
}
settings ''
start_daemon
ok "the log says the port" test "$(metrics_port)" -gt 0
start_prometheus
is $? 0 "Prometheus starts"

# --- before anything has happened ------------------------------------------------

scrape >"$TMP/first"
is "$(sed -n 's/^# HELP \(hypersdk_[a-z_]*\) .*/\1/p' "$TMP/first" | sort)" \
	"$(sed -n 's/^# TYPE \(hypersdk_[a-z_]*\) .*/\1/p' "$TMP/first" | sort)" \
	"each family has HELP and TYPE"
for name in jobs_total job_duration_seconds vms_exported_total \
	bytes_exported_total export_speed_bytes_per_second api_requests_total \
	api_request_duration_seconds vms_discovered active_jobs queued_jobs \
	errors_total retry_attempts_total disk_download_duration_seconds \
	connection_pool_size ovf_generation_duration_seconds build_info; do
	ok "hypersdk_$name is there from the start" \
		grep -q "^# TYPE hypersdk_$name " "$TMP/first"
done

# --- jobs ------------------------------------------------------------------------

# One that runs and does not end, and two that wait for it.
slow=$(export_vm slow-1 slow)
wait_phase "$slow" transferring
one=$(export_vm lab-1 lab)
two=$(export_vm lab-2 lab)
asks hypersdk_active_jobs 1 "active_jobs while one runs"
asks hypersdk_queued_jobs 2 "queued_jobs while two wait"
asks 'hypersdk_connection_pool_size{provider="synthetic",state="active"}' 1 \
	"connection_pool_size while one runs"
api POST /jobs/cancel "{\"job_ids\":[\"$slow\"]}" >"$TMP/cancel"
ok "a job is cancelled" wait_job "$slow" cancelled
# The numbers are there before the change can be seen: no waiting here.
is "$(sample 'hypersdk_jobs_total{status="cancelled",provider="synthetic"}')" 1 \
	"it is counted when it is seen"
ok "a job is completed" wait_job "$one" completed
ok "another" wait_job "$two" completed
is "$(sample 'hypersdk_jobs_total{status="completed",provider="synthetic"}')" 2 \
	"they are counted when they are seen"
broken=$(export_vm breaks-1 breaks)
ok "one whose disk broke is completed" wait_job "$broken" completed
refused=$(export_vm refuses-1 refuses)
ok "one that is refused has failed" wait_job "$refused" failed
lies=$(export_vm lies-1 lies)
ok "one whose source lies is tried again, and has failed" \
	wait_job "$lies" failed
is "$(sample 'hypersdk_jobs_total{status="failed",provider="synthetic"}')" 2 \
	"they are counted when they are seen"
api GET '/vms/list?pipeline=lab' >"$TMP/vms"
api POST /schedules/nightly/trigger >"$TMP/trigger"
night=$(jq -r '.job_ids[0]' "$TMP/trigger")
ok "the run of a schedule is completed" wait_job "$night" completed

bytes=0
for job in "$one" "$two" "$broken" "$night"; do
	bytes=$((bytes + $(api GET "/jobs/$job" | jq .result.total_size)))
done
refusal=$(api GET "/jobs/$refused" | jq -r .error_kind)
lie=$(api GET "/jobs/$lies" | jq -r .error_kind)
p='provider="synthetic"'
asks "hypersdk_jobs_total{status=\"completed\",$p}" 4 "jobs_total: completed"
asks "hypersdk_jobs_total{status=\"failed\",$p}" 2 "jobs_total: failed"
asks "hypersdk_jobs_total{status=\"cancelled\",$p}" 1 "jobs_total: cancelled"
asks "hypersdk_job_duration_seconds_count{status=\"completed\",$p}" 4 \
	"job_duration_seconds"
asks "hypersdk_job_duration_seconds_bucket{status=\"completed\",$p,le=\"131072.0\"}" \
	4 "job_duration_seconds: up to 131072"
asks "sum(hypersdk_vms_exported_total{$p})" 4 "vms_exported_total"
asks "hypersdk_bytes_exported_total{$p}" "$bytes" "bytes_exported_total"
asks "hypersdk_export_speed_bytes_per_second_count{$p}" 4 \
	"export_speed_bytes_per_second"
asks "hypersdk_export_speed_bytes_per_second_bucket{$p,le=\"+Inf\"}" 4 \
	"export_speed_bytes_per_second: its buckets"
asks 'hypersdk_api_requests_total{method="POST",endpoint="/jobs/submit",status_code="200"}' \
	6 "api_requests_total"
asks 'hypersdk_api_request_duration_seconds_count{method="POST",endpoint="/jobs/submit"}' \
	6 "api_request_duration_seconds"
asks 'sum(hypersdk_api_requests_total{endpoint=~".*[0-9a-f]{8}-.*"}) or vector(0)' \
	0 "endpoints are templates"
asks "hypersdk_vms_discovered{$p,power_state=\"poweredOff\"}" 2 \
	"vms_discovered: off"
asks "hypersdk_vms_discovered{$p,power_state=\"poweredOn\"}" 1 \
	"vms_discovered: on"
asks "hypersdk_vms_discovered{$p,power_state=\"unknown\"}" 0 \
	"vms_discovered: none is unknown any more, and that is said"
asks hypersdk_active_jobs 0 "active_jobs"
asks hypersdk_queued_jobs 0 "queued_jobs"
asks "hypersdk_errors_total{type=\"$refusal\",$p}" 1 "errors_total: $refusal"
asks "hypersdk_errors_total{type=\"$lie\",$p}" 2 "errors_total: $lie, twice"
asks "hypersdk_retry_attempts_total{operation=\"disk\",$p}" 1 \
	"retry_attempts_total: disk"
asks "hypersdk_retry_attempts_total{operation=\"job\",$p}" 1 \
	"retry_attempts_total: job"
# 2 disks of each of 4 jobs, and of 2 attempts that ended in a lie.
asks "hypersdk_disk_download_duration_seconds_count{$p,disk_size_gb=\"small\"} >= 8" \
	"$(sample "hypersdk_disk_download_duration_seconds_count{$p,disk_size_gb=\"small\"}")" \
	"disk_download_duration_seconds"
asks "hypersdk_connection_pool_size{$p,state=\"active\"}" 0 \
	"connection_pool_size: active"
asks "hypersdk_connection_pool_size{$p,state=\"idle\"}" 0 \
	"connection_pool_size: idle"
asks 'hypersdk_ovf_generation_duration_seconds_count >= 4' \
	"$(sample hypersdk_ovf_generation_duration_seconds_count)" \
	"ovf_generation_duration_seconds"
asks "hypersdk_build_info{version=\"$("$HYPERSDK" --version | awk '{print $2}')\"}" \
	1 "build_info"

# --- for operators ---------------------------------------------------------------

asks 'hypersdk_jobs_submitted_total{source="api"}' 6 "jobs submitted"
asks 'hypersdk_jobs_submitted_total{source="schedule"}' 1 "by a schedule"
asks 'hypersdk_job_queue_wait_seconds_count' 7 "queue wait"
asks 'sum(hypersdk_bytes_verified_total)' "$bytes" "verified bytes"
asks "hypersdk_bytes_verified_total{$p,proof=\"host-sha256\"}" "$bytes" \
	"with the level of proof"
asks 'hypersdk_bytes_transferred_total > bool 4e6' 1 "transferred bytes"
asks 'hypersdk_schedule_enabled{schedule="nightly"}' 1 "a schedule"
asks 'hypersdk_schedule_instants_total{schedule="nightly",result="fired"}' 1 \
	"it fired"
asks 'time() - hypersdk_schedule_last_success_timestamp_seconds{schedule="nightly"} < bool 120' \
	1 "its last success"
asks 'hypersdk_schedule_next_run_timestamp_seconds{schedule="nightly"} > bool time()' \
	1 "its next run"
asks 'hypersdk_webhook_backlog{webhook="ops"}' 0 "no event waits"
asks 'hypersdk_webhook_oldest_undelivered_seconds{webhook="ops"}' 0 "nor is old"
asks 'hypersdk_webhook_deliveries_total{webhook="ops",result="delivered"}' \
	"$(wc -l <"$TMP/hooks")" "deliveries, as many as the receiver has"
asks 'hypersdk_webhook_delivery_duration_seconds_count{webhook="ops"}' \
	"$(wc -l <"$TMP/hooks")" "and how long they took"
asks 'hypersdk_store_commit_duration_seconds_count > bool 20' 1 "commits"
asks 'hypersdk_store_size_bytes > bool 0' 1 "the store's size"
asks 'hypersdk_store_wal_size_bytes >= bool 0' 1 "and its log's"
asks "hypersdk_storage_free_bytes{root=\"$daemon_out\"} > bool 0" 1 "free bytes"
asks "time() - hypersdk_storage_checked_timestamp_seconds{root=\"$daemon_out\"} < bool 3600" \
	1 "seen lately"
asks 'hypersdk_ready' 1 "ready"
asks 'hypersdk_plugin_info{kind="provider",name="synthetic"}' 1 "plugins"
asks 'process_start_time_seconds < bool time()' 1 "process: start"
asks 'process_resident_memory_bytes > bool 1e6' 1 "process: memory"
asks 'process_virtual_memory_bytes > bool 1e6' 1 "process: virtual memory"
asks 'process_cpu_seconds_total > bool 0' 1 "process: CPU time"
asks 'process_open_fds > bool 5' 1 "process: descriptors"
asks 'process_max_fds >= bool process_open_fds' 1 "process: their limit"
asks 'scrape_samples_scraped{job="hypersdk"} < bool 2000' 1 "few series"

# --- the form --------------------------------------------------------------------

scrape >"$TMP/last"
run promtool check metrics <"$TMP/last"
is "$rc$out$err_out" 0 "promtool has nothing against a live scrape"
run /usr/bin/python3 "$top_srcdir/tests/lib/metrics-check.py" \
	"http://127.0.0.1:$(metrics_port)/metrics"
is "$rc" 0 "nor have independent parsers against either format"
[ "$rc" -eq 0 ] || sed 's/^/# /' <<<"$out$err_out"

# --- after a restart -------------------------------------------------------------

stop_prometheus
stop_daemon
is "$daemon_rc" 0 "the daemon stops"
: >"$daemon_log"
start_daemon
is "$(sample "hypersdk_jobs_total{status=\"completed\",$p}")" "" \
	"counters begin anew"
like "$(sample 'hypersdk_schedule_last_success_timestamp_seconds{schedule="nightly"}')" \
	'^1\.[0-9]+e\+09$|^[0-9]{10}$' "but a schedule's last success is known"
done_testing
