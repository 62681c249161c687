/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/lease.h"

#include "core/base/buf.h"
#include "core/base/units.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READY_LIMIT_MS (10u * 60u * 1000u)
#define POLL_FIRST_MS 50u
#define POLL_LONGEST_MS 1000u
#define DEVICES_MAX 1024u
#define DEFAULT_TIMEOUT_S 300u
#define PROGRESS_LONGEST_S 10u

static int32_t simple_call(struct vs *vs, const char *method,
			   const struct vs_ref *ref, uint32_t flags,
			   struct vs_reply *reply, struct hyp_error *err)
{
	VS_AUTO_MSG struct vs_msg msg;

	vs_msg_begin(&msg, method, ref);
	return vs_call(vs, &msg, flags, reply, err);
}

int32_t vs_lease_abort(struct vs *vs, const struct vs_ref *ref,
		       struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply;
	int32_t rc;

	vs_reply_init(&reply);
	rc = simple_call(vs, "HttpNfcLeaseAbort", ref, VS_CLEANUP, &reply, err);
	/* Done, in error, or of a session that is no more. */
	if (rc != 0 && (vs_fault_is_gone(reply.fault) ||
			strcmp(reply.fault, "InvalidState") == 0 ||
			strcmp(reply.fault, "Timedout") == 0))
		return 0;
	return rc;
}

/* The lease is over, before its time. */
static int32_t lost_error(struct vs_lease *lease, const char *words,
			  struct hyp_error *err)
{
	if (vs_session_generation(lease->vs) != lease->generation)
		return hyp_error_set(
			err, HYP_E_TRANSIENT, "session_expired", 0,
			"the session at %s ended, and the export's lease with "
			"it",
			lease->vs->ep.name);
	return hyp_error_set(err, HYP_E_TRANSIENT, "lease_timeout", 0,
			     "the export's lease at %s has ended: %s",
			     lease->vs->ep.name, words);
}

static void set_lost(struct vs_lease *lease, const char *words)
{
	struct hyp_error why;

	lost_error(lease, words, &why);
	vs_log(lease->vs, HYP_LOG_WARNING, "%s", why.text);
	pthread_mutex_lock(&lease->lock);
	lease->why = why;
	__atomic_store_n(&lease->lost, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lease->lock);
}

