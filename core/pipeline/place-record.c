/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/place-record.h"
#include "core/base/cleanup.h"
#include "core/pipeline/json.h"

#include <string.h>

int32_t hyp_place_encode(const struct hyp_place_args *args, struct hyp_buf *out,
			 struct hyp_error *err)
{
	json_object *root = json_object_new_object();
	const char *json = NULL;
	int32_t rc;

	if (root != NULL &&
	    (hyp_json_add(root, "layout", json_object_new_int64(args->layout)) |
	     hyp_json_add(root, "force", json_object_new_int64(args->force)) |
	     hyp_json_add(root, "dir", hyp_json_text(args->dir)) |
	     hyp_json_add(root, "name", hyp_json_text(args->name))) == 0)
		json = hyp_json_to_string(root, JSON_C_TO_STRING_PLAIN);
	rc = json != NULL ? hyp_buf_adds(out, json, err) : hyp_error_nomem(err);
	json_object_put(root);
	return rc;
}

struct attempt {
	const char *job_id;
	uint32_t number;
};

/* Every other attempt is none of our business. */
static uint32_t is_live(void *ctx, const char *job_id, uint32_t attempt)
{
	const struct attempt *dead = ctx;

	return strcmp(job_id, dead->job_id) != 0 || attempt != dead->number;
}

static int32_t settle(struct hyp_instance *storage,
		      const struct hyp_place_args *args, uint32_t may_publish,
		      uint32_t *out, struct hyp_error *err)
{
	struct attempt dead = {args->job_id, args->attempt};
	uint32_t state = HYP_PLACE_PARTIAL;
	uint64_t removed;
	int32_t rc = hyp_storage_calls.state(storage, args, &state, err);

	if (rc == 0 && state == HYP_PLACE_SEALED && may_publish) {
		rc = hyp_storage_calls.resume(storage, args, err);
		if (rc == 0)
			state = HYP_PLACE_PUBLISHED;
	}
	if (rc == 0 || rc == HYP_E_UNSUPPORTED)
		rc = hyp_storage_calls.sweep(storage, args->dir, is_live, &dead,
					     &removed, err);
	/* the whole folder went away, or this storage leaves nothing */
	if (rc == HYP_E_NOT_FOUND || rc == HYP_E_UNSUPPORTED)
		rc = 0;
	if (rc == 0)
		*out = state == HYP_PLACE_PUBLISHED ? state : HYP_PLACE_NONE;
	return rc;
}

int32_t hyp_place_recover(struct hyp_instance *storage, const char *job_id,
			  uint32_t attempt, const void *bytes, size_t n,
			  uint32_t may_publish, uint32_t *state,
			  struct hyp_error *err)
{
	json_object *root = NULL;
	HYP_AUTO_FREE char *dir = NULL, *name = NULL;
	struct hyp_place_args args = {
		.size = sizeof(args), .job_id = job_id, .attempt = attempt};
	int32_t rc;

	rc = hyp_json_parse(bytes, n, &root, err);
	if (rc == 0)
		rc = hyp_json_take_number(root, "layout", &args.layout, err);
	if (rc == 0)
		rc = hyp_json_take_number(root, "force", &args.force, err);
	if (rc == 0)
		rc = hyp_json_take_text(root, "dir", &dir, err);
	if (rc == 0)
		rc = hyp_json_take_text(root, "name", &name, err);
	json_object_put(root);
	if (rc < 0)
		return rc;
	args.dir = dir;
	args.name = name;
	return settle(storage, &args, may_publish, state, err);
}

int32_t hyp_place_undo(struct hyp_instance *storage, const char *job_id,
		       uint32_t attempt, const void *bytes, size_t n,
		       struct hyp_error *err)
{
	uint32_t state;

	return hyp_place_recover(storage, job_id, attempt, bytes, n, 1, &state,
				 err);
}
