/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: the plugin's description. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/units.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

static const struct hyp_option options[] = {
	HYP_OPT_LIST(struct local_options, roots, "roots", 0,
		     "directories in which outputs may lie, absolute; without "
		     "any: " HYP_STATE_DIR "/exports"),
	HYP_OPT_BOOL(struct local_options, group_read, "group_read", "false", 0,
		     "let the group of the output directory read packages "
		     "(0640 and 0750 instead of 0600 and 0700)"),
	HYP_OPT_BOOL(struct local_options, require_mount, "require_mount",
		     "false", 0,
		     "refuse a root on the same file system as /, so that an "
		     "unmounted disk does not fill the system's"),
};

static int32_t create(const struct hyp_host *host, const void *opts,
		      const struct hyp_storage_ops *inner, void *inner_instance,
		      void **instance, struct hyp_error *err)
{
	const struct local_options *o = opts;
	struct local *local;
	int32_t rc;

	(void)inner;
	(void)inner_instance;
	for (uint64_t i = 0; i < o->roots.count; i++) {
		rc = local_path_check(o->roots.items[i], "root", err);
		if (rc != 0)
			return rc;
	}
	local = calloc(1, sizeof(*local));
	if (local == NULL)
		return hyp_error_nomem(err);
	local->host = host;
	local->options = o;
	*instance = local;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

/* Of the directory, or of the nearest one above that is there. */
static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	struct local_where where;
	struct statvfs fs;
	char *slash;
	int32_t rc, last = 0;

	rc = hyp_strdup(dir, &path, err);
	if (rc != 0)
		return rc;
	while ((rc = local_where_open(instance, path, 0, &where, err)) ==
	       HYP_E_NOT_FOUND) {
		slash = strrchr(path, '/');
		last = rc;
		if (slash == NULL || slash == path)
			return rc;
		*slash = '\0';
	}
	if (rc != 0) /* above the root: what is missing is the root */
		return last == 0 ? rc
				 : local_where_open(instance, dir, 0, &where,
						    err);
	if (fstatvfs(where.fd, &fs) != 0)
		rc = hyp_error_errno(err, errno, "ask for free space at",
				     where.dir);
	else if (fs.f_blocks == 0) /* it does not know */
		*available = HYP_UNKNOWN;
	else
		*available = hyp_mul_sat(fs.f_bavail, fs.f_frsize);
	local_where_fini(&where);
	return rc;
}

static const struct hyp_storage_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.space = space,
	.place_open = local_place_open,
	.object_open = local_object_open,
	.write = local_object_write,
	.reserve = local_object_reserve,
	.fill = local_object_fill,
	.rewind = local_object_rewind,
	.read = local_object_read,
	.object_close = local_object_close,
	.seal = local_place_seal,
	.publish = local_place_publish,
	.abort = local_place_abort,
	.state = local_state,
	.resume = local_resume,
	.sweep = local_sweep,
};

const struct hyp_plugin local_plugin = {
	.size = sizeof(local_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_STORAGE,
	.threads = HYP_THREADS_PARALLEL,
	.options_size = sizeof(struct local_options),
	.name = "local",
	.version = "1.0.0",
	.summary = "directories of this machine, published by rename",
	.options = options,
	.option_stride = sizeof(struct hyp_option),
	.option_count = sizeof(options) / sizeof(options[0]),
	.ops = &ops,
};
