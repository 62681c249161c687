/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"
#include "core/config/listen.h"
#include "tests/lib/tree.h"
#include "tests/unit/config/problems.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct hyp_error err;

static const struct {
	const char *text;
	uint32_t loopback;
	uint16_t port;
} addresses[] = {
	{"127.0.0.1:8080", 1, 8080},   {"127.9.9.9:0", 1, 0},
	{"localhost:1", 1, 1},	       {"0.0.0.0:65535", 0, 65535},
	{"10.0.0.1:80", 0, 80},	       {"[::1]:8080", 1, 8080},
	{"[::]:8080", 0, 8080},	       {"[::ffff:127.0.0.1]:1", 1, 1},
	{"[::ffff:10.0.0.1]:1", 0, 1}, {"[fe80::1]:1", 0, 1},
};

START_TEST(listen_good)
{
	struct hyp_listen listen;
	const struct sockaddr_in *in = (const void *)&listen.address;

	ck_ok(hyp_listen_parse(addresses[_i].text, &listen, &err), &err);
	ck_assert_uint_eq(listen.loopback, addresses[_i].loopback);
	/* The port is at the same place in both families. */
	ck_assert_uint_eq(ntohs(in->sin_port), addresses[_i].port);
	ck_assert_int_eq(listen.address.ss_family,
			 addresses[_i].text[0] == '[' ? AF_INET6 : AF_INET);
}
END_TEST

static const char *const no_addresses[] = {
	"8080",
	"127.0.0.1",
	":8080",
	"127.0.0.1:",
	"127.1:80",
	"127.0.0.1:99999",
	"127.0.0.1:-1",
	"::1:8080",
	"[::1]",
	"[::1:8080",
	"[]:80",
	"[127.0.0.1]:80",
	"localhost",
	"example.com:80",
	"*:80",
	"127.0.0.1:80 ",
	" 127.0.0.1:80",
	"http://127.0.0.1:80",
	"[fe80::1%eth0]:80",
	"0x7f000001:80",
	"127.0.0.1:http",
	"127.0.0.1:80:80",
};

START_TEST(listen_bad)
{
	struct hyp_listen listen;

	ck_fails(hyp_listen_parse(no_addresses[_i], &listen, &err), &err,
		 HYP_E_USAGE, "bad_value");
	ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1:8080"));
}
END_TEST

static int32_t check(const char *text, struct hyp_problems *problems)
{
	struct hyp_config *config = NULL;
	struct tree tree;
	int32_t rc;

	tree_init(&tree);
	tree_write(&tree, "h.conf", text, 0600);
	rc = hyp_config_load(tree_path(&tree, "h.conf"), NULL, &config,
			     problems);
	hyp_config_free(config);
	tree_fini(&tree);
	return rc;
}

#define TLS "tls_cert = \"/c\"; tls_key = \"/k\"; "
static const char *const good[] = {
	"",
	"api = { listen = \"\"; socket = \"\"; };",
	"api = { listen = \"[::1]:0\"; auth = \"none\"; };",
	"api = { listen = \"0.0.0.0:8443\"; " TLS "};",
	"api = { hosts = [ \"vault.example\", \"[fe80::1]\", \"h:80\" ]; };",
	"jobs = { retry_min = \"1s\"; retry_max = \"1s\"; };",
};

START_TEST(settings_good)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	int32_t rc = check(good[_i], &problems);

	show_problems(&problems);
	ck_assert_int_eq(rc, 0);
	hyp_problems_fini(&problems);
}
END_TEST

