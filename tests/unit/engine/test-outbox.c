/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries in the store: how many may come of one change, when they are due,
 * and what becomes of one that was being sent. Nothing is sent here. */
#include "core/engine/outbox-queue.h"
#include "core/engine/outbox.h"
#include "tests/unit/engine/scheduler-kit.h"

#define WEBHOOKS 64
#define JOBS 1000

static void load(int again)
{
	ck_ok(hyp_outbox_load(kit.engine->outbox, again, &kit.err), &kit.err);
}

static void begin(void)
{
	char text[8000] = "); webhooks = ( ";
	size_t n = strlen(text);

	for (int i = 0; i < WEBHOOKS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s{ name = \"w%d\"; events = "
				      "\"job.created\"; "
				      "url = \"http://127.0.0.1:1024/\"; }",
				      i > 0 ? ", " : "", i);
	setenv("TMPDIR", "/dev/shm", 1);
	engine_kit_init(&kit, "", text);
	wall = at("2026-11-26T12:00:00Z");
	boot = 1000000;
	hyp_clock_set(&clock_of_test);
	open_engine();
	load(0);
}

static void submit(size_t count)
{
	json_object **all = calloc(count, sizeof(json_object *));
	struct hyp_submitted out;
	char text[512];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text),
			 "{\"vm_path\":\"synthetic-1\","
			 "\"output_path\":\"%s/out/%zu\"}",
			 kit.tree.root, i);
		all[i] = json_tokener_parse(text);
	}
	ck_ok(hyp_engine_submit(kit.engine, NULL, all, count, &out, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(out.accepted, count);
	hyp_submitted_fini(&out);
	for (size_t i = 0; i < count; i++)
		json_object_put(all[i]);
	free(all);
}

/* The last delivery of a webhook, and how many it has. */
static struct {
	struct hyp_delivery_row row;
	char event[64], job[129];
	size_t count;
} found;

static int32_t see(void *ctx, const void *at_row, struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	found.row = *(const struct hyp_delivery_row *)at_row;
	snprintf(found.event, sizeof(found.event), "%s", found.row.event_id);
	snprintf(found.job, sizeof(found.job), "%s", found.row.job_id);
	found.count++;
	return 0;
}

static size_t look(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .endpoint_id = id};
	const struct hyp_row_sink sink = {.size = sizeof(sink), .row = see};

	found.count = 0;
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_DELIVERY, &query, &sink, &kit.err),
	      &kit.err);
	return found.count;
}

static void write_row(uint32_t state, uint32_t tries, int64_t due_ms)
{
	struct hyp_draft draft = {.count = 0};
	struct hyp_delivery_row row;

	ck_assert_uint_eq(look("w0"), 1);
	row = found.row;
	row.size = sizeof(row);
	row.event_id = found.event;
	row.job_id = found.job;
	row.endpoint_id = "w0";
	row.error = "";
	row.state = state;
	row.tries = tries;
	row.due_ms = due_ms;
	row.updated_ms = wall;
	ck_ok(hyp_draft_add(&draft, HYP_OP_UPDATE, HYP_TABLE_DELIVERY, &row,
			    &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
}

static size_t due(void)
{
	struct hyp_pending_list *list = calloc(1, sizeof(*list));
	size_t n;

	ck_ok(hyp_pending_list(kit.engine, "w0", wall, list, &kit.err),
	      &kit.err);
	n = list->count;
	hyp_pending_list_fini(list);
	free(list);
	return n;
}

/* As many jobs as one request or one group may make, and all webhooks. */
START_TEST(every_job_for_every_webhook)
{
	submit(JOBS);
	ck_assert_uint_eq(look("w0"), JOBS);
	ck_assert_uint_eq(look("w63"), JOBS);
}
END_TEST

START_TEST(a_clock_that_is_set_back)
{
	submit(1);
	ck_assert_uint_eq(due(), 1);
	wall -= DAY;
	ck_assert_uint_eq(due(), 1);
	write_row(HYP_DELIVERY_PENDING, 1, wall + HOUR);
	ck_assert_uint_eq(due(), 0);
	wall += HOUR;
	ck_assert_uint_eq(due(), 1);
	wall -= HOUR + SECOND / 2; /* corrected, not set */
	ck_assert_uint_eq(due(), 0);
	wall -= DAY;
	ck_assert_uint_eq(due(), 1);
}
END_TEST

START_TEST(what_was_being_sent)
{
	submit(1);
	write_row(HYP_DELIVERY_SENDING, 3, wall);
	reopen();
	load(0);
	look("w0");
	ck_assert_uint_eq(found.row.state, HYP_DELIVERY_PENDING);
	ck_assert_uint_eq(found.row.tries, 2); /* a kill is no answer */
	/* also if it could not be written down, and there is a reload */
	write_row(HYP_DELIVERY_SENDING, 3, wall);
	load(1);
	look("w0");
	ck_assert_uint_eq(found.row.state, HYP_DELIVERY_PENDING);
	ck_assert_uint_eq(due(), 1);
}
END_TEST

static Suite *outbox_suite(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tc = tcase_create("outbox");

	tcase_add_checked_fixture(tc, begin, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, every_job_for_every_webhook);
	tcase_add_test(tc, a_clock_that_is_set_back);
	tcase_add_test(tc, what_was_being_sent);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(outbox_suite());
}
