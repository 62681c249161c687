/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, the service manager, and an end that comes. */
#include "core/app/daemon.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/pipeline/thread.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define LOOK_MS 1000	/* between two looks at the engine */
#define RELOAD_MS 1000	/* between two reloads, however many SIGHUPs */
#define END_MS 9000	/* beyond jobs.stop_grace */
#define HURRIED_MS 1900 /* a signal again, or the database is lost */
#define LAST_MS 100	/* then: for the log's thread */
#define NEVER UINT64_MAX

struct keeper {
	struct hyp_daemon *daemon;
	uint64_t ping_ms; /* between pings of the watchdog; NEVER: none */
	uint64_t ping_at, look_at, reload_at, reloaded_at;
	uint64_t end_at; /* as it was when last looked at */
	char unready[HYP_ERROR_KIND_MAX];
};

/* Under the lock. It ends by itself until then, or is ended. */
static void limit(struct hyp_daemon *d, uint64_t ms)
{
	uint64_t end_at = hyp_clock_boot_ms() + ms;

	if (end_at < d->end_at)
		d->end_at = end_at;
	/* Or the service manager would lose patience first. */
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64, (ms + HURRIED_MS) * 1000);
	pthread_cond_broadcast(&d->changed);
}

/* Nothing of what runs can be written down any more: what the disk holds is
 * what the next start goes by. */
static void end_lost(struct hyp_daemon *d)
{
	hyp_log(HYP_LOG_ERROR, "", "daemon",
		"the database is lost: hypersdkd ends, to begin anew with what "
		"is on the disk");
	pthread_mutex_lock(&d->lock);
	d->exit_code = HYP_DAEMON_DATABASE;
	if (d->stopping == 0)
		d->stopping = 1;
	sd_notify(0, "STOPPING=1\nSTATUS=stopping: the database is lost");
	limit(d, HURRIED_MS);
	pthread_mutex_unlock(&d->lock);
	hyp_engine_hurry(d->engine);
}

static void look(struct keeper *k)
{
	const char *kind = hyp_engine_unready(k->daemon->engine);

	if (kind == NULL)
		kind = "";
	if (strcmp(kind, k->unready) == 0)
		return;
	snprintf(k->unready, sizeof(k->unready), "%s", kind);
	if (strcmp(kind, "db_lost") == 0)
		end_lost(k->daemon);
	else if (kind[0] == '\0')
		sd_notify(0, "STATUS=ready");
	else
		sd_notifyf(0, "STATUS=takes no jobs: %s", kind);
}

/* While it opens its engine, nothing runs that might end by itself. */
static uint64_t grace(struct hyp_daemon *d)
{
	const struct hyp_config *config;
	uint64_t ms;

	if (d->engine == NULL)
		return 0;
	config = hyp_engine_config_get(d->engine);
	ms = config->settings->jobs.stop_grace;
	hyp_engine_config_put(d->engine, config);
	return ms;
}

/* Under the lock. */
static void stop(struct hyp_daemon *d, int sig)
{
	d->stopping++;
	if (d->stopping == 1) {
		hyp_log(HYP_LOG_INFO, "", "daemon", "SIG%s: stopping",
			sigabbrev_np(sig));
		sd_notify(0, "STOPPING=1\nSTATUS=stopping");
		limit(d, grace(d) + END_MS);
	} else if (d->stopping == 2) {
		hyp_log(HYP_LOG_INFO, "", "daemon",
			"SIG%s again: running exports are queued again at once",
			sigabbrev_np(sig));
		limit(d, HURRIED_MS);
		if (d->engine != NULL)
			hyp_engine_hurry(d->engine);
	}
}

/* The service manager hears nothing of it behind the stop. */
static void end_reload(struct hyp_daemon *d)
{
	pthread_mutex_lock(&d->lock);
	d->reloading = 0;
	if (d->stopping == 0)
		sd_notify(0, "READY=1");
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

static void *reload_main(void *arg)
{
	hyp_daemon_reload(arg);
	end_reload(arg);
	return NULL;
}

static void join_reload(struct hyp_daemon *d)
{
	if (d->has_reloader)
		pthread_join(d->reloader, NULL);
	d->has_reloader = 0;
}

/* Not while one is under way, or it stops. */
static int may_reload(struct hyp_daemon *d)
{
	int may;

	pthread_mutex_lock(&d->lock);
	may = !d->reloading && d->stopping == 0;
	if (may) {
		d->reloading = 1;
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			   hyp_clock_boot_ns() / 1000);
	}
	pthread_mutex_unlock(&d->lock);
	return may;
}

/* In a thread of its own: a database that cannot be written holds it up, and
 * that must not keep signals and the watchdog waiting. */
static void reload(struct keeper *k)
{
	struct hyp_daemon *d = k->daemon;
	struct hyp_error err;

	k->reload_at = hyp_clock_boot_ms() + RELOAD_MS;
	if (!may_reload(d))
		return;
	k->reload_at = NEVER;
	k->reloaded_at = hyp_clock_boot_ms();
	join_reload(d);
	d->has_reloader = hyp_thread_start(&d->reloader, "hyp-reload",
					   reload_main, d, &err) == 0;
	if (d->has_reloader)
		return;
	hyp_log(HYP_LOG_ERROR, "", "config", "reload: %s", err.text);
	end_reload(d);
}

