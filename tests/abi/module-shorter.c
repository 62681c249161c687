/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin from before the last member of its operations was thought of. */
#define MODULE_IS_ODD
#define MODULE_NAME "shorter"
#include "tests/unit/plugin/module-good.c"

#include "tests/abi/same-name.h"

#define MEMBER(m) __typeof__(((struct hyp_provider_ops *)0)->m) m

struct old_ops {
	uint32_t size, flags;
	MEMBER(create);
	MEMBER(destroy);
	MEMBER(list);
	MEMBER(lookup);
	MEMBER(machine);
	MEMBER(preflight);
	MEMBER(open);
	MEMBER(files);
	MEMBER(copy);
	MEMBER(proof);
	MEMBER(describe);
	MEMBER(finish);
	MEMBER(abort);
};

/* What lies behind the struct is not ours: it must not pass for undo. */
static struct {
	struct old_ops ops;
	const char *poison;
} old = {
	.ops =
		{
			.size = sizeof(struct old_ops),
			.create = create,
			.destroy = destroy,
			.list = list,
			.lookup = lookup,
			.machine = machine,
			.preflight = preflight,
			.open = open_vm,
			.files = files,
			.copy = copy,
			.finish = finish,
			.abort = abort_export,
		},
	.poison = "poison",
};

const char *hyp_test_same_name(void)
{
	return "the shorter one";
}

HYP_PLUGIN_EXPORT
{
	static struct hyp_plugin plugin;

	plugin = description;
	plugin.ops = &old.ops;
	plugin.summary = hyp_test_same_name();
	return &plugin;
}
