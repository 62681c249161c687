/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of hypersdk/exporter.h. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "tests/contract/contract.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define MAX (8u << 20)
#define THREADS 4
#define ROUNDS 50

/* The types that it says it has. */
struct types {
	char at[16][129];
	uint32_t count;
};

static int32_t add_type(void *ctx, const char *type, struct hyp_error *err)
{
	struct types *types = ctx;

	(void)err;
	ck_assert_uint_lt(types->count, 16);
	ck_assert_uint_lt(strlen(type), sizeof(types->at[0]));
	snprintf(types->at[types->count++], sizeof(types->at[0]), "%s", type);
	return 0;
}

static const struct hyp_exporter_ops *ops(void)
{
	return contract_plugin->ops;
}

static void get_types(struct contract_instance *i, struct types *out)
{
	struct hyp_error err;

	out->count = 0;
	ck_ok(ops()->content_types(i->raw, add_type, out, &err), &err);
	ck_assert_uint_ge(out->count, 1);
}

/* --- a snapshot with everything in it ------------------------------------ */

static const char *const labels[] = {"name", "kind"};
static const char *const plain[] = {"a", "b"};
static const char *const odd[] = {"quote\" back\\ line\n tab\t",
				  "\xc3\xa4\xe2\x82\xac{},=#"};
static const double bounds[] = {0.005, 1, 1048576};
static const uint64_t buckets[] = {1, 2, 2};

static const struct hyp_metric_series counters[] = {
	{.size = sizeof(counters[0]), .values = plain, .value = 3},
	{.size = sizeof(counters[0]), .values = odd, .value = 1e300},
};
static const struct hyp_metric_series gauges[] = {
	{.size = sizeof(gauges[0]), .value = -0.1},
};
static const struct hyp_metric_series strange[] = {
	{.size = sizeof(strange[0]), .values = plain, .value = NAN},
	{.size = sizeof(strange[0]), .values = odd, .value = -INFINITY},
};
static const struct hyp_metric_series histograms[] = {
	{.size = sizeof(histograms[0]),
	 .values = plain,
	 .sum = 2000000.5,
	 .count = 3,
	 .buckets = buckets,
	 .created = 1.7e9},
};

#define SERIES(a)                                                              \
	.series = (a), .series_stride = sizeof((a)[0]),                        \
	.series_count = HYP_COUNT(a)
#define FAMILY(name_, type_)                                                   \
	.size = sizeof(struct hyp_metric_family), .name = (name_),             \
	.type = (type_), .help = "Help of \\ it", .unit = ""
static const struct hyp_metric_family families[] = {
	{FAMILY("x_made_total", HYP_METRIC_COUNTER), .labels = labels,
	 .label_count = 2, SERIES(counters)},
	{FAMILY("x_level", HYP_METRIC_GAUGE), SERIES(gauges)},
	{FAMILY("x_strange", HYP_METRIC_GAUGE), .labels = labels,
	 .label_count = 2, SERIES(strange)},
	{FAMILY("x_took_seconds", HYP_METRIC_HISTOGRAM), .labels = labels,
	 .label_count = 2, .bounds = bounds, .bound_count = 3,
	 SERIES(histograms)},
	{FAMILY("x_never_total", HYP_METRIC_COUNTER), .labels = labels,
	 .label_count = 2},
};
static const struct hyp_metric_snapshot snapshot = {
	.size = sizeof(snapshot),
	.families = families,
	.family_stride = sizeof(families[0]),
	.family_count = HYP_COUNT(families),
};

static void render(struct contract_instance *i, uint32_t type,
		   struct hyp_buf *out)
{
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	struct hyp_error err;

	ck_ok(ops()->render(i->raw, type, &snapshot, &writer, &err), &err);
	ck_assert_uint_gt(out->len, 0);
}

/* --- tests ---------------------------------------------------------------- */

START_TEST(types_are_headers_and_stay)
{
	struct contract_instance *i = contract_new("plain");
	struct types types, again;

	get_types(i, &types);
	for (uint32_t k = 0; k < types.count; k++) {
		ck_assert_ptr_nonnull(strchr(types.at[k], '/'));
		for (const char *c = types.at[k]; *c != '\0'; c++)
			ck_assert_msg(*c >= ' ' && *c <= '~', "%s",
				      types.at[k]);
		for (uint32_t m = 0; m < k; m++)
			ck_assert_str_ne(types.at[m], types.at[k]);
	}
	get_types(i, &again);
	ck_assert_uint_eq(types.count, again.count);
	for (uint32_t k = 0; k < types.count; k++)
		ck_assert_str_eq(types.at[k], again.at[k]);
	contract_free(i);
}
END_TEST

START_TEST(each_type_is_rendered_alike_each_time)
{
	struct contract_instance *i = contract_new("plain");
	struct types types;

	get_types(i, &types);
	for (uint32_t k = 0; k < types.count; k++) {
		HYP_AUTO_BUF struct hyp_buf one = HYP_BUF_INIT(MAX);
		HYP_AUTO_BUF struct hyp_buf two = HYP_BUF_INIT(MAX);

		render(i, k, &one);
		render(i, k, &two);
		ck_assert_str_eq(hyp_buf_str(&one), hyp_buf_str(&two));
		for (size_t f = 0; f < HYP_COUNT(families); f++)
			ck_assert_msg(memmem(one.data, one.len,
					     families[f].name, 7) != NULL,
				      "%s: no %s", types.at[k],
				      families[f].name);
	}
	contract_free(i);
}
END_TEST

