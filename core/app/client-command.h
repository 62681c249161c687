/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that ask the daemon share. */
#ifndef HYP_APP_CLIENT_COMMAND_H
#define HYP_APP_CLIENT_COMMAND_H

#include "core/app/client.h"
#include "core/app/table.h"

/* --json alone. */
extern const struct hyp_cli_group hyp_client_json_options;

/* Does the work with a client. Returns 0 and has *code, which is
 * HYP_EXIT_DONE, or fails: then the error is told, and its code is the
 * command's. */
typedef int32_t hyp_client_work(struct hyp_client *client,
				const struct hyp_args *args, int *code,
				struct hyp_error *err);
int hyp_client_run(struct hyp_app *app, const struct hyp_args *args,
		   hyp_client_work *work);

/* GET of a path made by fmt, whose %s is text, encoded. */
__attribute__((format(printf, 2, 0))) int32_t
hyp_client_get_of(struct hyp_client *client, const char *fmt, const char *text,
		  struct json_object **reply, struct hyp_error *err);
__attribute__((format(printf, 3, 0))) int32_t
hyp_client_send_of(struct hyp_client *client, const char *method,
		   const char *fmt, const char *text, struct json_object *body,
		   struct json_object **reply, struct hyp_error *err);

/* POST of what makes something, once: with an Idempotency-Key of its own. */
__attribute__((format(printf, 2, 0))) int32_t
hyp_client_make_of(struct hyp_client *client, const char *fmt, const char *text,
		   struct json_object **reply, struct hyp_error *err);

/* GET of a path made by fmt, whose %s is the first operand, encoded: shown by
 * print, with --json as the server's document. */
__attribute__((format(printf, 3, 0))) int32_t
hyp_client_show(struct hyp_client *client, const struct hyp_args *args,
		const char *fmt, void (*print)(struct json_object *reply),
		struct hyp_error *err);

/* The server's document on standard output, as one line. */
void hyp_reply_print(struct json_object *reply);
/* That with --json, else the line of fmt for a person. Puts the reply. */
__attribute__((format(printf, 3, 4))) void
hyp_reply_tell(const struct hyp_args *args, struct json_object *reply,
	       const char *fmt, ...);

/* A list in a reply as a table for a person: a line for each element of the
 * array member, added by row. */
struct hyp_listing {
	const char *member;
	const struct hyp_table_column *columns;
	size_t count; /* of columns */
	int32_t (*row)(struct hyp_table *table, struct json_object *element,
		       struct hyp_error *err);
};
int32_t hyp_listing_print(const struct hyp_listing *listing,
			  struct json_object *reply, struct hyp_error *err);
/* The same, but with --json the server's document; puts the reply. */
int32_t hyp_listing_show(const struct hyp_listing *listing,
			 const struct hyp_args *args, struct json_object *reply,
			 struct hyp_error *err);

/* "name  text" on a line, nothing where text is empty. */
void hyp_field_print(const char *name, const char *text);
__attribute__((format(printf, 2, 3))) void
hyp_field_printf(const char *name, const char *fmt, ...);
/* A line for each element of list, the name on the first. */
void hyp_fields_print(const char *name, struct json_object *list);

/* One kind of failure for many: what the server said of one of several. The
 * exit code for it. */
int hyp_client_tell(const char *what, const char *text, const char *kind,
		    int32_t fallback);

#endif
