/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/json.h"
#include "core/app/store.h"
#include "core/base/cleanup.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object: the path of the copy"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static void tell(const struct hyp_args *args, const char *path)
{
	struct json_object *o;

	if (!hyp_args_has(args, "json")) {
		printf("%s is a complete copy of the database\n", path);
		return;
	}
	o = json_object_new_object();
	hyp_json_string(o, "path", path);
	hyp_json_print(o);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	HYP_AUTO_FREE char *path = NULL;
	struct hyp_reading store;
	struct hyp_error err;
	int32_t rc = hyp_reading_path(args->operands[0], &path, &err);

	if (rc == 0)
		rc = hyp_app_store_open(app, &store, &err);
	if (rc != 0)
		return hyp_app_fail(&err);
	rc = hyp_store_calls.backup(store.member.instance, path, &err);
	hyp_reading_fini(&store);
	if (rc != 0)
		return hyp_app_fail(&err);
	tell(args, path);
	return HYP_EXIT_DONE;
}

const struct hyp_command hyp_cmd_db_backup = {
	.name = "db backup",
	.operands = "FILE",
	.summary = "Copies the database to a new file, also while it is in use",
	.details = "The copy is of one moment, checked and synced before it "
		   "gets its name. To restore:\nstop hypersdkd, move the "
		   "database and its -wal and -shm files aside, copy FILE\nto "
		   "the database's place as the same user, start hypersdkd. "
		   "Passwords and keys in it\nare sealed: a restore elsewhere "
		   "needs seal.key of state_dir too.",
	.min = 1,
	.max = 1,
	.groups = {&group},
	.run = run,
};
