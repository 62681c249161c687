/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/parts.h"
#include "tests/unit/engine/definition-kit.h"

#include <fcntl.h>
#include <unistd.h>

#define MAIN                                                                   \
	"{ name = 'main'; provider = { plugin = 'vsphere';"                    \
	" url = 'https://VC1.example/sdk'; username = 'backup';"               \
	" password = 'file:/etc/pw'; thumbprint = 'SHA256:00'; };"             \
	" packager = { plugin = 'ovf'; x = 'y'; };"                            \
	" storage = { plugin = 'local'; roots = [ '/mnt/a', '/mnt/b' ]; };"    \
	" parallel_downloads = 5; }"
#define SYNTH "{ name = 'synth'; provider = 'synthetic'; }"

static struct hyp_config *config;

static void configure(const char *text)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	char dir[] = "/tmp/hyp-resolve.XXXXXX", path[64];
	int fd;

	hyp_config_free(config);
	config = NULL;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/h.conf", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (const char *c = text; *c != '\0'; c++)
		ck_assert_int_eq(write(fd, *c == '\'' ? "\"" : c, 1), 1);
	close(fd);
	ck_assert_msg(hyp_config_load(path, NULL, &config, &problems) == 0,
		      "%s", problems.count ? problems.at[0].text : "?");
	unlink(path);
	rmdir(dir);
}

static int32_t try(const char *more, struct hyp_resolved *out)
{
	struct hyp_definition *d;
	char text[512];
	int32_t rc;

	snprintf(text, sizeof(text), "{" KIT_VM "%s}", more);
	d = kit_parse(text);
	rc = hyp_definition_resolve(d, config, out, &err);
	hyp_definition_free(d);
	return rc;
}

static struct hyp_resolved resolved(const char *more)
{
	struct hyp_resolved out;

	ck_ok(try(more, &out), &err);
	return out;
}

static void refused(const char *more, const char *kind, const char *why)
{
	struct hyp_resolved out;

	ck_fails(try(more, &out), &err, HYP_E_USAGE, kind);
	ck_assert_msg(strncmp(err.text, why, strlen(why)) == 0, "%s", err.text);
}

static const char *value(const struct hyp_part *part, const char *name,
			 uint32_t form)
{
	const struct hyp_value *v = hyp_values_get(&part->values, name);

	ck_assert_msg(v != NULL, "no %s", name);
	ck_assert_uint_eq(v->form, form);
	return v->text;
}
#define TEXT(r, name) value(&(r).provider, name, HYP_VALUE_TEXT)

START_TEST(named_pipeline)
{
	struct hyp_resolved r;

	configure("pipelines = (" MAIN "," SYNTH ");");
	r = resolved(",'pipeline':'main'");
	ck_assert_str_eq(r.provider.plugin, "vsphere");
	ck_assert_str_eq(TEXT(r, "password"), "file:/etc/pw");
	ck_assert_str_eq(r.packager.plugin, "ovf");
	ck_assert_str_eq(value(&r.packager, "x", HYP_VALUE_TEXT), "y");
	ck_assert_str_eq(r.storage.plugin, "local");
	ck_assert_uint_eq(r.parallel, 5);
	ck_assert_str_eq(r.endpoint, "vc1.example:443");
	ck_assert_str_eq(r.user, "backup");
	ck_assert_uint_eq(r.roots.count, 2);
	ck_assert_str_eq(r.roots.items[1], "/mnt/b");
	hyp_resolved_fini(&r);
	r = resolved(",'pipeline':'main','format':'ova','options':"
		     "{'parallel_downloads':2}");
	ck_assert_str_eq(r.packager.plugin, "ova");
	ck_assert_uint_eq(r.packager.values.count, 0);
	ck_assert_uint_eq(r.parallel, 2);
	hyp_resolved_fini(&r);
	r = resolved(",'pipeline':'synth'");
	ck_assert_str_eq(r.endpoint, "synthetic");
	ck_assert_str_eq(r.user, "");
	ck_assert_str_eq(r.packager.plugin, "ova");
	ck_assert_uint_eq(r.parallel, 3);
	ck_assert_uint_eq(r.roots.count, 1);
	ck_assert_ptr_nonnull(strstr(r.roots.items[0], "/exports"));
	value(&r.storage, "roots", HYP_VALUE_LIST);
	hyp_resolved_fini(&r);
	refused(",'pipeline':'mian'", "no_pipeline",
		"/pipeline: there is no pipeline \"mian\"; did you mean");
	refused(",'pipeline':'main','provider':'synthetic'", "bad_request",
		"/provider: pipeline main has provider vsphere");
	refused(",'pipeline':'main','vcenter':{'server':'other'}",
		"bad_request", "/vcenter/server: pipeline main asks another");
	r = resolved(",'pipeline':'main','provider':'vsphere','vcenter':"
		     "{'server':'vc1.EXAMPLE:443','username':'me','password':"
		     "'pass-1'}");
	ck_assert_str_eq(TEXT(r, "url"), "https://VC1.example/sdk");
	ck_assert_str_eq(value(&r.provider, "password", HYP_VALUE_LITERAL),
			 "pass-1");
	ck_assert_str_eq(r.user, "me");
	hyp_resolved_fini(&r);
}
END_TEST

