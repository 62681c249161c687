/* SPDX-License-Identifier: Apache-2.0 */
/* What is secret of a webhook: in files by reference, from the API sealed. A
 * key that was changed signs beside the new one for a day. */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/parts.h"
#include "core/engine/endpoint.h"
#include "core/engine/secrets.h"
#include "core/pipeline/json.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define REDACT_FROM 8 /* bytes: shorter ones are words */

static int32_t owner_of(const char *id, char **out, struct hyp_error *err)
{
	return hyp_asprintf(out, err, "webhook:%s", id);
}

/* NULL if nothing was sealed. */
static int32_t open_sealed(struct hyp_engine *engine, const char *id,
			   json_object **out, struct hyp_error *err)
{
	HYP_AUTO_FREE char *owner = NULL;
	char *text = NULL;
	int32_t rc = owner_of(id, &owner, err);

	*out = NULL;
	if (rc == 0)
		rc = hyp_secret_open(engine, owner, &text, err);
	if (rc == 0 && text != NULL)
		rc = hyp_json_parse(text, strlen(text), out, err);
	hyp_secret_wipe(text);
	return rc;
}

/* Where all of it is known anew: what can no longer be read is as if nothing
 * was sealed. */
static int32_t open_if_known(struct hyp_engine *engine, const char *id,
			     json_object **out, struct hyp_error *err)
{
	int32_t rc = open_sealed(engine, id, out, err);

	return rc < 0 && strcmp(err->kind, "secret_lost") == 0 ? 0 : rc;
}

static int32_t seal(struct hyp_engine *engine, struct hyp_draft *draft,
		    const char *id, json_object *json, struct hyp_error *err)
{
	HYP_AUTO_FREE char *owner = NULL;
	const char *text = hyp_json_to_string(json, JSON_C_TO_STRING_PLAIN);

	if (text == NULL)
		return hyp_error_nomem(err);
	return owner_of(id, &owner, err) < 0
		       ? err->code
		       : hyp_secret_add(engine, draft, owner, text, err);
}

int32_t hyp_endpoint_unseal(struct hyp_draft *draft, const char *id,
			    struct hyp_error *err)
{
	HYP_AUTO_FREE char *owner = NULL;
	struct hyp_secret_row row = {.size = sizeof(row)};
	int32_t rc = owner_of(id, &owner, err);

	row.owner = owner;
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.owner, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_DELETE, HYP_TABLE_SECRET,
				      &row, err);
}

static const char *text_of(json_object *json, const char *name)
{
	json_object *at = hyp_json_member(json, name, json_type_string);

	return at != NULL ? json_object_get_string(at) : "";
}

static int64_t until_of(json_object *sealed)
{
	json_object *at = hyp_json_member(sealed, "until", json_type_int);

	return at != NULL ? json_object_get_int64(at) : 0;
}

/* The key, and which was before it. */
static int add_keys(json_object *to, const char *now, json_object *sealed)
{
	const char *before = text_of(sealed, "secret");
	int64_t until = hyp_clock_wall_ms() + DAY_MS;

	if (now[0] == '\0')
		return 0;
	if (strcmp(before, now) == 0) {
		before = text_of(sealed, "previous");
		until = until_of(sealed);
	}
	return hyp_json_add(to, "secret", hyp_json_text(now)) |
	       hyp_json_add(to, "previous", hyp_json_text(before)) |
	       hyp_json_add(to, "until",
			    json_object_new_int64(before[0] ? until : 0));
}

int32_t hyp_endpoint_seal(struct hyp_engine *engine, struct hyp_draft *draft,
			  const struct hyp_webhook *w, struct hyp_error *err)
{
	const struct hyp_value *secret =
		hyp_values_get(&w->part.values, "secret");
	json_object *json = json_object_new_object();
	json_object *headers = json_object_new_object(), *sealed = NULL;
	int32_t rc = open_if_known(engine, w->name, &sealed, err);
	int bad;

	bad = add_keys(json, secret != NULL ? secret->text : "", sealed);
	for (size_t i = 0; i < w->headers.count; i++)
		bad |= hyp_json_add(headers, w->headers.at[i].name,
				    hyp_json_text(w->headers.at[i].text));
	bad |= hyp_json_add(json, "headers", headers);
	if (rc == 0)
		rc = bad ? hyp_error_nomem(err)
			 : seal(engine, draft, w->name, json, err);
	json_object_put(sealed);
	json_object_put(json);
	return rc;
}

int32_t hyp_endpoint_reveal(struct hyp_engine *engine, const char *id,
			    json_object *json, struct hyp_error *err)
{
	json_object *sealed = NULL;
	int32_t rc = open_sealed(engine, id, &sealed, err);
	json_object *headers =
		hyp_json_member(sealed, "headers", json_type_object);
	const char *secret = text_of(sealed, "secret");

	if (rc == 0 && secret[0] != '\0' &&
	    hyp_json_add(json, "secret", hyp_json_text(secret)) != 0)
		rc = hyp_error_nomem(err);
	if (rc == 0 && headers != NULL &&
	    hyp_json_add(json, "headers", json_object_get(headers)) != 0)
		rc = hyp_error_nomem(err);
	json_object_put(sealed);
	return rc;
}

void hyp_endpoint_forget(struct hyp_webhook *w)
{
	hyp_values_remove(&w->part.values, "secret");
	for (size_t i = 0; i < w->headers.count; i++)
		if (strlen(w->headers.at[i].text) >= REDACT_FROM)
			hyp_redact_add(w->headers.at[i].text);
	hyp_values_fini(&w->headers);
}

