/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's copy: one file of a lease, from its host to the core. */
#include "plugins/provider/vsphere/call.h"
#include "plugins/provider/vsphere/export.h"

#include "core/base/units.h"

#include <inttypes.h>
#include <string.h>

#define URL_MAX 4096

/* Counts what passes, for the lease's percent. */
struct tap {
	const struct hyp_writer *out;
	struct vs_device *device;
};

static int32_t tap_write(void *ctx, const void *buf, uint64_t n,
			 struct hyp_error *err)
{
	struct tap *tap = ctx;

	__atomic_fetch_add(&tap->device->received, n, __ATOMIC_RELAXED);
	return tap->out->write(tap->out->ctx, buf, n, err);
}

static int32_t judge_status(const struct hyp_http_reply *reply,
			    struct hyp_error *err)
{
	uint32_t status = reply->status;

	if (status == 200)
		return 0;
	if (status >= 300 && status < 400)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "a redirect to \"%s\" came instead of "
				     "the file; it is not followed",
				     reply->location);
	if (status == 429 || status >= 500) {
		hyp_error_set(err, HYP_E_TRANSIENT, "server_unavailable", 0,
			      "the host answered with status %u", status);
		if (err != NULL)
			err->retry_after_ms = reply->retry_after_ms;
		return HYP_E_TRANSIENT;
	}
	return hyp_error_set(err, HYP_E_TRANSIENT, "bad_response", 0,
			     "the host answered with status %u: the lease's "
			     "ticket is not valid there any more",
			     status);
}

/* Non-disks state their size in the lease. Disks do not: theirs is settled
 * by the structure of the image, and by the host's manifest. */
static int32_t judge_size(const struct vs_device *device, uint64_t bytes,
			  struct hyp_error *err)
{
	if (bytes == 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
				     "the host sent no byte");
	if (device->is_disk || device->file_size == 0 ||
	    device->file_size == bytes)
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
			     "the lease states %" PRIu64 " bytes, %" PRIu64
			     " came",
			     device->file_size, bytes);
}

static int32_t fetch(struct vs_export *e, struct vs_device *device,
		     struct hyp_http *http, const char *url,
		     const struct hyp_writer *out, struct hyp_error *err)
{
	struct tap tap = {out, device};
	struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = &tap, .write = tap_write};
	struct hyp_http_request request = {
		.url = url,
		.silence_ms = e->vs->opt->silence,
		.stop = &e->lease->lost,
		.out = &writer,
	};
	HYP_AUTO_HTTP_REPLY struct hyp_http_reply reply = HYP_HTTP_REPLY_INIT;
	int32_t rc;

	__atomic_store_n(&device->received, 0, __ATOMIC_RELAXED);
	rc = hyp_http_perform(http, &request, &reply, err);
	if (rc == 0)
		rc = judge_status(&reply, err);
	if (rc == 0)
		rc = judge_size(device, reply.bytes, err);
	return rc;
}

int32_t vs_copy(void *exported, uint32_t index, const struct hyp_writer *out,
		struct hyp_error *err)
{
	struct vs_export *e = exported;
	struct vs_device *device = vs_file_device(e, index);
	struct hyp_tls_trust trust;
	struct hyp_http *http;
	char url[URL_MAX];
	int32_t rc;

	if (device == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "the export has no file %u", index);
	rc = vs_lease_check(e->lease, err);
	if (rc == 0)
		rc = vs_endpoint_device(&e->vs->ep, device->url,
					device->thumbprint, url, sizeof(url),
					&trust, err);
	if (rc == 0)
		rc = hyp_http_new(e->vs->host, &trust, &http, err);
	if (rc != 0)
		return rc;
	/* A client of its own: it has never seen the session's cookie. */
	rc = fetch(e, device, http, url, out, err);
	hyp_http_free(http);
	/* A lease that ended is the reason for more than meets the eye. */
	if (rc == HYP_E_TRANSIENT ||
	    (rc == HYP_E_CANCELLED &&
	     !e->vs->host->cancelled(e->vs->host->ctx))) {
		int32_t lost = vs_lease_recheck(e->lease, err);

		rc = lost != 0 ? lost : rc;
	}
	return rc;
}