static void on_signal(struct keeper *k, int sig)
{
	uint64_t now = hyp_clock_boot_ms();

	if (sig == SIGTERM || sig == SIGINT) {
		pthread_mutex_lock(&k->daemon->lock);
		stop(k->daemon, sig);
		pthread_mutex_unlock(&k->daemon->lock);
	} else if (sig == SIGHUP && k->reload_at == NEVER) {
		k->reload_at =
			k->reloaded_at == 0 || now - k->reloaded_at > RELOAD_MS
				? now
				: k->reloaded_at + RELOAD_MS;
	}
}

/* What hangs is not waited for for ever; all that counts is on the disk, and
 * the next start finds it there as after a power cut. */
static void end_now(struct hyp_daemon *d)
{
	hyp_log(HYP_LOG_WARNING, "", "daemon",
		"not everything stopped in time: ending without it");
	usleep(LAST_MS * 1000);
	_exit(d->exit_code);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is due now. */
static void tick(struct keeper *k, int ready)
{
	uint64_t now = hyp_clock_boot_ms();

	if (now >= k->end_at)
		end_now(k->daemon);
	if (now >= k->look_at) {
		if (ready)
			look(k);
		k->look_at = now + LOOK_MS;
	}
	/* Behind the look: who does not answer is not alive. */
	if (now >= k->ping_at) {
		sd_notify(0, "WATCHDOG=1");
		k->ping_at = now + k->ping_ms;
	}
	if (now < k->reload_at)
		return;
	if (ready)
		reload(k);
	else
		k->reload_at = now + RELOAD_MS;
}

static int wait_signal(const struct keeper *k)
{
	uint64_t next = least(least(k->ping_at, k->look_at),
			      least(k->reload_at, k->end_at));
	uint64_t now = hyp_clock_boot_ms(), ms = next > now ? next - now : 0;
	struct timespec t;
	sigset_t set;

	ms = least(ms, LOOK_MS);
	t.tv_sec = (time_t)(ms / 1000);
	t.tv_nsec = (long)(ms % 1000) * 1000000;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return sigtimedwait(&set, NULL, &t);
}

static void *keep(void *arg)
{
	struct keeper k = {.daemon = arg,
			   .ping_ms = NEVER,
			   .ping_at = NEVER,
			   .reload_at = NEVER,
			   .end_at = NEVER};
	int ready, stopped = 0;
	uint64_t usec;

	if (sd_watchdog_enabled(0, &usec) > 0) {
		k.ping_ms = usec / 2000;
		k.ping_at = hyp_clock_boot_ms();
	}
	while (!stopped) {
		int sig = wait_signal(&k);

		if (sig > 0)
			on_signal(&k, sig);
		pthread_mutex_lock(&k.daemon->lock);
		ready = k.daemon->ready != 0 && !k.daemon->stopped;
		stopped = k.daemon->stopped != 0;
		k.end_at = stopped ? NEVER : k.daemon->end_at;
		pthread_mutex_unlock(&k.daemon->lock);
		tick(&k, ready);
	}
	return NULL;
}

int32_t hyp_daemon_keeper_start(struct hyp_daemon *daemon,
				struct hyp_error *err)
{
	int rc;

	daemon->end_at = NEVER;
	pthread_mutex_init(&daemon->lock, NULL);
	pthread_cond_init(&daemon->changed, NULL);
	rc = pthread_create(&daemon->keeper, NULL, keep, daemon);
	if (rc != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
				     "the thread for signals: %s",
				     strerror(rc));
	daemon->keeping = 1;
	return 0;
}

void hyp_daemon_keeper_ready(struct hyp_daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	daemon->ready = 1;
	if (daemon->stopping == 0)
		sd_notify(0, "READY=1\nSTATUS=ready");
	pthread_mutex_unlock(&daemon->lock);
}

void hyp_daemon_keeper_failed(struct hyp_daemon *daemon, int code)
{
	pthread_mutex_lock(&daemon->lock);
	daemon->exit_code = code;
	limit(daemon, END_MS);
	pthread_mutex_unlock(&daemon->lock);
}

int hyp_daemon_keeper_stops(struct hyp_daemon *daemon)
{
	int stops;

	pthread_mutex_lock(&daemon->lock);
	stops = daemon->stopping != 0;
	pthread_mutex_unlock(&daemon->lock);
	return stops;
}

void hyp_daemon_keeper_wait(struct hyp_daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	while (daemon->stopping == 0)
		pthread_cond_wait(&daemon->changed, &daemon->lock);
	pthread_mutex_unlock(&daemon->lock);
}

void hyp_daemon_keeper_end(struct hyp_daemon *daemon)
{
	if (!daemon->keeping)
		return;
	pthread_mutex_lock(&daemon->lock);
	while (daemon->reloading)
		pthread_cond_wait(&daemon->changed, &daemon->lock);
	daemon->stopped = 1;
	pthread_mutex_unlock(&daemon->lock);
	pthread_kill(daemon->keeper, SIGHUP);
	pthread_join(daemon->keeper, NULL);
	daemon->keeping = 0;
	join_reload(daemon);
}
