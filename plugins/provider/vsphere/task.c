/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/task.h"

#include "core/package/xml.h"
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

/* Whether it is one that goes on, and of that description. */
static int32_t is_under_way(struct vs *vs, const struct vs_ref *task,
			    const char *word, int *yes, struct hyp_error *err)
{
	static const char *const paths[] = {"info", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, info;
	const char *state;
	int32_t rc;

	*yes = 0;
	rc = vs_props(vs, task, paths, VS_CLEANUP, &reply, &object, err);
	if (rc != 0)
		return rc == HYP_E_NOT_FOUND ? 0 : rc; /* long since ended */
	info = vs_prop(object, "info");
	state = vs_text(info, "state");
	*yes = (strcmp(state, "running") == 0 ||
		strcmp(state, "queued") == 0) &&
	       strstr(vs_text(info, "descriptionId"), word) != NULL;
	return 0;
}

int32_t vs_task_find(struct vs *vs, const struct vs_ref *vm, const char *word,
		     struct vs_ref *out, struct hyp_error *err)
{
	static const char *const paths[] = {"recentTask", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct vs_ref none = {"", ""}, task;
	xmlNodePtr object, item;
	int yes = 0;
	int32_t rc;

	*out = none;
	rc = vs_props(vs, vm, paths, VS_CLEANUP, &reply, &object, err);
	if (rc != 0)
		return rc == HYP_E_NOT_FOUND ? 0 : rc;
	item = hyp_xml_first(vs_prop(object, "recentTask"));
	for (; rc == 0 && !yes && item != NULL;
	     item = hyp_xml_following(item)) {
		if (!vs_ref_read(item, &task))
			continue;
		rc = is_under_way(vs, &task, word, &yes, err);
		if (yes)
			*out = task;
	}
	return rc;
}
