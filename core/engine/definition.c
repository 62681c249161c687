/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/engine/definition-parse.h"
#include "core/pipeline/json.h"
#include <hypersdk/provider.h>

#define STORED_MAX (256 * 1024)

static void put_json(json_object **json)
{
	json_object_put(*json);
}
#define AUTO_JSON __attribute__((cleanup(put_json)))

/* Checks json and fills a new definition, but for its json. */
static int32_t read_fields(struct json_object *json,
			   struct hyp_definition **out, struct hyp_error *err)
{
	struct hyp_definition *d = calloc(1, sizeof(*d));
	struct hyp_definition_reader r = {.definition = d, .err = err};
	int32_t rc;

	if (d == NULL)
		return hyp_error_nomem(err);
	d->mode = HYP_MODE_AUTO;
	d->digest = HYP_DIGEST_SHA256;
	rc = hyp_definition_fields(&r, json);
	free(r.output_dir);
	if (r.vcenter_url != NULL)
		explicit_bzero(r.vcenter_url, strlen(r.vcenter_url));
	free(r.vcenter_url);
	free(r.datacenter);
	if (rc != 0)
		hyp_definition_free(d);
	else
		*out = d;
	return rc;
}

static int set_text(json_object *to, const char *name, const char *text)
{
	return hyp_json_add(to, name, hyp_json_text(text));
}

/* A URL that holds a user, and maybe a password, is written without. */
static int clean_url(json_object *of, const char *name,
		     const struct hyp_definition *d)
{
	json_object *url = hyp_json_member(of, name, json_type_string);
	int bad;

	if (url == NULL || strchr(json_object_get_string(url), '@') == NULL)
		return 0;
	bad = set_text(of, name, d->server);
	if (d->username != NULL)
		bad |= set_text(of, "username", d->username);
	return bad;
}

/* What is kept and shown: no secret is in it. */
static int32_t store(struct hyp_definition *d, json_object *json,
		     int64_t now_ms, struct hyp_error *err)
{
	AUTO_JSON json_object *copy = NULL;
	json_object *vcenter;
	char now[HYP_TIME_TEXT_MAX];
	const char *text;

	if (json_object_deep_copy(json, &copy, NULL) != 0)
		return hyp_error_nomem(err);
	hyp_time_format(now_ms, now);
	json_object_object_del(copy, "password");
	vcenter = hyp_json_member(copy, "vcenter", json_type_object);
	if (vcenter != NULL)
		json_object_object_del(vcenter, "password");
	if (clean_url(copy, "vcenter_url", d) ||
	    clean_url(vcenter, "server", d) || set_text(copy, "id", d->id) ||
	    set_text(copy, "name", d->name) ||
	    set_text(copy, "output_path", d->output_path) ||
	    set_text(copy, "created_at", now))
		return hyp_error_nomem(err);
	text = hyp_json_to_string(copy, JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text == NULL)
		return hyp_error_nomem(err);
	if (strlen(text) > STORED_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "the definition is longer than %d KiB",
				     STORED_MAX / 1024);
	return hyp_strdup(text, &d->json, err);
}

static int32_t check_id(const struct hyp_definition *d, struct hyp_error *err)
{
	if (!hyp_definition_is_group(d))
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
			     "/id: %s is a job for each VM, with an id of its "
			     "own: leave it out",
			     d->vm_path);
}

/* json is ours, and changed. */
static int32_t make(json_object *json, int64_t now_ms,
		    struct hyp_definition **out, struct hyp_error *err)
{
	struct hyp_definition *d;
	char id[HYP_UUID_TEXT_MAX];
	int32_t rc;

	if (read_fields(json, &d, err) != 0)
		return err->code;
	if (d->id == NULL) {
		rc = hyp_uuid7(id, err);
		if (rc == 0)
			rc = hyp_strdup(id, &d->id, err);
	} else {
		rc = check_id(d, err);
	}
	if (rc == 0)
		rc = store(d, json, now_ms, err);
	if (rc != 0)
		hyp_definition_free(d);
	else
		*out = d;
	return rc;
}

