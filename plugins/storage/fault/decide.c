/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault: which calls break, and how. */
#include "plugins/storage/fault/fault.h"

#include "core/base/file.h"

#include <poll.h>
#include <stdio.h>

static int32_t wait_delay(const struct fault *fault, struct hyp_error *err)
{
	const struct hyp_host *host = fault->host;
	uint64_t ms = fault->options->delay;
	struct pollfd fd = {.fd = host->cancel_fd(host->ctx), .events = POLLIN};

	if (ms == 0)
		return 0;
	if (poll(&fd, 1, ms > INT32_MAX ? INT32_MAX : (int)ms) <= 0)
		return 0;
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0, "cancelled");
}

int32_t fault_decide(struct fault *f, uint32_t operation, uint64_t n,
		     struct fault_verdict *verdict, struct hyp_error *err)
{
	const struct fault_options *o = f->options;
	uint64_t before;
	int32_t rc;

	*verdict = (struct fault_verdict){.hit = 0, .pass = 0};
	if (operation != o->operation)
		return 0;
	rc = wait_delay(f, err);
	if (rc != 0)
		return rc;
	pthread_mutex_lock(&f->lock);
	before = f->bytes;
	f->calls++;
	f->bytes += n;
	if (operation == FAULT_WRITE && o->at_byte > 0) {
		verdict->hit = f->bytes > o->at_byte;
		if (before < o->at_byte)
			verdict->pass = o->at_byte - before;
	} else {
		verdict->hit = f->calls >= (uint64_t)o->at_call;
	}
	if (o->action == FAULT_PASS ||
	    (o->times > 0 && f->hits >= (uint64_t)o->times))
		verdict->hit = 0;
	f->hits += (uint64_t)verdict->hit;
	pthread_mutex_unlock(&f->lock);
	return 0;
}

int32_t fault_error(const struct fault *f, struct hyp_error *err)
{
	const struct fault_options *o = f->options;
	int32_t rc;

	rc = hyp_error_errno(err, fault_errnos[o->error],
			     "go on: storage/fault breaks",
			     "the chosen operation");
	if (fault_codes[o->code] != 0)
		rc = err->code = fault_codes[o->code];
	if (o->kind != NULL)
		snprintf(err->kind, sizeof(err->kind), "%s", o->kind);
	return rc;
}

int32_t fault_check(struct fault *f, uint32_t operation, struct hyp_error *err)
{
	struct fault_verdict verdict;
	int32_t rc = fault_decide(f, operation, 0, &verdict, err);

	if (rc == 0 && verdict.hit)
		rc = fault_error(f, err);
	return rc;
}
