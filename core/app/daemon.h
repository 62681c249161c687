/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdkd: one engine and its API, from a configuration to the last signal.
 *
 * The main thread opens, starts, waits and stops. A second one, the keeper,
 * takes the signals, keeps the service manager informed and sees to it that
 * the end comes.
 */
#ifndef HYP_APP_DAEMON_H
#define HYP_APP_DAEMON_H

#include "core/api/api.h"
#include "core/config/config.h"
#include "core/plugin/registry.h"

#include <pthread.h>

#define HYP_DAEMON_DONE 0
#define HYP_DAEMON_FAILED 1
#define HYP_DAEMON_CONFIG 2
#define HYP_DAEMON_DATABASE 3
#define HYP_DAEMON_RUNNING 4 /* another one has the state directory */
#define HYP_DAEMON_BIND 5    /* address in use, or no permission */

/* The exit code for an error of start. */
int hyp_daemon_exit_code(const struct hyp_error *err);

/* The command line, paths made absolute. */
struct hyp_daemon_options {
	char *config;	  /* NULL: the installed one */
	char *plugin_dir; /* NULL: by environment, settings, installation */
	struct hyp_values overrides;
	uint32_t log_format; /* HYP_LOG_FORMAT_* */
	uint32_t check;	     /* only look whether the configuration is right */
};

/* 0, or -1 when the process is done: *code is its exit code. */
int hyp_daemon_options_read(int argc, char **argv,
			    struct hyp_daemon_options *out, int *code);
void hyp_daemon_options_fini(struct hyp_daemon_options *options);

struct hyp_daemon {
	struct hyp_daemon_options options;
	struct hyp_registry *registry;
	struct hyp_engine *engine;
	struct hyp_api *api;
	char self[4096]; /* path of the running program */

	/* Between main thread and keeper. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t keeper;
	uint32_t keeping;
	uint32_t ready;	    /* 1: main has started everything */
	uint32_t stopping;  /* signals to stop so far; lost database: 1 */
	uint32_t stopped;   /* 1: nothing is left for the keeper to watch */
	uint32_t reloading; /* 1: the reloader is at work */
	uint64_t end_at;    /* of the boot clock: when the keeper ends it */
	int exit_code;
	pthread_t reloader; /* the keeper's, and its end's */
	uint32_t has_reloader;
};

/* --- daemon-config.c --- */

/* The configuration and the plugins that it needs; every problem is logged.
 * 0 or HYP_E_USAGE. */
int32_t hyp_daemon_config(struct hyp_daemon *daemon, struct hyp_config **out);
/* SIGHUP: new settings, or the old ones if those are wrong. */
void hyp_daemon_reload(struct hyp_daemon *daemon);

/* --- daemon-process.c: what the process is, before there are threads --- */

/* Files are private, no core is dumped, many may be open, memory stays small,
 * signals wait for the keeper. */
void hyp_daemon_process_init(void);
/* As PID 1: returns in a child, and the parent passes signals on to it, reaps
 * what it inherits, and exits as it does. */
void hyp_daemon_process_reaper(void);

/* --- daemon-keeper.c --- */

int32_t hyp_daemon_keeper_start(struct hyp_daemon *daemon,
				struct hyp_error *err);
/* From now on everything runs. */
void hyp_daemon_keeper_ready(struct hyp_daemon *daemon);
/* It does not start; what has been begun has some seconds to end. */
void hyp_daemon_keeper_failed(struct hyp_daemon *daemon, int code);
/* Until the daemon shall stop. */
void hyp_daemon_keeper_wait(struct hyp_daemon *daemon);
/* 1 if it shall stop already. */
int hyp_daemon_keeper_stops(struct hyp_daemon *daemon);
/* Everything has stopped. */
void hyp_daemon_keeper_end(struct hyp_daemon *daemon);

#endif
