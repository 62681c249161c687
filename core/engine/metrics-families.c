/* SPDX-License-Identifier: Apache-2.0 */
/* THE table of what is measured. Names, labels and help of the first part are
 * those of compatibility.md; dashboards rely on them. */
#include "core/base/cleanup.h"
#include "core/engine/metrics.h"

#define MIB 1048576.0

static const double job_seconds[] = {1,	   2,	 4,	8,     16,    32,
				     64,   128,	 256,	512,   1024,  2048,
				     4096, 8192, 16384, 32768, 65536, 131072};
static const double wait_seconds[] = {1, 10, 60, 300, 900, 3600, 14400, 86400};
static const double speeds[] = {MIB,	    MIB * 2,   MIB * 4,	   MIB * 8,
				MIB * 16,   MIB * 32,  MIB * 64,   MIB * 128,
				MIB * 256,  MIB * 512, MIB * 1024, MIB * 2048,
				MIB * 4096, MIB * 8192};
static const double disk_seconds[] = {10,  20,	 40,   80,   160,   320,
				      640, 1280, 2560, 5120, 10240, 20480};
static const double commit_seconds[] = {.0005, .001, .0025, .005, .01, .025,
					.05,   .1,   .25,   .5,	  1,   5};
static const double api_seconds[] = {.005, .01, .025, .05, .1, .25,
				     .5,   1,	2.5,  5,   10};

#define ALONE .labels = {NULL}
#define LABELS(...) .labels = {__VA_ARGS__}
#define KEPT(n) .kept = (n)
#define LEAST .joined = HYP_JOINED_LEAST
#define MOST .joined = HYP_JOINED_MOST
#define BOUNDS(a) .bounds = (a), .bound_count = HYP_COUNT(a)
/* unit: the end of the name, or "". most: series beside the one for others.
 */
#define FAMILY(id, kind, name_, unit_, most, help_, ...)                       \
	[HYP_FAMILY_##id] = {.name = (name_),                                  \
			     .unit = (unit_),                                  \
			     .type = HYP_METRIC_##kind,                        \
			     .max = (most),                                    \
			     .help = (help_),                                  \
			     __VA_ARGS__}

