/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts, waits, the breaker, and the ways between the states. */
#include "core/base/clock.h"
#include "core/engine/breaker.h"
#include "core/engine/events.h"
#include "core/engine/outcome.h"
#include "core/engine/transition.h"
#include "tests/lib/unit.h"

#include <string.h>

static const struct hyp_job_settings settings = {
	.attempts = 5,
	.retry_min = 30000,
	.retry_max = 900000,
};

static struct hyp_verdict judge(int32_t code, const char *kind,
				uint32_t after_ms, uint32_t failures)
{
	struct hyp_error err;

	hyp_error_set(&err, code, kind, 0, "x");
	err.retry_after_ms = after_ms;
	return hyp_outcome_judge(&err, failures, &settings);
}

START_TEST(waits_double)
{
	uint64_t least[12], most[12];

	for (uint32_t n = 1; n < 12; n++) {
		least[n] = UINT64_MAX;
		most[n] = 0;
		for (int i = 0; i < 400; i++) {
			uint64_t ms = hyp_outcome_wait_ms(n, &settings);

			least[n] = ms < least[n] ? ms : least[n];
			most[n] = ms > most[n] ? ms : most[n];
		}
	}
	for (uint32_t n = 1; n < 12; n++) {
		uint64_t whole = n > 5 ? 900000 : 30000u << (n - 1);

		ck_assert_uint_ge(least[n], whole / 2);
		ck_assert_uint_le(most[n], whole);
		/* half of it is random, and used */
		ck_assert_uint_lt(least[n], whole * 6 / 10);
		ck_assert_uint_gt(most[n], whole * 9 / 10);
	}
}
END_TEST

START_TEST(codes)
{
	struct hyp_verdict v = judge(HYP_E_TRANSIENT, "net_timeout", 0, 0);

	ck_assert_uint_eq(v.state, HYP_JOB_RETRY_WAIT);
	ck_assert_uint_eq(v.charged, 1);
	v = judge(HYP_E_TRANSIENT, "net_timeout", 0, 4);
	ck_assert_uint_eq(v.state, HYP_JOB_FAILED);
	v = judge(HYP_E_RESOURCE, "insufficient_space", 0, 3);
	ck_assert_uint_eq(v.state, HYP_JOB_RETRY_WAIT);
	v = judge(HYP_E_BUSY, "vm_busy", 0, 4);
	ck_assert_uint_eq(v.state, HYP_JOB_RETRY_WAIT);
	ck_assert_uint_eq(v.charged, 0);
	v = judge(HYP_E_BUSY, "vm_busy", 3600000, 0);
	ck_assert_uint_eq(v.wait_ms, 3600000);
	v = judge(HYP_E_TRANSIENT, "net_timeout", 3600000, 0);
	ck_assert_uint_eq(v.wait_ms, 3600000);
	/* the store's own troubles are nobody's fault */
	v = judge(HYP_E_RESOURCE, "db_full", 0, 4);
	ck_assert_uint_eq(v.state, HYP_JOB_RETRY_WAIT);
	ck_assert_uint_eq(v.charged, 0);
}
END_TEST

START_TEST(stops)
{
	static const int32_t final[] = {HYP_E_AUTH,	   HYP_E_PERMANENT,
					HYP_E_NOT_FOUND,   HYP_E_USAGE,
					HYP_E_EXISTS,	   HYP_E_CONFLICT,
					HYP_E_UNSUPPORTED, HYP_E_CANCELLED};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		ck_assert_uint_eq(judge(final[i], "x", 0, 0).state,
				  HYP_JOB_FAILED);
}
END_TEST

static uint64_t now_ms = 1000000;

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

static const struct hyp_clock fake = {.boot_ns = boot_ns, .wall_ms = wall_ms};

static size_t blocked(struct hyp_breaker *breaker, const char *first)
{
	struct hyp_error err;
	char **list;
	size_t n;

	ck_ok(hyp_breaker_list(breaker, &list, &n, &err), &err);
	if (first != NULL)
		ck_assert_str_eq(list[0], first);
	hyp_breaker_list_free(list, n);
	return n;
}

START_TEST(breaker)
{
	struct hyp_breaker *b;
	struct hyp_error err;

	hyp_clock_set(&fake);
	ck_ok(hyp_breaker_new(&b, &err), &err);
	hyp_breaker_refused(b, "vc:443", "joe", 900000);
	hyp_breaker_refused(b, "vc:443", "ann", 900000);
	ck_assert_uint_eq(blocked(b, NULL), 0);
	hyp_breaker_refused(b, "vc:443", "joe", 900000);
	ck_assert_uint_eq(blocked(b, "vc:443\njoe"), 1);
	now_ms += 899999;
	ck_assert_uint_eq(blocked(b, NULL), 1);
	now_ms += 1;
	ck_assert_uint_eq(blocked(b, NULL), 0);
	/* refused once more: another pause; let in: forgiven */
	hyp_breaker_refused(b, "vc:443", "joe", 900000);
	ck_assert_uint_eq(blocked(b, NULL), 1);
	hyp_breaker_accepted(b, "vc:443", "joe");
	ck_assert_uint_eq(blocked(b, NULL), 0);
	hyp_breaker_refused(b, "vc:443", "joe", 900000);
	ck_assert_uint_eq(blocked(b, NULL), 0);
	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d", i);
		hyp_breaker_refused(b, "vc:443", name, 1);
	}
	hyp_breaker_free(b);
	hyp_clock_set(NULL);
}
END_TEST

#define S(name) HYP_JOB_##name
#define B(name) HYP_JOB_BIT(HYP_JOB_##name)