int32_t vs_lease_check(struct vs_lease *lease, struct hyp_error *err)
{
	if (__atomic_load_n(&lease->lost, __ATOMIC_ACQUIRE) == 0)
		return 0;
	pthread_mutex_lock(&lease->lock);
	if (err != NULL)
		*err = lease->why;
	pthread_mutex_unlock(&lease->lock);
	return HYP_E_TRANSIENT;
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

/* 1 if the lease is certainly not ready any more. */
static int has_ended(struct vs_lease *lease, const char *fault)
{
	static const char *const paths[] = {"state", NULL};
	VS_AUTO_REPLY struct vs_reply reply;
	struct hyp_error err;
	xmlNodePtr object;
	int32_t rc;

	if (fault[0] == '\0')
		return 0; /* the network's trouble, not the lease's */
	if (vs_fault_is_gone(fault))
		return 1;
	vs_reply_init(&reply);
	rc = vs_props(lease->vs, &lease->ref, paths, VS_TIMER, &reply, &object,
		      &err);
	if (rc != 0)
		return rc == HYP_E_NOT_FOUND || vs_fault_is_gone(reply.fault);
	return strcmp(vs_prop_text(object, "state"), "ready") != 0;
}

/* 0: said; 1: try again in a second. */
static int say_progress(struct vs_lease *lease, uint32_t value)
{
	struct vs_call_args args = {.flags = VS_TIMER,
				    .stop = &lease->stopping};
	VS_AUTO_REPLY struct vs_reply reply;
	VS_AUTO_MSG struct vs_msg msg;
	struct hyp_error err;

	vs_reply_init(&reply);
	vs_msg_begin(&msg, "HttpNfcLeaseProgress", &lease->ref);
	vs_msg_u64(&msg, "percent", value);
	if (vs_call_with(lease->vs, &msg, &args, &reply, &err) == 0)
		return 0;
	if (__atomic_load_n(&lease->stopping, __ATOMIC_ACQUIRE))
		return 0;
	if (has_ended(lease, reply.fault))
		set_lost(lease, err.text);
	else
		vs_log(lease->vs, HYP_LOG_WARNING,
		       "keeping the lease alive: %s", err.text);
	return 1;
}

static void *timer_main(void *arg)
{
	struct vs_lease *lease = arg;
	uint32_t interval = lease->timeout_s / 4;
	struct timespec at;

	if (interval > PROGRESS_LONGEST_S)
		interval = PROGRESS_LONGEST_S;
	if (interval == 0)
		interval = 1;
	for (;;) {
		int again = say_progress(lease, percent(lease));

		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec += again ? 1 : (time_t)interval;
		pthread_mutex_lock(&lease->lock);
		while (!lease->stopping && !lease->lost &&
		       pthread_cond_timedwait(&lease->wake, &lease->lock,
					      &at) == 0)
			;
		again = !lease->stopping && !lease->lost;
		pthread_mutex_unlock(&lease->lock);
		if (!again)
			return NULL;
	}
}

static void stop_timer(struct vs_lease *lease)
{
	if (!lease->runs)
		return;
	pthread_mutex_lock(&lease->lock);
	__atomic_store_n(&lease->stopping, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&lease->wake);
	pthread_mutex_unlock(&lease->lock);
	pthread_join(lease->thread, NULL);
	lease->runs = 0;
}

static void device_fini(struct vs_device *device)
{
	free(device->key);
	free(device->url);
	free(device->thumbprint);
	free(device->target);
}

void vs_lease_free(struct vs_lease *lease)
{
	if (lease == NULL)
		return;
	stop_timer(lease);
	for (size_t i = 0; i < lease->device_count; i++)
		device_fini(&lease->devices[i]);
	free(lease->devices);
	pthread_mutex_destroy(&lease->lock);
	pthread_cond_destroy(&lease->wake);
	free(lease);
}

static struct vs_lease *new_lease(struct vs *vs, const struct vs_ref *ref)
{
	struct vs_lease *lease = calloc(1, sizeof(*lease));
	pthread_condattr_t attr;

	if (lease == NULL)
		return NULL;
	lease->vs = vs;
	lease->ref = *ref;
	lease->generation = vs_session_generation(vs);
	pthread_mutex_init(&lease->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&lease->wake, &attr);
	pthread_condattr_destroy(&attr);
	return lease;
}

/* 1: ready, 0: not yet, negative: never. */
static int32_t is_ready(struct vs_lease *lease, struct hyp_error *err)
{
	static const char *const paths[] = {"state", "error", NULL};
	VS_AUTO_REPLY struct vs_reply reply;
	xmlNodePtr object, error;
	const char *state;
	int32_t rc;

	vs_reply_init(&reply);
	rc = vs_props(lease->vs, &lease->ref, paths, 0, &reply, &object, err);
	if (rc == HYP_E_NOT_FOUND || vs_fault_is_gone(reply.fault))
		return lost_error(lease, "it is gone", err);
	if (rc != 0)
		return rc;
	state = vs_prop_text(object, "state");
	if (strcmp(state, "ready") == 0)
		return 1;
	if (strcmp(state, "initializing") == 0)
		return 0;
	error = vs_prop(object, "error");
	if (error != NULL)
		return vs_fault_localized(error, "opening the export", err);
	return lost_error(lease, "it never got ready", err);
}

static int32_t wait_ready(struct vs_lease *lease, struct hyp_error *err)
{
	const struct hyp_host *host = lease->vs->host;
	uint64_t begin = host->boot_ms(host->ctx), wait = POLL_FIRST_MS;

	for (;;) {
		int32_t rc = is_ready(lease, err);

		if (rc != 0)
			return rc > 0 ? 0 : rc;
		if (host->boot_ms(host->ctx) - begin > READY_LIMIT_MS)
			return hyp_error_set(
				err, HYP_E_TRANSIENT, "lease_timeout", 0,
				"%s has not made the export ready "
				"within %u s",
				lease->vs->ep.name, READY_LIMIT_MS / 1000);
		rc = hyp_http_pause(host, wait, err);
		if (rc != 0)
			return rc;
		wait = wait * 2 > POLL_LONGEST_MS ? POLL_LONGEST_MS : wait * 2;
	}
}

static int32_t read_device(xmlNodePtr node, struct vs_device *out,
			   struct hyp_error *err)
{
	int32_t rc = hyp_strdup(vs_text(node, "key"), &out->key, err);

	if (rc == 0)
		rc = hyp_strdup(vs_text(node, "url"), &out->url, err);
	if (rc == 0)
		rc = hyp_strdup(vs_text(node, "sslThumbprint"),
				&out->thumbprint, err);
	if (rc == 0)
		rc = hyp_strdup(vs_text(node, "targetId"), &out->target, err);
	out->is_disk = (uint32_t)vs_is_true(node, "disk");
	out->file_size = vs_number(node, "fileSize");
	return rc;
}

static int32_t read_devices(struct vs_lease *lease, xmlNodePtr info,
			    struct hyp_error *err)
{
	xmlNodePtr node = hyp_xml_child(info, NULL, "deviceUrl");
	size_t n = 0;

	for (xmlNodePtr i = node; i; i = hyp_xml_next(i, NULL, "deviceUrl"))
		n++;
	if (n == 0 || n > DEVICES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "the lease offers %zu files", n);
	lease->devices = calloc(n, sizeof(*lease->devices));
	if (lease->devices == NULL)
		return hyp_error_nomem(err);
	for (; node; node = hyp_xml_next(node, NULL, "deviceUrl")) {
		int32_t rc = read_device(
			node, &lease->devices[lease->device_count++], err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int32_t read_info(struct vs_lease *lease, struct hyp_error *err)
{
	static const char *const paths[] = {"info", NULL};
	VS_AUTO_REPLY struct vs_reply reply;
	xmlNodePtr object, info;
	uint64_t timeout;
	int32_t rc;

	vs_reply_init(&reply);
	rc = vs_props(lease->vs, &lease->ref, paths, 0, &reply, &object, err);
	if (rc == 0)
		rc = vs_prop_need(object, "info", "the lease", &info, err);
	if (rc != 0)
		return rc;
	timeout = vs_number(info, "leaseTimeout");
	lease->timeout_s = timeout == 0 || timeout > 86400 ? DEFAULT_TIMEOUT_S
							   : (uint32_t)timeout;
	lease->capacity =
		hyp_mul_sat(vs_number(info, "totalDiskCapacityInKB"), 1024);
	return read_devices(lease, info, err);
}

int32_t vs_lease_open(struct vs *vs, const struct vs_ref *ref,
		      struct vs_lease **out, struct hyp_error *err)
{
	struct vs_lease *lease = new_lease(vs, ref);
	int32_t rc;

	if (lease == NULL)
		return hyp_error_nomem(err);
	rc = wait_ready(lease, err);
	if (rc == 0)
		rc = read_info(lease, err);
	if (rc == 0 && vs_thread_start(&lease->thread, timer_main, lease) != 0)
		rc = hyp_error_nomem(err);
	if (rc != 0) {
		vs_lease_free(lease);
		return rc;
	}
	lease->runs = 1;
	*out = lease;
	return 0;
}

int32_t vs_lease_complete(struct vs_lease *lease, struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply;
	struct hyp_error ignored;
	int32_t rc = vs_lease_check(lease, err);

	vs_reply_init(&reply);
	stop_timer(lease);
	lease->stopping = 0;
	if (rc == 0) {
		say_progress(lease, 100);
		rc = simple_call(lease->vs, "HttpNfcLeaseComplete", &lease->ref,
				 VS_CLEANUP, &reply, err);
		if (rc != 0 && (vs_fault_is_gone(reply.fault) ||
				strcmp(reply.fault, "InvalidState") == 0))
			rc = lost_error(lease, "it was not there to complete",
					err);
		if (rc != 0)
			vs_lease_abort(lease->vs, &lease->ref, &ignored);
	}
	vs_lease_free(lease);
	return rc;
}
