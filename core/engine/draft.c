/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/draft.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

static int32_t room_for_one(struct hyp_draft *draft, struct hyp_error *err)
{
	size_t room = draft->room > 0 ? 2 * draft->room : 8;
	struct hyp_store_op *ops;

	if (draft->count == HYP_DRAFT_OPS_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "too much for one change: ask for less "
				     "at once");
	if (draft->count < draft->room)
		return 0;
	ops = reallocarray(draft->ops, room, sizeof(*ops));
	if (ops == NULL)
		return hyp_error_nomem(err);
	draft->ops = ops;
	draft->room = room;
	return 0;
}

int32_t hyp_draft_op(struct hyp_draft *draft, const struct hyp_store_op *op,
		     const void *row, size_t n, struct hyp_error *err)
{
	int32_t rc = room_for_one(draft, err);
	void *copy;

	if (rc == 0)
		rc = hyp_keep_bytes(&draft->keep, row, n, &copy, err);
	if (rc < 0)
		return rc;
	draft->ops[draft->count] = *op;
	draft->ops[draft->count++].row = copy;
	return 0;
}

int32_t hyp_draft_keep(struct hyp_draft *draft, const char **s,
		       struct hyp_error *err)
{
	return hyp_keep_string(&draft->keep, s, err);
}

struct hyp_change hyp_draft_change(const struct hyp_draft *draft)
{
	return (struct hyp_change){
		.size = sizeof(struct hyp_change),
		.flags = draft->flags,
		.ops = draft->ops,
		.op_stride = sizeof(*draft->ops),
		.op_count = (uint32_t)draft->count,
	};
}

void hyp_draft_fini(struct hyp_draft *draft)
{
	hyp_keep_free(&draft->keep);
	free(draft->ops);
	memset(draft, 0, sizeof(*draft));
}
