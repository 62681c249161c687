/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/lib/inside.h"
#include "core/lib/reading.h"

/* The engine's store, or the same one opened for reading. */
struct access {
	struct hyp_instance *instance;
	struct hyp_reading reading;
	int opened;
};

static int32_t begin(struct hypersdk *h, struct access *access,
		     struct hyp_error *err)
{
	if (hyp_needs(h, "hypersdk", err) != 0)
		return err->code;
	access->opened = h->engine == NULL;
	if (!access->opened) {
		access->instance = hyp_engine_store(h->engine);
		return 0;
	}
	if (hyp_reading_open(h->config, h->registry, &access->reading, err) !=
	    0)
		return err->code;
	access->instance = access->reading.member.instance;
	return 0;
}

static void end(struct access *access)
{
	if (access->opened)
		hyp_reading_fini(&access->reading);
}

int32_t hypersdk_store_backup(struct hypersdk *h, const char *path,
			      struct hyp_error *err)
{
	HYP_AUTO_FREE char *whole = NULL;
	struct access access;
	HYP_VISIT(h, err);
	int32_t rc;

	if (hyp_needs(path, "path", err) != 0 ||
	    hyp_reading_path(path, &whole, err) != 0 ||
	    begin(h, &access, err) != 0)
		return err->code;
	rc = hyp_store_calls.backup(access.instance, whole, err);
	end(&access);
	return rc;
}

struct finding {
	hypersdk_problem_fn *problem;
	void *ctx;
	uint32_t count;
};

static void found(void *ctx, const char *text)
{
	struct finding *finding = ctx;

	finding->count++;
	if (finding->problem != NULL)
		finding->problem(finding->ctx, text);
}

int32_t hypersdk_store_check(struct hypersdk *h, hypersdk_problem_fn *problem,
			     void *ctx, uint32_t *problems,
			     struct hyp_error *err)
{
	struct finding finding = {problem, ctx, 0};
	struct access access;
	HYP_VISIT(h, err);
	int32_t rc;

	if (hyp_needs(problems, "problems", err) != 0 ||
	    begin(h, &access, err) != 0)
		return err->code;
	rc = hyp_store_calls.check(access.instance, found, &finding, err);
	end(&access);
	if (rc == 0)
		*problems = finding.count;
	return rc;
}
