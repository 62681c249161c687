/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a definition, their aliases, and what they say together. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/config/url.h"
#include "core/engine/definition-parse.h"

#define NAME_MAX_BYTES 255
#define WORD_MAX 64
#define SERVER_MAX 1024
#define USER_MAX 256
#define SECRET_MAX 4096

static int is_id(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
			      "UVWXYZ0123456789._-");

	return n > 0 && n <= 128 && id[n] == '\0';
}

static int32_t take_id(struct hyp_definition_reader *r,
		       struct json_object *value)
{
	char **id = &r->definition->id;

	if (hyp_definition_text(r, value, 128, id) != 0)
		return r->err->code;
	if (*id != NULL && !is_id(*id))
		return hyp_definition_bad(r, "must be 1 to 128 letters, "
					     "digits, '.', '_' and '-'");
	return 0;
}

#define TAKE_TEXT(function, target, max)                                       \
	static int32_t function(struct hyp_definition_reader *r,               \
				struct json_object *value)                     \
	{                                                                      \
		return hyp_definition_text(r, value, max, target);             \
	}
TAKE_TEXT(take_name, &r->definition->name, NAME_MAX_BYTES)
TAKE_TEXT(take_vm_path, &r->definition->vm_path, HYP_VM_PATH_MAX)
TAKE_TEXT(take_output, &r->definition->output_path, HYP_OUTPUT_PATH_MAX)
TAKE_TEXT(take_output_dir, &r->output_dir, HYP_OUTPUT_PATH_MAX)
TAKE_TEXT(take_vcenter_url, &r->vcenter_url, SERVER_MAX)
TAKE_TEXT(take_server, &r->definition->server, SERVER_MAX)
TAKE_TEXT(take_username, &r->definition->username, USER_MAX)
TAKE_TEXT(take_datacenter, &r->datacenter, NAME_MAX_BYTES)

/* Before it is looked at: an error must not show it. */
static int32_t take_password(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	char **out = &r->definition->password;

	if (json_object_is_type(value, json_type_string))
		hyp_redact_add(json_object_get_string(value));
	if (*out != NULL)
		explicit_bzero(*out, strlen(*out));
	return hyp_definition_text(r, value, SECRET_MAX, out);
}

static int32_t take_insecure(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	return hyp_definition_bool(r, value, &r->definition->insecure);
}

static int32_t take_vcenter(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	static const struct hyp_definition_field fields[] = {
		{"insecure", take_insecure},
		{"password", take_password},
		{"server", take_server},
		{"username", take_username},
	};

	return hyp_definition_members(r, value, fields, HYP_COUNT(fields));
}

static int32_t take_format(struct hyp_definition_reader *r,
			   struct json_object *value)
{
	char **format = &r->definition->format;

	if (hyp_definition_text(r, value, WORD_MAX, format) != 0)
		return r->err->code;
	if (*format != NULL && strcmp(*format, "ova") != 0 &&
	    strcmp(*format, "ovf") != 0)
		return hyp_definition_bad(r,
					  "must be \"ova\" or \"ovf\", not "
					  "\"%s\"",
					  *format);
	return 0;
}

/* Of those clients that offer a choice of tools: ours is our own. */
static int32_t take_method(struct hyp_definition_reader *r,
			   struct json_object *value)
{
	HYP_AUTO_FREE char *method = NULL;

	return hyp_definition_text(r, value, WORD_MAX, &method);
}

/* What only the server can say: read for form's sake. */
static int32_t take_ours(struct hyp_definition_reader *r,
			 struct json_object *value)
{
	HYP_AUTO_FREE char *text = NULL;

	return hyp_definition_text(r, value, 128, &text);
}

static int32_t take_plugin_name(struct hyp_definition_reader *r,
				struct json_object *value, char **out)
{
	if (hyp_definition_text(r, value, WORD_MAX, out) != 0)
		return r->err->code;
	if (*out != NULL && !hyp_text_is_file_name(*out, WORD_MAX))
		return hyp_definition_bad(r,
					  "must be 1 to %d letters, "
					  "digits, '.', '_' and '-'",
					  WORD_MAX);
	return 0;
}

static int32_t take_pipeline(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	return take_plugin_name(r, value, &r->definition->pipeline);
}

static int32_t take_provider(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	return take_plugin_name(r, value, &r->definition->provider);
}

static int32_t take_metadata(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return hyp_definition_bad(r, "must be an object, {...}");
	return hyp_definition_any(r, value);
}

static const struct hyp_definition_field fields[] = {
	{"compress", hyp_definition_refuse_true},
	{"created_at", take_ours},
	{"datacenter", take_datacenter},
	{"export_method", take_method},
	{"format", take_format},
	{"id", take_id},
	{"insecure", take_insecure},
	{"metadata", take_metadata},
	{"method", take_method},
	{"name", take_name},
	{"options", hyp_definition_options},
	{"output_dir", take_output_dir},
	{"output_path", take_output},
	{"password", take_password},
	{"pipeline", take_pipeline},
	{"provider", take_provider},
	{"retry_of", take_ours},
	{"thin", hyp_definition_refuse_true},
	{"username", take_username},
	{"vcenter", take_vcenter},
	{"vcenter_url", take_vcenter_url},
	{"vm_path", take_vm_path},
};

