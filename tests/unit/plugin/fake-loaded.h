/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded plugin without a file: operations that are part of the test. */
#ifndef HYP_TEST_FAKE_LOADED_H
#define HYP_TEST_FAKE_LOADED_H

#include "core/plugin/describe.h"
#include "core/plugin/gate.h"
#include "core/plugin/instance.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

struct fake_loaded {
	struct hyp_loaded loaded;
	struct hyp_description description;
	struct fake_host host;
	struct hyp_instance *instance;
};

static inline void fake_loaded_init(struct fake_loaded *f, uint32_t kind,
				    uint32_t threads, uint32_t flags,
				    const void *ops)
{
	struct store_options {
		const char *path;
		uint32_t read_only;
	};
	static const struct hyp_option of_a_store[] = {
		HYP_OPT_STRING(struct store_options, path, "path", NULL, 0,
			       "where"),
		HYP_OPT_BOOL(struct store_options, read_only, "read_only",
			     "false", 0, "how"),
	};
	const int is_store = kind == HYP_KIND_STORE;
	const struct hyp_plugin plugin = {
		.size = sizeof(plugin),
		.abi = HYP_ABI_VERSION,
		.kind = kind,
		.threads = threads,
		.flags = flags,
		.name = "fake",
		.version = "1",
		.summary = "a fake",
		.options = is_store ? of_a_store : NULL,
		.option_stride = sizeof(of_a_store[0]),
		.option_count = is_store ? 2 : 0,
		.options_size = sizeof(struct store_options),
		.ops = ops,
	};
	struct hyp_error err;

	memset(f, 0, sizeof(*f));
	ck_ok(hyp_describe(&plugin, kind, "fake", &f->description, &err), &err);
	f->loaded.plugin = f->description.plugin;
	f->loaded.ops = f->description.ops;
	if (threads == HYP_THREADS_SERIAL)
		ck_ok(hyp_gate_new(&f->loaded.gate, &err), &err);
	fake_host_init(&f->host);
}

static inline struct hyp_instance *fake_instance(struct fake_loaded *f,
						 struct hyp_instance *inner)
{
	struct hyp_instance *instance = NULL;
	struct hyp_error err;

	ck_ok(hyp_instance_new(&f->loaded, NULL, &f->host.table, inner,
			       &instance, &err),
	      &err);
	return instance;
}

static inline void fake_loaded_fini(struct fake_loaded *f)
{
	hyp_instance_free(f->instance);
	hyp_gate_free(f->loaded.gate);
	hyp_description_fini(&f->description);
	fake_host_fini(&f->host);
}

/* The call is the plugin's fault, and the error says whose and what. */
#define ck_fault(call, err, part)                                              \
	do {                                                                   \
		ck_fails(call, err, HYP_E_PERMANENT, "plugin_fault");          \
		ck_assert_msg(                                                 \
			strstr((err)->text, "/fake: its operation \"") &&      \
				strstr((err)->text, part),                     \
			"%s", (err)->text);                                    \
	} while (0)
#define ck_bad_call(call, err) ck_fails(call, err, HYP_E_PERMANENT, "bad_call")

#endif
