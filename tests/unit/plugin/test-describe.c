/* SPDX-License-Identifier: Apache-2.0 */
/* Which descriptions the loader takes, member by member. */
#include "core/plugin/describe.h"
#include "tests/lib/unit.h"
#include <hypersdk/packager.h>
#include <hypersdk/provider.h>
#include <hypersdk/storage.h>
#include <hypersdk/store.h>

struct options {
	const char *text;
	uint64_t bytes;
	uint32_t flag, choice;
};

static const char *const choices[] = {"a", "b", NULL};
static struct hyp_option options[4];
static struct hyp_plugin plugin;
static struct hyp_packager_ops packager;
static struct hyp_storage_ops storage;
static struct hyp_store_ops store;
static struct hyp_description got;
static struct hyp_error err;

static void some(void)
{
}

/* Every function pointer from the first to the end of the struct. */
static void set_all(void *ops, size_t from, size_t size)
{
	void (*member)(void) = some;

	for (size_t at = from; at < size; at += sizeof(member))
		memcpy((char *)ops + at, &member, sizeof(member));
}

static void setup(void)
{
	static const struct hyp_option good[4] = {
		HYP_OPT_STRING(struct options, text, "text", "x", 0, "a text"),
		HYP_OPT_BYTES(struct options, bytes, "bytes", "1KiB", 0, "b"),
		HYP_OPT_BOOL(struct options, flag, "flag", "true", 0, "f"),
		HYP_OPT_ENUM(struct options, choice, "choice", choices, "b", 0,
			     "c"),
	};

	memcpy(options, good, sizeof(options));
	set_all(&packager, offsetof(struct hyp_packager_ops, create),
		sizeof(packager));
	packager.size = sizeof(packager);
	packager.layout = HYP_LAYOUT_FILE;
	packager.suffix = ".ova";
	set_all(&storage, offsetof(struct hyp_storage_ops, create),
		sizeof(storage));
	storage.size = sizeof(storage);
	set_all(&store, offsetof(struct hyp_store_ops, create), sizeof(store));
	store.size = sizeof(store);
	plugin = (struct hyp_plugin){
		.size = sizeof(plugin),
		.abi = HYP_ABI_VERSION,
		.kind = HYP_KIND_PACKAGER,
		.threads = HYP_THREADS_PARALLEL,
		.options_size = sizeof(struct options),
		.name = "x",
		.version = "1.0",
		.summary = "summary",
		.options = options,
		.option_stride = sizeof(options[0]),
		.option_count = 4,
		.ops = &packager,
	};
	memset(&got, 0, sizeof(got));
}

static void use_storage(void)
{
	plugin.kind = HYP_KIND_STORAGE;
	plugin.ops = &storage;
}

static void use_store(void)
{
	plugin.kind = HYP_KIND_STORE;
	plugin.ops = &store;
	options[0].name = "path";
	options[2].name = "read_only";
}

static void taken(void)
{
	ck_ok(hyp_describe(&plugin, plugin.kind, "x", &got, &err), &err);
}

