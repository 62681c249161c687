/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of a later v1: every struct has grown at its end. */
#define MODULE_IS_ODD
#define MODULE_NAME "longer"
#include "tests/unit/plugin/module-good.c"

#include "tests/abi/same-name.h"

#include <stdlib.h>

struct later_option {
	struct hyp_option option;
	const char *unit;
	uint64_t more[2];
};
struct later_ops {
	struct hyp_provider_ops ops;
	int32_t (*resume)(void *instance, struct hyp_error *err);
	void *more[3];
};
struct later_plugin {
	struct hyp_plugin plugin;
	const char *homepage;
	uint64_t more[4];
};
struct later_options {
	const char *text;
	int64_t number;
};

static int32_t resume(void *instance, struct hyp_error *err)
{
	(void)instance;
	(void)err;
	abort(); /* no core of today can know this */
}

static int32_t undo(void *instance, const char *key, const void *bytes,
		    uint64_t n, struct hyp_error *err)
{
	(void)instance;
	(void)key;
	(void)bytes;
	(void)n;
	(void)err;
	return 0;
}

struct later_host {
	uint32_t size;
	unsigned char known[sizeof(struct hyp_host) - sizeof(uint32_t)];
	uint64_t (*more)(void *ctx);
};

/* What this core lends is shorter than what this plugin was built for. */
static int32_t later_create(const struct hyp_host *host, const void *filled,
			    void **instance, struct hyp_error *err)
{
	const struct later_host *later = (const void *)host;

	if (!HYP_HAS(host, forget) || HYP_HAS(later, more))
		abort();
	return create(host, filled, instance, err);
}

static const struct later_option later_options[] = {
	{HYP_OPT_STRING(struct later_options, text, "text", "first", 0,
			"a text"),
	 "poison",
	 {1, 2}},
	{HYP_OPT_INTEGER(struct later_options, number, "number", "42", 0, 0, 0,
			 "a number"),
	 "poison",
	 {3, 4}},
};

const char *hyp_test_same_name(void)
{
	return "the longer one";
}

HYP_PLUGIN_EXPORT
{
	static struct later_ops later_ops;
	static struct later_plugin later;

	later_ops.ops = ops;
	later_ops.ops.size = sizeof(later_ops);
	later_ops.ops.create = later_create;
	later_ops.ops.undo = undo;
	later_ops.resume = resume;
	later.plugin = description;
	later.plugin.size = sizeof(later);
	later.plugin.ops = &later_ops;
	later.plugin.summary = hyp_test_same_name();
	later.plugin.options_size = sizeof(struct later_options);
	later.plugin.options = &later_options[0].option;
	later.plugin.option_stride = sizeof(later_options[0]);
	later.plugin.option_count = 2;
	later.homepage = "poison";
	return &later.plugin;
}
