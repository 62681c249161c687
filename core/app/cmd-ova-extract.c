/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/ova-job.h"

#include <stdlib.h>

static const struct hyp_cli_option options[] = {
	{"file", 'f', "NAME", "only this file, into DIR"},
	{"json", 'j', NULL, "one JSON object with what was extracted"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t extract(struct hyp_app *app, const struct hyp_args *args,
		       const char *dir, const char *name, const char *only,
		       struct hyp_error *err)
{
	struct hyp_result result = {0};
	struct hyp_ova_cli cli;
	int32_t rc;

	rc = hyp_ova_cli_init(app, &cli, args->operands[0], dir, name, err);
	cli.packing.job.only = only;
	if (rc == 0)
		rc = hyp_ova_extract(&cli.packing.job, &result, err);
	return hyp_ova_cli_end(app, &cli, &result, "Extracted", rc);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	const char *only = hyp_args_get(args, "file");
	char *dir = NULL, *name = NULL;
	struct hyp_error err;
	int32_t rc;

	if (only != NULL) {
		rc = extract(app, args, args->operands[1], only, only, &err);
	} else {
		rc = hyp_packing_split(args->operands[1], &dir, &name, &err);
		if (rc == 0)
			rc = extract(app, args, dir, name, NULL, &err);
	}
	free(dir);
	free(name);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_ova_extract = {
	.name = "ova extract",
	.operands = "IN.ova DIR",
	.summary = "Takes the files out of an OVA, proven by its manifest",
	.details = "DIR must not exist: it appears when every file is written "
		   "and every digest is\nright, or not at all.",
	.min = 2,
	.max = 2,
	.groups = {&group},
	.run = run,
};
