/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

#include <string.h>

static const struct hyp_table_column columns[] = {
	{"KIND", 0}, {"NAME", 0}, {"VERSION", 0}, {"STATE", 0}};

static int32_t add_row(struct hyp_table *table, struct json_object *plugin,
		       struct hyp_error *err)
{
	const char *const cells[] = {hyp_reply_text(plugin, "kind"),
				     hyp_reply_text(plugin, "name"),
				     hyp_reply_text(plugin, "version"),
				     hyp_reply_text(plugin, "state")};

	return hyp_table_add_line(table, cells, 4, err);
}

static const struct hyp_listing listing = {"plugins", columns, 4, add_row};

/* Says of each file that was refused why; returns how many. */
static size_t tell_refused(struct json_object *reply)
{
	struct json_object *list = hyp_reply_member(reply, "refused");
	size_t n = json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *r = json_object_array_get_idx(list, i);

		hyp_client_tell(hyp_reply_text(r, "path"),
				hyp_reply_text(r, "reason"), "plugin_rejected",
				HYP_E_USAGE);
	}
	return n;
}

/* What is loaded stays: say so where the file is another one. */
static void tell_stale(struct json_object *reply)
{
	struct json_object *list = hyp_reply_member(reply, "plugins");
	size_t stale = 0;

	for (size_t i = 0; json_object_is_type(list, json_type_array) &&
			   i < json_object_array_length(list);
	     i++) {
		const char *state = hyp_reply_text(
			json_object_array_get_idx(list, i), "state");

		stale += strcmp(state, "replaced") == 0 ||
			 strcmp(state, "gone") == 0;
	}
	if (stale > 0)
		fprintf(stderr,
			"hypersdk: what was loaded of files that are replaced "
			"or gone stays until hypersdkd is restarted\n");
}

static int32_t reload(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	const struct hyp_call call = {
		.method = "POST", .path = "/plugins/reload", .again = 1};
	struct json_object *reply;
	int32_t rc;

	if (hyp_client_call(client, &call, &reply, err) != 0)
		return err->code;
	json_object_get(reply);
	rc = hyp_listing_show(&listing, args, reply, err);
	fflush(stdout);
	if (rc == 0) {
		tell_stale(reply);
		if (tell_refused(reply) > 0)
			*code = HYP_EXIT_FAILED;
	}
	json_object_put(reply);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, reload);
}

const struct hyp_command hyp_cmd_plugins_reload = {
	.name = "plugins reload",
	.summary = "Has the daemon look for new plugins",
	.details = "A new plugin is there at once. What is loaded stays as it "
		   "is: a file that\nwas replaced is used after a restart.",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
