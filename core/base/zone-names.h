/* SPDX-License-Identifier: Apache-2.0 */
/* For zone.c: which zones there are by name, whether their files are whole, and
 * which is the system's. */
#ifndef HYP_BASE_ZONE_NAMES_H
#define HYP_BASE_ZONE_NAMES_H

#include "core/base/buf.h"

#define HYP_ZONE_NAME_MAX 64

/* 0 if the list has that name. HYP_E_USAGE "bad_zone". */
int32_t hyp_zone_check_name(const char *name, struct hyp_error *err);

/* 0 if the file of a name in the list is there and whole: GLib reads behind the
 * end of one that is not. HYP_E_USAGE "bad_zone". */
int32_t hyp_zone_check_file(const char *name, struct hyp_error *err);

/* Where they are: TZDIR or the usual place. */
const char *hyp_zone_dir(void);
/* All bytes of a file: 0, or -1 with errno. */
int hyp_zone_read(const char *path, struct hyp_buf *out);

/* The system's, as hyp_zone_open says; not yet checked. out holds
 * HYP_ZONE_NAME_MAX. HYP_E_USAGE "bad_zone". */
int32_t hyp_zone_system_name(char *out, struct hyp_error *err);

#endif
