/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/plugin.h - what a plugin's shared object exports.
 *
 * One symbol, hypersdk_plugin_v1, a function without arguments that returns
 * a pointer to a constant description. It must do nothing else: the core
 * first calls it in a child process that is killed after five seconds. The
 * object stays loaded for ever. Constructors are not welcome.
 *
 * Versions: the major version is in the symbol's name. Structs only grow at
 * their end; the core copies min(its size, yours) into a zeroed struct, so a
 * member that you do not have is NULL or 0 there. Until release 1.0.0 the
 * ABI may still change: HYP_ABI_PRERELEASE must then match exactly.
 */
#ifndef HYPERSDK_PLUGIN_H
#define HYPERSDK_PLUGIN_H

#include <hypersdk/error.h>
#include <hypersdk/host.h>
#include <hypersdk/option.h>
#include <hypersdk/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_ABI_MAJOR 1u
#define HYP_ABI_PRERELEASE 1u

/* The kinds. A folder of the same name below the plugin folder holds them. */
#define HYP_KIND_PROVIDER 1u
#define HYP_KIND_PACKAGER 2u
#define HYP_KIND_STORAGE 3u
#define HYP_KIND_STORE 4u
#define HYP_KIND_NOTIFIER 5u
#define HYP_KIND_EXPORTER 6u

/* What the core must lock around the plugin's operations. */
#define HYP_THREADS_SERIAL 0u	/* one call at a time in the whole plugin */
#define HYP_THREADS_INSTANCE 1u /* one call at a time per instance */
#define HYP_THREADS_PARALLEL 2u /* none: the plugin does its own locking */

#define HYP_PLUGIN_WRAPS 1u /* storage: create gets an inner storage */

struct hyp_plugin {
	uint32_t size;	       /* sizeof(struct hyp_plugin) */
	uint32_t prerelease;   /* HYP_ABI_PRERELEASE */
	uint32_t kind;	       /* HYP_KIND_* */
	uint32_t threads;      /* HYP_THREADS_* */
	uint32_t flags;	       /* HYP_PLUGIN_* */
	uint32_t options_size; /* sizeof the options struct, 0: no options */
	const char *name;      /* [a-z][a-z0-9-]*, the file is NAME.so */
	const char *version;   /* the plugin's own */
	const char *summary;   /* one line, no full stop */
	const struct hyp_option *options;
	uint32_t option_stride; /* sizeof(struct hyp_option) */
	uint32_t option_count;
	const void *ops; /* struct hyp_KIND_ops, begins with its size */
};

#ifdef __cplusplus
#define HYP_PLUGIN_EXPORT                                                      \
	extern "C" __attribute__((visibility("default")))                      \
	const struct hyp_plugin *                                              \
	hypersdk_plugin_v1(void)
#else
#define HYP_PLUGIN_EXPORT                                                      \
	__attribute__((visibility("default"))) const struct hyp_plugin *       \
	hypersdk_plugin_v1(void)
#endif
HYP_PLUGIN_EXPORT;

#define HYP_PLUGIN_SYMBOL "hypersdk_plugin_v1"

#ifdef __cplusplus
}
#endif
#endif
