/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/synthetic/synthetic.h"
#include "config.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

static const char *const contents[] = {"random", "text", "zero", NULL};
static const char *const layouts[] = {"end", "front", NULL};
static const char *const powers[] = {"off", "on", "mixed", NULL};
static const char *const proofs[] = {"none", "size", "sha1", "digest", NULL};
static const char *const failures[] = {"transient", "permanent", NULL};

#define ST struct synthetic_options
static const struct hyp_option options[] = {
	HYP_OPT_STRING(ST, name, "name", "synthetic", 0,
		       "VMs are called NAME-1, NAME-2 and so on"),
	HYP_OPT_INTEGER(ST, vms, "vms", "3", 1, 1000000, 0, "number of VMs"),
	HYP_OPT_INTEGER(ST, disks, "disks", "2", 0, SYNTHETIC_DISKS_MAX, 0,
			"disks of each VM"),
	HYP_OPT_BYTES(ST, disk_size, "disk_size", "64MiB", 0,
		      "capacity of each disk, a multiple of 512 bytes"),
	HYP_OPT_INTEGER(ST, seed, "seed", "1", 0, INT64_MAX, 0,
			"another seed gives other bytes, the same one the "
			"same"),
	HYP_OPT_INTEGER(ST, fill, "fill", "100", 0, 100, 0,
			"percent of each disk that holds data"),
	HYP_OPT_ENUM(ST, content, "content", contents, "random", 0,
		     "what that data is: random bytes, text that compresses "
		     "well, or nothing but zeros"),
	HYP_OPT_ENUM(ST, layout, "layout", layouts, "end", 0,
		     "grain tables at the end as ESXi streams them, or in "
		     "front as qemu-img writes them"),
	HYP_OPT_INTEGER(ST, level, "level", "0", 0, 9, 0,
			"zlib level of the grains; 0 stores them and is the "
			"fastest"),
	HYP_OPT_BYTES(ST, nvram, "nvram", "8684", 0,
		      "size of each VM's nvram file; 0 for none"),
	HYP_OPT_ENUM(ST, power, "power", powers, "off", 0,
		     "power state of the VMs; mixed: those with even numbers "
		     "run"),
	HYP_OPT_BYTES(ST, rate, "rate", NULL, 0,
		      "bytes per second of each disk; 0: as fast as it goes"),
	HYP_OPT_ENUM(ST, proof, "proof", proofs, "digest", 0,
		     "what the source says of its bytes afterwards: nothing, "
		     "their size, a SHA-1 as old hosts do, or the digest that "
		     "was asked for"),
	HYP_OPT_BOOL(ST, quiesce, "quiesce", "true", 0,
		     "whether running guests can be quiesced for a hot "
		     "export"),
	HYP_OPT_STRING(ST, snapshots, "snapshots", NULL, 0,
		       "existing folder in which each hot export keeps a file "
		       "as its snapshot until it ends or is undone"),
	HYP_OPT_INTEGER(ST, fail_disk, "fail_disk", "1", 0, SYNTHETIC_DISKS_MAX,
			0,
			"disk (from 1) that fail_at, cut_at, flip_at and "
			"stall_at mean; 0: every disk"),
	HYP_OPT_INTEGER(ST, fail_count, "fail_count", "1", 0, INT64_MAX, 0,
			"how many tries of that disk, within an attempt, go "
			"wrong before one goes well"),
	HYP_OPT_BYTES(ST, fail_at, "fail_at", NULL, 0,
		      "break with an error after that many bytes; 0: never"),
	HYP_OPT_ENUM(ST, fail_with, "fail_with", failures, "transient", 0,
		     "which error fail_at gives: one that is tried again, or "
		     "one that is not"),
	HYP_OPT_BYTES(ST, cut_at, "cut_at", NULL, 0,
		      "end early after that many bytes as if all had come; 0: "
		      "never"),
	HYP_OPT_BYTES(ST, flip_at, "flip_at", NULL, 0,
		      "flip a bit of the byte with that offset on the way; 0: "
		      "never"),
	HYP_OPT_BYTES(ST, stall_at, "stall_at", NULL, 0,
		      "send nothing more after that many bytes until "
		      "cancelled; 0: never"),
	HYP_OPT_BOOL(ST, lie_digest, "lie_digest", "false", 0,
		     "give a wrong digest of the first disk"),
};
#undef ST

static int32_t check_options(const struct synthetic_options *o,
			     struct hyp_error *err)
{
	if (o->disk_size == 0 || o->disk_size % HYP_VMDK_SECTOR != 0 ||
	    o->disk_size > 62ULL << 40)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "option disk_size must be a multiple of "
				     "512 bytes from 512 to 62TiB");
	if (o->name == NULL || o->name[0] == '\0' ||
	    strlen(o->name) > SYNTHETIC_TEXT_MAX / 4)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "option name must have 1 to %d bytes",
				     SYNTHETIC_TEXT_MAX / 4);
	return 0;
}

static int32_t create(const struct hyp_host *host, const void *opts,
		      void **instance, struct hyp_error *err)
{
	struct synthetic *s;
	int32_t rc = check_options(opts, err);

	if (rc != 0)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return hyp_error_nomem(err);
	s->host = host;
	s->options = opts;
	*instance = s;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

static const struct hyp_provider_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.list = synthetic_list,
	.lookup = synthetic_lookup,
	.machine = synthetic_machine,
	.preflight = synthetic_preflight,
	.open = synthetic_open,
	.files = synthetic_files,
	.copy = synthetic_copy,
	.proof = synthetic_proof,
	.finish = synthetic_finish,
	.abort = synthetic_abort,
	.undo = synthetic_undo,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PROVIDER,
	.threads = HYP_THREADS_PARALLEL,
	.options_size = sizeof(struct synthetic_options),
	.name = "synthetic",
	.version = PACKAGE_VERSION,
	.summary = "deterministic VMs of any size, for demonstrations, tests "
		   "and measurements",
	.options = options,
	.option_stride = sizeof(options[0]),
	.option_count = sizeof(options) / sizeof(options[0]),
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
