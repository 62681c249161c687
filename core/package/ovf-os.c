/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/ovf-write.h"

#include <string.h>

#define OTHER 1
#define OTHER_64 102

/* By how vSphere's guest ids begin; the first that fits counts. */
static const struct {
	const char *prefix;
	uint16_t bits32, bits64;
} types[] = {
	{"win2000", 58, 58},	   {"winXP", 67, 71},
	{"winNet", 69, 70},	   {"winVista", 73, 74},
	{"winLonghorn", 76, 77},   {"windows7Server", 103, 103},
	{"windows7", 105, 105},	   {"windows8Server", 112, 112},
	{"windows8", 113, 114},	   {"windows9Server", 116, 116},
	{"windows9", 119, 120},	   {"rhel", 79, 80},
	{"centos", 106, 107},	   {"oracleLinux", 108, 109},
	{"sles", 84, 85},	   {"suse", 82, 83},
	{"opensuse", 82, 83},	   {"ubuntu", 93, 94},
	{"debian", 95, 96},	   {"freebsd", 42, 78},
	{"solaris", 29, 81},	   {"vmkernel", 104, 104},
	{"other24xLinux", 97, 98}, {"other26xLinux", 99, 100},
	{"otherLinux", 36, 101},   {"other3xLinux", 36, 101},
	{"other4xLinux", 36, 101}, {"other5xLinux", 36, 101},
	{"other6xLinux", 36, 101}, {"fedora", 36, 101},
	{"almalinux", 36, 101},	   {"rockylinux", 36, 101},
	{"amazonlinux", 36, 101},  {"vmwarePhoton", 36, 101},
	{"coreos", 36, 101},	   {"other", OTHER, OTHER_64},
};

uint32_t hyp_ovf_os_type(const char *guest_id)
{
	int is_64 = strstr(guest_id, "64") != NULL;

	for (size_t i = 0; i < HYP_COUNT(types); i++)
		if (strncmp(guest_id, types[i].prefix,
			    strlen(types[i].prefix)) == 0)
			return is_64 ? types[i].bits64 : types[i].bits32;
	return OTHER;
}
