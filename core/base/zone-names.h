/* SPDX-License-Identifier: Apache-2.0 */
/* Which zones there are by name, and which is the system's: for zone.c. */
#ifndef HYP_BASE_ZONE_NAMES_H
#define HYP_BASE_ZONE_NAMES_H

#include <hypersdk/error.h>

#define HYP_ZONE_NAME_MAX 64

/* 0 if the list has that name. HYP_E_USAGE "bad_zone". */
int32_t hyp_zone_check_name(const char *name, struct hyp_error *err);

/* The system's, as hyp_zone_open says; not yet checked. out holds
 * HYP_ZONE_NAME_MAX. HYP_E_USAGE "bad_zone". */
int32_t hyp_zone_system_name(char *out, struct hyp_error *err);

#endif
