/* SPDX-License-Identifier: Apache-2.0 */
/* GET /openapi.json, from the table of routes and nothing else. */
#include "config.h"

#include "core/api/route.h"
#include "core/api/schemas.h"

#define SCHEMAS_MAX 128

struct names {
	const struct hyp_schema *at[SCHEMAS_MAX];
	size_t count;
};

/* The schema and all that it refers to, once each. */
static void collect(struct names *names, const struct hyp_schema *schema)
{
	if (schema == NULL || names->count == SCHEMAS_MAX)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (names->at[i] == schema)
			return;
	names->at[names->count++] = schema;
	for (size_t i = 0; i < schema->count; i++)
		collect(names, schema->fields[i].of);
	for (size_t i = 0; schema->one_of != NULL && schema->one_of[i]; i++)
		collect(names, schema->one_of[i]);
	collect(names, schema->items);
}

static void write_content(struct hyp_out *out, const char *type,
			  const struct hyp_schema *schema)
{
	hyp_out_open(out, type, '{');
	hyp_schema_write_reference(out, "schema", schema);
	hyp_out_close(out, '}');
}

static void write_parameter(struct hyp_out *out, const char *in,
			    const struct hyp_field *field, int required)
{
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "name", field->name);
	hyp_out_text(out, "in", in);
	hyp_out_bool(out, "required", required);
	hyp_field_write(out, "schema", field);
	hyp_out_close(out, '}');
}

static void write_path_parameters(struct hyp_out *out, const char *path)
{
	while ((path = strchr(path, '{')) != NULL) {
		struct hyp_field field = {
			.type = HYP_TYPE_STRING, .min = 1, .max = 128};
		char name[32];

		snprintf(name, sizeof(name), "%.*s",
			 (int)strcspn(path + 1, "}"), path + 1);
		field.name = name;
		write_parameter(out, "path", &field, 1);
		path++;
	}
}

static void write_parameters(struct hyp_out *out, const struct hyp_route *r)
{
	const struct hyp_field key = {.name = "Idempotency-Key",
				      .type = HYP_TYPE_STRING,
				      .min = 1,
				      .max = 255,
				      .help = "The same key again within 48 h: "
					      "the same answer. What was "
					      "refused is not kept"};
	const struct hyp_field last = {.name = "Last-Event-ID",
				       .type = HYP_TYPE_STRING,
				       .help = "Of the event seen last"};

	hyp_out_open(out, "parameters", '[');
	write_path_parameters(out, r->path);
	for (size_t i = 0; i < r->query_count; i++)
		write_parameter(out, "query", &r->query[i],
				(r->query[i].flags & HYP_FIELD_REQUIRED) != 0);
	if (r->flags & HYP_ROUTE_IDEMPOTENT)
		write_parameter(out, "header", &key, 0);
	if (r->flags & HYP_ROUTE_STREAM)
		write_parameter(out, "header", &last, 0);
	hyp_out_close(out, ']');
}

static void write_body(struct hyp_out *out, const struct hyp_route *r)
{
	if (r->body == NULL)
		return;
	hyp_out_open(out, "requestBody", '{');
	hyp_out_bool(out, "required", 1);
	hyp_out_open(out, "content", '{');
	write_content(out, "application/json", r->body);
	if (r->flags & HYP_ROUTE_YAML) {
		write_content(out, "application/x-yaml", r->body);
		write_content(out, "text/yaml", r->body);
	}
	hyp_out_close(out, '}');
	hyp_out_close(out, '}');
}

static void write_response(struct hyp_out *out, const char *status,
			   const char *text, const char *type,
			   const struct hyp_schema *schema)
{
	hyp_out_open(out, status, '{');
	hyp_out_text(out, "description", text);
	hyp_out_open(out, "content", '{');
	if (schema != NULL) {
		write_content(out, type, schema);
	} else {
		hyp_out_open(out, type, '{');
		hyp_out_open(out, "schema", '{');
		hyp_out_text(out, "type", "string");
		hyp_out_close(out, '}');
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, '}');
	hyp_out_close(out, '}');
}

static void write_responses(struct hyp_out *out, const struct hyp_route *r)
{
	char status[16];

	snprintf(status, sizeof(status), "%u", r->status ? r->status : 200);
	hyp_out_open(out, "responses", '{');
	write_response(out, status, "It is done",
		       r->flags & HYP_ROUTE_STREAM ? "text/event-stream"
		       : r->flags & HYP_ROUTE_TEXT ? "text/plain"
						   : "application/json",
		       r->reply);
	if (r->unready != NULL)
		write_response(out, "503", "Not now", "application/json",
			       r->unready);
	write_response(out, "default", "It is not done", "application/json",
		       &hyp_schema_error);
	hyp_out_close(out, '}');
}

static void write_security(struct hyp_out *out, const struct hyp_route *r)
{
	hyp_out_open(out, "security", '[');
	if (r->role != HYP_ROLE_OPEN) {
		hyp_out_open(out, NULL, '{');
		hyp_out_open(out, "bearer", '[');
		hyp_out_close(out, ']');
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, ']');
	hyp_out_text(out, "x-role", hyp_role_name(r->role));
}

static void write_operation(struct hyp_out *out, const struct hyp_route *r)
{
	char method[16];

	snprintf(method, sizeof(method), "%s", r->method);
	for (char *c = method; *c != '\0'; c++)
		*c = (char)(*c | 0x20);
	hyp_out_open(out, method, '{');
	hyp_out_text(out, "operationId", r->name);
	hyp_out_text(out, "summary", r->summary);
	write_security(out, r);
	write_parameters(out, r);
	write_body(out, r);
	write_responses(out, r);
	hyp_out_close(out, '}');
}

/* Is there one of this path before i? */
static int was_written(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(hyp_routes[k].path, hyp_routes[i].path) == 0)
			return 1;
	return 0;
}

static void write_paths(struct hyp_out *out)
{
	hyp_out_open(out, "paths", '{');
	for (size_t i = 0; i < hyp_route_count; i++) {
		if (was_written(i))
			continue;
		hyp_out_open(out, hyp_routes[i].path, '{');
		for (size_t k = i; k < hyp_route_count; k++)
			if (strcmp(hyp_routes[k].path, hyp_routes[i].path) == 0)
				write_operation(out, &hyp_routes[k]);
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, '}');
}

static void write_components(struct hyp_out *out)
{
	struct names names = {.count = 0};

	collect(&names, &hyp_schema_error);
	for (size_t i = 0; i < hyp_route_count; i++) {
		collect(&names, hyp_routes[i].body);
		collect(&names, hyp_routes[i].reply);
		collect(&names, hyp_routes[i].unready);
	}
	hyp_out_open(out, "components", '{');
	hyp_out_open(out, "securitySchemes", '{');
	hyp_out_open(out, "bearer", '{');
	hyp_out_text(out, "type", "http");
	hyp_out_text(out, "scheme", "bearer");
	hyp_out_close(out, '}');
	hyp_out_close(out, '}');
	hyp_out_open(out, "schemas", '{');
	for (size_t i = 0; i < names.count; i++)
		hyp_schema_write(out, names.at[i]->name, names.at[i]);
	hyp_out_close(out, '}');
	hyp_out_close(out, '}');
}

int32_t hyp_openapi_write(struct hyp_buf *buf, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_out_init(&out, buf, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "openapi", "3.1.0");
	hyp_out_open(&out, "info", '{');
	hyp_out_text(&out, "title", "hypersdk");
	hyp_out_text(&out, "version", PACKAGE_VERSION);
	hyp_out_close(&out, '}');
	write_paths(&out);
	write_components(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}
