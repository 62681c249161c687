/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/definition-kit.h"

static const char *const roots[] = {"/srv/root", "/mnt//two/", "/a b"};

static int32_t output(const char *path, const char *vm, const char *schedule,
		      char **out)
{
	const struct hyp_list list = {roots, 3};
	struct hyp_definition *d;
	json_object *json = kit_json("{'vm_path':'/x','id':'job-1'}");
	int32_t rc;

	json_object_object_add(json, "output_path",
			       json_object_new_string(path));
	ck_ok(hyp_definition_parse(json, KIT_NOW, &d, &err), &err);
	rc = hyp_definition_output(d, vm, schedule, KIT_NOW, &list, out, &err);
	json_object_put(json);
	hyp_definition_free(d);
	return rc;
}

static void gives(const char *path, const char *vm, const char *want)
{
	char *out;

	ck_ok(output(path, vm, "nightly at 2", &out), &err);
	ck_assert_str_eq(out, want);
	free(out);
}

static void refused(const char *path, const char *why)
{
	char *out = (void *)1;

	ck_assert_msg(output(path, "web", NULL, &out) == HYP_E_USAGE,
		      "taken: %.80s", path);
	ck_assert_str_eq(err.kind, "unsafe_path");
	ck_assert_msg(strncmp(err.text, "/output_path: ", 14) == 0, "%s",
		      err.text);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_ptr_eq(out, (void *)1);
}

START_TEST(placeholders)
{
	gives("/srv/root", "web", "/srv/root");
	gives("/srv/root/", "web", "/srv/root");
	gives("/srv/root/{vm}/{date}T{time}/{id}", "web 1/x",
	      "/srv/root/web-1-x/2026-11-26T130809/job-1");
	gives("/srv/root/{schedule}", "web", "/srv/root/nightly-at-2");
	gives("/srv/root/{}{V}{a b}{{vm}}", "web", "/srv/root/{}{V}{a b}{web}");
	gives("/srv/root/{", "web", "/srv/root/{");
	gives("/mnt/two/x", "web", "/mnt/two/x");
	gives("/a b/c", "web", "/a b/c");
	/* A VM's name takes nobody anywhere. */
	gives("/srv/root/{vm}", "../../etc", "/srv/root/etc");
	gives("/srv/root/{vm}", "..", "/srv/root/vm");
	gives("/srv/root/{vm}", "web..", "/srv/root/web");
	gives("/srv/root/{vm}/x", "/", "/srv/root/vm/x");
	refused("/srv/root/{vmm}", "there is no {vmm}: there are {vm}, "
				   "{schedule}, {date}, {time} and {id}; did "
				   "you mean {vm}?");
	refused("/srv/root/{host}", "there is no {host}");
	refused("/srv/root/{schedule}", "{schedule} is known only");
}
END_TEST

START_TEST(tricks)
{
	refused("srv/root", "must be absolute");
	refused("./srv/root", "must be absolute");
	refused("{vm}/x", "must be absolute");
	refused("/", "\"//\"");
	refused("//srv/root", "\"//\"");
	refused("/srv//root", "\"//\"");
	refused("/srv/root//", "\"//\"");
	refused("/srv/root/..", "may end in a dot");
	refused("/srv/root/../etc", "may end in a dot");
	refused("/srv/root/.", "may end in a dot");
	refused("/srv/root/./x", "may end in a dot");
	refused("/srv/root/x.", "may end in a dot");
	refused("/srv/root/.../x", "may end in a dot");
	refused("/srv/root/{vm}..", "may end in a dot");
	refused("/srv/root-evil", "is not beneath");
	refused("/srv/roo", "is not beneath");
	refused("/srv", "is not beneath");
	refused("/etc", "is not beneath a directory that exports may go to "
			"(storage.roots): /srv/root, /mnt//two/, /a b");
	refused("/srv/Root", "is not beneath");
	refused("/srv/root/.hyp-x", "hypersdk's own");
	refused("/srv/root/.hyp-x/y", "hypersdk's own");
}
END_TEST

START_TEST(lengths)
{
	char path[4096], *out;

	snprintf(path, sizeof(path), "/srv/root/%0255d", 7);
	ck_ok(output(path, "web", NULL, &out), &err);
	free(out);
	snprintf(path, sizeof(path), "/srv/root/%0256d", 7);
	refused(path, "longer than 255 bytes");
	strcpy(path, "/srv/root");
	while (strlen(path) < 3990)
		strcat(path, "/{date}/x");
	refused(path, "longer than 4000 bytes");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("definition-output");
	TCase *tc = tcase_create("definition-output");

	tcase_add_test(tc, placeholders);
	tcase_add_test(tc, tricks);
	tcase_add_test(tc, lengths);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
