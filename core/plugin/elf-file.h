/* SPDX-License-Identifier: Apache-2.0 */
/* What a shared object says of itself, read before any code of it runs. */
#ifndef HYP_PLUGIN_ELF_FILE_H
#define HYP_PLUGIN_ELF_FILE_H

#include <hypersdk/error.h>

/* The search path (DT_RPATH or DT_RUNPATH) by which the loader would look for
 * what the object needs; "" if it has none. The caller frees it. HYP_E_USAGE
 * "plugin_rejected" if this is no shared object of this machine, or not all of
 * one. */
int32_t hyp_elf_search_path(int fd, char **out, struct hyp_error *err);

#endif
