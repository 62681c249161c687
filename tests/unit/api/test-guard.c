/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard lets through, and what it refuses; the sockets' side of it is
 * tests/lib/raw-http.py. */
#include "core/api/guard.h"
#include "core/api/uri.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

/* A head as libmicrohttpd would leave it: cut in place. Lines end with CR LF
 * and have one colon. */
static char buffer[4096];

static struct hyp_head head_of(const char *method, const char *uri,
			       const char *headers)
{
	struct hyp_head head = {
		.method = method, .uri = uri, .version = "HTTP/1.1"};
	char *at = buffer;

	snprintf(buffer, sizeof(buffer), "%s", headers);
	head.bytes = strlen(method) + strlen(uri) + strlen(headers) + 14;
	while (*at != '\0') {
		struct hyp_header *h = &head.headers[head.count++];
		char *end = strstr(at, "\r\n"), *colon = strchr(at, ':');

		*end = '\0';
		*colon = '\0';
		h->name = at;
		h->name_len = strlen(at);
		h->value = colon + 1 + strspn(colon + 1, " \t");
		h->value_len = strlen(h->value);
		at = end + 2;
	}
	return head;
}

static uint32_t guarded(const char *method, const char *uri,
			const char *headers)
{
	struct hyp_head head = head_of(method, uri, headers);
	struct hyp_refused refused = {0, NULL, NULL};
	struct hyp_head_facts facts;

	if (hyp_guard_head(&head, &facts, &refused) == 0 &&
	    hyp_guard_layout(&head, &refused) == 0)
		return 200;
	ck_assert_ptr_nonnull(refused.kind);
	ck_assert_ptr_nonnull(refused.text);
	return refused.status;
}

START_TEST(plain_requests_pass)
{
	struct hyp_head head = head_of("POST", "/jobs?a=b",
				       "Host: localhost\r\n"
				       "content-length: 12\r\n"
				       "Authorization: Bearer x\r\n"
				       "X-Empty:\r\nX-Two:  y\r\n");
	struct hyp_refused refused;
	struct hyp_head_facts facts;

	ck_assert_int_eq(hyp_guard_head(&head, &facts, &refused), 0);
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), 0);
	ck_assert_str_eq(facts.host, "localhost");
	ck_assert_str_eq(facts.authorization, "Bearer x");
	ck_assert_int_eq(facts.content_length, 12);
	ck_assert_uint_eq(facts.chunked, 0);
	ck_assert_ptr_null(facts.origin);
}
END_TEST

START_TEST(ambiguous_framing_is_refused)
{
	static const char *const bad[] = {
		"Content-Length: 1\r\nContent-Length: 1\r\n",
		"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding:\r\n",
		"Content-Length: +1\r\n",
		"Content-Length: -1\r\n",
		"Content-Length: 0x1\r\n",
		"Content-Length: 1,1\r\n",
		"Content-Length: 1 \r\n",
		"Content-Length:\r\n",
		"Content-Length : 1\r\n",
		" X: y\r\n",
		"X\001: y\r\n",
		"X\377: y\r\n",
		"X: y\001\r\n",
		"X: y\177\r\n",
		": y\r\n",
		"Host: localhost\r\n",
		"Authorization: a\r\nauthorization: b\r\n",
		"Content-Type: a\r\nContent-Type: b\r\n",
		"Upgrade: h2c\r\n",
	};
	char headers[512];

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		snprintf(headers, sizeof(headers), "Host: localhost\r\n%s",
			 bad[i]);
		ck_assert_msg(guarded("POST", "/", headers) == 400, "%s",
			      bad[i]);
	}
	ck_assert_uint_eq(guarded("POST", "/", ""), 400);
}
END_TEST

START_TEST(other_statuses)
{
	struct hyp_head head = head_of("GET", "/", "Host: a\r\n");
	struct hyp_refused refused;
	struct hyp_head_facts facts;

	ck_assert_uint_eq(
		guarded("POST", "/", "Host: a\r\nContent-Encoding: br\r\n"),
		415);
	ck_assert_uint_eq(
		guarded("POST", "/", "Host: a\r\nContent-Length: 1048577\r\n"),
		413);
	ck_assert_uint_eq(
		guarded("POST", "/",
			"Host: a\r\nContent-Length: 99999999999999999999\r\n"),
		413);
	ck_assert_uint_eq(guarded("TRACE", "/", "Host: a\r\n"), 405);
	ck_assert_uint_eq(guarded("CONNECT", "/", "Host: a\r\n"), 405);
	head.version = "HTTP/2.0";
	ck_assert_int_eq(hyp_guard_head(&head, &facts, &refused), -1);
	ck_assert_uint_eq(refused.status, 505);
	head.version = "HTTP/1.1";
	head.bytes = HYP_HEAD_MAX + 1;
	ck_assert_int_eq(hyp_guard_head(&head, &facts, &refused), -1);
	ck_assert_uint_eq(refused.status, 431);
	head.bytes = 100;
	head.count = HYP_HEADERS_MAX + 1;
	ck_assert_int_eq(hyp_guard_head(&head, &facts, &refused), -1);
	ck_assert_uint_eq(refused.status, 431);
}
END_TEST

