/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a later core that takes plugins in: built with headers in which
 * every struct has grown (later.py), it describes a plugin of today. */
#include "core/plugin/describe.h"
#include "core/plugin/kinds.h"

#include <dlfcn.h>
#include <hypersdk/provider.h>

typedef const struct hyp_plugin *describe_fn(void);

static int none(const uint64_t *later)
{
	return later[0] == 0 && later[1] == 0;
}

static int all_none(const struct hyp_description *d)
{
	const struct hyp_provider_ops *ops = d->ops;
	int ok = none(d->plugin.later) && none(ops->later) &&
		 ops->size == sizeof(*ops);

	for (uint32_t i = 0; i < d->plugin.option_count; i++)
		ok = ok && none(d->options[i].later);
	return ok;
}

/* later-core FILE NAME: what the provider of that name says it is. */
int main(int argc, char **argv)
{
	struct hyp_description d;
	describe_fn *describe;
	struct hyp_error err;
	void *symbol, *handle;

	handle = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	symbol = handle != NULL ? dlsym(handle, HYP_PLUGIN_SYMBOL) : NULL;
	if (symbol == NULL) {
		fprintf(stderr, "usage: later-core FILE NAME\n");
		return 2;
	}
	memcpy(&describe, &symbol, sizeof(describe));
	if (hyp_describe(describe(), HYP_KIND_PROVIDER, argv[2], &d, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%s, %s\n", d.plugin.name,
	       all_none(&d) ? "nothing of later" : "more than it has");
	for (uint32_t i = 0; i < d.plugin.option_count; i++)
		printf("%s: %s\n", d.options[i].name, d.options[i].help);
	hyp_description_fini(&d);
	return 0;
}
