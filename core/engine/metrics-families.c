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

#define BOUNDS(a) .bounds = (a), .bound_count = HYP_COUNT(a)

const struct hyp_family_info hyp_families[HYP_FAMILIES] = {
	[HYP_FAMILY_JOBS] = {"hypersdk_jobs_total",
			     "Total number of jobs by status and provider",
			     .type = HYP_METRIC_COUNTER, .max = 30,
			     .labels = {"status", "provider"}},
	[HYP_FAMILY_JOB_DURATION] = {"hypersdk_job_duration_seconds",
				     "Job duration in seconds, from its first "
				     "start to its end",
				     "seconds",
				     HYP_METRIC_HISTOGRAM,
				     12,
				     {"status", "provider"},
				     BOUNDS(job_seconds)},
	[HYP_FAMILY_VMS_EXPORTED] = {"hypersdk_vms_exported_total",
				     "Total number of VMs exported",
				     .type = HYP_METRIC_COUNTER, .max = 40,
				     .labels = {"provider", "os_type"}},
	[HYP_FAMILY_BYTES_EXPORTED] = {"hypersdk_bytes_exported_total",
				       "Total bytes of the packages exported",
				       .type = HYP_METRIC_COUNTER, .max = 8,
				       .labels = {"provider"}},
	[HYP_FAMILY_EXPORT_SPEED] = {"hypersdk_export_speed_bytes_per_second",
				     "Bytes received per second over a whole "
				     "export",
				     "bytes_per_second",
				     HYP_METRIC_HISTOGRAM,
				     8,
				     {"provider"},
				     BOUNDS(speeds)},
	[HYP_FAMILY_API_REQUESTS] =
		{"hypersdk_api_requests_total",
		 "Total number of API requests by route and status",
		 .type = HYP_METRIC_COUNTER, .max = 300,
		 .labels = {"method", "endpoint", "status_code"}},
	[HYP_FAMILY_API_DURATION] = {"hypersdk_api_request_duration_seconds",
				     "Time from a request's first line to its "
				     "answer",
				     "seconds",
				     HYP_METRIC_HISTOGRAM,
				     50,
				     {"method", "endpoint"},
				     BOUNDS(api_seconds)},
	[HYP_FAMILY_VMS_DISCOVERED] = {"hypersdk_vms_discovered",
				       "VMs in the last list of all that the "
				       "provider gave",
				       .type = HYP_METRIC_GAUGE, .max = 32,
				       .labels = {"provider", "power_state"}},
	[HYP_FAMILY_ACTIVE_JOBS] = {"hypersdk_active_jobs",
				    "Jobs that are running now",
				    .type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_QUEUED_JOBS] = {"hypersdk_queued_jobs",
				    "Jobs that are pending now",
				    .type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_ERRORS] = {"hypersdk_errors_total",
			       "Failed attempts at jobs and lists of VMs, by "
			       "the error's kind",
			       .type = HYP_METRIC_COUNTER, .max = 64,
			       .labels = {"type", "provider"}},
	[HYP_FAMILY_RETRIES] = {"hypersdk_retry_attempts_total",
				"Things that were begun anew after a failure: "
				"a job, or one disk of it",
				.type = HYP_METRIC_COUNTER, .max = 16,
				.labels = {"operation", "provider"}},
	[HYP_FAMILY_DISK_DOWNLOAD] = {"hypersdk_disk_download_duration_seconds",
				      "Time that a disk took from its first "
				      "try to its last byte, by its virtual "
				      "size: small below 10 GiB, medium below "
				      "50, large below 100, xlarge below 500, "
				      "xxlarge",
				      "seconds",
				      HYP_METRIC_HISTOGRAM,
				      10,
				      {"provider", "disk_size_gb"},
				      BOUNDS(disk_seconds)},
	[HYP_FAMILY_POOL_SIZE] = {"hypersdk_connection_pool_size",
				  "Provider connections that exports hold now "
				  "(active); unused ones (idle) are not kept",
				  .type = HYP_METRIC_GAUGE, .max = 16,
				  .labels = {"provider", "state"}},
	[HYP_FAMILY_OVF_GENERATION] =
		{"hypersdk_ovf_generation_duration_seconds",
		 "Time to make and check a package's OVF descriptor", "seconds",
		 HYP_METRIC_HISTOGRAM, BOUNDS(api_seconds)},
	[HYP_FAMILY_BUILD_INFO] = {"hypersdk_build_info",
				   "Always 1; the version is its label",
				   .type = HYP_METRIC_GAUGE, .max = 1,
				   .labels = {"version"}},

	/* Ours. */
	[HYP_FAMILY_JOBS_SUBMITTED] = {"hypersdk_jobs_submitted_total",
				       "Jobs made, by who made them: api, "
				       "schedule or retry",
				       .type = HYP_METRIC_COUNTER, .max = 3,
				       .labels = {"source"}},
	[HYP_FAMILY_JOB_QUEUE_WAIT] = {"hypersdk_job_queue_wait_seconds",
				       "Time that a job waited before its "
				       "first attempt",
				       "seconds", HYP_METRIC_HISTOGRAM,
				       BOUNDS(wait_seconds)},
	[HYP_FAMILY_BYTES_TRANSFERRED] =
		{"hypersdk_bytes_transferred_total",
		 "Total bytes received from sources, of tries that failed too",
		 .type = HYP_METRIC_COUNTER, .max = 8, .labels = {"provider"}},
	[HYP_FAMILY_BYTES_VERIFIED] =
		{"hypersdk_bytes_verified_total",
		 "Total bytes of packages, by what the source proved of them "
		 "at least",
		 .type = HYP_METRIC_COUNTER, .max = 24,
		 .labels = {"provider", "proof"}},
	[HYP_FAMILY_PLUGIN_EVENTS] = {"hypersdk_plugin_events_total",
				      "What plugins count by themselves",
				      .type = HYP_METRIC_COUNTER, .max = 40,
				      .labels = {"plugin", "event"}},

	[HYP_FAMILY_API_CONNECTIONS] = {"hypersdk_api_connections",
					"Connections that are open now, of "
					"the API and of the metrics port",
					.type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_API_STREAMS] = {"hypersdk_api_event_streams",
				    "Readers of GET /events now",
				    .type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_API_REFUSED] = {"hypersdk_api_connections_refused_total",
				    "Connections that were one too many",
				    .type = HYP_METRIC_COUNTER},

	[HYP_FAMILY_SCHEDULE_INSTANTS] =
		{"hypersdk_schedule_instants_total",
		 "What became of the instants of schedules: fired, skipped "
		 "(an earlier run, or a time window, was in the way), missed "
		 "(the daemon was not there in time) or failed",
		 .type = HYP_METRIC_COUNTER, .max = 120,
		 .labels = {"schedule", "result"}},
	[HYP_FAMILY_SCHEDULE_ENABLED] = {"hypersdk_schedule_enabled",
					 "1 if the schedule is enabled, else 0",
					 .type = HYP_METRIC_GAUGE, .max = 60,
					 .labels = {"schedule"}},
	[HYP_FAMILY_SCHEDULE_CREATED] =
		{"hypersdk_schedule_created_timestamp_seconds",
		 "When the schedule was made",
		 "seconds",
		 HYP_METRIC_GAUGE,
		 60,
		 {"schedule"}},
	[HYP_FAMILY_SCHEDULE_NEXT_RUN] =
		{"hypersdk_schedule_next_run_timestamp_seconds",
		 "When the schedule fires next; not there if it never does",
		 "seconds",
		 HYP_METRIC_GAUGE,
		 60,
		 {"schedule"}},
	[HYP_FAMILY_SCHEDULE_LAST_RUN] =
		{"hypersdk_schedule_last_run_timestamp_seconds",
		 "When the schedule fired last; not there if it never did",
		 "seconds",
		 HYP_METRIC_GAUGE,
		 60,
		 {"schedule"}},
	[HYP_FAMILY_SCHEDULE_LAST_SUCCESS] =
		{"hypersdk_schedule_last_success_timestamp_seconds",
		 "When all jobs of a run of the schedule were completed, last; "
		 "not there if that never happened",
		 "seconds",
		 HYP_METRIC_GAUGE,
		 60,
		 {"schedule"}},

	[HYP_FAMILY_WEBHOOK_DELIVERIES] =
		{"hypersdk_webhook_deliveries_total",
		 "Tries to deliver an event by what came of them: delivered, "
		 "failed (tried again), dead (given up) or abandoned (not "
		 "tried any more)",
		 .type = HYP_METRIC_COUNTER, .max = 96,
		 .labels = {"webhook", "result"}},
	[HYP_FAMILY_WEBHOOK_DURATION] =
		{"hypersdk_webhook_delivery_duration_seconds",
		 "Time that one try to deliver an event took",
		 "seconds",
		 HYP_METRIC_HISTOGRAM,
		 8,
		 {"webhook"},
		 BOUNDS(api_seconds)},
	[HYP_FAMILY_WEBHOOK_BACKLOG] = {"hypersdk_webhook_backlog",
					"Events that wait for delivery now",
					.type = HYP_METRIC_GAUGE, .max = 64,
					.labels = {"webhook"}},
	[HYP_FAMILY_WEBHOOK_OLDEST] =
		{"hypersdk_webhook_oldest_undelivered_seconds",
		 "Age of the oldest event that waits for delivery, 0 if none "
		 "does",
		 "seconds",
		 HYP_METRIC_GAUGE,
		 64,
		 {"webhook"}},

	[HYP_FAMILY_STORE_COMMIT] = {"hypersdk_store_commit_duration_seconds",
				     "Time until a change was durable",
				     "seconds", HYP_METRIC_HISTOGRAM,
				     BOUNDS(commit_seconds)},
	[HYP_FAMILY_STORE_SIZE] = {"hypersdk_store_size_bytes",
				   "Size of the store's file", "bytes",
				   HYP_METRIC_GAUGE},
	[HYP_FAMILY_STORE_WAL] = {"hypersdk_store_wal_size_bytes",
				  "Size of the store's write-ahead log",
				  "bytes", HYP_METRIC_GAUGE},
	[HYP_FAMILY_STORAGE_FREE] = {"hypersdk_storage_free_bytes",
				     "Free bytes of the file system of a "
				     "directory that exports go to",
				     "bytes",
				     HYP_METRIC_GAUGE,
				     32,
				     {"root"}},
	[HYP_FAMILY_STORAGE_SIZE] = {"hypersdk_storage_size_bytes",
				     "All bytes of the same file system",
				     "bytes",
				     HYP_METRIC_GAUGE,
				     32,
				     {"root"}},
	[HYP_FAMILY_READY] = {"hypersdk_ready",
			      "1 if changes are taken, else 0, as GET /ready "
			      "says",
			      .type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_PLUGIN_INFO] = {"hypersdk_plugin_info",
				    "Always 1; a plugin that was used since "
				    "the start",
				    .type = HYP_METRIC_GAUGE, .max = 32,
				    .labels = {"kind", "name", "version"}},

	/* As every client of Prometheus has them. */
	[HYP_FAMILY_PROCESS_CPU] = {"process_cpu_seconds_total",
				    "Total user and system CPU time spent in "
				    "seconds",
				    "seconds", HYP_METRIC_COUNTER},
	[HYP_FAMILY_PROCESS_START] = {"process_start_time_seconds",
				      "Start time of the process since unix "
				      "epoch in seconds",
				      "seconds", HYP_METRIC_GAUGE},
	[HYP_FAMILY_PROCESS_RESIDENT] = {"process_resident_memory_bytes",
					 "Resident memory size in bytes",
					 "bytes", HYP_METRIC_GAUGE},
	[HYP_FAMILY_PROCESS_VIRTUAL] = {"process_virtual_memory_bytes",
					"Virtual memory size in bytes", "bytes",
					HYP_METRIC_GAUGE},
	[HYP_FAMILY_PROCESS_OPEN_FDS] = {"process_open_fds",
					 "Number of open file descriptors",
					 .type = HYP_METRIC_GAUGE},
	[HYP_FAMILY_PROCESS_MAX_FDS] = {"process_max_fds",
					"Maximum number of open file "
					"descriptors",
					.type = HYP_METRIC_GAUGE},
};
