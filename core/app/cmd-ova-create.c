/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/ova-job.h"
#include "core/base/digest.h"

#include <stdlib.h>
#include <string.h>

static const struct hyp_cli_option options[] = {
	{"digest", 0, "NAME",
	 "of the manifest: sha256 (default), sha1 or sha512"},
	{"sign", 0, "KEY.pem", "signs the manifest with this private key"},
	{"cert", 0, "CERT.pem", "the key's certificate, which the OVA carries"},
	{"force", 0, NULL, "replaces an OVA that hypersdk made"},
	{"json", 'j', NULL, "one JSON object with what was made"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t parse(const struct hyp_args *args, struct hyp_ova_job *job,
		     struct hyp_error *err)
{
	const char *digest = hyp_args_get(args, "digest");

	job->digest =
		digest == NULL ? HYP_DIGEST_SHA256 : hyp_digest_by_name(digest);
	if (job->digest == 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--digest %s: give sha256, sha1 or sha512",
				     digest);
	job->key_file = hyp_args_get(args, "sign");
	job->cert_file = hyp_args_get(args, "cert");
	if ((job->key_file == NULL) != (job->cert_file == NULL))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--sign KEY and --cert PEM go together");
	job->force = hyp_args_has(args, "force") ? 1 : 0;
	return 0;
}

static int32_t create(struct hyp_app *app, const struct hyp_args *args,
		      const char *dir, const char *name, struct hyp_error *err)
{
	struct hyp_result result = {0};
	struct hyp_ova_cli cli;
	int32_t rc;

	rc = hyp_ova_cli_init(app, &cli, args->operands[0], dir, name, err);
	if (rc == 0)
		rc = parse(args, &cli.packing.job, err);
	if (rc == 0)
		rc = hyp_ova_create(&cli.packing.job, &result, err);
	return hyp_ova_cli_end(app, &cli, &result, "Packed", rc);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	char *dir = NULL, *name = NULL;
	struct hyp_error err;
	int32_t rc = hyp_packing_split(args->operands[1], &dir, &name, &err);

	if (rc == 0)
		rc = hyp_packing_check_ova(args->operands[1], name, &err);
	if (rc == 0)
		rc = create(app, args, dir, name, &err);
	free(dir);
	free(name);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_ova_create = {
	.name = "ova create",
	.operands = "DIR|FILE.ovf OUT.ova",
	.summary = "Packs an OVF folder into one OVA",
	.details = "Packs exactly the files that the descriptor references, in "
		   "its order. An existing\nmanifest is checked first; a new "
		   "one is written. Nothing appears before all of it is "
		   "on disk.",
	.min = 2,
	.max = 2,
	.groups = {&group},
	.run = run,
};
