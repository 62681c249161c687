/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/json.h"
#include "core/app/store.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object: a list of the problems"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct report {
	unsigned count;
	struct json_object *problems; /* NULL: for a person */
};

static void problem(void *ctx, const char *text)
{
	struct report *r = ctx;

	r->count++;
	if (r->problems != NULL)
		json_object_array_add(r->problems,
				      json_object_new_string(text));
	else
		printf("%s\n", text);
}

static void print(const struct report *r)
{
	struct json_object *o;

	if (r->problems != NULL) {
		o = json_object_new_object();
		json_object_object_add(o, "problems",
				       json_object_get(r->problems));
		hyp_json_print(o);
	} else if (r->count == 0) {
		printf("no problems\n");
	}
}

static int32_t check(struct hyp_app *app, struct report *r,
		     struct hyp_error *err)
{
	struct hyp_reading store;
	int32_t rc = hyp_app_store_open(app, &store, err);

	if (rc != 0)
		return rc;
	rc = hyp_store_calls.check(store.member.instance, problem, r, err);
	hyp_reading_fini(&store);
	if (rc != 0)
		return rc;
	print(r);
	if (r->count == 0)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "db_corrupt", 0,
			     "the database has %u problem%s: stop hypersdkd "
			     "and restore the newest backup (hypersdk db "
			     "backup --help)",
			     r->count, r->count == 1 ? "" : "s");
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct report r = {.count = 0};
	struct hyp_error err;
	int32_t rc;

	if (hyp_args_has(args, "json"))
		r.problems = json_object_new_array();
	rc = check(app, &r, &err);
	json_object_put(r.problems);
	return rc != 0 ? hyp_app_fail(&err) : HYP_EXIT_DONE;
}

const struct hyp_command hyp_cmd_db_check = {
	.name = "db check",
	.summary = "Looks through the whole database, also while it is in use",
	.details = "Every page, index and reference is looked at; each problem "
		   "is one line. Nothing is changed.",
	.groups = {&group},
	.run = run,
};
