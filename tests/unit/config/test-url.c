/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/url.h"
#include "tests/lib/unit.h"

static struct hyp_url url;
static struct hyp_error err;

static void check(const char *text, const char *want, const char *user,
		  const char *password)
{
	ck_ok(hyp_url_parse(text, "/sdk", &url, &err), &err);
	ck_assert_str_eq(url.url, want);
	ck_assert_pstr_eq(url.username, user);
	ck_assert_pstr_eq(url.password, password);
	hyp_url_fini(&url);
}

START_TEST(fills_in_what_is_missing)
{
	check("vc", "https://vc/sdk", NULL, NULL);
	check("vc:8443", "https://vc:8443/sdk", NULL, NULL);
	check("https://vc", "https://vc/sdk", NULL, NULL);
	check("https://vc/", "https://vc/sdk", NULL, NULL);
	check("https://vc/sdk", "https://vc/sdk", NULL, NULL);
	check("https://vc/other", "https://vc/other", NULL, NULL);
	check("http://127.0.0.1:8989/sdk", "http://127.0.0.1:8989/sdk", NULL,
	      NULL);
	check("https://[::1]:443", "https://[::1]:443/sdk", NULL, NULL);
}
END_TEST

START_TEST(takes_the_user_out)
{
	check("root:pw@vc", "https://vc/sdk", "root", "pw");
	check("root@vc", "https://vc/sdk", "root", NULL);
	check("https://a%40b.c:p%2Fw%25:x@vc:1/sdk", "https://vc:1/sdk",
	      "a@b.c", "p/w%:x");
	check("https://administrator@vsphere.local:p@vc/sdk", "https://vc/sdk",
	      "administrator@vsphere.local", "p");
	check(":pw@vc", "https://vc/sdk", NULL, "pw");
	check("root:@vc", "https://vc/sdk", "root", "");
}
END_TEST

START_TEST(refuses_and_keeps_the_password)
{
	static const char *const bad[] = {
		"",
		"https://",
		"https:///sdk",
		"root:hunter2@",
		"ftp://root:hunter2@vc",
		"vc:0",
		"vc:65536",
		"vc:99999999999",
		"https://vc:/sdk",
		"https://vc:4x3/sdk",
		"https://[::1]:66666",
		"https://root:hun/ter2@vc/sdk",
		"https://root:hunter2?@vc/sdk",
		"https://root:hunter2%@vc",
		"https://root:hunter2%0@vc",
		"https://root:hunter2%00@vc",
		"https://root:hunter2%zz@vc",
		"https://root:hunter2 @vc",
		"https://vc\n/sdk",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_fails(hyp_url_parse(bad[i], "/sdk", &url, &err), &err,
			 HYP_E_USAGE, "bad_url");
		ck_assert_ptr_null(strstr(err.text, "ter2"));
		ck_assert_ptr_null(url.url);
		ck_assert_ptr_null(url.password);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("url");
	TCase *tc = tcase_create("url");

	tcase_add_test(tc, fills_in_what_is_missing);
	tcase_add_test(tc, takes_the_user_out);
	tcase_add_test(tc, refuses_and_keeps_the_password);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
