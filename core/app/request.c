/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/request.h"
#include "core/app/endpoint.h"
#include "core/config/choose.h"
#include "core/config/parts.h"
#include "core/base/digest.h"
#include "core/base/units.h"

static const struct hyp_cli_option options[] = {
	{"output", 'O', "DIR|FILE.ova",
	 "folder for the packages (made if missing), or the OVA itself"},
	{"format", 0, "ova|ovf",
	 "one OVA file, or a folder with an OVF and its disks (default: the "
	 "pipeline's, else ova)"},
	{"parallel", 0, "N",
	 "disks that are copied at once, 1 to 16 (default: the pipeline's, "
	 "else 3)"},
	{"digest", 0, "NAME",
	 "of the manifest: sha256 (default), sha1 or sha512"},
	{"bandwidth", 0, "RATE", "limit for the whole export, as in 50MiB/s"},
	{"hot", 0, NULL, "by a snapshot of our own, whatever the power state"},
	{"cold", 0, NULL, "refuses a VM that runs"},
	{"with-images", 0, NULL, "CD-ROM and floppy images too"},
	{"dry-run", 'n', NULL,
	 "only says what would fail or surprise, and changes nothing"},
	{"force", 0, NULL, "replaces an output that an earlier export made"},
	{"json", 'j', NULL, "one JSON event per line, the result last"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_export_options = {"Options", options};

static int32_t parse_mode(const struct hyp_args *args, uint32_t *mode,
			  struct hyp_error *err)
{
	int hot = hyp_args_has(args, "hot"), cold = hyp_args_has(args, "cold");

	if (hot && cold)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--hot and --cold exclude each other");
	*mode = hot ? HYP_MODE_HOT : cold ? HYP_MODE_COLD : HYP_MODE_AUTO;
	return 0;
}

static int32_t parse_digest(const struct hyp_args *args, uint32_t *digest,
			    struct hyp_error *err)
{
	const char *name = hyp_args_get(args, "digest");

	*digest = name == NULL ? HYP_DIGEST_SHA256 : hyp_digest_by_name(name);
	if (*digest == 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--digest %s: give sha256, sha1 or "
				     "sha512",
				     name);
	return 0;
}

static int32_t parse_parallel(const struct hyp_args *args,
			      const struct hyp_pipeline *pipeline,
			      uint32_t *parallel, struct hyp_error *err)
{
	const char *text = hyp_args_get(args, "parallel");
	int64_t n = hyp_choose_parallel(pipeline, 0);

	if (text != NULL &&
	    hyp_parse_integer(text, 1, HYP_PARALLEL_MAX, &n, err) != 0)
		return hyp_error_prefix(err, "--parallel: ");
	*parallel = (uint32_t)n;
	return 0;
}

static int32_t parse_bandwidth(const struct hyp_args *args, uint64_t *bandwidth,
			       struct hyp_error *err)
{
	const char *text = hyp_args_get(args, "bandwidth");

	*bandwidth = 0;
	if (text == NULL)
		return 0;
	if (hyp_parse_rate(text, bandwidth, err) != 0)
		return hyp_error_prefix(err, "--bandwidth: ");
	if (*bandwidth == 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "--bandwidth 0 would never end; leave it "
				     "out for no limit");
	return 0;
}

static int32_t parse_output(const struct hyp_args *args,
			    const struct hyp_pipeline *pipeline,
			    struct hyp_request *r, struct hyp_error *err)
{
	const char *text = hyp_args_get(args, "output");
	if (text == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "where to? Give --output DIR, or "
				     "--output FILE.ova");
	return hyp_output_resolve(text, hyp_args_get(args, "format"),
				  hyp_choose_format(pipeline, NULL), &r->output,
				  err);
}

static int32_t parse_job(const struct hyp_args *args,
			 const struct hyp_pipeline *pipeline,
			 struct hyp_request *r, struct hyp_error *err)
{
	struct hyp_export_job *job = &r->job;

	if (parse_output(args, pipeline, r, err) != 0 ||
	    parse_mode(args, &job->mode, err) != 0 ||
	    parse_digest(args, &job->digest, err) != 0 ||
	    parse_parallel(args, pipeline, &job->parallel, err) != 0 ||
	    parse_bandwidth(args, &job->bandwidth, err) != 0)
		return err->code;
	job->attempt = 1;
	job->output_dir = r->output.dir;
	job->output_name = r->output.name;
	job->with_images = hyp_args_has(args, "with-images") ? 1 : 0;
	job->force = hyp_args_has(args, "force") ? 1 : 0;
	job->dry_run = hyp_args_has(args, "dry-run") ? 1 : 0;
	return 0;
}

int hyp_request_makes_folder(struct hyp_request *request)
{
	return hyp_part_is_local(&request->storage);
}

/* Of a storage that makes folders, --output is the only root. */
static int32_t make_storage(const struct hyp_pipeline *pipeline,
			    struct hyp_request *r, struct hyp_error *err)
{
	const char *roots[] = {r->output.dir};

	if (hyp_choose_storage(pipeline, "command line", &r->storage, err) != 0)
		return err->code;
	if (!hyp_request_makes_folder(r))
		return 0;
	return hyp_values_set_list(&hyp_part_innermost(&r->storage)->values,
				   "roots", roots, 1, "command line", 0, err);
}

int32_t hyp_request_make(struct hyp_app *app, struct hyp_request *request,
			 struct hyp_error *err)
{
	const struct hyp_pipeline *pipeline = NULL;

	memset(request, 0, sizeof(*request));
	if (hyp_endpoint_resolve(app, &request->provider, &pipeline, err) !=
		    0 ||
	    parse_job(app->args, pipeline, request, err) != 0 ||
	    hyp_choose_packager(pipeline, request->output.format,
				"command line", &request->packager, err) != 0)
		return err->code;
	return make_storage(pipeline, request, err);
}

int32_t hyp_request_check(const struct hyp_request *request, size_t vms,
			  struct hyp_error *err)
{
	if (request->output.name == NULL || vms <= 1)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
			     "%zu VMs do not fit into one OVA: give --output a "
			     "folder",
			     vms);
}

void hyp_request_fini(struct hyp_request *request)
{
	hyp_part_fini(&request->provider);
	hyp_part_fini(&request->packager);
	hyp_part_fini(&request->storage);
	hyp_output_fini(&request->output);
}