static int32_t at(struct hyp_definition_reader *r, const char *pointer)
{
	snprintf(r->at, sizeof(r->at), "%s", pointer);
	return 0;
}

/* Two names for one thing: either, or both if they agree. */
static int32_t merge(struct hyp_definition_reader *r, const char *pointer,
		     const char *other, char **text, char **alias)
{
	at(r, pointer);
	if (*alias == NULL)
		return 0;
	if (*text != NULL && strcmp(*text, *alias) != 0)
		return hyp_definition_bad(r,
					  "is another name for %s, which says "
					  "something else",
					  other);
	free(*text);
	*text = HYP_STEAL(*alias);
	return 0;
}

static int32_t judge_format(struct hyp_definition_reader *r)
{
	const char *wanted = r->create_ova == 2 ? "ova" : "ovf";

	at(r, "/options/create_ova");
	if (r->create_ova == 0)
		return 0;
	if (r->definition->format == NULL)
		return hyp_strdup(wanted, &r->definition->format, r->err);
	if (strcmp(r->definition->format, wanted) != 0)
		return hyp_definition_bad(r,
					  "asks for %s, and /format for %s: "
					  "leave one out",
					  wanted, r->definition->format);
	return 0;
}

/* 1 if one of the path's parts is name. */
static int has_part(const char *path, const char *name)
{
	size_t n = strlen(name), k;

	for (; *path != '\0'; path += k) {
		path += strspn(path, "/");
		k = strcspn(path, "/");
		if (k == n && strncmp(path, name, n) == 0)
			return 1;
	}
	return 0;
}

/* A path that begins nowhere begins at the datacenter's VMs. */
static int32_t judge_datacenter(struct hyp_definition_reader *r)
{
	char **path = &r->definition->vm_path, *whole = NULL;
	const char *name = r->datacenter;

	at(r, "/datacenter");
	if (name == NULL)
		return 0;
	name += strspn(name, "/");
	if (name[0] == '\0')
		return hyp_definition_bad(r, "names none");
	if ((*path)[0] == '/') {
		const char *last = strrchr(name, '/');

		if (!has_part(*path, last != NULL ? last + 1 : name))
			return hyp_definition_bad(r, "/vm_path is not in it");
		return 0;
	}
	if (hyp_asprintf(&whole, r->err, "/%s/vm/%s", name, *path) != 0)
		return r->err->code;
	free(*path);
	*path = whole;
	return 0;
}

static int32_t judge_name(struct hyp_definition_reader *r)
{
	struct hyp_definition *d = r->definition;
	size_t n = strlen(d->vm_path), from;
	char name[NAME_MAX_BYTES + 1];

	if (d->name != NULL)
		return 0;
	while (n > 1 && d->vm_path[n - 1] == '/')
		n--;
	for (from = n; from > 0 && d->vm_path[from - 1] != '/'; from--)
		;
	if (n - from > NAME_MAX_BYTES) {
		at(r, "/vm_path");
		return hyp_definition_bad(r,
					  "its last part is longer than "
					  "%d bytes",
					  NAME_MAX_BYTES);
	}
	snprintf(name, sizeof(name), "%.*s", (int)(n - from),
		 d->vm_path + from);
	return hyp_strdup(name[0] != '\0' ? name : "/", &d->name, r->err);
}

/* A user and password inside the URL go where they belong. */
static int32_t judge_server(struct hyp_definition_reader *r)
{
	struct hyp_definition *d = r->definition;
	const char *pointer =
		r->vcenter_url != NULL ? "/vcenter_url" : "/vcenter/server";
	struct hyp_url url;
	struct hyp_error why;

	if (merge(r, "/vcenter_url", "/vcenter/server", &d->server,
		  &r->vcenter_url) != 0)
		return r->err->code;
	at(r, pointer);
	if (d->server == NULL)
		return 0;
	if (hyp_url_parse(d->server, "/sdk", &url, &why) != 0)
		return hyp_definition_bad(r, "%s", why.text);
	explicit_bzero(d->server, strlen(d->server));
	free(d->server);
	d->server = HYP_STEAL(url.url);
	if (d->username == NULL)
		d->username = HYP_STEAL(url.username);
	if (d->password == NULL && url.password != NULL) {
		hyp_redact_add(url.password);
		d->password = HYP_STEAL(url.password);
	}
	hyp_url_fini(&url);
	return 0;
}

static int32_t judge(struct hyp_definition_reader *r)
{
	struct hyp_definition *d = r->definition;

	if (merge(r, "/output_dir", "/output_path", &d->output_path,
		  &r->output_dir) != 0)
		return r->err->code;
	at(r, "/vm_path");
	if (d->vm_path == NULL)
		return hyp_definition_bad(r, "must be given: which VM?");
	at(r, "/output_path");
	if (d->output_path == NULL)
		return hyp_definition_bad(r, "must be given: where to?");
	if (judge_format(r) != 0 || judge_datacenter(r) != 0 ||
	    judge_name(r) != 0)
		return r->err->code;
	return judge_server(r);
}

int32_t hyp_definition_fields(struct hyp_definition_reader *r,
			      struct json_object *json)
{
	at(r, "");
	if (hyp_definition_members(r, json, fields, HYP_COUNT(fields)) != 0)
		return r->err->code;
	return judge(r);
}
