/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/api/refusal.h"
#include "core/app/terminal.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/random.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
const struct hyp_cli_group hyp_client_json_options = {"Options", options};

int hyp_client_run(struct hyp_app *app, const struct hyp_args *args,
		   hyp_client_work *work)
{
	struct hyp_client *client = NULL;
	int code = HYP_EXIT_DONE;
	struct hyp_error err;
	int32_t rc = hyp_client_new(app, &client, &err);

	if (rc == 0)
		rc = work(client, args, &code, &err);
	hyp_client_free(client);
	return rc != 0 ? hyp_app_fail(&err) : code;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int32_t make_path(const char *fmt, const char *text, char **out,
			 struct hyp_error *err)
{
	HYP_AUTO_FREE char *encoded = NULL;

	return hyp_client_encode(text, &encoded, err) != 0
		       ? err->code
		       : hyp_asprintf(out, err, fmt, encoded);
}
#pragma GCC diagnostic pop

int32_t hyp_client_send_of(struct hyp_client *client, const char *method,
			   const char *fmt, const char *text,
			   struct json_object *body, struct json_object **reply,
			   struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;

	return make_path(fmt, text, &path, err) != 0
		       ? err->code
		       : hyp_client_send(client, method, path, body, reply,
					 err);
}

int32_t hyp_client_get_of(struct hyp_client *client, const char *fmt,
			  const char *text, struct json_object **reply,
			  struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;

	return make_path(fmt, text, &path, err) != 0
		       ? err->code
		       : hyp_client_get(client, path, reply, err);
}

int32_t hyp_client_show(struct hyp_client *client, const struct hyp_args *args,
			const char *fmt,
			void (*print)(struct json_object *reply),
			struct hyp_error *err)
{
	struct json_object *reply;

	if (hyp_client_get_of(client, fmt, args->operands[0], &reply, err) != 0)
		return err->code;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		print(reply);
	json_object_put(reply);
	return 0;
}

int32_t hyp_client_make_of(struct hyp_client *client, const char *fmt,
			   const char *text, struct json_object **reply,
			   struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	char key[HYP_UUID_TEXT_MAX];
	struct hyp_call call = {.method = "POST", .key = key, .again = 1};

	if (hyp_uuid7(key, err) != 0 || make_path(fmt, text, &path, err) != 0)
		return err->code;
	call.path = path;
	return hyp_client_call(client, &call, reply, err);
}

void hyp_reply_tell(const struct hyp_args *args, struct json_object *reply,
		    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		vprintf(fmt, ap);
	va_end(ap);
	json_object_put(reply);
}

int32_t hyp_listing_print(const struct hyp_listing *listing,
			  struct json_object *reply, struct hyp_error *err)
{
	struct json_object *list = hyp_reply_member(reply, listing->member);
	struct hyp_table *table;
	size_t count = 0;
	int32_t rc = 0;

	if (json_object_is_type(list, json_type_array))
		count = json_object_array_length(list);
	if (hyp_table_new(listing->columns, listing->count, &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = listing->row(table, json_object_array_get_idx(list, i),
				  err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	return rc;
}

int32_t hyp_listing_show(const struct hyp_listing *listing,
			 const struct hyp_args *args, struct json_object *reply,
			 struct hyp_error *err)
{
	int32_t rc = 0;

	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		rc = hyp_listing_print(listing, reply, err);
	json_object_put(reply);
	return rc;
}

int hyp_client_tell(const char *what, const char *text, const char *kind,
		    int32_t fallback)
{
	struct hyp_error err;

	hyp_error_set(&err, hyp_refusal_code(kind, fallback), kind, 0, "%s%s%s",
		      what, what[0] != '\0' ? ": " : "", text);
	/* Told in full, also where it is that something was cancelled. */
	if (err.code == HYP_E_CANCELLED)
		err.code = HYP_E_PERMANENT;
	return hyp_app_fail(&err);
}
