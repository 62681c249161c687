/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts, origins, connections per address, wrong tokens per address. */
#include "core/api/connections.h"
#include "core/api/hosts.h"
#include "core/api/wrong.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "tests/lib/unit.h"

#include <unistd.h>

static uint64_t now_ms;

static uint64_t boot_ns(void *ctx)
{
	(void)ctx;
	return now_ms * 1000000;
}

static int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return (int64_t)now_ms;
}

static const struct hyp_clock fake = {boot_ns, wall_ms, NULL};

static void set_clock(void)
{
	now_ms = 1000000;
	hyp_clock_set(&fake);
}

static void reset_clock(void)
{
	hyp_clock_set(NULL);
}

START_TEST(only_known_hosts)
{
	static const char *const more[] = {"backup.example"};
	static const char *const good[] = {
		"localhost",	  "LocalHost:8080", "127.0.0.1",
		"127.0.0.1:1",	  "[::1]",	    "[::1]:443",
		"192.0.2.7:8443", "backup.example", "Backup.Example:8443",
		"192.0.2.9:9090",
	};
	static const char *const bad[] = {
		"",
		"localhost.",
		"localhost.evil.com",
		"evil.com",
		"localhost:",
		"localhost:x",
		"localhost:1:2",
		"localhost:123456",
		"[::1",
		"[::1]x",
		"[::2]",
		"127.0.0.2",
		"a.backup.example",
		"backup.example@evil",
		"192.0.2.70",
	};
	struct hyp_settings settings = {
		.api.listen = "192.0.2.7:8443",
		.metrics = {.enabled = 1, .listen = "192.0.2.9"}};
	char own[256] = "", longer[sizeof(own) + 1];
	struct hyp_refused refused;
	struct hyp_hosts *hosts;
	struct hyp_error err;

	settings.api.hosts.items = more;
	settings.api.hosts.count = 1;
	ck_ok(hyp_hosts_new(&settings, &hosts, &err), &err);
	for (size_t i = 0; i < HYP_COUNT(good); i++)
		ck_assert_msg(hyp_hosts_check(hosts, good[i], &refused) == 0,
			      "%s", good[i]);
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_assert_msg(hyp_hosts_check(hosts, bad[i], &refused) == -1 &&
				      refused.status == 421,
			      "%s", bad[i]);
	ck_assert_int_eq(gethostname(own, sizeof(own) - 1), 0);
	snprintf(longer, sizeof(longer), "%sx", own);
	ck_assert_int_eq(hyp_hosts_check(hosts, own, &refused), 0);
	ck_assert_int_eq(hyp_hosts_check(hosts, longer, &refused), -1);
	hyp_hosts_free(hosts);
	settings.metrics.enabled = 0;
	ck_ok(hyp_hosts_new(&settings, &hosts, &err), &err);
	ck_assert_int_eq(hyp_hosts_check(hosts, "192.0.2.9", &refused), -1);
	hyp_hosts_free(hosts);
}
END_TEST

static int origin(const char *from, const char *site)
{
	struct hyp_refused refused = {0, NULL, NULL};

	if (hyp_hosts_check_origin("localhost:80", from, site, &refused) == 0)
		return 200;
	return (int)refused.status;
}

START_TEST(only_the_own_origin)
{
	ck_assert_int_eq(origin(NULL, NULL), 200);
	ck_assert_int_eq(origin("http://localhost:80", NULL), 200);
	ck_assert_int_eq(origin("https://LOCALHOST:80", "same-origin"), 200);
	ck_assert_int_eq(origin(NULL, "none"), 200);
	ck_assert_int_eq(origin("null", NULL), 403);
	ck_assert_int_eq(origin("", NULL), 403);
	ck_assert_int_eq(origin("localhost:80", NULL), 403);
	ck_assert_int_eq(origin("http://localhost", NULL), 403);
	ck_assert_int_eq(origin("http://localhost:81", NULL), 403);
	ck_assert_int_eq(origin("http://evil", NULL), 403);
	ck_assert_int_eq(origin("http://localhost:80", "cross-site"), 403);
	ck_assert_int_eq(origin(NULL, "same-site"), 403);
}
END_TEST

START_TEST(a_share_for_each_address)
{
	const uint32_t most = HYP_CONNECTIONS_MAX - HYP_CONNECTIONS_LOCAL;
	struct hyp_conns *conns;
	struct hyp_error err;
	int fd = 100000;

	ck_ok(hyp_conns_new(&conns, &err), &err);
	for (uint32_t i = 0; i < HYP_CONNECTIONS_PER_ADDRESS; i++)
		ck_assert_ptr_nonnull(
			hyp_conns_add(conns, fd++, HYP_WAY_TCP, "192.0.2.1"));
	ck_assert_ptr_null(hyp_conns_add(conns, fd, HYP_WAY_TCP, "192.0.2.1"));
	ck_assert_ptr_nonnull(
		hyp_conns_add(conns, fd++, HYP_WAY_TCP, "192.0.2.10"));
	while (hyp_conns_count(conns) < most)
		ck_assert_ptr_nonnull(
			hyp_conns_add(conns, fd++, HYP_WAY_UNIX, "unix"));
	ck_assert_ptr_null(hyp_conns_add(conns, fd, HYP_WAY_TCP, "192.0.2.2"));
	hyp_conns_remove(conns, hyp_conns_by_fd(conns, 100000));
	ck_assert_ptr_nonnull(
		hyp_conns_add(conns, fd++, HYP_WAY_TCP, "192.0.2.2"));
	ck_assert_ptr_null(hyp_conns_by_fd(conns, 100000));
	ck_assert_ptr_null(hyp_conns_add(conns, fd, HYP_WAY_TCP, "192.0.2.3"));
	while (hyp_conns_count(conns) < HYP_CONNECTIONS_MAX)
		ck_assert_ptr_nonnull(
			hyp_conns_add(conns, fd++, HYP_WAY_UNIX, "unix"));
	ck_assert_ptr_null(hyp_conns_add(conns, fd, HYP_WAY_UNIX, "unix"));
	hyp_conns_free(conns);
}
END_TEST