const struct hyp_family_info hyp_families[HYP_FAMILIES] = {
	FAMILY(JOBS, COUNTER, "hypersdk_jobs_total", "", 30,
	       "Total number of jobs by status and provider",
	       LABELS("status", "provider")),
	FAMILY(JOB_DURATION, HISTOGRAM, "hypersdk_job_duration_seconds",
	       "seconds", 12,
	       "Job duration in seconds, from its first start to its "
	       "end",
	       LABELS("status", "provider"), BOUNDS(job_seconds)),
	FAMILY(VMS_EXPORTED, COUNTER, "hypersdk_vms_exported_total", "", 40,
	       "Total number of VMs exported", LABELS("provider", "os_type")),
	FAMILY(BYTES_EXPORTED, COUNTER, "hypersdk_bytes_exported_total", "", 8,
	       "Total bytes of the packages exported", LABELS("provider")),
	FAMILY(EXPORT_SPEED, HISTOGRAM,
	       "hypersdk_export_speed_bytes_per_second", "bytes_per_second", 8,
	       "Bytes received per second over a whole export",
	       LABELS("provider"), BOUNDS(speeds)),
	FAMILY(API_REQUESTS, COUNTER, "hypersdk_api_requests_total", "", 300,
	       "Total number of API requests by route and status",
	       LABELS("method", "endpoint", "status_code")),
	FAMILY(API_DURATION, HISTOGRAM, "hypersdk_api_request_duration_seconds",
	       "seconds", 50, "Time from a request's first line to its answer",
	       LABELS("method", "endpoint"), BOUNDS(api_seconds)),
	FAMILY(VMS_DISCOVERED, GAUGE, "hypersdk_vms_discovered", "", 32,
	       "VMs in the last list of all that the provider gave",
	       LABELS("provider", "power_state")),
	FAMILY(ACTIVE_JOBS, GAUGE, "hypersdk_active_jobs", "", 0,
	       "Jobs that are running now", ALONE),
	FAMILY(QUEUED_JOBS, GAUGE, "hypersdk_queued_jobs", "", 0,
	       "Jobs that are pending now", ALONE),
	FAMILY(ERRORS, COUNTER, "hypersdk_errors_total", "", 64,
	       "Failed attempts at jobs and lists of VMs, by the "
	       "error's kind",
	       LABELS("type", "provider")),
	FAMILY(RETRIES, COUNTER, "hypersdk_retry_attempts_total", "", 16,
	       "Things that were begun anew after a failure: a job, or "
	       "one disk of it",
	       LABELS("operation", "provider")),
	FAMILY(DISK_DOWNLOAD, HISTOGRAM,
	       "hypersdk_disk_download_duration_seconds", "seconds", 10,
	       "Time that a disk took from its first try to its last "
	       "byte, by its virtual size: small below 10 GiB, medium "
	       "below 50, large below 100, xlarge below 500, xxlarge",
	       LABELS("provider", "disk_size_gb"), BOUNDS(disk_seconds)),
	FAMILY(POOL_SIZE, GAUGE, "hypersdk_connection_pool_size", "", 16,
	       "Provider connections that exports hold now (active); "
	       "unused ones (idle) are not kept",
	       LABELS("provider", "state")),
	FAMILY(OVF_GENERATION, HISTOGRAM,
	       "hypersdk_ovf_generation_duration_seconds", "seconds", 0,
	       "Time to make and check a package's OVF descriptor", ALONE,
	       BOUNDS(api_seconds)),
	FAMILY(BUILD_INFO, GAUGE, "hypersdk_build_info", "", 1,
	       "Always 1; the version is its label", LABELS("version")),

	/* Ours. */
	FAMILY(JOBS_SUBMITTED, COUNTER, "hypersdk_jobs_submitted_total", "", 3,
	       "Jobs made, by who made them: api, schedule or retry",
	       LABELS("source")),
	FAMILY(JOB_QUEUE_WAIT, HISTOGRAM, "hypersdk_job_queue_wait_seconds",
	       "seconds", 0, "Time that a job waited before its first attempt",
	       ALONE, BOUNDS(wait_seconds)),
	FAMILY(BYTES_TRANSFERRED, COUNTER, "hypersdk_bytes_transferred_total",
	       "", 8,
	       "Total bytes received from sources, of tries that failed "
	       "too",
	       LABELS("provider")),
	FAMILY(BYTES_VERIFIED, COUNTER, "hypersdk_bytes_verified_total", "", 24,
	       "Total bytes of packages, by what the source proved of "
	       "them at least",
	       LABELS("provider", "proof")),
	FAMILY(PLUGIN_EVENTS, COUNTER, "hypersdk_plugin_events_total", "", 40,
	       "What plugins count by themselves", LABELS("plugin", "event")),

	FAMILY(API_CONNECTIONS, GAUGE, "hypersdk_api_connections", "", 0,
	       "Connections that are open now, of the API and of the "
	       "metrics port",
	       ALONE),
	FAMILY(API_STREAMS, GAUGE, "hypersdk_api_event_streams", "", 0,
	       "Readers of GET /events now", ALONE),
	FAMILY(API_REFUSED, COUNTER, "hypersdk_api_connections_refused_total",
	       "", 0, "Connections that were one too many", ALONE),

	FAMILY(SCHEDULE_INSTANTS, COUNTER, "hypersdk_schedule_instants_total",
	       "", 120,
	       "What became of the instants of schedules: fired, "
	       "skipped (an earlier run, or a time window, was in the "
	       "way), missed (the daemon was not there in time) or "
	       "failed",
	       LABELS("schedule", "result"), KEPT(4)),
	FAMILY(SCHEDULE_ENABLED, GAUGE, "hypersdk_schedule_enabled", "", 60,
	       "1 if the schedule is enabled, else 0", LABELS("schedule"),
	       MOST),
	FAMILY(SCHEDULE_CREATED, GAUGE,
	       "hypersdk_schedule_created_timestamp_seconds", "seconds", 60,
	       "When the schedule was made", LABELS("schedule"), LEAST),
	FAMILY(SCHEDULE_NEXT_RUN, GAUGE,
	       "hypersdk_schedule_next_run_timestamp_seconds", "seconds", 60,
	       "When the schedule fires next; not there if it never "
	       "does",
	       LABELS("schedule"), LEAST),
	FAMILY(SCHEDULE_LAST_RUN, GAUGE,
	       "hypersdk_schedule_last_run_timestamp_seconds", "seconds", 60,
	       "When the schedule fired last; not there if it never did",
	       LABELS("schedule"), LEAST),
	FAMILY(SCHEDULE_LAST_SUCCESS, GAUGE,
	       "hypersdk_schedule_last_success_timestamp_seconds", "seconds",
	       60,
	       "When all jobs of a run of the schedule were completed, "
	       "last; not there if that never happened",
	       LABELS("schedule"), LEAST),

	FAMILY(WEBHOOK_DELIVERIES, COUNTER, "hypersdk_webhook_deliveries_total",
	       "", 96,
	       "Tries to deliver an event by what came of them: "
	       "delivered, failed (tried again), dead (given up) or "
	       "abandoned (not tried any more)",
	       LABELS("webhook", "result"), KEPT(4)),
	FAMILY(WEBHOOK_DURATION, HISTOGRAM,
	       "hypersdk_webhook_delivery_duration_seconds", "seconds", 8,
	       "Time that one try to deliver an event took", LABELS("webhook"),
	       BOUNDS(api_seconds)),
	FAMILY(WEBHOOK_BACKLOG, GAUGE, "hypersdk_webhook_backlog", "", 64,
	       "Events that wait for delivery now", LABELS("webhook")),
	FAMILY(WEBHOOK_OLDEST, GAUGE,
	       "hypersdk_webhook_oldest_undelivered_seconds", "seconds", 64,
	       "Age of the oldest event that waits for delivery, 0 if "
	       "none does",
	       LABELS("webhook"), MOST),

	FAMILY(STORE_COMMIT, HISTOGRAM,
	       "hypersdk_store_commit_duration_seconds", "seconds", 0,
	       "Time until a change was durable", ALONE,
	       BOUNDS(commit_seconds)),
	FAMILY(STORE_SIZE, GAUGE, "hypersdk_store_size_bytes", "bytes", 0,
	       "Size of the store's file", ALONE),
	FAMILY(STORE_WAL, GAUGE, "hypersdk_store_wal_size_bytes", "bytes", 0,
	       "Size of the store's write-ahead log", ALONE),
	FAMILY(STORAGE_FREE, GAUGE, "hypersdk_storage_free_bytes", "bytes", 32,
	       "Free bytes of the file system of a directory that "
	       "exports go to",
	       LABELS("root")),
	FAMILY(STORAGE_SIZE, GAUGE, "hypersdk_storage_size_bytes", "bytes", 32,
	       "All bytes of the same file system", LABELS("root")),
	FAMILY(STORAGE_CHECKED, GAUGE,
	       "hypersdk_storage_checked_timestamp_seconds", "seconds", 32,
	       "When the file system said so; long ago if it does not answer",
	       LABELS("root"), LEAST),
	FAMILY(READY, GAUGE, "hypersdk_ready", "", 0,
	       "1 if changes are taken, else 0, as GET /ready says", ALONE),
	FAMILY(PLUGIN_INFO, GAUGE, "hypersdk_plugin_info", "", 32,
	       "Always 1; a plugin that was used since the start",
	       LABELS("kind", "name", "version")),

	/* As every client of Prometheus has them. */
	FAMILY(PROCESS_CPU, COUNTER, "process_cpu_seconds_total", "seconds", 0,
	       "Total user and system CPU time spent in seconds", ALONE),
	FAMILY(PROCESS_START, GAUGE, "process_start_time_seconds", "seconds", 0,
	       "Start time of the process since unix epoch in seconds", ALONE),
	FAMILY(PROCESS_RESIDENT, GAUGE, "process_resident_memory_bytes",
	       "bytes", 0, "Resident memory size in bytes", ALONE),
	FAMILY(PROCESS_VIRTUAL, GAUGE, "process_virtual_memory_bytes", "bytes",
	       0, "Virtual memory size in bytes", ALONE),
	FAMILY(PROCESS_OPEN_FDS, GAUGE, "process_open_fds", "", 0,
	       "Number of open file descriptors", ALONE),
	FAMILY(PROCESS_MAX_FDS, GAUGE, "process_max_fds", "", 0,
	       "Maximum number of open file descriptors", ALONE),
};