static int32_t add_header(char ***lines, size_t *count, const char *name,
			  const char *value, struct hyp_error *err)
{
	char **more = reallocarray(*lines, *count + 1, sizeof(*more));
	int32_t rc;

	if (more == NULL)
		return hyp_error_nomem(err);
	*lines = more;
	rc = hyp_asprintf(&more[*count], err, "%s: %s", name, value);
	*count += rc == 0;
	return rc;
}

/* A value of a file, which may be a reference. */
static int32_t resolve(const char *text, int of_file, char **out,
		       struct hyp_error *err)
{
	size_t n;
	int32_t rc;

	if (!of_file || !hyp_secret_is_reference(text))
		return hyp_strdup(text, out, err);
	rc = hyp_secret_read(text, out, &n, err);
	if (rc == 0 && n >= REDACT_FROM)
		hyp_redact_add(*out);
	return rc;
}

static int32_t set_headers(const struct hyp_webhook *w, int of_file,
			   json_object *sealed, struct hyp_part *part,
			   struct hyp_error *err)
{
	json_object *more =
		hyp_json_member(sealed, "headers", json_type_object);
	char **lines = NULL;
	size_t count = 0;
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < w->headers.count; i++) {
		char *value = NULL;

		rc = resolve(w->headers.at[i].text, of_file, &value, err);
		if (rc == 0)
			rc = add_header(&lines, &count, w->headers.at[i].name,
					value, err);
		hyp_secret_wipe(value);
	}
	if (more != NULL && !of_file) {
		json_object_object_foreach(more, name, value)
		{
			if (rc == 0)
				rc = add_header(&lines, &count, name,
						json_object_get_string(value),
						err);
		}
	}
	if (rc == 0 && count > 0)
		rc = hyp_values_set_list(&part->values, "headers",
					 (const char *const *)lines, count,
					 "webhook", 0, err);
	for (size_t i = 0; i < count; i++)
		hyp_secret_wipe(lines[i]);
	free(lines);
	return rc;
}

/* The key that is sealed, and for a day the one before it. */
static int32_t join_keys(json_object *sealed, char **out, int64_t *until,
			 struct hyp_error *err)
{
	const char *now = text_of(sealed, "secret");
	const char *before = text_of(sealed, "previous");
	int64_t end = until_of(sealed);

	if (before[0] == '\0' || hyp_clock_wall_ms() >= end)
		return hyp_strdup(now, out, err);
	*until = end;
	return hyp_asprintf(out, err, "%s %s", now, before);
}

/* The same for the key of a file, which is sealed when it is another. */
static int32_t rotate(struct hyp_engine *engine, const char *id,
		      const char *now, json_object *sealed, char **out,
		      int64_t *until, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	json_object *json;
	int32_t rc = 0;

	if (strcmp(text_of(sealed, "secret"), now) == 0)
		return join_keys(sealed, out, until, err);
	json = json_object_new_object();
	if (add_keys(json, now, sealed) != 0)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = seal(engine, &draft, id, json, err);
	if (rc == 0)
		rc = hyp_engine_apply(engine, &draft, err);
	if (rc == 0)
		rc = join_keys(json, out, until, err);
	json_object_put(json);
	return rc;
}

static int32_t set_secret(struct hyp_engine *engine,
			  const struct hyp_webhook *w, int of_file,
			  json_object *sealed, struct hyp_part *part,
			  int64_t *until, struct hyp_error *err)
{
	const struct hyp_value *value =
		hyp_values_get(&w->part.values, "secret");
	char *key = NULL, *keys = NULL;
	int32_t rc = 0;

	if (of_file && value != NULL && value->text != NULL) {
		rc = resolve(value->text, 1, &key, err);
		if (rc == 0)
			rc = rotate(engine, w->name, key, sealed, &keys, until,
				    err);
	} else if (value != NULL && value->text != NULL) {
		rc = hyp_strdup(value->text, &keys, err);
	} else if (!of_file && text_of(sealed, "secret")[0] != '\0') {
		rc = join_keys(sealed, &keys, until, err);
	}
	if (rc == 0 && keys != NULL) {
		hyp_redact_add(keys);
		rc = hyp_values_set(&part->values, "secret", HYP_VALUE_LITERAL,
				    keys, "webhook", 0, err);
	}
	hyp_secret_wipe(key);
	hyp_secret_wipe(keys);
	return rc;
}

/* As a request has said them; those of one in force are only sealed. */
static int has_secrets(const struct hyp_webhook *w)
{
	return hyp_values_get(&w->part.values, "secret") != NULL ||
	       w->headers.count > 0;
}

int32_t hyp_endpoint_part(struct hyp_engine *engine,
			  const struct hyp_webhook *w, uint32_t of_file,
			  struct hyp_part *out, int64_t *until,
			  struct hyp_error *err)
{
	json_object *sealed = NULL;
	int32_t rc = of_file || has_secrets(w)
			     ? open_if_known(engine, w->name, &sealed, err)
			     : open_sealed(engine, w->name, &sealed, err);

	*until = 0;
	if (rc == 0)
		rc = hyp_part_copy(out, &w->part, err);
	if (rc == 0)
		rc = set_secret(engine, w, (int)of_file, sealed, out, until,
				err);
	if (rc == 0)
		rc = set_headers(w, (int)of_file, sealed, out, err);
	json_object_put(sealed);
	return rc;
}