static const struct {
	const char *text, *problem;
} bad[] = {
	{"\nstate_dir = \"x\";", ":2: state_dir: \"x\" is not an absolute"},
	{"\nstorage = { roots = [ \"/a\", \"b\" ]; };",
	 ":2: storage.roots: \"b\" is not an absolute path"},
	{"\nplugin_dirs = [ \"p\" ];", ":2: plugin_dirs: \"p\" is not an"},
	{"\napi = { listen = \"8080\"; };",
	 ":2: api.listen: \"8080\" is no address and port"},
	{"api = {\nlisten = \"0.0.0.0:80\"; };",
	 ":2: api.listen: \"0.0.0.0:80\" is more than loopback and needs TLS"},
	{"api = { listen = \"[::]:80\"; tls_cert = \"/c\"; tls_key = "
	 "\"/k\";\nauth = \"none\"; };",
	 ":2: api.auth: \"none\" is possible on loopback only, and listen is "
	 "\"[::]:80\""},
	{"api = {\ntls_cert = \"/c\"; };",
	 ":2: api.tls_cert: goes with tls_key, which is missing"},
	{"api = {\ntls_key = \"/k\"; };",
	 ":2: api.tls_key: goes with tls_cert, which is missing"},
	{"api = { tls_cert = \"c\"; tls_key = \"/k\"; };",
	 ":1: api.tls_cert: \"c\" is not an absolute path"},
	{"api = { socket = \"run/x\"; };",
	 ":1: api.socket: \"run/x\" is not an absolute path"},
	{"api = { socket = \"/23456789012345678901234567890123456789012345678"
	 "90123456789012345678901234567890123456789012345678901234567890123\"; "
	 "};",
	 ":1: api.socket: the path of a socket has at most 107 bytes"},
	{"api = { hosts = [ \"http://x\" ]; };",
	 ":1: api.hosts: \"http://x\" is no host's name"},
	{"api = { hosts = [ \"\" ]; };", ":1: api.hosts: \"\" is no host's"},
	{"jobs = { retry_max = \"1m\";\nretry_min = \"2m\"; };",
	 ":2: jobs.retry_min: is longer than retry_max"},
	{"api = { lisen = \"\"; };", "did you mean \"listen\"?"},
	{"jobs = { max_running = 0; };", ":1: the configuration: jobs.max_r"},
};

START_TEST(settings_bad)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;

	ck_assert_int_eq(check(bad[_i].text, &problems), HYP_E_USAGE);
	ck_problem(&problems, bad[_i].problem);
	hyp_problems_fini(&problems);
}
END_TEST

START_TEST(roots)
{
	static const struct hyp_values none;
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_values set = HYP_VALUES_INIT;
	struct hyp_config *config;
	struct tree tree;

	tree_init(&tree);
	tree_write(&tree, "h.conf", "state_dir = \"/s\";", 0600);
	ck_assert_int_eq(hyp_config_load(tree_path(&tree, "h.conf"), &none,
					 &config, &problems),
			 0);
	ck_assert_uint_eq(hyp_config_roots(config)->count, 1);
	ck_assert_str_eq(hyp_config_roots(config)->items[0], "/s/exports");
	ck_assert_str_eq(hyp_values_get(&config->given, "state_dir")->text,
			 "/s");
	hyp_config_free(config);
	ck_ok(hyp_values_set(&set, "storage.roots", HYP_VALUE_TEXT, "/r", "x",
			     0, &err),
	      &err);
	ck_assert_int_eq(hyp_config_load(tree_path(&tree, "h.conf"), &set,
					 &config, &problems),
			 0);
	ck_assert_uint_eq(hyp_config_roots(config)->count, 1);
	ck_assert_str_eq(hyp_config_roots(config)->items[0], "/r");
	hyp_config_free(config);
	hyp_values_fini(&set);
	tree_fini(&tree);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *tc = tcase_create("settings");

	tcase_add_loop_test(tc, listen_good, 0, COUNT(addresses));
	tcase_add_loop_test(tc, listen_bad, 0, COUNT(no_addresses));
	tcase_add_loop_test(tc, settings_good, 0, COUNT(good));
	tcase_add_loop_test(tc, settings_bad, 0, COUNT(bad));
	tcase_add_test(tc, roots);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
