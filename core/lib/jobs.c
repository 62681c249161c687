/* SPDX-License-Identifier: Apache-2.0 */
/* What goes by the API's own routes, and the jobs. */
#include "config.h"

#include "core/api/refusal.h"
#include "core/api/rows.h"
#include "core/base/clock.h"
#include "core/base/cleanup.h"
#include "core/base/json-read.h"
#include "core/base/json-text.h"
#include "core/lib/inside.h"

#include <stddef.h>

#define SLICE_MS 60000

const char *hypersdk_version(void)
{
	return PACKAGE_VERSION;
}

uint32_t hypersdk_api(void)
{
	return HYPERSDK_API;
}

void hypersdk_free(char *text)
{
	free(text);
}

int32_t hypersdk_request(struct hypersdk *h, const char *method,
			 const char *uri, const char *body, const char *key,
			 char **answer, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	if (hyp_needs(method, "method", err) != 0)
		return err->code;
	return hyp_ask(h, method, uri, body, key, answer, err);
}

int32_t hypersdk_status(struct hypersdk *h, char **json, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask(h, "GET", "/status", NULL, NULL, json, err);
}

int32_t hypersdk_store_statistics(struct hypersdk *h, char **json,
				  struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask(h, "GET", "/jobs/stats", NULL, NULL, json, err);
}

/* --- inventory ------------------------------------------------------------ */

struct listing {
	hypersdk_vm_fn *vm;
	void *ctx;
};

static int32_t add_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	const struct listing *listing = ctx;

	if (listing->vm(listing->ctx, vm) == 0)
		return 0;
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
			     "the list was ended by who asked for it");
}

int32_t hypersdk_list_vms(struct hypersdk *h, const char *pipeline,
			  const char *glob, hypersdk_vm_fn *vm, void *ctx,
			  struct hyp_error *err)
{
	const struct hyp_vm_filter filter = {.size = sizeof(filter),
					     .glob = glob};
	struct listing listing = {vm, ctx};
	const struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = &listing, .add = add_vm};
	HYP_VISIT(h, err);

	if (hyp_needs_engine(h, err) != 0 ||
	    hyp_needs((const void *)(uintptr_t)vm, "vm", err) != 0)
		return err->code;
	return hyp_engine_vms(h->engine, pipeline, &filter, &sink, err);
}

/* --- jobs ------------------------------------------------------------------
 */

/* The first of the answer's job_ids, "" if there is none. */
static int32_t first_id(const char *answer, char *id, struct hyp_error *err)
{
	struct json_object *o = NULL, *ids;
	const char *first = NULL;

	if (hyp_json_read(answer, strlen(answer), &o, err) != 0)
		return err->code;
	if (json_object_object_get_ex(o, "job_ids", &ids) &&
	    json_object_array_length(ids) > 0)
		first = json_object_get_string(
			json_object_array_get_idx(ids, 0));
	snprintf(id, HYPERSDK_ID_MAX, "%s", first != NULL ? first : "");
	json_object_put(o);
	return 0;
}

static int32_t submit(struct hypersdk *h, const char *body, const char *key,
		      char *id, char **answer, struct hyp_error *err)
{
	HYP_AUTO_FREE char *text = NULL;

	if (hyp_needs(body, "body", err) != 0 ||
	    hyp_ask(h, "POST", "/jobs/submit", body, key, &text, err) != 0)
		return err->code;
	if (id != NULL && first_id(text, id, err) != 0)
		return err->code;
	if (answer != NULL)
		*answer = HYP_STEAL(text);
	return 0;
}

int32_t hypersdk_submit(struct hypersdk *h, const char *body, const char *key,
			char *id, char **answer, struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return submit(h, body, key, id, answer, err);
}

static int add_text(struct json_object *o, const char *name, const char *text)
{
	struct json_object *value;

	if (text == NULL)
		return 0;
	value = json_object_new_string(text);
	return value == NULL || json_object_object_add(o, name, value) != 0;
}

/* *text is the object's. */
static int32_t definition(const struct hypersdk_export *what,
			  struct json_object *o, const char **text,
			  struct hyp_error *err)
{
	if (o == NULL || add_text(o, "vm_path", what->vm_path) ||
	    add_text(o, "output_path", what->output) ||
	    add_text(o, "format", what->format) ||
	    add_text(o, "pipeline", what->pipeline))
		return hyp_error_nomem(err);
	*text = hyp_json_to_string(o, JSON_C_TO_STRING_PLAIN);
	return *text != NULL ? 0 : hyp_error_nomem(err);
}

