/* SPDX-License-Identifier: Apache-2.0 */
/* What "hypersdk jobs submit" sends. */
#ifndef HYP_APP_SUBMIT_BODY_H
#define HYP_APP_SUBMIT_BODY_H

#include "core/app/client.h"
#include "core/base/buf.h"

extern const struct hyp_cli_group hyp_submit_options;

struct hyp_submit_body {
	struct hyp_buf text; /* wiped by fini: it may hold a password */
	const char *type;
	const char **vms; /* of the command line; NULL with --file */
	size_t vm_count;
};

/* From --file, or from the options: one definition, or {"jobs": [...]}. The
 * caller finis body in every case. */
int32_t hyp_submit_body_make(struct hyp_client *client,
			     const struct hyp_args *args,
			     struct hyp_submit_body *body,
			     struct hyp_error *err);
void hyp_submit_body_fini(struct hyp_submit_body *body);

/* HYP_E_USAGE if an option beside --file would say more of what, which the file
 * says alone. */
int32_t hyp_body_file_alone(const struct hyp_args *args, const char *what,
			    struct hyp_error *err);

/* Parts of it. A file, "-" standard input, and what it is. */
int32_t hyp_body_read(const char *name, struct hyp_buf *text, const char **type,
		      struct hyp_error *err);
/* --output as output_path. */
int32_t hyp_body_output(struct hyp_client *client, const char *output,
			struct json_object *o, struct hyp_error *err);

#endif
