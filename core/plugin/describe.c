/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/describe.h"
#include "core/base/buf.h"
#include "core/base/structs.h"
#include "core/base/text.h"
#include "core/plugin/kinds.h"
#include <hypersdk/packager.h>
#include <hypersdk/storage.h>

#include <stdlib.h>

#define STRUCT_MAX 65536 /* no description will ever be larger */

int32_t hyp_reject(struct hyp_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(err, HYP_E_USAGE, "plugin_rejected", 0, fmt, ap);
	va_end(ap);
	return HYP_E_USAGE;
}

int hyp_plugin_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return name[0] >= 'a' && name[0] <= 'z' && name[n] == '\0' && n < 64;
}

static int32_t check_size(const char *what, uint64_t size, uint64_t min,
			  struct hyp_error *err)
{
	if (size >= min && size <= STRUCT_MAX && size % sizeof(void *) == 0)
		return 0;
	return hyp_reject(err,
			  "wrong size: its %s has %llu bytes, this core needs "
			  "%llu or more",
			  what, (unsigned long long)size,
			  (unsigned long long)min);
}

/* The rules are in plugin.h. What came before 1.0 stated a bare 1: 0.1. */
static int32_t check_abi(uint32_t abi, struct hyp_error *err)
{
	unsigned major = abi >> 16, minor = abi & 0xffff;

	if (major == HYP_ABI_MAJOR && minor <= HYP_ABI_MINOR)
		return 0;
	return hyp_reject(err,
			  "is for version %u.%u of the plugin interface, this "
			  "core has %u.%u; %s",
			  major, minor, HYP_ABI_MAJOR, HYP_ABI_MINOR,
			  major < HYP_ABI_MAJOR ? "build it anew"
						: "a newer hypersdk is needed");
}

static int32_t copy_plugin(const struct hyp_plugin *raw, struct hyp_plugin *out,
			   struct hyp_error *err)
{
	int32_t rc = 0;

	/* First: in another version a size may tell nothing. */
	if (raw->size >= offsetof(struct hyp_plugin, kind))
		rc = check_abi(raw->abi, err);
	if (rc == 0)
		rc = check_size("description", raw->size,
				offsetof(struct hyp_plugin, ops) +
					sizeof(raw->ops),
				err);
	if (rc != 0)
		return rc;
	hyp_struct_copy(out, sizeof(*out), raw, raw->size);
	out->size = sizeof(*out);
	return 0;
}

int hyp_describe_one_line(const char *text)
{
	return text != NULL && text[0] != '\0' &&
	       hyp_text_is_utf8(text, strlen(text)) &&
	       strpbrk(text, "\n\r\t\033") == NULL;
}

static int32_t check_words(const struct hyp_plugin *p, uint32_t kind,
			   const char *name, struct hyp_error *err)
{
	if (p->kind != kind)
		return hyp_reject(err,
				  "is a %s, but lies in the folder of %s "
				  "plugins",
				  hyp_kind_name(p->kind)
					  ? hyp_kind_name(p->kind)
					  : "unknown kind",
				  hyp_kind_name(kind));
	if (p->name == NULL || strcmp(p->name, name) != 0)
		return hyp_reject(err,
				  "calls itself \"%.64s\", but its file is "
				  "%s.so",
				  p->name != NULL ? p->name : "", name);
	if (!hyp_describe_one_line(p->version) ||
	    !hyp_describe_one_line(p->summary))
		return hyp_reject(err, "states no version or no summary");
	return 0;
}

static int32_t check_features(const struct hyp_plugin *p, struct hyp_error *err)
{
	uint32_t known = p->kind == HYP_KIND_STORAGE ? HYP_PLUGIN_WRAPS : 0;

	if (p->threads > HYP_THREADS_PARALLEL)
		return hyp_reject(err,
				  "asks for thread model %u, which this core "
				  "does not know",
				  p->threads);
	if (p->kind == HYP_KIND_STORE && p->threads != HYP_THREADS_PARALLEL)
		return hyp_reject(err, "is a store that cannot be called by "
				       "several threads at once, as every one "
				       "must");
	if ((p->flags & ~known) != 0)
		return hyp_reject(err,
				  "sets flags 0x%x, which this core does not "
				  "know for a %s",
				  p->flags & ~known, hyp_kind_name(p->kind));
	return 0;
}

static int32_t check_packager(const struct hyp_packager_ops *ops,
			      struct hyp_error *err)
{
	if (ops->layout != HYP_LAYOUT_FILE &&
	    ops->layout != HYP_LAYOUT_DIRECTORY)
		return hyp_reject(err, "states the unknown layout %u",
				  ops->layout);
	if (ops->suffix == NULL || strlen(ops->suffix) > 16 ||
	    (ops->suffix[0] != '\0' &&
	     (ops->suffix[0] != '.' ||
	      !hyp_text_is_file_name(ops->suffix + 1, 15))))
		return hyp_reject(err, "states no proper suffix");
	return 0;
}

static int32_t check_operations(const struct hyp_kind_info *info,
				const void *ops, struct hyp_error *err)
{
	for (size_t i = 0; i < info->count; i++)
		if (!info->operations[i].optional &&
		    !hyp_ops_has(ops, &info->operations[i]))
			return hyp_reject(err,
					  "lacks the operation \"%s\", which "
					  "every %s must have",
					  info->operations[i].name, info->name);
	if (info->kind == HYP_KIND_PACKAGER)
		return check_packager(ops, err);
	return 0;
}

static int32_t copy_ops(const struct hyp_kind_info *info, const void *raw,
			void **out, struct hyp_error *err)
{
	uint32_t size;
	int32_t rc;

	if (raw == NULL)
		return hyp_reject(err, "has no operations");
	memcpy(&size, raw, sizeof(size));
	rc = check_size("table of operations", size, info->ops_min, err);
	if (rc != 0)
		return rc;
	*out = malloc(info->ops_size);
	if (*out == NULL)
		return hyp_error_nomem(err);
	hyp_struct_copy(*out, info->ops_size, raw, size);
	size = (uint32_t)info->ops_size;
	memcpy(*out, &size, sizeof(size));
	return check_operations(info, *out, err);
}

int32_t hyp_describe(const struct hyp_plugin *raw, uint32_t kind,
		     const char *name, struct hyp_description *out,
		     struct hyp_error *err)
{
	struct hyp_description d = {.options = NULL};
	int32_t rc;

	if (raw == NULL)
		return hyp_reject(err, "describes itself with NULL");
	rc = copy_plugin(raw, &d.plugin, err);
	if (rc == 0)
		rc = check_words(&d.plugin, kind, name, err);
	if (rc == 0)
		rc = check_features(&d.plugin, err);
	if (rc == 0)
		rc = copy_ops(hyp_kind_info(kind), d.plugin.ops, &d.ops, err);
	if (rc == 0)
		rc = hyp_describe_options(&d.plugin, &d.options, err);
	if (rc != 0) {
		hyp_description_fini(&d);
		return rc;
	}
	d.plugin.ops = d.ops;
	d.plugin.options = d.options;
	d.plugin.option_stride = sizeof(*d.options);
	*out = d;
	return 0;
}

void hyp_description_fini(struct hyp_description *description)
{
	free(description->ops);
	free(description->options);
	memset(description, 0, sizeof(*description));
}