int32_t hypersdk_export(struct hypersdk *h, const struct hypersdk_export *what,
			char *id, struct hyp_error *err)
{
	struct hypersdk_export e;
	struct json_object *o;
	const char *text;
	HYP_VISIT(h, err);
	int32_t rc;

	if (hyp_take_struct(&e, sizeof(e), HYP_UPTO(hypersdk_export, key), what,
			    "hypersdk_export", err) != 0 ||
	    hyp_needs(e.vm_path, "vm_path", err) != 0 ||
	    hyp_needs(e.output, "output", err) != 0)
		return err->code;
	if (e.flags != 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "hypersdk_export: unknown flag");
	o = json_object_new_object();
	rc = definition(&e, o, &text, err);
	if (rc == 0)
		rc = submit(h, text, e.key, id, NULL, err);
	json_object_put(o);
	return rc;
}

int32_t hypersdk_job(struct hypersdk *h, const char *id, char **json,
		     struct hyp_error *err)
{
	HYP_VISIT(h, err);

	return hyp_ask_one(h, "GET", "jobs", id, "", NULL, json, err);
}

int32_t hypersdk_jobs(struct hypersdk *h, const char *query, char **json,
		      struct hyp_error *err)
{
	HYP_AUTO_FREE char *uri = NULL;
	HYP_VISIT(h, err);

	if (hyp_asprintf(&uri, err, "/jobs%s%s", query != NULL ? "?" : "",
			 query != NULL ? query : "") != 0)
		return err->code;
	return hyp_ask(h, "GET", uri, NULL, NULL, json, err);
}

int32_t hypersdk_cancel(struct hypersdk *h, const char *id,
			struct hyp_error *err)
{
	struct hyp_actor actor = {.role = "admin",
				  .remote = "in-process",
				  .action = "POST /jobs/cancel",
				  .request_id = ""};
	HYP_VISIT(h, err);

	if (hyp_needs_engine(h, err) != 0 || hyp_needs(id, "id", err) != 0)
		return err->code;
	actor.name = hyp_direct_who(h->direct);
	return hyp_engine_cancel(h->engine, &actor, id, err);
}

struct look {
	uint32_t state;
	struct hyp_error why;
};

static int32_t take(void *ctx, const void *data, struct hyp_error *err)
{
	static const struct {
		const char *status;
		uint32_t state;
	} states[] = {{"pending", HYPERSDK_PENDING},
		      {"running", HYPERSDK_RUNNING},
		      {"completed", HYPERSDK_COMPLETED},
		      {"failed", HYPERSDK_FAILED},
		      {"cancelled", HYPERSDK_CANCELLED}};
	const struct hyp_job_row *row = data;
	const char *status = hyp_job_status_name(row->state);
	struct look *look = ctx;

	(void)err;
	for (size_t i = 0; i < HYP_COUNT(states); i++)
		if (strcmp(states[i].status, status) == 0)
			look->state = states[i].state;
	if (look->state == HYPERSDK_FAILED)
		hyp_error_set(
			&look->why,
			hyp_refusal_code(row->error_kind, HYP_E_PERMANENT),
			row->error_kind, 0, "%s", row->error);
	return 0;
}

/* What is left of the time, in slices that a wait can take. */
static uint32_t left(int64_t timeout_ms, uint64_t begin_ms)
{
	uint64_t passed = hyp_clock_boot_ms() - begin_ms;

	if (timeout_ms < 0)
		return SLICE_MS;
	if (passed >= (uint64_t)timeout_ms)
		return 0;
	passed = (uint64_t)timeout_ms - passed;
	return passed < SLICE_MS ? (uint32_t)passed : SLICE_MS;
}

int32_t hypersdk_wait(struct hypersdk *h, const char *id, int64_t timeout_ms,
		      uint32_t *state, struct hyp_error *why,
		      struct hyp_error *err)
{
	uint64_t begin_ms = hyp_clock_boot_ms(), rings = 0;
	struct look look;
	uint32_t ms = 0, closing;
	HYP_VISIT(h, err);

	if (hyp_needs_engine(h, err) != 0 || hyp_needs(id, "id", err) != 0 ||
	    hyp_needs(state, "state", err) != 0)
		return err->code;
	do {
		closing = hyp_await_bell(h, &rings, &h->closing, ms);
		memset(&look, 0, sizeof(look));
		if (hyp_rows_job(h->engine, id, take, &look, err) != 0)
			return err->code;
		ms = left(timeout_ms, begin_ms);
		if (closing && !HYPERSDK_ENDED(look.state) && ms > 0)
			return hyp_error_set(err, HYP_E_CANCELLED, "stopping",
					     0, "the handle is being closed");
	} while (!HYPERSDK_ENDED(look.state) && ms > 0);
	*state = look.state;
	if (why != NULL && look.state == HYPERSDK_FAILED)
		*why = look.why;
	return 0;
}
