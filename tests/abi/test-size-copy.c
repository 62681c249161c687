/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins whose structs are shorter and longer than this core's load, and what
 * one side lacks is absent for the other. */
#include "core/plugin/call-store.h"
#include "core/plugin/instance.h"
#include "core/plugin/registry.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <unistd.h>

static char self[4096];
static struct tree tree;
static struct hyp_registry *registry;
static struct fake_host host;
static struct hyp_error err;

static void install(const char *name)
{
	const char *top = getenv("top_builddir");
	char from[4096], to[128];

	snprintf(from, sizeof(from), "%s/tests/abi/.libs/module-%s.so",
		 top != NULL ? top : ".", name);
	snprintf(to, sizeof(to), "provider/%s.so", name);
	tree_copy(&tree, to, from, 0644);
}

static void setup(void)
{
	const char *dirs[1] = {tree.root};

	tree_init(&tree);
	install("shorter");
	install("longer");
	unsetenv("LD_LIBRARY_PATH");
	ck_ok(hyp_registry_new(dirs, 1, self, &registry, &err), &err);
	fake_host_init(&host);
}

static void teardown(void)
{
	fake_host_fini(&host);
	hyp_registry_free(registry);
	tree_fini(&tree);
}

static const struct hyp_loaded *find(const char *name)
{
	const struct hyp_loaded *loaded;

	ck_ok(hyp_registry_find(registry, HYP_KIND_PROVIDER, name, &loaded,
				&err),
	      &err);
	return loaded;
}

static struct hyp_instance *make(const struct hyp_loaded *loaded,
				 struct hyp_options **options)
{
	struct hyp_values values = HYP_VALUES_INIT;
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_instance *instance;

	ck_assert_int_eq(hyp_options_fill(&loaded->options, &values, "x", 0,
					  options, &problems),
			 0);
	ck_ok(hyp_instance_new(loaded, *options, &host.table, NULL, &instance,
			       &err),
	      &err);
	return instance;
}

START_TEST(shorter)
{
	const struct hyp_loaded *loaded = find("shorter");
	const struct hyp_provider_ops *ops = loaded->ops;
	struct hyp_options *options;
	struct hyp_instance *instance = make(loaded, &options);

	ck_assert_uint_eq(ops->size, sizeof(*ops));
	ck_assert(ops->abort != NULL);
	ck_assert(ops->undo == NULL);
	ck_fails(hyp_provider_calls.undo(instance, "k", "", 0, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	hyp_instance_free(instance);
	hyp_options_free(options);
}
END_TEST

START_TEST(longer)
{
	const struct hyp_loaded *loaded = find("longer");
	const struct hyp_provider_ops *ops = loaded->ops;
	struct hyp_options *options;
	struct hyp_instance *instance = make(loaded, &options);
	const struct {
		const char *text;
		int64_t number;
	} *filled = hyp_options_struct(options);

	ck_assert_uint_eq(loaded->plugin.size, sizeof(loaded->plugin));
	ck_assert_uint_eq(ops->size, sizeof(*ops));
	ck_ok(hyp_provider_calls.undo(instance, "k", "", 0, &err), &err);
	ck_assert_uint_eq(loaded->options.stride, sizeof(struct hyp_option));
	ck_assert_uint_eq(loaded->options.count, 2);
	ck_assert_str_eq(hyp_option_at(&loaded->options, 1)->name, "number");
	ck_assert_str_eq(filled->text, "first");
	ck_assert_int_eq(filled->number, 42);
	hyp_instance_free(instance);
	hyp_options_free(options);
}
END_TEST

static int32_t compose(void *ctx, const struct hyp_job_row *chosen,
		       struct hyp_change *change, struct hyp_error *e)
{
	(void)chosen;
	(void)e;
	*change = *(const struct hyp_change *)ctx;
	return 0;
}

/* What a store of another age lends to be filled: nothing behind it, or behind
 * what this core knows, is written. */
static int32_t fill_change(uint32_t size, unsigned char *lent)
{
	const struct hyp_job_row job = {
		.size = sizeof(job), .state = HYP_JOB_QUEUED, .id = "j"};
	const struct hyp_store_op op = {.size = sizeof(op),
					.verb = HYP_OP_UPDATE,
					.table = HYP_TABLE_JOB,
					.row = &job};
	struct hyp_change made = {sizeof(made), 0, &op, sizeof(op), 1};
	const struct hyp_loaded *loaded = find("longer");
	struct hyp_options *options;
	struct hyp_instance *instance = make(loaded, &options);
	struct hyp_compose_guard guard;
	int32_t rc;

	memset(lent, 0xaa, 64);
	memcpy(lent, &size, sizeof(size));
	ck_ok(hyp_compose_guard_init(&guard, instance, compose, &made, &err),
	      &err);
	rc = hyp_compose_guarded(&guard, &job, (void *)lent, &err);
	hyp_guard_close(&guard.guard, rc, &err);
	hyp_guard_fini(&guard.guard);
	hyp_instance_free(instance);
	hyp_options_free(options);
	return rc;
}

START_TEST(filled_by_the_core)
{
	_Alignas(8) unsigned char lent[64];
	const uint32_t sizes[] = {sizeof(struct hyp_change),
				  sizeof(struct hyp_change) + 16,
				  sizeof(struct hyp_change) - 8};
	uint32_t size;

	for (int i = 0; i < 3; i++) {
		uint32_t known = sizes[i] < sizes[0] ? sizes[i] : sizes[0];

		ck_ok(fill_change(sizes[i], lent), &err);
		memcpy(&size, lent, sizeof(size));
		ck_assert_uint_eq(size, sizes[i]);
		ck_assert_uint_eq(lent[4], 0);
		for (uint32_t at = known; at < sizeof(lent); at++)
			ck_assert_uint_eq(lent[at], 0xaa);
	}
	ck_fails(fill_change(4, lent), &err, HYP_E_PERMANENT, "plugin_fault");
}
END_TEST

/* Fault 113: exports that collide. */
START_TEST(same_symbols)
{
	ck_assert_str_eq(find("shorter")->plugin.summary, "the shorter one");
	ck_assert_str_eq(find("longer")->plugin.summary, "the longer one");
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("size-copy");
	TCase *c = tcase_create("size-copy");

	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, shorter);
	tcase_add_test(c, longer);
	tcase_add_test(c, filled_by_the_core);
	tcase_add_test(c, same_symbols);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
