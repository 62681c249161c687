/* SPDX-License-Identifier: Apache-2.0 */
/* Where --output points to. */
#ifndef HYP_LIB_OUTPUT_H
#define HYP_LIB_OUTPUT_H

#include <hypersdk/error.h>

struct hyp_output {
	char *dir;	    /* absolute, without links as far as it exists */
	char *root;	    /* its deepest folder that exists */
	unsigned made;	    /* folders beneath root that hyp_output_make made */
	char *name;	    /* base name of a named OVA, or NULL: the VM's */
	const char *format; /* "ova" or "ovf" */
};

/*
 * text: a folder, or FILE.ova unless that is a folder. format: as given, or
 * NULL; fallback: what a folder gets then. HYP_E_USAGE.
 */
int32_t hyp_output_resolve(const char *text, const char *format,
			   const char *fallback, struct hyp_output *out,
			   struct hyp_error *err);

/* Make dir, if missing, for its owner only. Afterwards unmake removes again
 * what make made, as far as it is empty. */
int32_t hyp_output_make(struct hyp_output *output, struct hyp_error *err);
void hyp_output_unmake(struct hyp_output *output);
void hyp_output_fini(struct hyp_output *output);

#endif
