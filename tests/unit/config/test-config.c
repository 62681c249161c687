/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"
#include "tests/lib/tree.h"
#include "tests/unit/config/problems.h"

#include <sys/stat.h>
#include <unistd.h>

static struct tree tree;
static struct hyp_config *config;
static struct hyp_problems problems;
static struct hyp_error err;

static void setup(void)
{
	tree_init(&tree);
	memset(&problems, 0, sizeof(problems));
	config = NULL;
}

static void teardown(void)
{
	hyp_config_free(config);
	hyp_problems_fini(&problems);
	tree_fini(&tree);
}

static int32_t load_with(const struct hyp_values *overrides)
{
	return hyp_config_load(tree_path(&tree, "hypersdk.conf"), overrides,
			       &config, &problems);
}

static void load(void)
{
	int32_t rc = load_with(NULL);

	show_problems(&problems);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(problems.count, 0);
}

static void main_conf(const char *text)
{
	tree_write(&tree, "hypersdk.conf", text, 0644);
}

START_TEST(defaults)
{
	main_conf("");
	load();
	ck_assert_str_eq(config->settings->state_dir, HYP_STATE_DIR);
	ck_assert_uint_eq(config->settings->log_level, 2);
	ck_assert_uint_eq(config->settings->plugin_dirs.count, 0);
	ck_assert_uint_eq(config->settings->storage_roots.count, 0);
	ck_assert_uint_eq(config->pipeline_count, 0);
}
END_TEST

START_TEST(order_of_files)
{
	main_conf("state_dir = \"/main\"; log_level = \"error\";\n"
		  "plugin_dirs = [\"/p1\", \"/p2\"];\n"
		  "storage = { roots = [\"/r1\"]; };\n"
		  "pipelines = ({ name = \"one\"; provider = \"x\"; });\n");
	tree_write(&tree, "conf.d/20-b.conf",
		   "log_level = \"debug\"; storage = { roots = [\"/r2\"]; };\n"
		   "pipelines = ({ name = \"three\"; provider = \"x\"; });\n",
		   0644);
	tree_write(&tree, "conf.d/10-a.conf",
		   "log_level = \"warning\";\n"
		   "pipelines = ({ name = \"two\"; provider = \"x\"; });\n",
		   0644);
	tree_write(&tree, "conf.d/30.conf.example", "nonsense", 0644);
	tree_write(&tree, "conf.d/.hidden.conf", "nonsense", 0644);
	tree_write(&tree, "conf.d/.conf", "nonsense", 0644);
	load();
	ck_assert_str_eq(config->settings->state_dir, "/main");
	ck_assert_uint_eq(config->settings->log_level, 3);
	ck_assert_uint_eq(config->settings->plugin_dirs.count, 2);
	ck_assert_str_eq(config->settings->storage_roots.items[0], "/r2");
	ck_assert_uint_eq(config->pipeline_count, 3);
	ck_assert_str_eq(config->pipelines[0].name, "one");
	ck_assert_str_eq(config->pipelines[1].name, "two");
	ck_assert_str_eq(config->pipelines[2].name, "three");
}
END_TEST

START_TEST(overrides)
{
	struct hyp_values set = HYP_VALUES_INIT;

	main_conf("state_dir = \"/main\";");
	ck_ok(hyp_values_set(&set, "state_dir", HYP_VALUE_TEXT, "/cli",
			     "command line", 0, &err),
	      &err);
	ck_ok(hyp_values_set(&set, "storage.roots", HYP_VALUE_TEXT, "/r",
			     "command line", 0, &err),
	      &err);
	ck_assert_int_eq(load_with(&set), 0);
	ck_assert_str_eq(config->settings->state_dir, "/cli");
	ck_assert_str_eq(config->settings->storage_roots.items[0], "/r");
	hyp_config_free(config);
	config = NULL;
	ck_ok(hyp_values_set(&set, "stat_dir", HYP_VALUE_TEXT, "/x",
			     "command line", 0, &err),
	      &err);
	ck_assert_int_eq(load_with(&set), HYP_E_USAGE);
	ck_problem(&problems, "command line: the configuration has no option "
			      "\"stat_dir\"; did you mean \"state_dir\"?");
	hyp_values_fini(&set);
}
END_TEST

