/* SPDX-License-Identifier: Apache-2.0 */
/* The checked call of notifiers. */
#include "core/plugin/call.h"

#define HOUR_MS 3600000u

static int32_t check_notice(const struct hyp_instance *i,
			    const struct hyp_notice *n, struct hyp_error *err)
{
	if (n->id == NULL || n->id[0] == '\0' || n->type == NULL ||
	    n->job_id == NULL || n->data_json == NULL || n->attempt == 0)
		return hyp_call_bad(i, "deliver", err,
				    "an event without its parts");
	return 0;
}

/* Outputs are told after a failure too: a status is one of HTTP's. */
static void take(const struct hyp_outcome *from, struct hyp_outcome *to)
{
	*to = *from;
	to->size = sizeof(*to);
	if (to->status < 100 || to->status > 999)
		to->status = 0;
	if (to->retry_after_ms > HOUR_MS)
		to->retry_after_ms = HOUR_MS;
}

static int32_t notifier_deliver(void *instance, const struct hyp_notice *notice,
				struct hyp_outcome *outcome,
				struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_outcome got = {.size = sizeof(got)};
	struct hyp_call call;
	int32_t rc = check_notice(i, notice, err);

	memset(outcome, 0, sizeof(*outcome));
	outcome->size = sizeof(*outcome);
	if (rc == 0)
		rc = hyp_call_begin(&call, i, "deliver", err);
	if (rc != 0)
		return rc;
	rc = ((const struct hyp_notifier_ops *)i->loaded->ops)
		     ->deliver(i->raw, notice, &got, call.err);
	rc = hyp_call_end(&call, rc);
	take(&got, outcome);
	return rc;
}

const struct hyp_notifier_ops hyp_notifier_calls = {
	.size = sizeof(struct hyp_notifier_ops),
	.deliver = notifier_deliver,
};
