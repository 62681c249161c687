/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
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
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"tokens", columns,
					   HYP_COUNT(columns), add_row};

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get(client, "/tokens", &reply, err);

	(void)code;
	return rc != 0 ? rc : hyp_listing_show(&listing, args, reply, err);
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
