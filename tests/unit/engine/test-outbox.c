/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries in the store: how many may come of one change, when they are due,
 * and what becomes of one that was being sent. Nothing is sent here. */
#include "core/engine/outbox-queue.h"
#include "core/config/parts.h"
#include "core/engine/outbox.h"
#include "core/engine/webhooks.h"
#include "tests/unit/engine/scheduler-kit.h"

#define WEBHOOKS 64
#define JOBS 1000

static void load(int again)
{
	ck_ok(hyp_outbox_load(kit.engine->outbox, again, &kit.err), &kit.err);
}

/* Of the files: w0, w1, ... */
static const char *webhooks(int count)
{
	static char text[8000];
	size_t n = (size_t)snprintf(text, sizeof(text), "); webhooks = ( ");

	for (int i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s{ name = \"w%d\"; events = "
				      "\"job.created\"; "
				      "url = \"http://127.0.0.1:1024/\"; }",
				      i > 0 ? ", " : "", i);
	return text;
}

static void begin_with(int count)
{
	setenv("TMPDIR", "/dev/shm", 1);
	engine_kit_init(&kit, "", webhooks(count));
	wall = at("2026-11-26T12:00:00Z");
	boot = 1000000;
	hyp_clock_set(&clock_of_test);
	open_engine();
	load(0);
}

static void begin(void)
{
	begin_with(WEBHOOKS);
}

static void begin_with_one(void)
{
	begin_with(1);
}

static void begin_without(void)
{
	begin_with(0);
}

static void submit_to(size_t count, int where)
{
	json_object **all = calloc(count, sizeof(json_object *));
	struct hyp_submitted out;
	char text[512];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text),
			 "{\"vm_path\":\"synthetic-1\","
			 "\"output_path\":\"%s/out/%d/%zu\"}",
			 kit.tree.root, where, i);
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

static void submit(size_t count)
{
	submit_to(count, 0);
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

static size_t look_at(const char *id, uint32_t states)
{
	const struct hyp_store_query query = {
		.size = sizeof(query), .states = states, .endpoint_id = id};
	const struct hyp_row_sink sink = {.size = sizeof(sink), .row = see};

	found.count = 0;
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_DELIVERY, &query, &sink, &kit.err),
	      &kit.err);
	return found.count;
}

static size_t look(const char *id)
{
	return look_at(id, 0);
}

/* The event of the only one that waits, or "". */
static const char *next_of(const char *id)
{
	return look_at(id, HYP_JOB_BIT(HYP_DELIVERY_PENDING)) == 1 ? found.event
								   : "";
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

static struct hyp_backlog backlog; /* of w0 */

/* How many are due, each of which is put off by an hour. */
static size_t put_off(void)
{
	struct hyp_waiting *w;
	size_t n = 0;

	backlog.all_read = 0; /* it rings */
	for (;; n++) {
		ck_ok(hyp_backlog_due(&backlog, &w, &kit.err), &kit.err);
		if (w == NULL)
			return n;
		w->due_ms = wall + HOUR;
		hyp_backlog_later(&backlog, w);
	}
}

/* How many are due by what is in the store. */
static size_t due(void)
{
	size_t n;

	hyp_backlog_init(&backlog, kit.engine, "w0");
	n = put_off();
	hyp_backlog_forget(&backlog);
	return n;
}

static int32_t add(const char *name)
{
	char id[HYP_WEBHOOK_NAME_MAX + 1], text[256];
	json_object *json;
	int32_t rc;

	snprintf(text, sizeof(text),
		 "{\"name\":\"%s\",\"url\":\"http://api.example/\","
		 "\"headers\":{\"A\":\"value-of-api\"}}",
		 name);
	json = json_tokener_parse(text);
	rc = hyp_engine_webhook_add(kit.engine, NULL, json, id, &kit.err);
	json_object_put(json);
	return rc;
}

static void configure(int count)
{
	engine_kit_conf(&kit, "", webhooks(count));
	ck_ok(hyp_engine_reload(kit.engine, engine_kit_load(&kit), &kit.err),
	      &kit.err);
}

/* The row of that webhook, and how many there are. */
static struct {
	char wanted[65], owner[8], url[128];
	size_t all;
} row;

static int32_t see_endpoint(void *ctx, const void *at_row,
			    struct hyp_error *err)
{
	const struct hyp_endpoint_row *r = at_row;

	(void)ctx;
	(void)err;
	row.all++;
	if (strcmp(r->id, row.wanted) != 0)
		return 0;
	snprintf(row.owner, sizeof(row.owner), "%s", r->owner);
	snprintf(row.url, sizeof(row.url), "%s", r->url);
	return 0;
}

static const char *owner_of(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	const struct hyp_row_sink sink = {.size = sizeof(sink),
					  .row = see_endpoint};

	memset(&row, 0, sizeof(row));
	snprintf(row.wanted, sizeof(row.wanted), "%s", id);
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine),
				   HYP_TABLE_ENDPOINT, &query, &sink, &kit.err),
	      &kit.err);
	return row.owner;
}

