/* SPDX-License-Identifier: Apache-2.0 */
/* options{...} of a definition. */
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/units.h"
#include "core/config/choose.h"
#include "core/engine/definition-parse.h"
#include <hypersdk/provider.h>

#define RATE_MAX (INT64_C(1) << 60)

static int32_t take_parallel(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	int64_t n;

	if (hyp_definition_integer(r, value, 1, HYP_PARALLEL_MAX, &n) != 0)
		return r->err->code;
	r->definition->parallel = (uint32_t)n;
	return 0;
}

static int32_t take_remove_cdrom(struct hyp_definition_reader *r,
				 struct json_object *value)
{
	uint32_t remove;

	if (hyp_definition_bool(r, value, &remove) != 0)
		return r->err->code;
	r->definition->with_images = !remove;
	return 0;
}

static int32_t take_create_ova(struct hyp_definition_reader *r,
			       struct json_object *value)
{
	uint32_t create;

	if (hyp_definition_bool(r, value, &create) != 0)
		return r->err->code;
	r->create_ova = 1 + create;
	return 0;
}

static int32_t take_force(struct hyp_definition_reader *r,
			  struct json_object *value)
{
	return hyp_definition_bool(r, value, &r->definition->force);
}

static int32_t take_mode(struct hyp_definition_reader *r,
			 struct json_object *value)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} modes[] = {{"auto", HYP_MODE_AUTO},
		     {"hot", HYP_MODE_HOT},
		     {"cold", HYP_MODE_COLD}};
	const char *name = json_object_is_type(value, json_type_string)
				   ? json_object_get_string(value)
				   : "";

	for (size_t i = 0; i < HYP_COUNT(modes); i++)
		if (strcmp(name, modes[i].name) == 0) {
			r->definition->mode = modes[i].mode;
			return 0;
		}
	return hyp_definition_bad(r,
				  "must be \"auto\", \"hot\" (by a snapshot) "
				  "or \"cold\" (switched off only)");
}

static int32_t take_digest(struct hyp_definition_reader *r,
			   struct json_object *value)
{
	uint32_t digest = 0;

	if (json_object_is_type(value, json_type_string))
		digest = hyp_digest_by_name(json_object_get_string(value));
	if (digest == 0)
		return hyp_definition_bad(r, "must be \"sha256\", \"sha1\" or "
					     "\"sha512\"");
	r->definition->digest = digest;
	return 0;
}

/* "50MiB/s", or bytes per second as a number. */
static int32_t take_bandwidth(struct hyp_definition_reader *r,
			      struct json_object *value)
{
	struct hyp_error why;
	uint64_t rate;
	int64_t n;

	if (!json_object_is_type(value, json_type_string)) {
		if (hyp_definition_integer(r, value, 1, RATE_MAX, &n) != 0)
			return r->err->code;
		rate = (uint64_t)n;
	} else if (hyp_parse_rate(json_object_get_string(value), &rate, &why) !=
		   0) {
		return hyp_definition_bad(r, "%s", why.text);
	} else if (rate == 0) {
		return hyp_definition_bad(r, "0 would never end; leave it out "
					     "for no limit");
	}
	r->definition->bandwidth = rate;
	return 0;
}

int32_t hyp_definition_refuse_true(struct hyp_definition_reader *r,
				   struct json_object *value)
{
	uint32_t wanted;

	if (hyp_definition_bool(r, value, &wanted) != 0)
		return r->err->code;
	if (!wanted)
		return 0;
	return hyp_definition_unsupported(
		r, "true is not supported: disks are packed as the source "
		   "streams them, which is compressed and thin already where "
		   "it can be");
}

static const struct hyp_definition_field fields[] = {
	{"bandwidth", take_bandwidth},
	{"compress", hyp_definition_refuse_true},
	{"create_ova", take_create_ova},
	{"digest", take_digest},
	{"force", take_force},
	{"mode", take_mode},
	{"parallel_downloads", take_parallel},
	{"remove_cdrom", take_remove_cdrom},
	{"thin", hyp_definition_refuse_true},
};

int32_t hyp_definition_options(struct hyp_definition_reader *r,
			       struct json_object *value)
{
	return hyp_definition_members(r, value, fields, HYP_COUNT(fields));
}
