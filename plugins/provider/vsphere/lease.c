/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/lease.h"

#include "core/base/buf.h"
#include "core/base/units.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"

#include <stdlib.h>
#include <string.h>

#define READY_LIMIT_MS (10u * 60u * 1000u)
#define POLL_FIRST_MS 50u
#define POLL_LONGEST_MS 1000u
#define DEVICES_MAX 1024u
#define DEFAULT_TIMEOUT_S 300u

static int32_t simple_call(struct vs *vs, const char *method,
			   const struct vs_ref *ref, uint32_t flags,
			   struct vs_reply *reply, struct hyp_error *err)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;

	vs_msg_begin(&msg, method, ref);
	return vs_call(vs, &msg, flags, reply, err);
}

int32_t vs_lease_abort(struct vs *vs, const struct vs_ref *ref,
		       struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	int32_t rc;

	rc = simple_call(vs, "HttpNfcLeaseAbort", ref, VS_CLEANUP, &reply, err);
	/* Done, in error, or of a session that is no more. */
	if (rc != 0 && (vs_fault_is_gone(reply.fault) ||
			strcmp(reply.fault, "InvalidState") == 0 ||
			strcmp(reply.fault, "Timedout") == 0))
		return 0;
	return rc;
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
	vs_lease_stop(lease);
	for (size_t i = 0; i < lease->device_count; i++)
		device_fini(&lease->devices[i]);
	free(lease->devices);
	pthread_mutex_destroy(&lease->lock);
	pthread_cond_destroy(&lease->wake);
	free(lease);
}

static struct vs_lease *new_lease(struct vs *vs, const struct vs_ref *vm,
				  const struct vs_ref *ref)
{
	struct vs_lease *lease = calloc(1, sizeof(*lease));
	pthread_condattr_t attr;

	if (lease == NULL)
		return NULL;
	lease->vs = vs;
	lease->ref = *ref;
	lease->vm = *vm;
	lease->generation = vs_session_generation(vs);
	pthread_mutex_init(&lease->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&lease->wake, &attr);
	pthread_condattr_destroy(&attr);
	return lease;
}

static int32_t wait_ready(struct vs_lease *lease, struct hyp_error *err)
{
	const struct hyp_host *host = lease->vs->host;
	uint64_t begin = host->boot_ms(host->ctx), wait = POLL_FIRST_MS;

	for (;;) {
		int ready;
		int32_t rc = vs_lease_look(lease, 0, &ready, err);

		if (rc != 0 || ready)
			return rc;
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
	if (n > DEVICES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "the lease offers %zu files", n);
	lease->devices = calloc(n + 1, sizeof(*lease->devices));
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
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, info;
	uint64_t timeout;
	int32_t rc;

	rc = vs_props(lease->vs, &lease->ref, paths, 0, &reply, &object, err);
	if (rc == HYP_E_NOT_FOUND)
		return vs_lease_vanished(lease, err);
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

int32_t vs_lease_open(struct vs *vs, const struct vs_ref *vm,
		      const struct vs_ref *ref, struct vs_lease **out,
		      struct hyp_error *err)
{
	struct vs_lease *lease = new_lease(vs, vm, ref);
	int32_t rc;

	if (lease == NULL)
		return hyp_error_nomem(err);
	rc = wait_ready(lease, err);
	if (rc == 0)
		rc = read_info(lease, err);
	if (rc == 0 && !vs_lease_start(lease))
		rc = hyp_error_nomem(err);
	if (rc != 0) {
		vs_lease_free(lease);
		return rc;
	}
	*out = lease;
	return 0;
}

int32_t vs_lease_complete(struct vs_lease *lease, struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct hyp_error ignored;
	int32_t rc = vs_lease_check(lease, err);

	vs_lease_stop(lease);
	if (rc == 0) {
		vs_lease_progress(lease, 100);
		rc = simple_call(lease->vs, "HttpNfcLeaseComplete", &lease->ref,
				 VS_CLEANUP, &reply, err);
		if (rc != 0 && reply.fault[0] != '\0' &&
		    vs_lease_recheck(lease, &ignored) != 0)
			rc = vs_lease_check(lease, err);
	}
	vs_lease_free(lease);
	return rc;
}
