/* SPDX-License-Identifier: Apache-2.0 */
/* What the package and its files are called, fixed before the first byte. */
#ifndef HYP_PIPELINE_NAMES_H
#define HYP_PIPELINE_NAMES_H

#include <hypersdk/types.h>

/* Base name of the files in a package, with its NUL: short enough for
 * NAME-disk1000.vmdk to fit into a tar header's 99 bytes. */
#define HYP_NAME_MAX 81
#define HYP_FILE_NAME_MAX 100

/*
 * The package's own name, without suffix: wanted as it is, which must be a
 * file name of [A-Za-z0-9._-] (HYP_E_USAGE "unsafe_path", the text shows a
 * right one), or if NULL the VM's name reduced to that. The caller frees.
 */
int32_t hyp_name_package(const char *wanted, const char *vm_name, char **out,
			 struct hyp_error *err);

/* The base name of the files within: package, cut to HYP_NAME_MAX. */
void hyp_name_base(const char *package, char *out);

/* Name of the nth (from 1) file of that role: BASE-disk1.vmdk, BASE.nvram,
 * BASE-cdrom1.iso, ...; out holds HYP_FILE_NAME_MAX. */
void hyp_name_file(const char *base, uint32_t role, unsigned nth, char *out);

#endif
