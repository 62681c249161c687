/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to the description of a plugin that is now mapped, for ever. */
#ifndef HYP_PLUGIN_LOADER_H
#define HYP_PLUGIN_LOADER_H

#include "core/plugin/describe.h"

/* The kind and name that a path ends in, KIND/NAME.so; HYP_E_USAGE
 * "plugin_rejected". name holds 64 bytes. */
int32_t hyp_loader_name(const char *path, uint32_t *kind, char *name,
			struct hyp_error *err);

/* Checks the file behind fd, which hyp_trust_open gave for path, before any of
 * its code runs: an object of this machine that searches for libraries in
 * trusted folders only. */
int32_t hyp_loader_inspect(int fd, struct hyp_error *err);

/* Maps path, proves that it is the file behind fd, and describes it. Runs the
 * plugin's code: in a process that matters only after the probe. */
int32_t hyp_loader_load(const char *path, int fd, struct hyp_description *out,
			struct hyp_error *err);

#endif