/* The value of the header that add() gave it, as it would be sent. */
static int has_header(const char *id)
{
	struct hyp_endpoint *e = hyp_outbox_find(kit.engine->outbox, id);
	const struct hyp_value *headers;
	struct hyp_part part;
	int64_t until;
	int has;

	ck_assert_ptr_nonnull(e);
	memset(&part, 0, sizeof(part));
	ck_ok(hyp_endpoint_part(kit.engine, &e->webhook, e->of_file, &part,
				&until, &kit.err),
	      &kit.err);
	headers = hyp_values_get(&part.values, "headers");
	has = headers != NULL && headers->item_count == 1 &&
	      strcmp(headers->items[0], "A: value-of-api") == 0;
	hyp_part_fini(&part);
	return has;
}

START_TEST(a_name_of_the_api_in_a_file)
{
	ck_ok(add("w0"), &kit.err);
	configure(2);
	ck_assert_str_eq(owner_of("w0"), "api");
	ck_assert_str_eq(row.url, "http://api.example/");
	ck_assert_str_eq(owner_of("w1"), "file");
	ck_assert(has_header("w0"));
	reopen();
	load(0);
	ck_assert_str_eq(owner_of("w0"), "api");
	ck_assert(has_header("w0"));
	/* until it is removed */
	ck_ok(hyp_engine_webhook_remove(kit.engine, NULL, "w0", &kit.err),
	      &kit.err);
	configure(2);
	ck_assert_str_eq(owner_of("w0"), "file");
	ck_assert_int_eq(has_header("w0"), 0);
}
END_TEST

START_TEST(as_many_as_there_can_be)
{
	char name[16];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "api%d", i);
		ck_ok(add(name), &kit.err);
	}
	configure(WEBHOOKS);
	ck_assert_str_eq(owner_of("api2"), "api");
	ck_assert_uint_eq(row.all, WEBHOOKS);
	ck_assert_str_eq(owner_of("w60"), "file");
	ck_assert_str_eq(owner_of("w61"), "");
	ck_assert_ptr_null(hyp_outbox_find(kit.engine->outbox, "w61"));
	ck_fails(add("more"), &kit.err, HYP_E_CONFLICT, "too_many");
}
END_TEST

/* An event that is on its way into the store. */
static void route(struct hyp_draft *draft, const char *id, size_t deliveries)
{
	struct hyp_event_row event = {
		.size = sizeof(event),
		.time_ms = wall,
		.id = id,
		.type = "job.created",
		.job_id = "",
		.data_json = "{}",
	};

	draft->events = 1;
	ck_ok(hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_EVENT, &event,
			    &kit.err),
	      &kit.err);
	ck_ok(hyp_outbox_route(kit.engine, draft, &kit.err), &kit.err);
	ck_assert_uint_eq(draft->count, 1 + deliveries);
}

static void arrive(struct hyp_draft *draft)
{
	ck_ok(hyp_engine_apply(kit.engine, draft, &kit.err), &kit.err);
	hyp_draft_fini(draft);
}

static void remove_it(const char *id)
{
	ck_ok(hyp_engine_webhook_remove(kit.engine, NULL, id, &kit.err),
	      &kit.err);
}

static void update_it(const char *id)
{
	struct json_object *change = json_tokener_parse("{\"retry\":1}");

	ck_ok(hyp_engine_webhook_update(kit.engine, NULL, id, change, &kit.err),
	      &kit.err);
	json_object_put(change);
}

/* Its webhook goes meanwhile. */
START_TEST(removed_in_between)
{
	struct hyp_draft draft = {.count = 0};

	ck_ok(add("mine"), &kit.err);
	route(&draft, "event-1", 1);
	remove_it("mine");
	arrive(&draft);
	ck_assert_uint_eq(look("mine"), 1);
	ck_assert_uint_eq(found.row.state, HYP_DELIVERY_ABANDONED);
}
END_TEST

/* And another of its name comes: which gets its own, and only that. */
START_TEST(another_in_between)
{
	struct hyp_draft before = {.count = 0}, after = {.count = 0};

	ck_ok(add("mine"), &kit.err);
	route(&before, "event-1", 1);
	remove_it("mine");
	ck_ok(add("mine"), &kit.err);
	update_it("mine");
	load(1);
	route(&after, "event-2", 1);
	arrive(&after);
	arrive(&before);
	ck_assert_uint_eq(look("mine"), 2);
	ck_assert_str_eq(found.event, "event-1");
	ck_assert_uint_eq(found.row.state, HYP_DELIVERY_ABANDONED);
	ck_assert_str_eq(next_of("mine"), "event-2");
}
END_TEST

/* But one that was changed meanwhile, or read again from its file, is the same
 * as before. */
