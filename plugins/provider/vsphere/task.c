/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/task.h"

#include "plugins/provider/vsphere/fault.h"

#include <string.h>
#include <time.h>

#define FIRST_MS 50u
#define LONGEST_MS 2000u

static int32_t pause_ms(struct vs *vs, uint32_t flags, uint64_t ms,
			struct hyp_error *err)
{
	struct timespec step = {.tv_sec = (time_t)(ms / 1000),
				.tv_nsec = (long)(ms % 1000) * 1000000L};

	if ((flags & VS_CLEANUP) == 0)
		return hyp_http_pause(vs->host, ms, err);
	nanosleep(&step, NULL);
	return 0;
}

/* 1: ended well, 0: goes on, negative: failed. */
static int32_t look(struct vs *vs, const struct vs_ref *task, const char *what,
		    uint32_t flags, struct vs_ref *result, char *fault,
		    struct hyp_error *err)
{
	static const char *const paths[] = {"info", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, info, error;
	const char *state;
	int32_t rc;

	rc = vs_props(vs, task, paths, flags, &reply, &object, err);
	if (rc == 0)
		rc = vs_prop_need(object, "info", what, &info, err);
	if (rc != 0)
		return rc;
	state = vs_text(info, "state");
	if (strcmp(state, "success") == 0) {
		if (result != NULL)
			vs_ref_read(vs_find(info, "result"), result);
		return 1;
	}
	if (strcmp(state, "error") != 0)
		return 0;
	error = vs_find(info, "error");
	if (fault != NULL)
		snprintf(fault, 64, "%s", vs_xsi_type(vs_find(error, "fault")));
	return vs_fault_localized(error, what, err);
}

int32_t vs_task_wait(struct vs *vs, const struct vs_ref *task, const char *what,
		     uint32_t flags, uint64_t limit_ms, struct vs_ref *result,
		     char *fault, struct hyp_error *err)
{
	uint64_t begin = vs->host->boot_ms(vs->host->ctx), wait = FIRST_MS;
	struct vs_ref none = {"", ""};
	int32_t rc;

	if (result != NULL)
		*result = none;
	if (fault != NULL)
		fault[0] = '\0';
	for (;;) {
		rc = look(vs, task, what, flags, result, fault, err);
		if (rc != 0)
			return rc > 0 ? 0 : rc;
		if (limit_ms != 0 &&
		    vs->host->boot_ms(vs->host->ctx) - begin > limit_ms)
			return hyp_error_set(
				err, HYP_E_TRANSIENT, "server_timeout", 0,
				"%s: the server has not finished "
				"after %llu s",
				what, (unsigned long long)limit_ms / 1000);
		rc = pause_ms(vs, flags, wait, err);
		if (rc != 0)
			return rc;
		wait = wait * 2 > LONGEST_MS ? LONGEST_MS : wait * 2;
	}
}