START_TEST(there_is_no_other_type)
{
	struct contract_instance *i = contract_new("plain");
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(MAX);
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = &out, .write = hyp_buf_write};
	struct hyp_error err;
	struct types types;

	get_types(i, &types);
	ct_fails_with(
		ops()->render(i->raw, types.count, &snapshot, &writer, &err),
		&err, HYP_E_USAGE);
	ck_assert_uint_eq(out.len, 0);
	contract_free(i);
}
END_TEST

static int32_t broken_write(void *ctx, const void *bytes, uint64_t n,
			    struct hyp_error *err)
{
	unsigned *calls = ctx;

	(void)bytes;
	(void)n;
	(*calls)++;
	return hyp_error_set(err, HYP_E_RESOURCE, "no_space", 0, "it is full");
}

static int32_t refuse_type(void *ctx, const char *type, struct hyp_error *err)
{
	(void)ctx;
	(void)type;
	return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", 0, "none");
}

START_TEST(failures_are_passed_on_at_once)
{
	struct contract_instance *i = contract_new("plain");
	unsigned calls = 0;
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = &calls, .write = broken_write};
	struct hyp_error err;
	struct types types;

	get_types(i, &types);
	for (uint32_t k = 0; k < types.count; k++) {
		calls = 0;
		ct_fails_with(
			ops()->render(i->raw, k, &snapshot, &writer, &err),
			&err, HYP_E_RESOURCE);
		ck_assert_str_eq(err.kind, "no_space");
		ck_assert_uint_eq(calls, 1);
	}
	ct_fails_with(ops()->content_types(i->raw, refuse_type, NULL, &err),
		      &err, HYP_E_TRANSIENT);
	contract_free(i);
}
END_TEST

START_TEST(nothing_to_render_is_no_failure)
{
	struct contract_instance *i = contract_new("plain");
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(MAX);
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = &out, .write = hyp_buf_write};
	const struct hyp_metric_snapshot empty = {
		.size = sizeof(empty),
		.family_stride = sizeof(struct hyp_metric_family)};
	struct hyp_error err;

	ck_ok(ops()->render(i->raw, 0, &empty, &writer, &err), &err);
	contract_free(i);
}
END_TEST

/* A core of later: its structs are longer. */
START_TEST(strides_are_heeded)
{
	struct longer {
		struct hyp_metric_family family;
		uint64_t more[3];
	} far[2];
	struct contract_instance *i = contract_new("plain");
	struct hyp_metric_snapshot of = snapshot;
	struct hyp_metric_snapshot two = snapshot;
	HYP_AUTO_BUF struct hyp_buf near_text = HYP_BUF_INIT(MAX);
	HYP_AUTO_BUF struct hyp_buf far_text = HYP_BUF_INIT(MAX);
	struct hyp_writer writer = {.size = sizeof(writer),
				    .ctx = &near_text,
				    .write = hyp_buf_write};
	struct hyp_error err;

	memset(far, 0x5a, sizeof(far));
	for (size_t k = 0; k < 2; k++) {
		far[k].family = families[k];
		far[k].family.size = sizeof(far[k]);
	}
	of.families = &far[0].family;
	of.family_stride = sizeof(far[0]);
	of.family_count = two.family_count = 2;
	ck_ok(ops()->render(i->raw, 0, &two, &writer, &err), &err);
	writer.ctx = &far_text;
	ck_ok(ops()->render(i->raw, 0, &of, &writer, &err), &err);
	ck_assert_str_eq(hyp_buf_str(&near_text), hyp_buf_str(&far_text));
	contract_free(i);
}
END_TEST

static void *checked_main(void *arg)
{
	struct contract_instance *i = arg;

	for (int k = 0; k < ROUNDS; k++) {
		HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(MAX);
		const struct hyp_writer writer = {.size = sizeof(writer),
						  .ctx = &out,
						  .write = hyp_buf_write};
		struct hyp_error err;

		ck_ok(hyp_exporter_calls.render(i->checked, 0, &snapshot,
						&writer, &err),
		      &err);
		ck_assert_uint_gt(out.len, 0);
	}
	return NULL;
}

START_TEST(many_ask_at_once)
{
	struct contract_instance *i = contract_new("plain");
	pthread_t threads[THREADS];

	for (int k = 0; k < THREADS; k++)
		pthread_create(&threads[k], NULL, checked_main, i);
	for (int k = 0; k < THREADS; k++)
		pthread_join(threads[k], NULL);
	contract_free(i);
}
END_TEST

START_TEST(nothing_is_left_behind)
{
	unsigned before = contract_count("/proc/self/fd");
	unsigned threads = contract_count("/proc/self/task");

	for (int k = 0; k < ROUNDS; k++) {
		struct contract_instance *i = contract_new("plain");
		HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(MAX);

		render(i, 0, &out);
		contract_free(i);
	}
	ck_assert_uint_eq(contract_count("/proc/self/fd"), before);
	ck_assert_uint_eq(contract_count("/proc/self/task"), threads);
}
END_TEST

static Suite *make(void)
{
	Suite *suite = suite_create("contract of exporters");
	TCase *tc = tcase_create("exporter");

	tcase_add_test(tc, types_are_headers_and_stay);
	tcase_add_test(tc, each_type_is_rendered_alike_each_time);
	tcase_add_test(tc, there_is_no_other_type);
	tcase_add_test(tc, failures_are_passed_on_at_once);
	tcase_add_test(tc, nothing_to_render_is_no_failure);
	tcase_add_test(tc, strides_are_heeded);
	tcase_add_test(tc, many_ask_at_once);
	tcase_add_test(tc, nothing_is_left_behind);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_EXPORTER, make);
}