START_TEST(servers)
{
	struct hyp_resolved r;

	configure("pipelines = (" MAIN "," SYNTH ");"
		  "storage = { roots = [ '/srv/x' ]; };");
	r = resolved(",'vcenter':{'server':'[FE80::1]','username':'root',"
		     "'password':'pass-1','insecure':true}");
	ck_assert_str_eq(r.provider.plugin, "vsphere");
	ck_assert_str_eq(TEXT(r, "url"), "https://[FE80::1]/sdk");
	ck_assert_str_eq(TEXT(r, "username"), "root");
	ck_assert_str_eq(TEXT(r, "insecure"), "true");
	ck_assert_str_eq(value(&r.provider, "password", HYP_VALUE_LITERAL),
			 "pass-1");
	ck_assert_str_eq(r.endpoint, "[fe80::1]:443");
	ck_assert_str_eq(r.packager.plugin, "ova");
	ck_assert_str_eq(r.roots.items[0], "/srv/x");
	hyp_resolved_fini(&r);
	/* One that a pipeline knows: its credentials and its trust. */
	r = resolved(",'vcenter_url':'https://vc1.example:443/sdk',"
		     "'username':'backup'");
	ck_assert_str_eq(TEXT(r, "password"), "file:/etc/pw");
	ck_assert_str_eq(TEXT(r, "thumbprint"), "SHA256:00");
	hyp_resolved_fini(&r);
	r = resolved(",'vcenter_url':'vc1.example'");
	ck_assert_str_eq(r.user, "backup");
	hyp_resolved_fini(&r);
	/* But never that password under another name, or elsewhere. */
	refused(",'vcenter_url':'vc1.example','username':'other'",
		"bad_request", "/vcenter/password: must be given, since other");
	refused(",'vcenter_url':'vc2.example','username':'backup'",
		"bad_request", "/vcenter/password: must be given, since no");
	refused(",'vcenter_url':'vc1.example:8443','username':'backup'",
		"bad_request", "/vcenter/password: must be given, since no");
	r = resolved(",'vcenter':{'server':'http://vc2.example','username':"
		     "'a','password':'pass-1'}");
	ck_assert_str_eq(r.endpoint, "vc2.example:80");
	hyp_resolved_fini(&r);
}
END_TEST

START_TEST(fallbacks)
{
	struct hyp_resolved r;

	unsetenv("GOVC_URL");
	configure("");
	refused("", "no_endpoint", "which vCenter?");
	refused(",'pipeline':'x'", "no_pipeline", "/pipeline: there is no");
	refused(",'provider':'vsphere'", "no_endpoint", "/provider: which");
	r = resolved(",'provider':'synthetic'");
	ck_assert_str_eq(r.provider.plugin, "synthetic");
	ck_assert_str_eq(r.endpoint, "synthetic");
	hyp_resolved_fini(&r);
	configure("pipelines = (" SYNTH ");");
	r = resolved("");
	ck_assert_str_eq(r.endpoint, "synthetic");
	hyp_resolved_fini(&r);
	configure("pipelines = (" MAIN "," SYNTH ");");
	refused("", "no_pipeline", "which pipeline?");
	setenv("GOVC_URL", "https://env.example/sdk", 1);
	setenv("GOVC_USERNAME", "envy", 1);
	setenv("GOVC_PASSWORD", "env-pass", 1);
	r = resolved("");
	ck_assert_str_eq(r.endpoint, "env.example:443");
	ck_assert_str_eq(r.user, "envy");
	ck_assert_str_eq(TEXT(r, "password"), "env:GOVC_PASSWORD");
	hyp_resolved_fini(&r);
	r = resolved(",'vcenter_url':'https://env.example'");
	ck_assert_str_eq(TEXT(r, "password"), "env:GOVC_PASSWORD");
	hyp_resolved_fini(&r);
	refused(",'vcenter_url':'https://evil.example'", "bad_request",
		"/vcenter/password: must be given");
	configure("pipelines = ({ name = 'd'; default = true; provider = "
		  "'synthetic'; }," MAIN ");");
	r = resolved("");
	ck_assert_str_eq(r.endpoint, "synthetic");
	hyp_resolved_fini(&r);
	hyp_config_free(config);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("definition-resolve");
	TCase *tc = tcase_create("definition-resolve");

	tcase_add_test(tc, named_pipeline);
	tcase_add_test(tc, servers);
	tcase_add_test(tc, fallbacks);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