/* A line that came late leaves less for the headers; one that came soon after
 * another request has as long as any. */
START_TEST(one_deadline_for_a_head)
{
	struct hyp_conns *conns;
	struct hyp_conn *conn;
	struct hyp_error err;
	uint64_t began = now_ms;

	ck_ok(hyp_conns_new(&conns, &err), &err);
	conn = hyp_conns_add(conns, 100000, HYP_WAY_TCP, "192.0.2.1");
	now_ms += 9000;
	hyp_conn_wait_less(conn, HYP_WAIT_HEAD);
	ck_assert_uint_eq(conn->deadline_ms, began + HYP_WAIT_HEAD);
	hyp_conn_wait(conn, HYP_WAIT_IDLE);
	hyp_conn_wait_less(conn, HYP_WAIT_HEAD);
	ck_assert_uint_eq(conn->deadline_ms, now_ms + HYP_WAIT_HEAD);
	hyp_conns_free(conns);
}
END_TEST

/* Five addresses would do to take all there are. */
START_TEST(a_crowd_leaves_room)
{
	const uint32_t most = HYP_CONNECTIONS_MAX - HYP_CONNECTIONS_SPARE;
	struct hyp_conns *conns;
	struct hyp_error err;
	char address[16];
	int fd = 100000;

	ck_ok(hyp_conns_new(&conns, &err), &err);
	for (uint32_t i = 0; i < most; i++) {
		snprintf(address, sizeof(address), "192.0.2.%u", i / 200);
		ck_assert_ptr_nonnull(
			hyp_conns_add(conns, fd++, HYP_WAY_TCP, address));
	}
	ck_assert_ptr_null(hyp_conns_add(conns, fd, HYP_WAY_TCP, "192.0.2.1"));
	for (uint32_t i = 0; i < HYP_CONNECTIONS_FEW; i++)
		ck_assert_ptr_nonnull(
			hyp_conns_add(conns, fd++, HYP_WAY_TCP, "192.0.2.100"));
	ck_assert_ptr_null(
		hyp_conns_add(conns, fd, HYP_WAY_TCP, "192.0.2.100"));
	ck_assert_ptr_nonnull(hyp_conns_add(conns, fd, HYP_WAY_UNIX, "unix"));
	hyp_conns_free(conns);
}
END_TEST

/* A connection that was closed unsaid: its descriptor comes again. */
START_TEST(a_descriptor_is_one_connection)
{
	struct hyp_conn *first, *again;
	struct hyp_conns *conns;
	struct hyp_error err;

	ck_ok(hyp_conns_new(&conns, &err), &err);
	first = hyp_conns_add(conns, 100000, HYP_WAY_TCP, "192.0.2.1");
	again = hyp_conns_add(conns, 100000, HYP_WAY_TCP, "192.0.2.2");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(hyp_conns_by_fd(conns, 100000), again);
	ck_assert_uint_eq(hyp_conns_count(conns), 1);
	ck_assert_str_eq(again->address, "192.0.2.2");
	hyp_conns_free(conns);
}
END_TEST

START_TEST(ten_wrong_tokens_a_minute)
{
	struct hyp_error err;
	struct hyp_wrong *wrong = hyp_wrong_new(&err);
	uint32_t wait_s = 0;

	for (int i = 0; i < 10; i++) {
		ck_assert(!hyp_wrong_full(wrong, "192.0.2.1", &wait_s));
		hyp_wrong_count(wrong, "192.0.2.1");
		now_ms += 1000;
	}
	ck_assert(hyp_wrong_full(wrong, "192.0.2.1", &wait_s));
	ck_assert_uint_eq(wait_s, 51);
	ck_assert(!hyp_wrong_full(wrong, "192.0.2.2", &wait_s));
	now_ms += 49999;
	ck_assert(hyp_wrong_full(wrong, "192.0.2.1", &wait_s));
	now_ms += 1;
	ck_assert(!hyp_wrong_full(wrong, "192.0.2.1", &wait_s));
	hyp_wrong_free(wrong);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/hosts");
	TCase *t = tcase_create("hosts");

	tcase_add_checked_fixture(t, set_clock, reset_clock);
	tcase_add_test(t, only_known_hosts);
	tcase_add_test(t, only_the_own_origin);
	tcase_add_test(t, a_share_for_each_address);
	tcase_add_test(t, one_deadline_for_a_head);
	tcase_add_test(t, a_crowd_leaves_room);
	tcase_add_test(t, a_descriptor_is_one_connection);
	tcase_add_test(t, ten_wrong_tokens_a_minute);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