int32_t hyp_definition_parse(struct json_object *json, int64_t now_ms,
			     struct hyp_definition **out, struct hyp_error *err)
{
	AUTO_JSON json_object *copy = NULL;

	/* A definition that was read from here may be sent again: what only
	 * the server says is then said anew. */
	if (!json_object_is_type(json, json_type_object))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "a definition must be an object, {...}");
	if (hyp_json_member(json, "retry_of", json_type_string) == NULL)
		return make(json, now_ms, out, err);
	if (json_object_deep_copy(json, &copy, NULL) != 0)
		return hyp_error_nomem(err);
	json_object_object_del(copy, "retry_of");
	return make(copy, now_ms, out, err);
}

static int32_t bad_record(struct hyp_error *err)
{
	if (err->code != HYP_E_USAGE)
		return err->code;
	err->code = HYP_E_PERMANENT;
	snprintf(err->kind, sizeof(err->kind), "bad_record");
	return hyp_error_prefix(err, "a job's stored definition: ");
}

static int32_t complete(struct hyp_definition *d, const char *json,
			const char *password, struct hyp_error *err)
{
	if (d->id == NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "a job's stored definition has no id");
	if (hyp_strdup(json, &d->json, err) != 0)
		return err->code;
	if (password == NULL)
		return 0;
	hyp_redact_add(password);
	return hyp_strdup(password, &d->password, err);
}

int32_t hyp_definition_load(const char *definition_json, const char *password,
			    struct hyp_definition **out, struct hyp_error *err)
{
	AUTO_JSON json_object *json = NULL;
	struct hyp_definition *d;

	if (hyp_json_read(definition_json, strlen(definition_json), &json,
			  err) != 0 ||
	    read_fields(json, &d, err) != 0)
		return bad_record(err);
	if (complete(d, definition_json, password, err) != 0) {
		hyp_definition_free(d);
		return err->code;
	}
	*out = d;
	return 0;
}

/* The inventory's path is whole: no datacenter need complete it. */
static int change(json_object *json, const char *vm_path, const char *vm_name,
		  const char *retry_of)
{
	int bad = 0;

	json_object_object_del(json, "id");
	json_object_object_del(json, "retry_of");
	if (vm_path != NULL) {
		json_object_object_del(json, "datacenter");
		bad |= set_text(json, "vm_path", vm_path);
	}
	if (vm_name != NULL)
		bad |= set_text(json, "name", vm_name);
	if (retry_of != NULL)
		bad |= set_text(json, "retry_of", retry_of);
	return bad;
}

int32_t hyp_definition_again(const struct hyp_definition *from,
			     const char *vm_path, const char *vm_name,
			     const char *retry_of, int64_t now_ms,
			     struct hyp_definition **out, struct hyp_error *err)
{
	AUTO_JSON json_object *json = NULL;
	struct hyp_definition *d;

	if (hyp_json_read(from->json, strlen(from->json), &json, err) != 0)
		return bad_record(err);
	if (change(json, vm_path, vm_name, retry_of) != 0)
		return hyp_error_nomem(err);
	if (make(json, now_ms, &d, err) != 0)
		return err->code;
	if (from->password != NULL &&
	    hyp_strdup(from->password, &d->password, err) != 0) {
		hyp_definition_free(d);
		return err->code;
	}
	*out = d;
	return 0;
}

void hyp_definition_free(struct hyp_definition *d)
{
	if (d == NULL)
		return;
	if (d->password != NULL)
		explicit_bzero(d->password, strlen(d->password));
	free(d->password);
	free(d->id);
	free(d->name);
	free(d->vm_path);
	free(d->output_path);
	free(d->format);
	free(d->pipeline);
	free(d->provider);
	free(d->server);
	free(d->username);
	free(d->json);
	free(d);
}

int hyp_definition_is_group(const struct hyp_definition *definition)
{
	const char *path = definition->vm_path;

	return strchr(path, '*') != NULL || path[strlen(path) - 1] == '/';
}