START_TEST(pipeline)
{
	const struct hyp_pipeline *p;

	main_conf("pipelines = (\n"
		  "  { name = \"nightly\"; default = true;\n"
		  "    provider = { plugin = \"vsphere\";\n"
		  "                 url = \"https://vc/sdk\"; };\n"
		  "    packager = \"ova\";\n"
		  "    storage = { plugin = \"fault\"; op = \"write\";\n"
		  "                inner = { plugin = \"local\"; n = 3; }; };\n"
		  "    parallel_downloads = 5; notifiers = []; }\n"
		  ");\n");
	load();
	p = &config->pipelines[0];
	ck_assert_str_eq(p->name, "nightly");
	ck_assert_uint_eq(p->is_default, 1);
	ck_assert_uint_eq(p->parallel_downloads, 5);
	ck_assert_uint_eq(p->line, 2);
	ck_assert_str_eq(p->provider.plugin, "vsphere");
	ck_assert_uint_eq(p->provider.values.count, 1);
	ck_assert_str_eq(hyp_values_get(&p->provider.values, "url")->text,
			 "https://vc/sdk");
	ck_assert_uint_eq(hyp_values_get(&p->provider.values, "url")->line, 4);
	ck_assert_uint_eq(p->provider.line, 3);
	ck_assert_str_eq(p->packager.plugin, "ova");
	ck_assert_uint_eq(p->packager.values.count, 0);
	ck_assert_str_eq(p->storage.plugin, "fault");
	ck_assert_uint_eq(p->storage.values.count, 1);
	ck_assert_str_eq(p->storage.inner->plugin, "local");
	ck_assert_ptr_null(p->storage.inner->inner);
	ck_assert_uint_eq(hyp_values_get(&p->storage.inner->values, "n")->form,
			  HYP_VALUE_NUMBER);
}
END_TEST

START_TEST(pipeline_defaults)
{
	main_conf("pipelines = ( { name = \"a\"; provider = \"x\"; } );\n");
	load();
	ck_assert_uint_eq(config->pipelines[0].is_default, 0);
	ck_assert_uint_eq(config->pipelines[0].parallel_downloads, 3);
	ck_assert_ptr_null(config->pipelines[0].packager.plugin);
	ck_assert_ptr_null(config->pipelines[0].storage.plugin);
}
END_TEST

#define P(more) "pipelines = (\n{ name = \"a\"; provider = \"x\";\n" more "});"

static const struct {
	const char *text, *problem;
} wrong[] = {
	{"\nstate_dri = \"/x\";", ":2: there is no setting \"state_dri\"; did "
				  "you mean \"state_dir\"?"},
	{"pipeline = ();", "did you mean \"pipelines\"?"},
	{"state_dir = 1;", ":1: the configuration: state_dir must be a string"},
	{"state_dir = \"x\";", ":1: state_dir: \"x\" is not an absolute path"},
	{"plugin_dirs = [\"/a\", \"b\"];", "plugin_dirs: \"b\" is not"},
	{"storage = { roots = [\"r\"]; };", "storage.roots: \"r\" is not"},
	{"storage = { roots = (\"/r\", 1); };",
	 "storage.roots must be a list of strings"},
	{"storage = { root = \"/\"; };", "did you mean \"roots\"?"},
	{"storage = 1;", "storage must be a group"},
	{"log_level = \"debgu\";", "did you mean \"debug\"?"},
	{"log_level = 5000000000;", "does not fit 32 bits"},
	{"a = 1\nb = = 2", ":2: syntax error"},
	{"state_dir = \"/a\";\nstate_dir = \"/b\";",
	 ":2: duplicate setting name"},
	{"pipelines = {};", "pipelines must be a list of groups"},
	{"pipelines = ( 1 );", "a pipeline must be a group"},
	{"pipelines = (\n{ provider = \"x\"; });",
	 ":2: pipeline: the option \"name\" must be given"},
	{"pipelines = (\n{ name = \"a\"; });", ":2: the pipeline has no "
					       "provider"},
	{"pipelines = ({ name = \"a b\"; provider = \"x\"; });",
	 "the name \"a b\" is not"},
	{P("packger = \"ova\";"), ":3: a pipeline has no \"packger\"; did you "
				  "mean \"packager\"?"},
	{P("parallel_downloads = 17;"), ":3: pipeline: parallel_downloads"},
	{P("parallel_downloads = 0;"), ":3: pipeline: parallel_downloads"},
	{P("parallel_downloads = \"many\";"), "parallel_downloads: \"many\""},
	{P("default = 1;"), ":3: pipeline: default must be true or false"},
	{P("notifiers = [\"ops\"];"), ":3: there is no notifier \"ops\": "
				      "declare it"},
	{P("storage = { };"), ":3: storage: say which plugin"},
	{P("storage = 3;"), ":3: storage must be a group"},
	{P("storage = { plugin = 3; };"), ":3: plugin must be a plugin's name"},
	{P("packager = { plugin = \"ova\"; inner = \"x\"; };"),
	 ":3: a packager has no inner"},
	{P("storage = { plugin = \"f\"; inner = { op = 1; }; };"),
	 "storage: say which plugin"},
	{P("storage={plugin=\"f\";inner={plugin=\"f\";inner={plugin=\"f\";"
	   "inner={plugin=\"f\";inner={plugin=\"f\";inner=\"f\";};};};};};"),
	 "at most 4 storages"},
};

