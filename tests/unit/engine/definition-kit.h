/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions from JSON as it is written here, with ' for ". */
#ifndef HYP_TEST_DEFINITION_KIT_H
#define HYP_TEST_DEFINITION_KIT_H

#include "core/engine/definition.h"
#include "core/base/json-read.h"
#include "tests/lib/unit.h"

#define KIT_NOW INT64_C(1795698489123) /* 2026-11-26T13:08:09Z */
#define KIT_VM "'vm_path':'/DC/vm/web','output_path':'/srv/x'"

static struct hyp_error err;

static inline json_object *kit_json(const char *text)
{
	char *copy = strdup(text);
	json_object *json;

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	ck_ok(hyp_json_read(copy, strlen(copy), &json, &err), &err);
	free(copy);
	return json;
}

static inline int32_t kit_try(const char *text, struct hyp_definition **out)
{
	json_object *json = kit_json(text);
	int32_t rc = hyp_definition_parse(json, KIT_NOW, out, &err);

	json_object_put(json);
	return rc;
}

static inline struct hyp_definition *kit_parse(const char *text)
{
	struct hyp_definition *d;

	ck_ok(kit_try(text, &d), &err);
	return d;
}

#endif
