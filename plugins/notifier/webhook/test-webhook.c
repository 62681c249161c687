/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, URLs and name servers' answers that must lead nowhere (96);
 * signatures; Retry-After. The listener of this test is on loopback, and stands
 * for all that must never be reached. */
#include "plugins/notifier/webhook/webhook.h"
#include "core/base/cleanup.h"
#include "core/base/notice-body.h"
#include "core/base/text.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct fake_host host;
static struct webhook_options options;
static int listener;
static unsigned port;

static const struct hyp_notifier_ops *ops(void)
{
	return webhook_plugin.ops;
}

static void setup(void)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	socklen_t n = sizeof(at);
	int off = 0;

	fake_host_init(&host);
	memset(&options, 0, sizeof(options));
	options.timeout = 5000;
	options.secret.value = "";
	/* every address of this machine, of both families */
	listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listener, 0);
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	ck_assert_int_eq(bind(listener, (void *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	getsockname(listener, (void *)&at, &n);
	port = ntohs(at.sin6_port);
}

static void teardown(void)
{
	close(listener);
	fake_host_fini(&host);
}

static int was_reached(void)
{
	struct pollfd fd = {.fd = listener, .events = POLLIN};

	return poll(&fd, 1, 0) != 0;
}

static const struct hyp_notice notice = {
	.size = sizeof(notice),
	.attempt = 1,
	.id = "0193-id",
	.type = "job.completed",
	.job_id = "j",
	.data_json = "{\"job_id\":\"j\"}",
};

/* What a URL comes to; answers: what name servers say of "name.test". */
static int32_t try_url(const char *url, const char *answers,
		       struct hyp_error *err)
{
	struct hyp_outcome outcome = {.size = sizeof(outcome)};
	struct curl_slist *resolve = NULL;
	struct webhook *w = NULL;
	char entry[512];
	int32_t rc;

	options.url = url;
	rc = ops()->create(&host.table, &options, (void **)&w, err);
	if (rc != 0)
		return rc;
	if (answers != NULL) {
		snprintf(entry, sizeof(entry), "name.test:%u:%s", port,
			 answers);
		resolve = curl_slist_append(NULL, entry);
		w->resolve = resolve;
	}
	rc = ops()->deliver(w, &notice, &outcome, err);
	ops()->destroy(w);
	curl_slist_free_all(resolve);
	return rc;
}

/* %u: the listener's port. */
static const char *const hostile[] = {
	"http://127.0.0.1:%u/",
	"http://127.1:%u/",
	"http://127.0.1:%u/",
	"http://2130706433:%u/",
	"http://0x7f000001:%u/",
	"http://0x7f.1:%u/",
	"http://0x7f.0x0.0x0.0x1:%u/",
	"http://0177.1:%u/",
	"http://0177.0.0.1:%u/",
	"http://017700000001:%u/",
	"http://0:%u/",
	"http://0.0.0.0:%u/",
	"http://0x0:%u/",
	"http://00000000:%u/",
	"http://127.255.255.254:%u/",
	"http://localhost:%u/",
	"http://LOCALHOST:%u/",
	"http://localhost.:%u/",
	"http://ip6-localhost:%u/",
	"http://127.0.0.1.:%u/",
	"http://%%31%%32%%37.0.0.1:%u/",
	"http://[::1]:%u/",
	"http://[::]:%u/",
	"http://[0:0:0:0:0:0:0:1]:%u/",
	"http://[0:0:0:0:0:0:0:0]:%u/",
	"http://[::127.0.0.1]:%u/",
	"http://[::ffff:127.0.0.1]:%u/",
	"http://[::ffff:7f00:1]:%u/",
	"http://[::ffff:10.0.0.1]:%u/",
	"http://[::ffff:0:127.0.0.1]:%u/",
	"http://[64:ff9b::127.0.0.1]:%u/",
	"http://[64:ff9b::7f00:1]:%u/",
	"http://[64:ff9b:1::1]:%u/",
	"http://[2002:7f00:1::]:%u/",
	"http://[2002:7f00:1::1]:%u/",
	"http://[2002:a00:1::1]:%u/",
	"http://[2001::1]:%u/",
	"http://[2001:0:7f00:1::]:%u/",
	"http://[2001:db8::1]:%u/",
	"http://[3fff::1]:%u/",
	"http://[fe80::1]:%u/",
	"http://[fe80::1%%25lo]:%u/",
	"http://[febf::1]:%u/",
	"http://[fec0::1]:%u/",
	"http://[fc00::1]:%u/",
	"http://[fd00::1]:%u/",
	"http://[fd00:ec2::254]:%u/",
	"http://[ff02::1]:%u/",
	"http://[ff0e::1]:%u/",
	"http://[100::1]:%u/",
	"http://[5f00::1]:%u/",
	"http://[4000::1]:%u/",
	"http://10.0.0.1:%u/",
	"http://10.255.255.255:%u/",
	"http://100.64.0.1:%u/",
	"http://100.127.255.254:%u/",
	"http://169.254.169.254:%u/latest/meta-data/",
	"http://169.254.0.1:%u/",
	"http://0xa9fea9fe:%u/",
	"http://2852039166:%u/",
	"http://0251.0376.0251.0376:%u/",
	"http://172.16.0.1:%u/",
	"http://172.31.255.255:%u/",
	"http://192.168.0.1:%u/",
	"http://192.168.255.255:%u/",
	"http://0xc0a80001:%u/",
	"http://192.0.0.8:%u/",
	"http://192.0.2.1:%u/",
	"http://192.88.99.1:%u/",
	"http://198.18.0.1:%u/",
	"http://198.19.255.255:%u/",
	"http://198.51.100.7:%u/",
	"http://203.0.113.9:%u/",
	"http://224.0.0.1:%u/",
	"http://239.255.255.250:%u/",
	"http://240.0.0.1:%u/",
	"http://255.255.255.255:%u/",
	"http://a@127.0.0.1:%u/",
	"http://a:b@127.0.0.1:%u/",
	"http://example.com@127.0.0.1:%u/",
	"http://127.0.0.1:%u@127.0.0.1/",
	"https://127.0.0.1:%u/",
	"https://[::1]:%u/",
	"https://2130706433:%u/",
	"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1:%u/",
	"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:%u/",
	"http://l\xd0\xbe\x63\x61lhost:%u/",
	"http://127\343\200\2020.0.1:%u/",
	"http://127.0.0.1:22/",
	"http://127.0.0.1:25/",
	"http://127.0.0.1:6379/",
	"http://example.com:22/",
	"http://example.com:25/",
	"http://example.com:6379/",
	"http://example.com:11211/",
	"http://example.com:3306/",
	"http://example.com:2375/",
	"ftp://127.0.0.1:%u/",
	"file:///etc/passwd",
	"gopher://127.0.0.1:%u/",
	"dict://127.0.0.1:%u/",
	"telnet://127.0.0.1:%u/",
	"ldap://127.0.0.1:%u/",
	"unix:///run/hypersdk/api.sock",
	"http:///etc/passwd",
	"http://",
	"//127.0.0.1:%u/",
	"http://127.0.0.1:%u\\@example.com/",
	"http://127.0.0.1:%u#@example.com/",
	"http://127.0.0.1:%u?@example.com/",
	"http://127.0.0.1 :%u/",
	"http://127.0.0.1\t:%u/",
	"http://127.0.0.1:%u/\r\nX: y",
};

START_TEST(fault_96_urls)
{
	struct hyp_error err;
	char url[256];
	int32_t rc;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(url, sizeof(url), hostile[_i], port);
#pragma GCC diagnostic pop
	rc = try_url(url, NULL, &err);
	ck_assert_msg(rc < 0, "%s is taken", url);
	ck_assert_msg(!was_reached(), "%s reaches loopback", url);
	ck_assert_msg(strcmp(err.kind, "ssrf_blocked") == 0 ||
			      strcmp(err.kind, "bad_url") == 0 ||
			      strcmp(err.kind, "dns_failed") == 0,
		      "%s: %s: %s", url, err.kind, err.text);
}
END_TEST

static const char *const answers[] = {
	"127.0.0.1",
	"127.0.0.1,127.0.0.2",
	"10.0.0.1,127.0.0.1",
	"[::1]",
	"[::1],127.0.0.1",
	"[::ffff:127.0.0.1]",
	"0.0.0.0",
	"[::]",
	"169.254.169.254",
	"192.168.1.1,[fd00::1]",
	"[64:ff9b::7f00:1]",
	"[2002:7f00:1::]",
	"[fe80::1]",
};

START_TEST(fault_96_answers)
{
	struct hyp_error err;
	char url[64];

	snprintf(url, sizeof(url), "http://name.test:%u/", port);
	ck_assert_int_lt(try_url(url, answers[_i], &err), 0);
	ck_assert_msg(!was_reached(), "%s", answers[_i]);
	ck_assert_str_eq(err.kind, "ssrf_blocked");
}
END_TEST

/* The listener can be reached: without this the others would prove nothing. */
START_TEST(allowed_is_reached)
{
	static const char *const cidrs[] = {"127.0.0.0/8"};
	struct hyp_error err;
	char url[64];

	/* which is no way to it */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	options.allow_cidrs = (struct hyp_list){cidrs, 1};
	options.timeout = 150; /* or longer, where all is slow */
	snprintf(url, sizeof(url), "http://name.test:%u/", port);
	do {
		options.timeout *= 2;
		ck_fails(try_url(url, "127.0.0.1", &err), &err, HYP_E_TRANSIENT,
			 "net_timeout");
	} while (!was_reached() && options.timeout < 20000);
	ck_assert(was_reached());
	ck_assert_int_lt(try_url(url, "10.0.0.1", &err), 0);
	ck_assert_str_eq(err.kind, "ssrf_blocked");
}
END_TEST

START_TEST(public_addresses)
{
	static const char *const v4[] = {
		"8.8.8.8",  "1.1.1.1",	 "100.63.0.1",	   "172.32.0.1",
		"11.0.0.1", "192.0.1.1", "223.255.255.254"};
	static const char *const v6[] = {"2606:4700::1111", "2a00:1450::1",
					 "::ffff:8.8.8.8"};
	struct webhook w = {.host = NULL};

	for (size_t i = 0; i < HYP_COUNT(v4); i++) {
		struct sockaddr_in a = {.sin_family = AF_INET};

		inet_pton(AF_INET, v4[i], &a.sin_addr);
		ck_assert_msg(webhook_address_refused(&w, (void *)&a) == NULL,
			      "%s", v4[i]);
	}
	for (size_t i = 0; i < HYP_COUNT(v6); i++) {
		struct sockaddr_in6 a = {.sin6_family = AF_INET6};

		inet_pton(AF_INET6, v6[i], &a.sin6_addr);
		ck_assert_msg(webhook_address_refused(&w, (void *)&a) == NULL,
			      "%s", v6[i]);
	}
}
END_TEST

/* What is too long for Slack is cut, and still UTF-8, which is all it takes. */
START_TEST(slack_is_cut)
{
	static const char *const characters[] = {
		"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "&"};
	struct hyp_notice long_one = notice;
	struct hyp_error err;

	for (size_t i = 0; i < 5 * HYP_COUNT(characters); i++) {
		HYP_AUTO_BUF struct hyp_buf data = HYP_BUF_INIT(100000);
		HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(100000);

		hyp_buf_addf(&data, &err, "{\"vm_path\":\"%.*s", (int)(i % 5),
			     "xxxxx");
		for (int k = 0; k < 3000; k++)
			hyp_buf_adds(&data, characters[i / 5], &err);
		hyp_buf_adds(&data, "\",\"error\":\"it broke\"}", &err);
		long_one.data_json = hyp_buf_str(&data);
		ck_ok(hyp_notice_body(&long_one, 1, &out, &err), &err);
		ck_assert_uint_gt(out.len, 2 * 2700);
		ck_assert_uint_lt(out.len, 2 * 3000);
		ck_assert_msg(hyp_text_is_utf8(hyp_buf_str(&out), out.len),
			      "%zu", i);
	}
}
END_TEST

/* The example of the specification of Standard Webhooks. */
START_TEST(signature)
{
	static const char one[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	static const char body[] = "{\"test\": 2432232314}";
	static const char want[] =
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	struct hyp_secret secret = {one, sizeof(one) - 1};
	struct hyp_buf out = HYP_BUF_INIT(4096);
	struct hyp_error err;
	char two[256];

	ck_ok(webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			   body, sizeof(body) - 1, &out, &err),
	      &err);
	ck_assert_str_eq(hyp_buf_str(&out), want);
	hyp_buf_reset(&out);
	snprintf(two, sizeof(two), "%s\n %s", one, one);
	secret = (struct hyp_secret){two, strlen(two)};
	ck_ok(webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			   body, sizeof(body) - 1, &out, &err),
	      &err);
	ck_assert_uint_eq(out.len, 2 * strlen(want) + 1);
	hyp_buf_fini(&out);
}
END_TEST

static const char *const bad_keys[] = {"plain", "whsec_", "whsec_YWJj",
				       "whsec_!!!!!!!!!!!!!!!!!!!!!!!!", " "};

START_TEST(bad_key)
{
	struct hyp_secret secret = {bad_keys[_i], strlen(bad_keys[_i])};
	struct hyp_buf out = HYP_BUF_INIT(4096);
	struct hyp_error err;

	ck_fails(webhook_sign(&secret, "i", 1, "b", 1, &out, &err), &err,
		 HYP_E_USAGE, "bad_secret");
	hyp_buf_fini(&out);
}
END_TEST

START_TEST(fault_95_retry_after)
{
	const int64_t now = INT64_C(1445412480000); /* 21 Oct 2015 07:28 */

	ck_assert_uint_eq(webhook_retry_after("120", now), 120000);
	ck_assert_uint_eq(webhook_retry_after("0", now), 0);
	ck_assert_uint_eq(webhook_retry_after("-1", now), 0);
	ck_assert_uint_eq(webhook_retry_after("1000000000", now), 3600000);
	ck_assert_uint_eq(webhook_retry_after("99999999999999999999", now),
			  3600000);
	ck_assert_uint_eq(
		webhook_retry_after("Wed, 21 Oct 2015 07:29:00 GMT", now),
		60000);
	ck_assert_uint_eq(
		webhook_retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now), 0);
	ck_assert_uint_eq(
		webhook_retry_after("Wed, 21 Oct 2099 07:28:00 GMT", now),
		3600000);
	ck_assert_uint_eq(webhook_retry_after("soon", now), 0);
	ck_assert_uint_eq(webhook_retry_after("", now), 0);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(suite, c);
	return c;
}

/* test-ssrf.sh runs the first two, each alone. */
static Suite *make(void)
{
	Suite *suite = suite_create("webhook");
	TCase *c = add_case(suite, "hostile");

	tcase_add_loop_test(c, fault_96_urls, 0, (int)HYP_COUNT(hostile));
	tcase_add_loop_test(c, fault_96_answers, 0, (int)HYP_COUNT(answers));
	c = add_case(suite, "allowed");
	tcase_add_test(c, allowed_is_reached);
	c = add_case(suite, "webhook");
	tcase_add_test(c, public_addresses);
	tcase_add_test(c, slack_is_cut);
	tcase_add_test(c, signature);
	tcase_add_loop_test(c, bad_key, 0, (int)HYP_COUNT(bad_keys));
	tcase_add_test(c, fault_95_retry_after);
	return suite;
}

int main(void)
{
	return unit_main(make());
}