START_TEST(bytes_that_were_hidden_are_missed)
{
	static const char *const headers = "Host: a\r\nX: b\r\nY: c\r\n";
	struct hyp_refused refused;
	struct hyp_head head = head_of("GET", "/", headers);

	ck_assert_int_eq(hyp_guard_layout(&head, &refused), 0);
	head.bytes--; /* one line ended with LF alone */
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), -1);
	head.bytes += 2; /* a value was cut at a NUL */
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), -1);
	head.bytes--;
	head.headers[1].value_len--; /* cut, and made up for elsewhere */
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), -1);
	head.headers[1].value_len++;
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), 0);
	head.headers[1].value = "b"; /* of elsewhere: it was put together */
	ck_assert_int_eq(hyp_guard_layout(&head, &refused), -1);
}
END_TEST

START_TEST(uris)
{
	static const char *const good[] = {
		"/",	       "/jobs",
		"/jobs/a.b",   "/jobs?x=%2e%2f",
		"/jobs/a%20b", "/jobs/caf%C3%A9",
		"/a?b?c=/../", "/jobs/..a",
		"/jobs/",
	};
	static const char *const bad[] = {
		"",	  "jobs",   "*",      "http://a/", "//",     "/a//b",
		"/.",	  "/..",    "/a/..",  "/a/./b",	   "/%2e",   "/a%2Fb",
		"/a%5cb", "/a%25b", "/a%00",  "/a%0a",	   "/a%7f",  "/a%",
		"/a%1",	  "/a%1g",  "/a%g1",  "/a b",	   "/a\\b",  "/a#b",
		"/a\001", "/a\177", "/a\200", "/a?b=%00",  "/a?b=%", "/a?b=%zz",
		"/a?b c", "/../?x",
	};
	struct hyp_refused refused;

	for (size_t i = 0; i < HYP_COUNT(good); i++)
		ck_assert_msg(hyp_guard_uri(good[i], &refused) == 0, "%s",
			      good[i]);
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_assert_msg(hyp_guard_uri(bad[i], &refused) == -1 &&
				      refused.status == 400,
			      "%s", bad[i]);
}
END_TEST

START_TEST(uris_are_taken_apart)
{
	struct hyp_error err;
	struct hyp_uri uri;

	ck_ok(hyp_uri_parse("/a%20b/%C3%A9?x=1+2&y=%26%3d&z&&w=", &uri, &err),
	      &err);
	ck_assert_str_eq(uri.path, "/a b/\303\251");
	ck_assert_str_eq(hyp_uri_get(&uri, "x"), "1 2");
	ck_assert_str_eq(hyp_uri_get(&uri, "y"), "&=");
	ck_assert_str_eq(hyp_uri_get(&uri, "z"), "");
	ck_assert_str_eq(hyp_uri_get(&uri, "w"), "");
	ck_assert_ptr_null(hyp_uri_get(&uri, "v"));
	hyp_uri_fini(&uri);
	ck_fails(hyp_uri_parse("/a?x=1&x=2", &uri, &err), &err, HYP_E_USAGE,
		 "bad_request");
	ck_fails(hyp_uri_parse("/a?x=1&%78=2", &uri, &err), &err, HYP_E_USAGE,
		 "bad_request");
	ck_fails(hyp_uri_parse("/%ff", &uri, &err), &err, HYP_E_USAGE,
		 "bad_request");
	ck_fails(hyp_uri_parse("/?%c0%80", &uri, &err), &err, HYP_E_USAGE,
		 "bad_request");
	ck_fails(hyp_uri_parse("/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", &uri,
			       &err),
		 &err, HYP_E_USAGE, "bad_request");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/guard");
	TCase *t = tcase_create("guard");

	tcase_add_test(t, plain_requests_pass);
	tcase_add_test(t, ambiguous_framing_is_refused);
	tcase_add_test(t, other_statuses);
	tcase_add_test(t, bytes_that_were_hidden_are_missed);
	tcase_add_test(t, uris);
	tcase_add_test(t, uris_are_taken_apart);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
