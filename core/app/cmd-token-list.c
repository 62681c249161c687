/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/cleanup.h"

static const struct hyp_table_column columns[] = {
	{"ID", 0},	{"ROLE", 0},	{"CREATED", 0},
	{"EXPIRES", 0}, {"REVOKED", 0}, {"NAME", HYP_TABLE_SHRINK},
};

/* The day is enough. */
static void day_of(struct json_object *token, const char *name, char out[16])
{
	const char *text = hyp_reply_text(token, name);

	snprintf(out, 16, "%.*s", (int)strcspn(text, "T"), text);
}

static int32_t add_row(struct hyp_table *table, struct json_object *token,
		       struct hyp_error *err)
{
	char created[16], expires[16];
	int revoked =
		json_object_get_boolean(hyp_reply_member(token, "revoked"));
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(token, "id"),
		hyp_reply_text(token, "role"),
		created,
		expires,
		revoked ? "yes" : "",
		hyp_reply_text(token, "name")};

	day_of(token, "created_at", created);
	day_of(token, "expires_at", expires);
	for (size_t i = 0; i < HYP_COUNT(cells); i++)
		if (hyp_table_add(table, cells[i], err) != 0)
			return err->code;
	return 0;
}

static int32_t print_table(struct json_object *reply, struct hyp_error *err)
{
	struct json_object *tokens = hyp_reply_member(reply, "tokens");
	struct hyp_table *table;
	size_t count = 0;
	int32_t rc = 0;

	if (json_object_is_type(tokens, json_type_array))
		count = json_object_array_length(tokens);
	if (hyp_table_new(columns, HYP_COUNT(columns), &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_row(table, json_object_array_get_idx(tokens, i), err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	return rc;
}

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get(client, "/tokens", &reply, err);

	(void)code;
	if (rc != 0)
		return rc;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		rc = print_table(reply, err);
	json_object_put(reply);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, list);
}

const struct hyp_command hyp_cmd_token_list = {
	.name = "token list",
	.summary = "Lists the API's tokens, which themselves nobody can read "
		   "again",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
