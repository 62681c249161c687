/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a struct hyp_result. */
#ifndef HYP_PIPELINE_RESULT_H
#define HYP_PIPELINE_RESULT_H

#include "core/pipeline/notes.h"

/* Replaces a text member. */
int32_t hyp_result_set(char **member, const char *text, struct hyp_error *err);
/* Appends a file of the package. role 0: descriptor or manifest. */
int32_t hyp_result_add_file(struct hyp_result *result,
			    const struct hyp_file *file, uint32_t role,
			    const char *proof, struct hyp_error *err);
/* Takes the facts that the provider stated; "unknown" where it did not. */
int32_t hyp_result_facts(struct hyp_result *result, struct hyp_notes *notes,
			 struct hyp_error *err);

#endif
