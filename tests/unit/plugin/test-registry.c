/* SPDX-License-Identifier: Apache-2.0 */
/* The way from a name to a loaded plugin, with modules that misbehave (faults
 * 112, 113). This program is its own prober. */
#include "core/plugin/loader.h"
#include "core/plugin/probe.h"
#include "core/plugin/registry.h"
#include "core/plugin/trust.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char self[4096];
static struct tree tree;
static struct hyp_registry *registry;
static struct hyp_error err;

static const char *module(const char *name)
{
	static char path[4096];
	const char *top = getenv("top_builddir");

	snprintf(path, sizeof(path), "%s/tests/unit/plugin/.libs/module-%s.so",
		 top != NULL ? top : ".", name);
	return path;
}

static void install(const char *name, const char *from)
{
	tree_copy(&tree, name, module(from), 0644);
}

static void setup(void)
{
	const char *dirs[1] = {tree.root};

	tree_init(&tree);
	unsetenv("LD_LIBRARY_PATH");
	ck_ok(hyp_registry_new(dirs, 1, self, &registry, &err), &err);
}

static void teardown(void)
{
	hyp_registry_free(registry);
	tree_fini(&tree);
}

static const struct hyp_loaded *find(const char *name)
{
	const struct hyp_loaded *loaded = NULL;

	ck_ok(hyp_registry_find(registry, HYP_KIND_PROVIDER, name, &loaded,
				&err),
	      &err);
	return loaded;
}

