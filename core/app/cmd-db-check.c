/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/store.h"

static void problem(void *ctx, const char *text)
{
	++*(unsigned *)ctx;
	printf("%s\n", text);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_reading store;
	struct hyp_error err;
	unsigned problems = 0;
	int32_t rc = hyp_app_store_open(app, &store, &err);

	(void)args;
	if (rc != 0)
		return hyp_app_fail(&err);
	rc = hyp_store_calls.check(store.member.instance, problem, &problems,
				   &err);
	hyp_reading_fini(&store);
	if (rc == 0 && problems > 0)
		rc = hyp_error_set(&err, HYP_E_PERMANENT, "db_corrupt", 0,
				   "the database has %u problem%s: stop "
				   "hypersdkd and restore the newest backup "
				   "(hypersdk db backup --help)",
				   problems, problems == 1 ? "" : "s");
	if (rc != 0)
		return hyp_app_fail(&err);
	printf("no problems\n");
	return HYP_EXIT_DONE;
}

const struct hyp_command hyp_cmd_db_check = {
	.name = "db check",
	.summary = "Looks through the whole database, also while it is in use",
	.details = "Every page, index and reference is looked at; each problem "
		   "is one line. Nothing is changed.",
	.run = run,
};
