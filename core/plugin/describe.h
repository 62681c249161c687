/* SPDX-License-Identifier: Apache-2.0 */
/* From what a plugin says of itself to a checked copy of this core's size. */
#ifndef HYP_PLUGIN_DESCRIBE_H
#define HYP_PLUGIN_DESCRIBE_H

#include "core/plugin/registry.h"

struct hyp_description {
	struct hyp_plugin plugin;   /* points into the two below */
	struct hyp_option *options; /* plugin.option_count of them */
	void *ops;
};

/*
 * raw: what the plugin's function returned. kind and name: what the file's
 * place promises. On success *out holds memory of the core's, which fini
 * frees; the strings stay the plugin's. HYP_E_USAGE "plugin_rejected".
 */
int32_t hyp_describe(const struct hyp_plugin *raw, uint32_t kind,
		     const char *name, struct hyp_description *out,
		     struct hyp_error *err);
void hyp_description_fini(struct hyp_description *description);

/* 1 if name is [a-z][a-z0-9-]* of at most 63 bytes. */
int hyp_plugin_name_valid(const char *name);

/* Parts of hyp_describe: the option table, copied and checked. */
int32_t hyp_describe_options(const struct hyp_plugin *plugin,
			     struct hyp_option **out, struct hyp_error *err);

/* 1 if text is there, UTF-8, and one line. */
int hyp_describe_one_line(const char *text);

__attribute__((format(printf, 2, 3))) int32_t hyp_reject(struct hyp_error *err,
							 const char *fmt, ...);

#endif