/* By where a job comes from: where it may go. */
static const uint32_t ways[HYP_JOB_STATES] = {
	[0] = B(SCHEDULED) | B(QUEUED),
	[S(SCHEDULED)] = B(QUEUED) | B(CANCELLED),
	[S(QUEUED)] = B(PREPARING) | B(CANCELLED),
	[S(RETRY_WAIT)] = B(PREPARING) | B(CANCELLED),
	[S(PREPARING)] = B(QUEUED) | B(RETRY_WAIT) | B(TRANSFERRING) |
			 B(PACKAGING) | B(PUBLISHING) | B(CANCELLING) |
			 B(FAILED),
	[S(TRANSFERRING)] = B(QUEUED) | B(RETRY_WAIT) | B(PACKAGING) |
			    B(PUBLISHING) | B(CANCELLING) | B(FAILED),
	[S(PACKAGING)] = B(QUEUED) | B(RETRY_WAIT) | B(PUBLISHING) |
			 B(CANCELLING) | B(FAILED),
	[S(PUBLISHING)] = B(QUEUED) | B(RETRY_WAIT) | B(COMPLETED) | B(FAILED),
	[S(CANCELLING)] = B(CANCELLED),
};

static int32_t go(uint32_t from, uint32_t to, struct hyp_draft *draft)
{
	struct hyp_job_row row = {.size = sizeof(row),
				  .state = to,
				  .attempt = 3,
				  .id = "j",
				  .name = "n",
				  .vm_path = "/vm",
				  .output_path = "/out",
				  .error = "e",
				  .error_kind = "k",
				  .result_json = "{}"};
	struct hyp_error err;

	return hyp_transition(draft, &row, from == 0 ? 0 : HYP_JOB_BIT(from), 3,
			      "why", &err);
}

START_TEST(every_way)
{
	for (uint32_t from = 0; from < HYP_JOB_STATES; from++)
		for (uint32_t to = 1; to < HYP_JOB_STATES; to++) {
			struct hyp_draft draft = {.count = 0};
			int may = (ways[from] & HYP_JOB_BIT(to)) != 0;

			ck_assert_msg((go(from, to, &draft) == 0) == may,
				      "%u to %u", from, to);
			if (may) {
				const struct hyp_store_op *op = draft.ops;

				ck_assert_uint_eq(op->table, HYP_TABLE_JOB);
				ck_assert_uint_eq(
					op->states,
					from == 0 ? 0 : HYP_JOB_BIT(from));
				ck_assert_uint_eq(op->attempt, 3);
				ck_assert_uint_eq(op[1].table,
						  HYP_TABLE_HISTORY);
			} else {
				ck_assert_uint_eq(draft.count, 0);
			}
			hyp_draft_fini(&draft);
		}
}
END_TEST

static const struct hyp_event_row *event_of(const struct hyp_draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->ops[i].table == HYP_TABLE_EVENT)
			return draft->ops[i].row;
	return NULL;
}

static int drops_secret(const struct hyp_draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->ops[i].table == HYP_TABLE_SECRET &&
		    draft->ops[i].verb == HYP_OP_DELETE)
			return 1;
	return 0;
}

START_TEST(events)
{
	static const struct {
		uint32_t from, to;
		const char *type;
		int ends;
	} cases[] = {
		{0, S(QUEUED), "job.created", 0},
		{S(QUEUED), S(PREPARING), "job.started", 0},
		{S(PREPARING), S(TRANSFERRING), NULL, 0},
		{S(TRANSFERRING), S(RETRY_WAIT), NULL, 0},
		{S(PUBLISHING), S(COMPLETED), "job.completed", 1},
		{S(PACKAGING), S(FAILED), "job.failed", 1},
		{S(CANCELLING), S(CANCELLED), "job.cancelled", 1},
		{S(QUEUED), S(CANCELLED), "job.cancelled", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hyp_draft draft = {.count = 0};
		const struct hyp_event_row *event;

		ck_assert_int_eq(go(cases[i].from, cases[i].to, &draft), 0);
		event = event_of(&draft);
		ck_assert((event != NULL) == (cases[i].type != NULL));
		ck_assert_uint_eq(draft.events, event != NULL);
		if (event != NULL) {
			ck_assert_str_eq(event->type, cases[i].type);
			ck_assert_uint_eq(strlen(event->id), 36);
			ck_assert_int_eq(event->id[14], '7');
			ck_assert_ptr_nonnull(
				strstr(event->data_json,
				       "\"job_id\":\"j\",\"job_name\":\"n\","
				       "\"vm_path\":\"/vm\""));
		}
		ck_assert_int_eq(drops_secret(&draft), cases[i].ends);
		hyp_draft_fini(&draft);
	}
}
END_TEST

/* A client goes on behind the last number it saw: that must not be given to
 * another event after a power cut. */
START_TEST(an_event_is_durable)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.flags = HYP_CHANGE_LAZY};
	const struct hyp_job_row job = {.size = sizeof(job), .id = "j"};
	const struct hyp_advance advance = {.phase = "transferring"};
	struct hyp_error err;

	ck_ok(hyp_event_progress(&draft, &job, 1, &advance, &err), &err);
	ck_assert_uint_eq(hyp_draft_change(&draft).flags, 0);
}
END_TEST

static Suite *outcome_suite(void)
{
	Suite *suite = suite_create("outcome");
	TCase *tc = tcase_create("outcome");

	tcase_add_test(tc, waits_double);
	tcase_add_test(tc, codes);
	tcase_add_test(tc, stops);
	tcase_add_test(tc, breaker);
	tcase_add_test(tc, every_way);
	tcase_add_test(tc, events);
	tcase_add_test(tc, an_event_is_durable);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(outcome_suite());
}
