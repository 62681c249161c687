/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the OVF reader. Private to core/package. */
#ifndef HYP_PACKAGE_OVF_READ_H
#define HYP_PACKAGE_OVF_READ_H

#include "core/package/ovf.h"
#include "core/package/xml.h"

/* More of these than anybody means: HYP_E_PERMANENT "too_large". */
#define HYP_OVF_FILES_MAX 2048
#define HYP_OVF_DISKS_MAX 1024
#define HYP_OVF_ITEMS_MAX 4096
#define HYP_OVF_NETWORKS_MAX 1024
#define HYP_OVF_CPUS_MAX 8192

struct hyp_ovf_reader {
	struct hyp_ovf *ovf;	   /* being filled */
	const char *ns;		   /* the envelope's namespace */
	const char *what;	   /* the descriptor, in errors */
	const char *configuration; /* the default one, or NULL */
	struct hyp_error *err;
};

/* HYP_E_PERMANENT "bad_ovf", the descriptor's name in front. */
__attribute__((format(printf, 2, 3))) int32_t
hyp_ovf_bad(const struct hyp_ovf_reader *r, const char *fmt, ...);
/* A text of the descriptor as it may stand in an error; out has 96 bytes. */
#define HYP_OVF_SHOWN 96
const char *hyp_ovf_shown(const char *text, char *out);

/* An attribute in OVF's namespace, or in none; NULL if absent. */
const char *hyp_ovf_attr(const struct hyp_ovf_reader *r, xmlNodePtr node,
			 const char *name);

/* Decimal, at most 2^63-1, blanks around it allowed; 0 or -1. */
int hyp_ovf_number(const char *text, uint64_t *out);

/* The VirtualHardwareSection's items, processors and memory. */
int32_t hyp_ovf_read_hardware(struct hyp_ovf_reader *r, xmlNodePtr section);

/* Ids and references between what was read. */
int32_t hyp_ovf_check(const struct hyp_ovf_reader *r);

/* Room for one more, zeroed, in an array that doubles when it is full. array
 * is the address of the pointer to it, whatever its type. */
int32_t hyp_ovf_grow(const struct hyp_ovf_reader *r, void *array, size_t count,
		     size_t element, size_t most, const char *what);

#endif