static void refused(const char *why)
{
	struct hyp_description untouched = {.options = options};

	ck_fails(hyp_describe(&plugin,
			      plugin.kind == HYP_KIND_STORAGE ||
					      plugin.kind == HYP_KIND_STORE
				      ? plugin.kind
				      : HYP_KIND_PACKAGER,
			      "x", &untouched, &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_ptr_eq(untouched.options, options);
	setup();
}

START_TEST(good)
{
	const struct hyp_packager_ops *ops;

	taken();
	ops = got.plugin.ops;
	ck_assert_ptr_ne(ops, &packager);
	ck_assert_uint_eq(ops->size, sizeof(*ops));
	ck_assert_str_eq(ops->suffix, ".ova");
	ck_assert_ptr_ne(got.plugin.options, options);
	ck_assert_str_eq(got.options[3].name, "choice");
	hyp_description_fini(&got);
	plugin.option_count = 0;
	plugin.options = NULL;
	plugin.options_size = 0;
	taken();
	hyp_description_fini(&got);
}
END_TEST

START_TEST(plugin_itself)
{
	plugin.size = 4;
	refused("wrong size: its description has 4 bytes");
	plugin.size = sizeof(plugin) - 8;
	refused("wrong size");
	plugin.size = sizeof(plugin) + 1;
	refused("wrong size");
	plugin.size = 1u << 31;
	refused("wrong size");
	plugin.abi = 1;
	refused("is for version 0.1 of the plugin interface, this core has "
		"1.0; build it anew");
	plugin.abi = HYP_ABI_VERSION + 99;
	refused("is for version 1.99 of the plugin interface, this core has "
		"1.0; a newer hypersdk is needed");
	plugin.abi = 2u << 16;
	refused("is for version 2.0 of the plugin interface, this core has "
		"1.0; a newer hypersdk is needed");
	plugin.abi = 2u << 16; /* whatever its size means there */
	plugin.size = 8;
	refused("is for version 2.0");
	plugin.kind = HYP_KIND_PROVIDER;
	refused("is a provider, but lies in the folder of packager plugins");
	plugin.kind = 77;
	refused("is a unknown kind");
	plugin.name = "y";
	refused("calls itself \"y\"");
	plugin.name = NULL;
	refused("calls itself \"\"");
	plugin.version = "";
	refused("no version or no summary");
	plugin.summary = NULL;
	refused("no version or no summary");
	plugin.summary = "two\nlines";
	refused("no version or no summary");
	plugin.threads = 3;
	refused("thread model 3");
	plugin.flags = HYP_PLUGIN_WRAPS;
	refused("sets flags 0x1, which this core does not know for a packager");
	plugin.ops = NULL;
	refused("has no operations");
}
END_TEST

START_TEST(flags)
{
	use_storage();
	plugin.flags = HYP_PLUGIN_WRAPS;
	taken();
	hyp_description_fini(&got);
	plugin.flags = 2;
	refused("sets flags 0x2");
}
END_TEST

START_TEST(operations)
{
	packager.size = 8;
	refused("wrong size: its table of operations has 8 bytes");
	packager.size = sizeof(packager) - sizeof(void *);
	refused("wrong size");
	packager.finish = NULL;
	refused("lacks the operation \"finish\", which every packager must");
	packager.create = NULL;
	refused("lacks the operation \"create\"");
	packager.layout = 3;
	refused("unknown layout 3");
	packager.suffix = NULL;
	refused("no proper suffix");
	packager.suffix = "ova";
	refused("no proper suffix");
	packager.suffix = "./a";
	refused("no proper suffix");
	packager.suffix = "";
	taken();
	hyp_description_fini(&got);
}
END_TEST

/* A plugin from before the optional members, and one from after ours. */
START_TEST(sizes_of_operations)
{
	struct {
		struct hyp_storage_ops ops;
		void (*later[4])(void);
	} longer;
	const struct hyp_storage_ops *ops;

	use_storage();
	storage.size = offsetof(struct hyp_storage_ops, state);
	taken();
	ops = got.ops;
	ck_assert_uint_eq(ops->size, sizeof(*ops));
	ck_assert(ops->abort != NULL);
	ck_assert(ops->state == NULL && ops->resume == NULL &&
		  ops->sweep == NULL);
	hyp_description_fini(&got);
	storage.size = sizeof(longer);
	memcpy(&longer.ops, &storage, sizeof(storage));
	set_all(&longer.later, 0, sizeof(longer.later));
	plugin.ops = &longer;
	taken();
	ops = got.ops;
	ck_assert_uint_eq(ops->size, sizeof(*ops));
	ck_assert(ops->sweep != NULL);
	hyp_description_fini(&got);
	storage.size = offsetof(struct hyp_storage_ops, abort);
	plugin.ops = &storage;
	refused("wrong size");
}
END_TEST

/* By which the core opens it: store.h. */
START_TEST(options_of_a_store)
{
	use_store();
	taken();
	hyp_description_fini(&got);
	options[0].name = "file";
	refused("lacks the option \"path\", a string, which every store must");
	use_store();
	options[2].name = "readonly";
	refused("lacks the option \"read_only\", a bool, which every store");
	use_store();
	options[2].name = "path";
	options[0].name = "read_only";
	refused("lacks the option \"path\", a string");
	use_store();
	options[2].name = "flag";
	options[1].name = "read_only";
	refused("lacks the option \"read_only\", a bool");
	use_store();
	plugin.option_count = 2;
	refused("lacks the option \"read_only\"");
	use_store();
	plugin.option_count = 0;
	plugin.options = NULL;
	refused("lacks the option \"path\"");
}
END_TEST

START_TEST(table_itself)
{
	plugin.options = NULL;
	refused("states 4 options");
	plugin.option_count = 100000;
	refused("states 100000 options");
	plugin.options_size = 0;
	refused("in a struct of 0 bytes");
	plugin.options_size = 1u << 30;
	refused("in a struct of 1073741824 bytes");
	plugin.option_stride = sizeof(options[0]) - 8;
	refused("wrong size: its options have");
	plugin.option_stride = sizeof(options[0]) + 4;
	refused("wrong size: its options have");
}
END_TEST

static const char *const bad_names[] = {
	NULL,
	"",
	"Text",
	"1st",
	"a-b",
	"a b",
	"plugin",
	"inner",
	"a234567890123456789012345678901234567890123456789012345678901234"};

START_TEST(option_names)
{
	options[1].name = bad_names[_i];
	refused("an option of the invalid name");
}
END_TEST

START_TEST(option_members)
{
	options[1].name = "text";
	refused("two options \"text\"");
	options[1].help = NULL;
	refused("option \"bytes\" has no help");
	options[1].help = "two\nlines";
	refused("option \"bytes\" has no help");
	options[1].help = "";
	refused("option \"bytes\" has no help");
	options[1].type = 0;
	refused("option \"bytes\" has type 0");
	options[1].type = 9;
	refused("option \"bytes\" has type 9");
	options[1].flags = 2;
	refused("option \"bytes\" sets flags 0x2");
	options[1].offset = sizeof(struct options) - 4;
	refused("option \"bytes\" lies outside");
	options[1].offset = UINT32_MAX;
	refused("option \"bytes\" lies outside");
	options[1].offset += 4;
	refused("option \"bytes\" lies outside of the options' struct, or");
	options[1].offset = options[0].offset;
	refused("options \"text\" and \"bytes\" fill the same member");
	options[2].offset = options[1].offset + 4;
	refused("options \"bytes\" and \"flag\" fill the same member");
}
END_TEST

START_TEST(option_values)
{
	options[1].def = "1 parsec";
	refused("option \"bytes\": default: ");
	options[2].def = "yes";
	refused("option \"flag\": default: ");
	options[3].def = "c";
	refused("option \"choice\": default: ");
	options[3].choices = NULL;
	refused("option \"choice\": choices are for the type enum");
	options[3].choices = choices + 2;
	refused("option \"choice\" has no choices");
	options[0].choices = choices;
	refused("option \"text\": choices are for the type enum");
	options[0].flags = HYP_OPT_REQUIRED;
	refused("option \"text\" is required and has a default");
	options[1].type = HYP_OPT_T_INTEGER;
	options[1].def = "5";
	options[1].min = 6;
	options[1].max = 7;
	refused("option \"bytes\": default: ");
	options[1].type = HYP_OPT_T_INTEGER;
	options[1].min = 7;
	options[1].max = 6;
	refused("its minimum is above its maximum");
	options[0].type = HYP_OPT_T_LIST;
	options[1].offset = 16;
	options[2].offset = 24;
	plugin.options_size = 64;
	options[3].offset = 28;
	refused("option \"text\": a list has no default");
}
END_TEST

START_TEST(names)
{
	ck_assert(hyp_plugin_name_valid("vsphere"));
	ck_assert(hyp_plugin_name_valid("a-2"));
	ck_assert(!hyp_plugin_name_valid(""));
	ck_assert(!hyp_plugin_name_valid("A"));
	ck_assert(!hyp_plugin_name_valid("2a"));
	ck_assert(!hyp_plugin_name_valid("-a"));
	ck_assert(!hyp_plugin_name_valid("a_b"));
	ck_assert(!hyp_plugin_name_valid("a/b"));
	ck_assert(!hyp_plugin_name_valid("a.so"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("describe");
	TCase *c = tcase_create("describe");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, good);
	tcase_add_test(c, plugin_itself);
	tcase_add_test(c, flags);
	tcase_add_test(c, operations);
	tcase_add_test(c, sizes_of_operations);
	tcase_add_test(c, options_of_a_store);
	tcase_add_test(c, table_itself);
	tcase_add_loop_test(c, option_names, 0,
			    (int)(sizeof(bad_names) / sizeof(bad_names[0])));
	tcase_add_test(c, option_members);
	tcase_add_test(c, option_values);
	tcase_add_test(c, names);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
