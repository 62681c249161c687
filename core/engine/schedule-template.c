/* SPDX-License-Identifier: Apache-2.0 */
/* What a run shall do: a job's definition, but for what each run has of its
 * own. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/engine/definition-parse.h"
#include "core/engine/schedule-parts.h"
#include "core/pipeline/json.h"

#define UNIQUE "/{date}T{time}"
#define SCHEDULE "{schedule}"

/* Of the job alone. */
static int32_t check_id(json_object *json, struct hyp_error *err)
{
	json_object *id = json_object_object_get(json, "id");

	if (id == NULL || (json_object_is_type(id, json_type_string) &&
			   json_object_get_string_len(id) == 0))
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
			     "/id: each run's job has an id of its own: leave "
			     "it out");
}

/* As it shall be kept: what the definition keeps, less what it was given. */
static int32_t strip(const struct hyp_definition *definition, int named,
		     json_object **out, struct hyp_error *err)
{
	json_object *json;

	if (hyp_json_read(definition->json, strlen(definition->json), &json,
			  err) != 0)
		return err->code;
	json_object_object_del(json, "id");
	json_object_object_del(json, "created_at");
	if (!named)
		json_object_object_del(json, "name");
	*out = json;
	return 0;
}

int32_t hyp_schedule_template(struct json_object *json, int64_t now_ms,
			      struct json_object **out, char **password,
			      struct hyp_error *err)
{
	struct hyp_definition *definition = NULL;
	json_object *name = hyp_json_member(json, "name", json_type_string);
	int named = name != NULL && json_object_get_string_len(name) > 0;
	int32_t rc = check_id(json, err);

	if (rc == 0)
		rc = hyp_definition_parse(json, now_ms, &definition, err);
	if (rc == 0)
		rc = strip(definition, named, out, err);
	if (rc == 0)
		*password = HYP_STEAL(definition->password);
	hyp_definition_free(definition);
	return rc == 0 ? 0 : hyp_error_prefix(err, "/job_template");
}

static const char *text(json_object *json, const char *name)
{
	json_object *member = hyp_json_member(json, name, json_type_string);

	return member != NULL ? json_object_get_string(member) : "";
}

/* Where and as whom, in any of its forms. */
static void login(json_object *json, const char **server, const char **user)
{
	json_object *vcenter =
		hyp_json_member(json, "vcenter", json_type_object);

	*server = text(json, "vcenter_url");
	if ((*server)[0] == '\0')
		*server = text(vcenter, "server");
	*user = text(json, "username");
	if ((*user)[0] == '\0')
		*user = text(vcenter, "username");
}

static int is_insecure(json_object *json)
{
	json_object *vcenter =
		hyp_json_member(json, "vcenter", json_type_object);

	return json_object_get_boolean(
		       hyp_json_member(json, "insecure", json_type_boolean)) ||
	       json_object_get_boolean(
		       hyp_json_member(vcenter, "insecure", json_type_boolean));
}

static json_object *parse(const char *text)
{
	json_object *json = NULL;
	struct hyp_error err;

	hyp_json_read(text, strlen(text), &json, &err);
	return json;
}

int hyp_schedule_same_login(const struct hyp_schedule_row *a,
			    const struct hyp_schedule_row *b)
{
	json_object *ja = parse(a->job_template_json);
	json_object *jb = parse(b->job_template_json);
	const char *server[2], *user[2];
	int same;

	login(ja, &server[0], &user[0]);
	login(jb, &server[1], &user[1]);
	same = strcmp(server[0], server[1]) == 0 &&
	       strcmp(user[0], user[1]) == 0 && server[0][0] != '\0' &&
	       is_insecure(ja) >= is_insecure(jb);
	json_object_put(ja);
	json_object_put(jb);
	return same;
}

/* Every {schedule} becomes its id, which is a file's name. */
static int32_t set_id(const char *path, const char *id, struct hyp_buf *out,
		      struct hyp_error *err)
{
	const char *at;

	while ((at = strstr(path, SCHEDULE)) != NULL) {
		if (hyp_buf_add(out, path, (size_t)(at - path), err) != 0 ||
		    hyp_buf_adds(out, id, err) != 0)
			return err->code;
		path = at + strlen(SCHEDULE);
	}
	return hyp_buf_adds(out, path, err);
}

/* So that no run meets an earlier one's package. */
static int32_t output(const struct hyp_schedule *schedule, json_object *json,
		      struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf path = HYP_BUF_INIT(HYP_OUTPUT_PATH_MAX);
	const char *given = text(json, "output_path");

	if (given[0] == '\0')
		given = text(json, "output_dir");
	if (set_id(given, schedule->row.id, &path, err) != 0)
		return err->code;
	if (strstr(given, "{date}") == NULL &&
	    strstr(given, "{time}") == NULL && strstr(given, "{id}") == NULL) {
		while (path.len > 1 && path.data[path.len - 1] == '/')
			path.data[--path.len] = '\0';
		if (hyp_buf_adds(&path, UNIQUE, err) != 0)
			return err->code;
	}
	json_object_object_del(json, "output_dir");
	return hyp_json_add(json, "output_path",
			    hyp_json_text(hyp_buf_str(&path))) != 0
		       ? hyp_error_nomem(err)
		       : 0;
}

int32_t hyp_schedule_definition(const struct hyp_schedule *schedule,
				const char *password, int64_t now_ms,
				struct hyp_definition **out,
				struct hyp_error *err)
{
	const char *template = schedule->row.job_template_json;
	json_object *json = NULL;
	int32_t rc = hyp_json_read(template, strlen(template), &json, err);

	if (rc == 0)
		rc = output(schedule, json, err);
	if (rc == 0 && password != NULL &&
	    hyp_json_add(json, "password", hyp_json_text(password)) != 0)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = hyp_definition_parse(json, now_ms, out, err);
	json_object_put(json);
	return rc;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int32_t hyp_schedule_check(const struct hyp_schedule *schedule,
			   const struct hyp_config *config,
			   struct hyp_error *err)
{
	struct hyp_definition *definition = NULL;
	HYP_AUTO_FREE char *path = NULL;
	struct hyp_resolved resolved;
	int32_t rc;

	rc = hyp_schedule_definition(schedule, schedule->password, 0,
				     &definition, err);
	if (rc == 0)
		rc = hyp_definition_resolve(definition, config, &resolved, err);
	if (rc == 0) {
		const char *vm = last_part(definition->vm_path);

		rc = hyp_definition_output(
			definition, vm[0] != '\0' ? vm : "vm", schedule->row.id,
			0, &resolved.roots, &path, err);
		hyp_resolved_fini(&resolved);
	}
	hyp_definition_free(definition);
	if (rc == 0)
		return 0;
	return hyp_error_prefix(err, err->text[0] == '/' ? "/job_template"
							 : "/job_template: ");
}
