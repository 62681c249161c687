/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes: sound in itself, and found by path. */
#include "core/api/request.h"
#include "core/api/route.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

START_TEST(every_route_is_whole)
{
	for (size_t i = 0; i < hyp_route_count; i++) {
		const struct hyp_route *r = &hyp_routes[i];
		int keys;

		ck_assert_ptr_nonnull(r->handler);
		ck_assert_int_ge(r->role, HYP_ROLE_OPEN);
		ck_assert_int_le(r->role, HYP_ROLE_ADMIN);
		ck_assert_int_ge(r->place, HYP_PLACE_HERE);
		ck_assert_ptr_nonnull(r->name);
		ck_assert_ptr_nonnull(r->summary);
		ck_assert_msg(
			(r->flags & (HYP_ROUTE_STREAM | HYP_ROUTE_TEXT)) != 0 ||
				r->reply != NULL,
			"%s", r->path);
		/* A change waits for the disk or an endpoint, and asks for
		 * more than to look. */
		if (r->flags & HYP_ROUTE_CHANGES) {
			ck_assert_int_ne(r->place, HYP_PLACE_HERE);
			ck_assert_int_ge(r->role, HYP_ROLE_OPERATOR);
		}
		if (strcmp(r->method, "GET") == 0)
			ck_assert_ptr_null(r->body);
		/* No key is passed over in silence where it matters. */
		keys = (r->flags & HYP_ROUTE_IDEMPOTENT ? 1 : 0) +
		       (r->flags & HYP_ROUTE_NO_KEY ? 1 : 0);
		ck_assert_int_le(keys, 1);
		if (strcmp(r->method, "POST") == 0)
			ck_assert_msg(
				keys == (r->flags & HYP_ROUTE_CHANGES ? 1 : 0),
				"POST %s", r->path);
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(strcmp(hyp_routes[k].name, r->name) != 0,
				      "two are called %s", r->name);
	}
}
END_TEST

/* Each is found by its own template, with something for {…}. */
START_TEST(every_route_is_found)
{
	for (size_t i = 0; i < hyp_route_count; i++) {
		const struct hyp_route *r = &hyp_routes[i];
		struct hyp_route_match match;
		const char *brace = strchr(r->path, '{');
		char path[128];

		snprintf(path, sizeof(path), "%.*s%s%s",
			 (int)strcspn(r->path, "{"), r->path,
			 brace ? "some-id.1" : "",
			 brace ? strchr(brace, '}') + 1 : "");
		hyp_route_find(r->method, path, &match);
		ck_assert_msg(match.route == r, "%s %s", r->method, path);
		if (brace != NULL) {
			ck_assert_uint_eq(match.args_len[0], 9);
			ck_assert(strncmp(match.args[0], "some-id.1", 9) == 0);
		}
	}
}
END_TEST

static const char *found(const char *method, const char *path)
{
	struct hyp_route_match match;

	hyp_route_find(method, path, &match);
	return match.route != NULL   ? match.route->name
	       : match.other != NULL ? "405"
				     : "404";
}

START_TEST(literals_win)
{
	ck_assert_str_eq(found("GET", "/jobs"), "listJobs");
	ck_assert_str_eq(found("GET", "/jobs/stats"), "jobStatistics");
	ck_assert_str_eq(found("GET", "/jobs/statsx"), "job");
	ck_assert_str_eq(found("GET", "/jobs/submit"), "405");
	ck_assert_str_eq(found("POST", "/jobs/x"), "405");
	ck_assert_str_eq(found("HEAD", "/jobs/x"), "job");
	ck_assert_str_eq(found("HEAD", "/jobs/submit"), "405");
	ck_assert_str_eq(found("GET", "/jobs/eta/history"), "jobEta");
	ck_assert_str_eq(found("GET", "/jobs/x/history"), "jobHistory");
	ck_assert_str_eq(found("GET", "/jobs/x/y"), "404");
	ck_assert_str_eq(found("GET", "/jobs/"), "404");
	ck_assert_str_eq(found("GET", "/jobs/x/"), "404");
	ck_assert_str_eq(found("GET", "/Jobs"), "404");
	ck_assert_str_eq(found("get", "/jobs"), "405");
	ck_assert_str_eq(found("GET", ""), "404");
	ck_assert_str_eq(found("GET", "/{id}"), "404");
}
END_TEST

START_TEST(methods_of_a_path)
{
	struct hyp_route_match match;
	char text[64];

	hyp_route_find("PUT", "/jobs/x", &match);
	ck_assert_ptr_nonnull(match.other);
	hyp_route_methods(match.other, text, sizeof(text));
	ck_assert_str_eq(text, "GET, HEAD, DELETE");
}
END_TEST

START_TEST(errors_have_a_status)
{
	static const struct {
		int32_t code;
		const char *kind;
		uint32_t status;
	} cases[] = {
		{HYP_E_USAGE, "bad_request", 400},
		{HYP_E_USAGE, "unsafe_path", 400},
		{HYP_E_NOT_FOUND, "not_found", 404},
		{HYP_E_CONFLICT, "too_late", 409},
		{HYP_E_EXISTS, "output_exists", 409},
		{HYP_E_CONFLICT, "idempotency_reused", 422},
		{HYP_E_BUSY, "db_busy", 503},
		{HYP_E_TRANSIENT, "db_error", 503},
		{HYP_E_RESOURCE, "db_full", 507},
		{HYP_E_RESOURCE, "insufficient_space", 507},
		{HYP_E_RESOURCE, "too_many_leases", 503},
		{HYP_E_AUTH, "auth_failed", 502},
		{HYP_E_PERMANENT, "db_lost", 500},
		{-99, "what", 500},
		{0, "", 500},
	};

	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		struct hyp_error err;

		hyp_error_set(&err, cases[i].code, cases[i].kind, 0, "x");
		ck_assert_uint_eq(hyp_error_status(&err), cases[i].status);
	}
}
END_TEST

START_TEST(the_document_is_written)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(1024 * 1024);
	struct json_object *json, *paths;
	struct hyp_error err;

	ck_ok(hyp_openapi_write(&buf, &err), &err);
	json = json_tokener_parse(hyp_buf_str(&buf));
	ck_assert(json_object_object_get_ex(json, "paths", &paths));
	for (size_t i = 0; i < hyp_route_count; i++)
		ck_assert_msg(json_object_object_get_ex(
				      paths, hyp_routes[i].path, NULL),
			      "%s", hyp_routes[i].path);
	json_object_put(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/routes");
	TCase *t = tcase_create("routes");

	tcase_add_test(t, every_route_is_whole);
	tcase_add_test(t, every_route_is_found);
	tcase_add_test(t, literals_win);
	tcase_add_test(t, methods_of_a_path);
	tcase_add_test(t, errors_have_a_status);
	tcase_add_test(t, the_document_is_written);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