static void refused(const char *name, const char *why)
{
	const struct hyp_loaded *loaded = NULL;

	ck_fails(hyp_registry_find(registry, HYP_KIND_PROVIDER, name, &loaded,
				   &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_ptr_null(strchr(err.text, '\n'));
	ck_assert_ptr_null(loaded);
}

START_TEST(loads)
{
	const struct hyp_loaded *loaded;

	install("provider/good.so", "good");
	loaded = find("good");
	ck_assert_str_eq(loaded->plugin.name, "good");
	ck_assert_str_eq(loaded->plugin.version, "1.0");
	ck_assert_uint_eq(loaded->plugin.kind, HYP_KIND_PROVIDER);
	ck_assert_uint_eq(loaded->options.count, 1);
	ck_assert_str_eq(loaded->path, tree_path(&tree, "provider/good.so"));
	ck_assert_ptr_nonnull(loaded->gate);
	ck_assert_ptr_eq(find("good"), loaded);
	/* Loaded stays loaded, whatever happens to the file. */
	ck_assert_int_eq(unlink(tree.path), 0);
	ck_assert_ptr_eq(find("good"), loaded);
}
END_TEST

static const struct {
	const char *odd, *why;
} odds[] = {
	{"crash", "crashed while it was loaded: Segmentation fault"},
	{"crash-later", "crashed while it was loaded: Segmentation fault"},
	{"abort", "crashed while it was loaded: Aborted"},
	{"exit-0", "ended the process that loaded it, with exit code 0"},
	{"exit-1", "ended the process that loaded it, with exit code 1"},
	{"exit-7", "ended the process that loaded it, with exit code 7"},
	{"talk-and-exit", "ended the process that loaded it"},
	{"thread", "its constructor starts threads"},
	{"mask", "its constructor changes the signal mask"},
	{"null", "describes itself with NULL"},
	{"abi", "is for version 1.1 of the plugin interface, this core has "
		"1.0; a newer hypersdk is needed"},
	{"size", "wrong size: its description has 4 bytes"},
	{"kind", "is a storage, but lies in the folder of provider plugins"},
	{"name", "calls itself \"even\", but its file is odd.so"},
};

START_TEST(odd)
{
	install("provider/odd.so", "odd");
	install("provider/good.so", "good");
	setenv("HYP_TEST_ODD", odds[_i].odd, 1);
	refused("odd", odds[_i].why);
	find("good");
}
END_TEST

START_TEST(talks)
{
	install("provider/odd.so", "odd");
	setenv("HYP_TEST_ODD", "talk", 1);
	find("odd");
}
END_TEST

static int is_alive(const char *file)
{
	FILE *in = fopen(file, "r");
	int pid = 0;

	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(fscanf(in, "%d", &pid), 1);
	fclose(in);
	return kill(pid, 0) == 0;
}

static void wait_for_file(const char *file)
{
	while (access(file, F_OK) != 0)
		usleep(10000);
}

START_TEST(hangs)
{
	install("provider/odd.so", "odd");
	setenv("HYP_TEST_ODD", "hang", 1);
	ck_fails(hyp_probe_run(self, tree_path(&tree, "provider/odd.so"), 300,
			       &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	ck_assert_ptr_nonnull(strstr(err.text, "did not load within 300 ms"));
}
END_TEST

/* What it started goes with it: the whole process group. */
START_TEST(hangs_with_child)
{
	char pids[1024];

	install("provider/odd.so", "odd");
	snprintf(pids, sizeof(pids), "%s", tree_path(&tree, "pids"));
	setenv("HYP_TEST_ODD", "hang-with-child", 1);
	setenv("HYP_TEST_PIDS", pids, 1);
	ck_fails(hyp_probe_run(self, tree_path(&tree, "provider/odd.so"), 3000,
			       &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	wait_for_file(pids);
	/* Killed; it is gone as soon as its new parent has taken note. */
	while (is_alive(pids))
		usleep(10000);
}
END_TEST

START_TEST(no_prober)
{
	ck_fails(hyp_probe_run("/no/such/prober", "x", 1000, &err), &err,
		 HYP_E_TRANSIENT, "probe_failed");
	ck_fails(hyp_probe_run("/bin/true", "x", 1000, &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
}
END_TEST

START_TEST(other_objects)
{
	install("provider/nosymbol.so", "nosymbol");
	refused("nosymbol", "does not export hypersdk_plugin_v1");
	install("provider/v2.so", "v2");
	refused("v2", "found v2, this core speaks v1");
	tree_write(&tree, "provider/text.so", "#!/bin/sh\n", 0755);
	refused("text", "is not a shared object for this machine");
	tree_write(&tree, "provider/empty.so", "", 0644);
	refused("empty", "is not a shared object for this machine");
	tree_copy(&tree, "provider/program.so", "/bin/true", 0755);
	refused("program", "program.so: ");
	/* In another kind's folder, and under another name. */
	install("storage/good.so", "good");
	ck_fails(hyp_registry_find(registry, HYP_KIND_STORAGE, "good", NULL,
				   &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	install("provider/better.so", "good");
	refused("better", "calls itself \"good\"");
}
END_TEST

/* A part of a shared object, however much: nobody knows what else of it is
 * missing, so it is refused also where what there is would do. */
START_TEST(cut_off)
{
	struct stat st;

	install("provider/good.so", "good");
	ck_assert_int_eq(stat(tree.path, &st), 0);
	ck_assert_int_eq(truncate(tree.path, _i < 16 ? st.st_size * _i / 16
						     : st.st_size - 1),
			 0);
	refused("good", _i == 0 ? "is not a shared object for this machine"
				: "is cut off: ");
}
END_TEST

START_TEST(untrusted)
{
	install("provider/good.so", "good");
	ck_assert_int_eq(chmod(tree_path(&tree, "provider"), 0777), 0);
	refused("good", "provider can be written by others");
	/* Once that is mended, nothing need be started anew. */
	ck_assert_int_eq(chmod(tree_path(&tree, "provider"), 0755), 0);
	find("good");
	install("provider/odd.so", "odd");
	ck_assert_int_eq(chmod(tree_path(&tree, "provider/odd.so"), 04755), 0);
	refused("odd", "set-user-ID");
	ck_assert_int_eq(unlink(tree.path), 0);
	ck_assert_int_eq(symlink("good.so", tree.path), 0);
	refused("odd", "is a symbolic link");
}
END_TEST

/* A refusal is remembered until the file changes. */
START_TEST(refused_once)
{
	install("provider/odd.so", "odd");
	setenv("HYP_TEST_ODD", "crash", 1);
	refused("odd", "crashed");
	unsetenv("HYP_TEST_ODD");
	refused("odd", "crashed");
	ck_assert_int_eq(chmod(tree_path(&tree, "provider/odd.so"), 0600), 0);
	find("odd");
}
END_TEST

START_TEST(unknown)
{
	const struct hyp_loaded *loaded;
	static const char *const names[] = {"gd", "goodd", "../x",    "GOOD",
					    "",	  ".",	   "good.so", "a/b"};

	install("provider/good.so", "good");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_fails(hyp_registry_find(registry, HYP_KIND_PROVIDER,
					   names[i], &loaded, &err),
			 &err, HYP_E_USAGE, "plugin_unknown");
		ck_assert_ptr_nonnull(strstr(err.text, tree.root));
	}
	ck_fails(hyp_registry_find(registry, HYP_KIND_PROVIDER, "goood",
				   &loaded, &err),
		 &err, HYP_E_USAGE, "plugin_unknown");
	ck_assert_ptr_nonnull(strstr(err.text, "did you mean \"good\"?"));
}
END_TEST

START_TEST(scan)
{
	const struct hyp_loaded *const *plugins;
	const struct hyp_refusal *refusals;
	size_t n, m;

	install("provider/odd.so", "odd");
	install("provider/good.so", "good");
	install("provider/Bad.so", "good");
	install("packager/v2.so", "v2");
	install("storage/nosymbol.so", "nosymbol");
	tree_write(&tree, "storage/.hidden.so", "x", 0644);
	tree_write(&tree, "storage/readme", "x", 0644);
	for (int twice = 0; twice < 2; twice++) {
		ck_ok(hyp_registry_scan(registry, &plugins, &n, &refusals, &m,
					&err),
		      &err);
		ck_assert_uint_eq(n, 2);
		ck_assert_str_eq(plugins[0]->plugin.name, "good");
		ck_assert_str_eq(plugins[1]->plugin.name, "odd");
		ck_assert_uint_eq(m, 3);
		ck_assert_ptr_nonnull(strstr(refusals[0].path, "r/Bad.so"));
		ck_assert_ptr_nonnull(
			strstr(refusals[0].reason, "a plugin is a file"));
		ck_assert_uint_eq(refusals[1].kind, HYP_KIND_PACKAGER);
		ck_assert_ptr_nonnull(strstr(refusals[1].reason, "found v2"));
		ck_assert_uint_eq(refusals[2].kind, HYP_KIND_STORAGE);
	}
	/* What was removed is no longer refused. */
	ck_assert_int_eq(unlink(tree_path(&tree, "packager/v2.so")), 0);
	ck_ok(hyp_registry_scan(registry, &plugins, &n, &refusals, &m, &err),
	      &err);
	ck_assert_uint_eq(m, 2);
}
END_TEST

START_TEST(several_folders)
{
	char one[512], two[512];
	const char *dirs[3] = {one, "/no/such/folder", two};
	const struct hyp_loaded *const *plugins;
	const struct hyp_refusal *refusals;
	struct hyp_registry *r;
	const struct hyp_loaded *loaded;
	size_t n, m;

	snprintf(one, sizeof(one), "%s/1", tree.root);
	snprintf(two, sizeof(two), "%s/2", tree.root);
	install("2/provider/good.so", "good");
	install("2/provider/odd.so", "odd");
	tree_write(&tree, "1/provider/odd.so", "not ELF", 0644);
	ck_ok(hyp_registry_new(dirs, 3, self, &r, &err), &err);
	ck_ok(hyp_registry_find(r, HYP_KIND_PROVIDER, "good", &loaded, &err),
	      &err);
	ck_assert_str_eq(loaded->path, tree_path(&tree, "2/provider/good.so"));
	/* The first wins, also when it is no good. */
	ck_fails(hyp_registry_find(r, HYP_KIND_PROVIDER, "odd", &loaded, &err),
		 &err, HYP_E_USAGE, "plugin_rejected");
	ck_ok(hyp_registry_scan(r, &plugins, &n, &refusals, &m, &err), &err);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(m, 1);
	hyp_registry_free(r);
}
END_TEST

START_TEST(relative_folder)
{
	const char *dirs[1] = {"."};
	const struct hyp_loaded *loaded;
	struct hyp_registry *r;

	install("provider/good.so", "good");
	ck_assert_int_eq(chdir(tree.root), 0);
	ck_ok(hyp_registry_new(dirs, 1, self, &r, &err), &err);
	ck_assert_int_eq(chdir("/"), 0);
	ck_ok(hyp_registry_find(r, HYP_KIND_PROVIDER, "good", &loaded, &err),
	      &err);
	hyp_registry_free(r);
}
END_TEST

/* Fault 112: another file under the name after the check. */
START_TEST(swapped)
{
	struct hyp_description description;
	char path[1024];
	int fd;

	install("provider/good.so", "good");
	snprintf(path, sizeof(path), "%s",
		 tree_path(&tree, "provider/good.so"));
	ck_ok(hyp_trust_open(path, &fd, &err), &err);
	install("other.so", "good");
	ck_assert_int_eq(rename(tree_path(&tree, "other.so"), path), 0);
	ck_fails(hyp_loader_load(path, fd, &description, &err), &err,
		 HYP_E_USAGE, "plugin_rejected");
	ck_assert_msg(strstr(err.text, "was replaced by another file") != NULL,
		      "%s", err.text);
	close(fd);
}
END_TEST

START_TEST(library_path)
{
	char list[2048];

	install("provider/good.so", "good");
	tree_mkdir(&tree, "open", 0777);
	snprintf(list, sizeof(list), "/usr/lib:%s", tree_path(&tree, "open"));
	setenv("LD_LIBRARY_PATH", list, 1);
	refused("good", "LD_LIBRARY_PATH: ");
	setenv("LD_LIBRARY_PATH", ".", 1);
	refused("good", "LD_LIBRARY_PATH holds \".\"");
	setenv("LD_LIBRARY_PATH", "/usr/lib", 1);
	find("good");
	/* Its own, which was linked with -rpath. */
	unsetenv("LD_LIBRARY_PATH");
	install("provider/rpath.so", "rpath");
	refused("rpath", "its built-in library path holds \"$ORIGIN\"");
}
END_TEST

static void *find_in_thread(void *arg)
{
	const struct hyp_loaded *loaded = NULL;
	struct hyp_error e;

	hyp_registry_find(registry, HYP_KIND_PROVIDER, arg, &loaded, &e);
	return loaded != NULL ? (void *)(uintptr_t)loaded : NULL;
}

START_TEST(many_threads)
{
	pthread_t threads[8];
	char good[] = "good", nosymbol[] = "nosymbol";
	void *first = NULL, *result;

	install("provider/good.so", "good");
	install("provider/nosymbol.so", "nosymbol");
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						find_in_thread,
						i % 2 ? good : nosymbol),
				 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		if (i == 1)
			first = result;
		ck_assert_ptr_eq(result, i % 2 ? first : NULL);
	}
	ck_assert_ptr_nonnull(first);
}
END_TEST

START_TEST(kinds)
{
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_PROVIDER), "provider");
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_PACKAGER), "packager");
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_STORAGE), "storage");
	ck_assert_ptr_null(hyp_kind_name(0));
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_STORE), "store");
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_NOTIFIER), "notifier");
	ck_assert_str_eq(hyp_kind_name(HYP_KIND_EXPORTER), "exporter");
	ck_assert_ptr_null(hyp_kind_name(7));
	ck_assert_uint_eq(hyp_kind_by_name("storage"), HYP_KIND_STORAGE);
	ck_assert_uint_eq(hyp_kind_by_name("Storage"), 0);
	ck_assert_uint_eq(hyp_kind_by_name(""), 0);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("registry");
	TCase *c = tcase_create("registry");

	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, loads);
	tcase_add_loop_test(c, odd, 0, (int)(sizeof(odds) / sizeof(odds[0])));
	tcase_add_test(c, talks);
	tcase_add_test(c, hangs);
	tcase_add_test(c, hangs_with_child);
	tcase_add_test(c, other_objects);
	tcase_add_loop_test(c, cut_off, 0, 17);
	tcase_add_test(c, untrusted);
	tcase_add_test(c, refused_once);
	tcase_add_test(c, unknown);
	tcase_add_test(c, scan);
	tcase_add_test(c, several_folders);
	tcase_add_test(c, relative_folder);
	tcase_add_test(c, swapped);
	tcase_add_test(c, library_path);
	tcase_add_test(c, many_threads);
	tcase_add_test(c, kinds);
	suite_add_tcase(suite, c);
	/* valgrind's posix_spawn does not tell that there is no such file */
	c = tcase_create("no-prober");
	tcase_set_tags(c, "native");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, no_prober);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