START_TEST(the_same_in_between)
{
	struct hyp_draft draft = {.count = 0};

	configure(1);
	ck_ok(add("mine"), &kit.err);
	route(&draft, "event-1", 2);
	update_it("mine");
	load(1);
	arrive(&draft);
	ck_assert_str_eq(next_of("mine"), "event-1");
	ck_assert_str_eq(next_of("w0"), "event-1");
}
END_TEST

/* A ring costs what is new, and what waits nothing, however much it is. */
START_TEST(what_waits_is_not_read_again)
{
	uint64_t lists;

	for (int i = 0; i < 6; i++) {
		submit_to(JOBS, i);
		wall += SECOND;
	}
	hyp_backlog_init(&backlog, kit.engine, "w0");
	ck_assert_uint_eq(put_off(), 6 * JOBS);
	ck_assert_uint_eq(backlog.rows, 6 * JOBS);
	lists = backlog.lists;
	ck_assert_uint_eq(put_off(), 0);
	ck_assert_uint_eq(backlog.rows, 6 * JOBS);
	submit_to(1, 6);
	ck_assert_uint_eq(put_off(), 1);
	ck_assert_uint_eq(backlog.rows, 6 * JOBS + 1);
	ck_assert_uint_eq(backlog.lists, lists + 2);
	wall += HOUR;
	boot += HOUR;
	ck_assert_uint_eq(put_off(), 6 * JOBS + 1);
	ck_assert_uint_eq(backlog.rows, 6 * JOBS + 1);
	hyp_backlog_forget(&backlog);
}
END_TEST

static void add_event(const char *id, const char *job_id)
{
	struct hyp_draft draft = {.events = 1};
	const struct hyp_event_row event = {
		.size = sizeof(event),
		.time_ms = wall,
		.id = id,
		.type = "job.created",
		.job_id = job_id,
		.data_json = "{}",
	};

	ck_ok(hyp_draft_add(&draft, HYP_OP_PUT, HYP_TABLE_EVENT, &event,
			    &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
}

/* The one that is due first is this, and is not pending any more. */
static void done(const char *id)
{
	struct hyp_draft draft = {.count = 0};
	struct hyp_delivery_row r = {.size = sizeof(r),
				     .state = HYP_DELIVERY_DONE,
				     .updated_ms = wall,
				     .event_id = id,
				     .endpoint_id = "w0",
				     .error = ""};
	struct hyp_waiting *w;

	ck_ok(hyp_backlog_due(&backlog, &w, &kit.err), &kit.err);
	ck_assert_ptr_nonnull(w);
	ck_assert_str_eq(w->event_id, id);
	r.job_id = w->job_id;
	ck_ok(hyp_draft_add(&draft, HYP_OP_UPDATE, HYP_TABLE_DELIVERY, &r,
			    &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
	ck_ok(hyp_backlog_done(&backlog, w, &kit.err), &kit.err);
}

/* An event waits for the earlier ones of its job, and for no other. */
START_TEST(in_order_of_its_job)
{
	struct hyp_waiting *w;

	hyp_backlog_init(&backlog, kit.engine, "w0");
	add_event("a1", "a");
	add_event("b1", "b");
	add_event("a2", "a");
	add_event("x1", "");
	add_event("x2", "");
	add_event("a3", "a");
	ck_ok(hyp_backlog_due(&backlog, &w, &kit.err), &kit.err);
	ck_assert_str_eq(w->event_id, "a1");
	w->due_ms = wall + MINUTE;
	hyp_backlog_later(&backlog, w);
	done("b1");
	done("x1");
	done("x2");
	add_event("b2", "b");
	backlog.all_read = 0;
	done("b2");
	ck_ok(hyp_backlog_due(&backlog, &w, &kit.err), &kit.err);
	ck_assert_ptr_null(w);
	ck_assert_int_eq(hyp_backlog_next_ms(&backlog), wall + MINUTE);
	wall += MINUTE;
	boot += MINUTE;
	done("a1");
	add_event("a4", "a"); /* nobody rings: it is found behind the others */
	done("a2");
	done("a3");
	backlog.all_read = 0;
	done("a4");
	ck_assert_int_eq(hyp_backlog_next_ms(&backlog), INT64_MAX);
	hyp_backlog_forget(&backlog);
}
END_TEST

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
	tc = tcase_create("backlog");
	tcase_add_checked_fixture(tc, begin_with_one, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, what_waits_is_not_read_again);
	tcase_add_test(tc, in_order_of_its_job);
	suite_add_tcase(suite, tc);
	tc = tcase_create("endpoints");
	tcase_add_checked_fixture(tc, begin_without, teardown);
	tcase_add_test(tc, a_name_of_the_api_in_a_file);
	tcase_add_test(tc, as_many_as_there_can_be);
	tcase_add_test(tc, removed_in_between);
	tcase_add_test(tc, another_in_between);
	tcase_add_test(tc, the_same_in_between);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(outbox_suite());
}