START_TEST(wrong_settings)
{
	main_conf(wrong[_i].text);
	ck_assert_int_eq(load_with(NULL), HYP_E_USAGE);
	ck_problem(&problems, wrong[_i].problem);
	ck_problem(&problems, "/hypersdk.conf:");
}
END_TEST

START_TEST(all_problems)
{
	main_conf("state_dri = \"/x\";\nlog_level = 3;\n"
		  "pipelines = ( { nme = \"a\"; }, { name = \"b\"; } );\n");
	tree_write(&tree, "conf.d/a.conf", "nonsense\n", 0644);
	tree_write(&tree, "conf.d/b.conf", "\nnonsense = 1;\n", 0644);
	ck_assert_int_eq(load_with(NULL), HYP_E_USAGE);
	ck_problem(&problems, "hypersdk.conf:1: ");
	ck_problem(&problems, "hypersdk.conf:2: ");
	ck_problem(&problems, "\"nme\"");
	ck_problem(&problems, "no provider");
	ck_problem(&problems, "conf.d/a.conf:1: syntax error");
	ck_problem(&problems, "conf.d/b.conf:2: there is no setting");
}
END_TEST

START_TEST(duplicates)
{
	main_conf("pipelines = (\n{ name = \"a\"; provider = \"x\"; default = "
		  "true; } );\n");
	tree_write(&tree, "conf.d/a.conf",
		   "pipelines = ( { name = \"a\"; provider = \"x\"; default = "
		   "true; } );",
		   0644);
	ck_assert_int_eq(load_with(NULL), HYP_E_USAGE);
	ck_problem(&problems, "conf.d/a.conf:1: there is a pipeline \"a\" "
			      "already, at ");
	ck_problem(&problems, "hypersdk.conf:2");
	ck_problem(&problems, "\"a\" is the default already");
}
END_TEST

START_TEST(missing_files)
{
	ck_assert_int_eq(load_with(NULL), HYP_E_USAGE);
	ck_problem(&problems, "hypersdk.conf: cannot be opened: No such");
	hyp_problems_fini(&problems);
	main_conf("");
	tree_write(&tree, "conf.d", "not a directory", 0644);
	ck_assert_int_eq(load_with(NULL), HYP_E_USAGE);
	ck_problem(&problems, "conf.d: cannot be read: Not a directory");
}
END_TEST

/* Nothing installed is no mistake; the built-in path is the installed one, in
 * which a test must not write: so only what is always so is asked. */
START_TEST(nothing_installed)
{
	if (access(HYP_CONF_DIR, F_OK) == 0)
		return;
	ck_assert_int_eq(hyp_config_load(NULL, NULL, &config, &problems), 0);
	ck_assert_uint_eq(config->pipeline_count, 0);
}
END_TEST

static void choose(const char *name, const char *want)
{
	const struct hyp_pipeline *p = NULL;

	ck_ok(hyp_config_pipeline(config, name, &p, &err), &err);
	ck_assert_str_eq(p->name, want);
}

static void no_choice(const char *name, const char *text)
{
	const struct hyp_pipeline *p = NULL;

	ck_fails(hyp_config_pipeline(config, name, &p, &err), &err, HYP_E_USAGE,
		 "no_pipeline");
	ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
	ck_assert_ptr_null(p);
}

START_TEST(choose_only)
{
	main_conf("pipelines = ( { name = \"one\"; provider = \"x\"; } );");
	load();
	choose(NULL, "one");
	choose("one", "one");
	no_choice("on", "did you mean \"one\"?");
	no_choice("something", "there are: one");
}
END_TEST

START_TEST(choose_default)
{
	main_conf("pipelines = ( { name = \"one\"; provider = \"x\"; },"
		  "{ name = \"two\"; provider = \"x\"; default = true; });");
	load();
	choose(NULL, "two");
	choose("one", "one");
}
END_TEST

START_TEST(choose_none)
{
	main_conf("pipelines = ( { name = \"one\"; provider = \"x\"; },"
		  "{ name = \"two\"; provider = \"x\"; });");
	load();
	no_choice(NULL, "which pipeline? None has default = true; there are: "
			"one, two");
	hyp_config_free(config);
	main_conf("");
	load();
	no_choice(NULL, "no pipeline is configured");
	no_choice("a", "none is configured");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *c = tcase_create("config");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, defaults);
	tcase_add_test(c, order_of_files);
	tcase_add_test(c, overrides);
	tcase_add_test(c, pipeline);
	tcase_add_test(c, pipeline_defaults);
	tcase_add_loop_test(c, wrong_settings, 0,
			    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(c, all_problems);
	tcase_add_test(c, duplicates);
	tcase_add_test(c, missing_files);
	tcase_add_test(c, nothing_installed);
	tcase_add_test(c, choose_only);
	tcase_add_test(c, choose_default);
	tcase_add_test(c, choose_none);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
