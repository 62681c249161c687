/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files say: hypersdk.conf, then the .conf files of conf.d beside it,
 * in name order, later scalars over earlier ones, lists of groups joined.
 * Checked as far as it can be without plugins; core/plugin checks their
 * options.
 */
#ifndef HYP_CONFIG_CONFIG_H
#define HYP_CONFIG_CONFIG_H

#include "core/config/webhook.h"

/* "notifiers" lists names of webhooks: they alone are told of its jobs. Without
 * it all are. */
struct hyp_pipeline {
	char *name;
	uint32_t is_default;
	struct hyp_part provider, packager, storage;
	uint32_t parallel_downloads; /* 1..16, default 3 */
	char **notifiers;
	size_t notifier_count;
	unsigned notifiers_line;
	char *file;
	unsigned line;
};

/* "api": who may ask the daemon, and how. */
#define HYP_AUTH_TOKEN 0u
#define HYP_AUTH_NONE 1u /* on loopback only */
struct hyp_api_settings {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080"; "": none */
	const char *socket; /* path of the Unix socket; "": none */
	uint32_t auth;	    /* HYP_AUTH_* */
	const char *tls_cert, *tls_key; /* PEM files, "": plain HTTP */
	struct hyp_list hosts; /* Host names allowed besides the usual */
};

/* "metrics": a port for them alone. */
struct hyp_metrics_settings {
	uint32_t enabled;
	int64_t port;	    /* 0: any */
	const char *listen; /* address: "127.0.0.1", "[::1]" */
};

/* "jobs": how many, how often, how long they are kept. Durations in ms. */
struct hyp_job_settings {
	int64_t max_running;	   /* at once, 1..1,000 */
	int64_t max_per_endpoint;  /* 0: no limit of its own */
	int64_t max_per_host;	   /* 0: no limit of its own */
	int64_t attempts;	   /* that may be charged to a job, 1..100 */
	int64_t max_interruptions; /* in a row without a disk's byte */
	uint64_t retry_min, retry_max; /* before another attempt */
	uint64_t breaker;	       /* pause after bad credentials twice */
	uint64_t stop_grace;	       /* for what ends by itself, on SIGTERM */
	uint64_t keep_completed, keep_failed; /* after a job's end */
	int64_t log_lines;		      /* kept per job */
};

struct hyp_settings {
	const char *state_dir;
	uint32_t allow_network_state;  /* state_dir may be on NFS, CIFS, FUSE */
	uint32_t log_level;	       /* HYP_LOG_* less HYP_LOG_ERROR */
	struct hyp_list plugin_dirs;   /* empty: the built-in one */
	struct hyp_list storage_roots; /* "storage.roots"; empty: the state
					* directory's "exports" */
	struct hyp_api_settings api;
	struct hyp_metrics_settings metrics;
	struct hyp_job_settings jobs;
};

/* Where a member of a schedule was said. */
struct hyp_config_line {
	char *pointer; /* "/job_template/vm_path" */
	char *file;
	unsigned line;
};

/* One of "schedules", as the JSON that a client would send: core/engine reads
 * and checks both. */
struct hyp_config_schedule {
	char *json;
	struct hyp_config_line *lines; /* the first is the schedule's */
	size_t line_count;
};

struct hyp_config {
	struct hyp_options *settings_store;
	const struct hyp_settings *settings;
	struct hyp_values given; /* settings as they were said, and where */
	struct hyp_pipeline *pipelines;
	size_t pipeline_count;
	struct hyp_webhook *webhooks;
	size_t webhook_count;
	/* "database = { plugin = "sqlite"; path = "..."; }": the store. Without
	 * it store/sqlite, and its path is state_dir/jobs.db. */
	struct hyp_part database;
	struct hyp_config_schedule *schedules;
	size_t schedule_count;
	/* For hyp_config_roots. */
	char *default_root;
	struct hyp_list roots;
};

/* Where exports may go: storage.roots, else state_dir/exports; valid as long
 * as config. */
const struct hyp_list *hyp_config_roots(const struct hyp_config *config);

/* The settings as a table, for who prints them; names hold dots ("storage.
 * roots"), as overrides do. */
const struct hyp_option_table *hyp_settings_table(void);
/* What a pipeline may say beside its parts. */
const struct hyp_option_table *hyp_pipeline_table(void);

/*
 * path NULL: the installed default, whose absence is no error. A named file
 * must exist. overrides: "key=value" settings of the command line, or NULL.
 * Every problem is collected; returns 0 or HYP_E_USAGE.
 */
int32_t hyp_config_load(const char *path, const struct hyp_values *overrides,
			struct hyp_config **out, struct hyp_problems *problems);
/* The same for who wants to look on: *out is what could be read, with default
 * settings where theirs are wrong, also when there are problems. NULL only
 * when out of memory. */
int32_t hyp_config_read(const char *path, const struct hyp_values *overrides,
			struct hyp_config **out, struct hyp_problems *problems);
void hyp_config_free(struct hyp_config *config);

/* A problem with what that JSON pointer names ("/schedule", or a text that
 * begins with it), at its line or at that of what it is in. */
void hyp_config_schedule_problem(const struct hyp_config_schedule *schedule,
				 const char *text,
				 struct hyp_problems *problems);

/* By name; NULL name: the one with default = true, else the only one.
 * HYP_E_USAGE "no_pipeline", naming the nearest or listing them. */
int32_t hyp_config_pipeline(const struct hyp_config *config, const char *name,
			    const struct hyp_pipeline **out,
			    struct hyp_error *err);

#endif
