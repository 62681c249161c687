/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a lease alive, and noticing when it is not. */
#include "plugins/provider/vsphere/lease.h"

#include "core/base/units.h"
#include "plugins/provider/vsphere/fault.h"

#include <string.h>
#include <time.h>

#define PROGRESS_LONGEST_S 10u

static int32_t timed_out(const struct vs_lease *lease, const char *words,
			 struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "lease_timeout", 0,
			     "the export's lease at %s has ended: %s",
			     lease->vs->ep.name, words);
}

int32_t vs_lease_vanished(const struct vs_lease *lease, struct hyp_error *err)
{
	static const char *const paths[] = {"name", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object;
	struct hyp_error why;
	int32_t rc;

	if (vs_session_generation(lease->vs) != lease->generation)
		return hyp_error_set(err, HYP_E_TRANSIENT, "session_expired", 0,
				     "the session at %s ended, and the "
				     "export's lease with it",
				     lease->vs->ep.name);
	rc = vs_props(lease->vs, &lease->vm, paths, VS_TIMER, &reply, &object,
		      &why);
	if (rc != HYP_E_NOT_FOUND)
		return timed_out(lease, "the server does not know it any more",
				 err);
	*err = why;
	return rc;
}

/* It is in state error, and says why. */
static int32_t explain(const struct vs_lease *lease, xmlNodePtr error,
		       struct hyp_error *err)
{
	const char *fault = vs_xsi_type(vs_find(error, "fault"));

	if (error == NULL || fault[0] == '\0' || strcmp(fault, "Timedout") == 0)
		return timed_out(lease,
				 "no sign of life reached the server in time",
				 err);
	return vs_fault_localized(error, "the export's lease has ended", err);
}

int32_t vs_lease_look(struct vs_lease *lease, uint32_t flags, int *ready,
		      struct hyp_error *err)
{
	static const char *const paths[] = {"state", "error", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	const char *state;
	xmlNodePtr object;
	int32_t rc;

	*ready = 0;
	rc = vs_props(lease->vs, &lease->ref, paths, flags, &reply, &object,
		      err);
	if (rc == HYP_E_NOT_FOUND)
		return vs_lease_vanished(lease, err);
	if (rc != 0)
		return rc;
	state = vs_prop_text(object, "state");
	*ready = strcmp(state, "ready") == 0;
	if (*ready || strcmp(state, "initializing") == 0)
		return 0;
	return explain(lease, vs_prop(object, "error"), err);
}

/* Whether a failed look says that the lease is over, rather than that the
 * server could not be asked. */
static int is_over(const struct hyp_error *why)
{
	static const char *const unknown[] = {
		"dns_failed",	      "connect_failed", "net_timeout",
		"connection_lost",    "tls_failed",	"bad_response",
		"server_unavailable", "cancelled",	"stopped",
		"auth_failed",	      "no_memory",	"server_fault",
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (strcmp(why->kind, unknown[i]) == 0)
			return 0;
	return 1;
}

int32_t vs_lease_check(struct vs_lease *lease, struct hyp_error *err)
{
	int32_t rc = 0;

	if (__atomic_load_n(&lease->lost, __ATOMIC_ACQUIRE) == 0)
		return 0;
	pthread_mutex_lock(&lease->lock);
	rc = lease->why.code;
	if (err != NULL)
		*err = lease->why;
	pthread_mutex_unlock(&lease->lock);
	return rc;
}

int32_t vs_lease_recheck(struct vs_lease *lease, struct hyp_error *err)
{
	struct hyp_error why;
	int ready, first = 0;

	if (__atomic_load_n(&lease->lost, __ATOMIC_ACQUIRE) == 0) {
		if (vs_lease_look(lease, VS_TIMER, &ready, &why) == 0 ||
		    !is_over(&why))
			return 0;
		pthread_mutex_lock(&lease->lock);
		if (!lease->lost) {
			lease->why = why;
			__atomic_store_n(&lease->lost, 1, __ATOMIC_RELEASE);
			first = 1;
		}
		pthread_mutex_unlock(&lease->lock);
	}
	if (first)
		vs_log(lease->vs, HYP_LOG_WARNING, "%s", why.text);
	return vs_lease_check(lease, err);
}

static uint32_t percent(struct vs_lease *lease)
{
	uint64_t received = 0, step = lease->capacity / 100;

	for (size_t i = 0; i < lease->device_count; i++)
		received = hyp_add_sat(
			received, __atomic_load_n(&lease->devices[i].received,
						  __ATOMIC_RELAXED));
	if (step == 0)
		return 0;
	return received / step > 99 ? 99 : (uint32_t)(received / step);
}

int vs_lease_progress(struct vs_lease *lease, uint32_t value)
{
	struct vs_call_args args = {.flags = VS_TIMER,
				    .stop = &lease->stopping};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct hyp_error err;

	vs_msg_begin(&msg, "HttpNfcLeaseProgress", &lease->ref);
	vs_msg_u64(&msg, "percent", value);
	if (vs_call_with(lease->vs, &msg, &args, &reply, &err) == 0)
		return 0;
	if (__atomic_load_n(&lease->stopping, __ATOMIC_ACQUIRE))
		return 0;
	/* Only the lease itself says whether a fault was its end. */
	if (reply.fault[0] == '\0' || vs_lease_recheck(lease, NULL) == 0)
		vs_log(lease->vs, HYP_LOG_WARNING,
		       "keeping the lease alive, again in a second: %s",
		       err.text);
	return 1;
}

static void *timer_main(void *arg)
{
	struct vs_lease *lease = arg;
	uint32_t interval = lease->timeout_s / 4;
	struct timespec at;
	int on;

	if (interval > PROGRESS_LONGEST_S)
		interval = PROGRESS_LONGEST_S;
	if (interval == 0)
		interval = 1;
	do {
		int again = vs_lease_progress(lease, percent(lease));

		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec += again ? 1 : (time_t)interval;
		pthread_mutex_lock(&lease->lock);
		while (!lease->stopping && !lease->lost &&
		       pthread_cond_timedwait(&lease->wake, &lease->lock,
					      &at) == 0)
			;
		on = !lease->stopping && !lease->lost;
		pthread_mutex_unlock(&lease->lock);
	} while (on);
	return NULL;
}

int vs_lease_start(struct vs_lease *lease)
{
	lease->runs = vs_thread_start(&lease->thread, timer_main, lease) == 0;
	return lease->runs;
}

void vs_lease_stop(struct vs_lease *lease)
{
	if (!lease->runs)
		return;
	pthread_mutex_lock(&lease->lock);
	__atomic_store_n(&lease->stopping, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&lease->wake);
	pthread_mutex_unlock(&lease->lock);
	pthread_join(lease->thread, NULL);
	lease->runs = 0;
	lease->stopping = 0;
}
