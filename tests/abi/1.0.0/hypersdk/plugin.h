/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/plugin.h - what a plugin's shared object exports.
 *
 * One symbol, hypersdk_plugin_v1, a function without arguments that returns
 * a pointer to a constant description, the same each time. It must do nothing
 * else: the core first calls it in a child process that is killed after five
 * seconds. The object is opened with RTLD_NOW and RTLD_LOCAL and stays loaded
 * for ever. Constructors are not welcome: they must not start threads or
 * change the signal mask. The file is KIND/NAME.so in a plugin folder.
 *
 * VERSIONS. The interface has a version MAJOR.MINOR, one for all kinds:
 * HYP_ABI_VERSION of the headers. A plugin states in abi the lowest one that
 * it can work with, which is HYP_ABI_VERSION unless its author sees to more.
 * The core takes a plugin if
 *	- the major is the core's own: it is in the symbol's name too, and
 *	- the minor is not above the core's own.
 * So every plugin for 1.x loads in every core of 1.y with y >= x, for ever.
 *
 * What a minor version may do: add kinds; add members at the end of structs
 * (types.h says which never grow), operations among them; add values of
 * choices and flags; give a meaning to what is reserved. It never changes a
 * member, a value or a function that is there, and what it adds to a kind's
 * operations is optional. Between the two sides of the border this holds:
 *	- Each struct says its size. The core copies min(its size, yours) of
 *	  what you give it into a zeroed struct of its own, so that a member
 *	  which you do not have is 0 or NULL there, and one which it does not
 *	  have is not looked at.
 *	- What you get from a core newer than your headers is longer than you
 *	  know. From an older one (abi below that of your headers) it may be
 *	  shorter: ask HYP_HAS (types.h) before you use what came after abi.
 *	- Neither side hands the other a value, flag or error code that came
 *	  after abi. The core refuses what it does not know.
 *
 * MANNERS. A plugin shares the process with all others. It has no state but
 * its instances' (no static variables that change); leaves alone signal
 * handlers, the environment, locale, umask and current directory; never ends
 * the process; opens descriptors with O_CLOEXEC; has ended the threads that it
 * started when destroy returns, and leaves them the signal mask they inherit;
 * writes to host->log, never to standard output or standard error. SIGPIPE may
 * be ignored or not: it sends with MSG_NOSIGNAL. The core keeps no lock of its
 * own while it calls a plugin, but the one of the thread model.
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
#define HYP_ABI_MINOR 0u
#define HYP_ABI_VERSION ((HYP_ABI_MAJOR << 16) | HYP_ABI_MINOR)

/* The kinds. A folder of the same name below the plugin folder holds them. */
#define HYP_KIND_PROVIDER 1u
#define HYP_KIND_PACKAGER 2u
#define HYP_KIND_STORAGE 3u
#define HYP_KIND_STORE 4u
#define HYP_KIND_NOTIFIER 5u
#define HYP_KIND_EXPORTER 6u

/*
 * What the core must lock around the plugin's operations, on instances and on
 * what they opened alike. An instance may be made in one thread and used in
 * others, whatever the model; it is destroyed when every other call on it has
 * returned. A store must be HYP_THREADS_PARALLEL.
 */
#define HYP_THREADS_SERIAL 0u	/* one call at a time in the whole plugin */
#define HYP_THREADS_INSTANCE 1u /* one call at a time per instance */
#define HYP_THREADS_PARALLEL 2u /* none: the plugin does its own locking */

#define HYP_PLUGIN_WRAPS 1u /* storage: create gets an inner storage */

/* Everything that it points to is as constant as it is, and as long there. No
 * pointer is NULL but options, where option_count is 0. */

struct hyp_plugin {
	uint32_t size;	       /* sizeof(struct hyp_plugin) */
	uint32_t abi;	       /* HYP_ABI_VERSION, see above */
	uint32_t kind;	       /* HYP_KIND_* */
	uint32_t threads;      /* HYP_THREADS_* */
	uint32_t flags;	       /* HYP_PLUGIN_* */
	uint32_t options_size; /* sizeof the options struct, 0: no options */
	const char *name;      /* [a-z][a-z0-9-]{0,62}, the file's NAME.so */
	const char *version;   /* the plugin's own, one line */
	const char *summary;   /* one line, no full stop */
	const struct hyp_option *options;
	uint32_t option_stride; /* sizeof(struct hyp_option) */
	uint32_t option_count;
	const void *ops; /* the kind's, struct hyp_provider_ops ... */
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
