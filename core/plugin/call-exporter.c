/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of exporters. Their guards live on the stack: a daemon's
 * exporter is asked every few seconds for months. */
#include "core/plugin/call.h"

#define TYPE_MAX 128 /* bytes */
#define TYPES_MAX 16u

static const struct hyp_exporter_ops *ops_of(const struct hyp_instance *i)
{
	return i->loaded->ops;
}

struct type_guard {
	struct hyp_guard guard;
	int32_t (*to)(void *ctx, const char *type, struct hyp_error *err);
	void *ctx;
};

/* It becomes a header as it is. */
static int is_type(const char *type)
{
	size_t n = type != NULL ? strnlen(type, TYPE_MAX + 1) : 0;

	if (n == 0 || n > TYPE_MAX || strchr(type, '/') == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (type[i] < ' ' || type[i] > '~')
			return 0;
	return 1;
}

static int32_t guarded_add(void *ctx, const char *type, struct hyp_error *err)
{
	struct type_guard *g = ctx;
	struct hyp_error spare;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	if (!is_type(type) || g->guard.count == TYPES_MAX)
		rc = hyp_call_fault(g->guard.instance, g->guard.member, err,
				    g->guard.count == TYPES_MAX
					    ? "adds more than %u content types"
					    : "adds what is no content type of "
					      "%u bytes",
				    g->guard.count == TYPES_MAX ? TYPES_MAX
								: TYPE_MAX);
	else
		rc = g->to(g->ctx, type, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

static int32_t exporter_content_types(void *instance,
				      int32_t (*add)(void *ctx,
						     const char *type,
						     struct hyp_error *err),
				      void *ctx, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct type_guard g = {.to = add, .ctx = ctx};
	struct hyp_call call;
	int32_t rc = hyp_guard_init(&g.guard, i, "content_types", err);

	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "content_types", err);
	if (rc == 0) {
		rc = ops_of(i)->content_types(i->raw, guarded_add, &g,
					      call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	if (rc == 0 && g.guard.count == 0)
		rc = hyp_call_fault(i, "content_types", err,
				    "succeeds without a content type");
	hyp_guard_fini(&g.guard);
	return rc;
}

static int32_t exporter_render(void *instance, uint32_t type,
			       const struct hyp_metric_snapshot *snapshot,
			       const struct hyp_writer *out,
			       struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_writer_guard g;
	struct hyp_call call;
	int32_t rc;

	if (type >= TYPES_MAX || snapshot == NULL || out == NULL)
		return hyp_call_bad(i, "render", err, "no type or snapshot");
	rc = hyp_writer_guard_init(&g, i, "render", out, err);
	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "render", err);
	if (rc == 0) {
		rc = ops_of(i)->render(i->raw, type, snapshot, &g.writer,
				       call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	hyp_guard_fini(&g.guard);
	return rc;
}

const struct hyp_exporter_ops hyp_exporter_calls = {
	.size = sizeof(struct hyp_exporter_ops),
	.content_types = exporter_content_types,
	.render = exporter_render,
};
