/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/engine/metrics.h"
#include "core/engine/tally.h"
#include "tests/lib/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

static struct hyp_metrics *metrics;
static struct hyp_snapshot snapshot;
static struct hyp_error err;

static void setup(void)
{
	ck_ok(hyp_metrics_new(&metrics, &err), &err);
}

static void teardown(void)
{
	hyp_metrics_free(metrics);
}

static void look(void)
{
	ck_ok(hyp_metrics_snapshot(metrics, &snapshot, &err), &err);
}

static const struct hyp_metric_family *family(enum hyp_family f)
{
	return HYP_AT(struct hyp_metric_family, snapshot.view.families,
		      snapshot.view.family_stride, f);
}

/* The series of these values; NULL if there is none. */
static const struct hyp_metric_series *series(enum hyp_family f,
					      const char *const *values)
{
	const struct hyp_metric_family *of = family(f);

	for (uint32_t i = 0; i < of->series_count; i++) {
		const struct hyp_metric_series *s =
			HYP_AT(struct hyp_metric_series, of->series,
			       of->series_stride, i);
		uint32_t same = 0;

		while (same < of->label_count &&
		       strcmp(s->values[same], values[same]) == 0)
			same++;
		if (same == of->label_count)
			return s;
	}
	return NULL;
}

/* Lines of a scrape that are samples. */
static uint32_t lines(void)
{
	uint32_t n = 0;

	for (uint32_t f = 0; f < snapshot.view.family_count; f++) {
		const struct hyp_metric_family *of = family((enum hyp_family)f);

		n += of->series_count * (of->type == HYP_METRIC_HISTOGRAM
						 ? of->bound_count + 3
						 : 1);
	}
	return n;
}

START_TEST(table_is_right)
{
	uint32_t least = 0;

	for (uint32_t i = 0; i < HYP_FAMILIES; i++) {
		const struct hyp_family_info *info = &hyp_families[i];
		size_t n = strlen(info->name);
		int total = n > 6 && strcmp(info->name + n - 6, "_total") == 0;

		ck_assert_msg(info->help != NULL && *info->help != '\0', "%s",
			      info->name);
		ck_assert_msg(total == (info->type == HYP_METRIC_COUNTER), "%s",
			      info->name);
		ck_assert_msg((info->max == 0) == (info->labels[0] == NULL),
			      "%s", info->name);
		ck_assert_msg(info->kept < info->max || info->kept == 0, "%s",
			      info->name);
		for (uint32_t b = 1; b < info->bound_count; b++)
			ck_assert(info->bounds[b - 1] < info->bounds[b]);
		ck_assert_msg((info->type == HYP_METRIC_HISTOGRAM) ==
				      (info->bound_count > 0),
			      "%s", info->name);
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(info->name, hyp_families[k].name);
		least += info->bound_count > 0 ? info->bound_count + 3 : 1;
	}
	/* what always has its place leaves most of the room */
	ck_assert_uint_lt(least, HYP_METRICS_LINES / 4);
}
END_TEST

START_TEST(families_are_shown_without_series)
{
	look();
	ck_assert_uint_eq(snapshot.view.family_count, HYP_FAMILIES);
	ck_assert_uint_eq(family(HYP_FAMILY_JOBS)->series_count, 0);
	ck_assert_str_eq(family(HYP_FAMILY_JOBS)->name, "hypersdk_jobs_total");
	ck_assert_uint_eq(family(HYP_FAMILY_ACTIVE_JOBS)->series_count, 1);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(counters_count)
{
	const struct hyp_metric_series *s;

	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 1,
			HYP_LABELS("completed", "vsphere"));
	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 2,
			HYP_LABELS("completed", "vsphere"));
	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 5,
			HYP_LABELS("failed", "vsphere"));
	look();
	s = series(HYP_FAMILY_JOBS, HYP_LABELS("completed", "vsphere"));
	ck_assert_ptr_nonnull(s);
	ck_assert_double_eq(s->value, 3);
	ck_assert_double_gt(s->created, 1.7e9);
	s = series(HYP_FAMILY_JOBS, HYP_LABELS("failed", "vsphere"));
	ck_assert_double_eq(s->value, 5);
	ck_assert_uint_eq(family(HYP_FAMILY_JOBS)->series_count, 2);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(what_is_taken_back_makes_no_counter_fall)
{
	hyp_labels labels = {"completed", "x"};

	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 3, labels);
	hyp_metrics_take_back(metrics, HYP_FAMILY_JOBS, 2, labels);
	look();
	ck_assert_double_eq(series(HYP_FAMILY_JOBS, labels)->value, 3);
	hyp_snapshot_fini(&snapshot);
	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 1, labels);
	hyp_metrics_add(metrics, HYP_FAMILY_JOBS, 4, labels);
	look();
	ck_assert_double_eq(series(HYP_FAMILY_JOBS, labels)->value, 6);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(histograms_are_cumulative)
{
	const struct hyp_metric_series *s;

	hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, 0.5, NULL);
	hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, 1, NULL);
	hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, 5, NULL);
	hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, 1e9, NULL);
	hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, NAN, NULL);
	look();
	s = series(HYP_FAMILY_JOB_QUEUE_WAIT, NULL);
	ck_assert_uint_eq(s->count, 4);
	ck_assert_double_eq(s->sum, 1e9 + 6.5);
	ck_assert_uint_eq(s->buckets[0], 2); /* 1 is at most 1 */
	ck_assert_uint_eq(s->buckets[1], 3);
	for (uint32_t i = 1; i < family(HYP_FAMILY_JOB_QUEUE_WAIT)->bound_count;
	     i++)
		ck_assert_uint_eq(s->buckets[i], 3);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(gauges_move)
{
	hyp_labels labels = {"p", "active"};

	hyp_metrics_shift(metrics, HYP_FAMILY_POOL_SIZE, 2, labels);
	hyp_metrics_shift(metrics, HYP_FAMILY_POOL_SIZE, -1, labels);
	look();
	ck_assert_double_eq(series(HYP_FAMILY_POOL_SIZE, labels)->value, 1);
	hyp_snapshot_fini(&snapshot);
	hyp_metrics_set(metrics, HYP_FAMILY_POOL_SIZE, 7, labels);
	look();
	ck_assert_double_eq(series(HYP_FAMILY_POOL_SIZE, labels)->value, 7);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(values_become_clean)
{
	static char huge[65536], cut[HYP_METRICS_VALUE_MAX + 1];
	const struct hyp_metric_family *of;

	memset(huge, 'x', sizeof(huge) - 1);
	memset(cut, 'x', sizeof(cut) - 1);
	hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1,
			HYP_LABELS("a\xff\x62\xc3", "q\"\n\\"));
	hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1, HYP_LABELS("", NULL));
	hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1, HYP_LABELS(huge, "y"));
	/* a character is not cut in two: 127 and a two-byte one */
	memcpy(huge + HYP_METRICS_VALUE_MAX - 1, "\xc3\xa4", 2);
	hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1, HYP_LABELS(huge, "z"));
	look();
	ck_assert_ptr_nonnull(
		series(HYP_FAMILY_ERRORS,
		       HYP_LABELS("a\xef\xbf\xbd\x62\xef\xbf\xbd", "q\"\n\\")));
	ck_assert_ptr_nonnull(
		series(HYP_FAMILY_ERRORS, HYP_LABELS("unknown", "unknown")));
	ck_assert_ptr_nonnull(series(HYP_FAMILY_ERRORS, HYP_LABELS(cut, "y")));
	cut[HYP_METRICS_VALUE_MAX - 1] = '\0';
	ck_assert_ptr_nonnull(series(HYP_FAMILY_ERRORS, HYP_LABELS(cut, "z")));
	of = family(HYP_FAMILY_ERRORS);
	for (uint32_t i = 0; i < of->series_count; i++)
		for (uint32_t k = 0; k < of->label_count; k++)
			ck_assert(hyp_text_is_utf8(
				of->series[i].values[k],
				strlen(of->series[i].values[k])));
	hyp_snapshot_fini(&snapshot);
}
END_TEST

/* As many as there may be, and one for all the rest; nothing is lost. */
START_TEST(a_million_names_are_few_series)
{
	char name[32];
	double sum = 0;
	const struct hyp_metric_family *of;

	for (uint32_t i = 0; i < 1000000; i++) {
		snprintf(name, sizeof(name), "vm-%u", i);
		hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1,
				HYP_LABELS(name, "vsphere"));
	}
	for (uint32_t f = 0; f < HYP_FAMILIES; f++)
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "x-%u", i);
			if (hyp_families[f].type == HYP_METRIC_COUNTER)
				hyp_metrics_add(metrics, (enum hyp_family)f, 1,
						HYP_LABELS(name, "a", name));
			else if (hyp_families[f].type == HYP_METRIC_HISTOGRAM)
				hyp_metrics_observe(metrics, (enum hyp_family)f,
						    1, HYP_LABELS(name, name));
		}
	look();
	ck_assert_uint_le(lines(), HYP_METRICS_LINES);
	of = family(HYP_FAMILY_ERRORS);
	ck_assert_uint_eq(of->series_count,
			  hyp_families[HYP_FAMILY_ERRORS].max + 1);
	ck_assert_ptr_nonnull(
		series(HYP_FAMILY_ERRORS, HYP_LABELS("other", "other")));
	for (uint32_t i = 0; i < of->series_count; i++)
		sum += of->series[i].value;
	ck_assert_double_eq(sum, 1005000);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

static void tell_gauges(void *ctx, struct hyp_gathering *g)
{
	char name[32];

	(void)ctx;
	for (uint32_t f = 0; f < HYP_FAMILIES; f++)
		for (uint32_t i = 0; i < hyp_families[f].max; i++) {
			snprintf(name, sizeof(name), "x-%u", i);
			if (hyp_families[f].type == HYP_METRIC_GAUGE &&
			    f != HYP_FAMILY_WEBHOOK_BACKLOG)
				hyp_gather(g, (enum hyp_family)f, 1,
					   HYP_LABELS(name, "a", "b"));
		}
}

/* However much has happened: that two gauges share a series would be wrong. */
START_TEST(gauges_keep_their_own)
{
	const uint32_t backlogs = hyp_families[HYP_FAMILY_WEBHOOK_BACKLOG].max;
	char name[32];

	for (uint32_t f = 0; f < HYP_FAMILIES; f++)
		for (uint32_t i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "x-%u", i);
			if (hyp_families[f].type == HYP_METRIC_COUNTER)
				hyp_metrics_add(metrics, (enum hyp_family)f, 1,
						HYP_LABELS(name, "a", name));
			else if (hyp_families[f].type == HYP_METRIC_HISTOGRAM)
				hyp_metrics_observe(metrics, (enum hyp_family)f,
						    1, HYP_LABELS(name, name));
		}
	for (uint32_t i = 0; i < backlogs; i++) {
		snprintf(name, sizeof(name), "x-%u", i);
		hyp_metrics_shift(metrics, HYP_FAMILY_WEBHOOK_BACKLOG, 1,
				  HYP_LABELS(name));
	}
	ck_ok(hyp_metrics_collect(metrics, tell_gauges, NULL, &err), &err);
	look();
	ck_assert_uint_le(lines(), HYP_METRICS_LINES);
	for (uint32_t f = 0; f < HYP_FAMILIES; f++) {
		const struct hyp_metric_family *of = family((enum hyp_family)f);

		if (of->type != HYP_METRIC_GAUGE || hyp_families[f].max == 0)
			continue;
		ck_assert_msg(of->series_count == hyp_families[f].max, "%s: %u",
			      hyp_families[f].name, of->series_count);
		for (uint32_t i = 0; i < of->series_count; i++)
			ck_assert_str_ne(of->series[i].values[0], "other");
	}
	hyp_snapshot_fini(&snapshot);
	hyp_metrics_uncollect(metrics, tell_gauges, NULL);
}
END_TEST

/* That one of too many schedules was missed is no less worth an alert. */
START_TEST(what_went_wrong_is_kept_of_names_without_room)
{
	const enum hyp_family f = HYP_FAMILY_SCHEDULE_INSTANTS;
	char name[32];

	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "s-%u", i);
		hyp_metrics_add(metrics, f, 1, HYP_LABELS(name, "fired"));
	}
	hyp_metrics_add(metrics, f, 2, HYP_LABELS("s-999", "missed"));
	hyp_metrics_add(metrics, f, 1, HYP_LABELS("s-998", "missed"));
	look();
	ck_assert_ptr_nonnull(series(f, HYP_LABELS("other", "missed")));
	ck_assert_double_eq(series(f, HYP_LABELS("other", "missed"))->value, 3);
	ck_assert_double_eq(
		series(f, HYP_LABELS("other", "fired"))->value,
		1000 - (hyp_families[f].max - hyp_families[f].kept));
	ck_assert_ptr_null(series(f, HYP_LABELS("other", "other")));
	hyp_snapshot_fini(&snapshot);
	for (uint32_t i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "result-%u", i);
		hyp_metrics_add(metrics, f, 1, HYP_LABELS("new", name));
	}
	look();
	ck_assert_uint_eq(family(f)->series_count, hyp_families[f].max + 1);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

static void tell_times(void *ctx, struct hyp_gathering *g)
{
	char name[32];

	for (uint32_t i = 0; i < *(uint32_t *)ctx; i++) {
		snprintf(name, sizeof(name), "s-%u", i);
		hyp_gather(g, HYP_FAMILY_SCHEDULE_ENABLED, 1, HYP_LABELS(name));
		hyp_gather(g, HYP_FAMILY_SCHEDULE_LAST_SUCCESS, 1e9 + i,
			   HYP_LABELS(name));
	}
}

/* A sum of two times is no time. */
START_TEST(times_without_room_are_not_added_up)
{
	const enum hyp_family f = HYP_FAMILY_SCHEDULE_LAST_SUCCESS;
	uint32_t n = hyp_families[f].max + 10;

	ck_ok(hyp_metrics_collect(metrics, tell_times, &n, &err), &err);
	look();
	ck_assert_double_eq(series(f, HYP_LABELS("other"))->value,
			    1e9 + hyp_families[f].max);
	ck_assert_double_eq(
		series(HYP_FAMILY_SCHEDULE_ENABLED, HYP_LABELS("other"))->value,
		1);
	hyp_snapshot_fini(&snapshot);
	hyp_metrics_uncollect(metrics, tell_times, &n);
}
END_TEST

static void tell(void *ctx, struct hyp_gathering *g)
{
	unsigned *n = ctx;
	char name[32];

	hyp_gather(g, HYP_FAMILY_QUEUED_JOBS, 42, NULL);
	for (unsigned i = 0; i < *n; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		hyp_gather(g, HYP_FAMILY_VMS_DISCOVERED, 1,
			   HYP_LABELS(name, "poweredOn"));
	}
	(*n)--;
}

START_TEST(collectors_tell_what_is_so_now)
{
	unsigned n = 3;

	ck_ok(hyp_metrics_collect(metrics, tell, &n, &err), &err);
	look();
	ck_assert_double_eq(series(HYP_FAMILY_QUEUED_JOBS, NULL)->value, 42);
	ck_assert_uint_eq(family(HYP_FAMILY_QUEUED_JOBS)->series_count, 1);
	ck_assert_uint_eq(family(HYP_FAMILY_VMS_DISCOVERED)->series_count, 3);
	hyp_snapshot_fini(&snapshot);
	look(); /* what has gone is no longer told */
	ck_assert_uint_eq(family(HYP_FAMILY_VMS_DISCOVERED)->series_count, 2);
	hyp_snapshot_fini(&snapshot);
	n = 100000;
	look();
	ck_assert_uint_eq(family(HYP_FAMILY_VMS_DISCOVERED)->series_count,
			  hyp_families[HYP_FAMILY_VMS_DISCOVERED].max + 1);
	ck_assert_double_eq(
		series(HYP_FAMILY_VMS_DISCOVERED, HYP_LABELS("other", "other"))
			->value,
		100000 - hyp_families[HYP_FAMILY_VMS_DISCOVERED].max);
	hyp_snapshot_fini(&snapshot);
	hyp_metrics_uncollect(metrics, tell, &n);
	look();
	ck_assert_uint_eq(family(HYP_FAMILY_VMS_DISCOVERED)->series_count, 0);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

#define THREADS 4
#define ROUNDS 20000
static void *record_many(void *arg)
{
	char name[32];

	for (unsigned i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof(name), "t%u", i % 100);
		hyp_metrics_add(metrics, HYP_FAMILY_ERRORS, 1,
				HYP_LABELS(name, "p"));
		hyp_metrics_observe(metrics, HYP_FAMILY_JOB_QUEUE_WAIT, 2,
				    NULL);
	}
	return arg;
}

START_TEST(many_threads_lose_nothing)
{
	pthread_t threads[THREADS];
	const struct hyp_metric_family *of;
	double sum = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, record_many, NULL),
			0);
	for (int i = 0; i < 50; i++) {
		const struct hyp_metric_series *s;

		look();
		s = series(HYP_FAMILY_JOB_QUEUE_WAIT, NULL);
		ck_assert_uint_eq(s->buckets[1], s->count);
		ck_assert_uint_le(lines(), HYP_METRICS_LINES);
		hyp_snapshot_fini(&snapshot);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	look();
	of = family(HYP_FAMILY_ERRORS);
	for (uint32_t i = 0; i < of->series_count; i++)
		sum += of->series[i].value;
	ck_assert_double_eq(sum, THREADS * ROUNDS);
	ck_assert_double_eq(series(HYP_FAMILY_JOB_QUEUE_WAIT, NULL)->sum,
			    2.0 * THREADS * ROUNDS);
	hyp_snapshot_fini(&snapshot);
}
END_TEST

START_TEST(without_a_registry_nothing_happens)
{
	hyp_metrics_add(NULL, HYP_FAMILY_JOBS, 1, NULL);
	hyp_metrics_take_back(NULL, HYP_FAMILY_JOBS, 1, NULL);
	hyp_metrics_set(NULL, HYP_FAMILY_POOL_SIZE, 1, NULL);
	hyp_metrics_shift(NULL, HYP_FAMILY_POOL_SIZE, 1, NULL);
	hyp_metrics_observe(NULL, HYP_FAMILY_JOB_DURATION, 1, NULL);
	hyp_metrics_free(NULL);
}
END_TEST

START_TEST(guests_and_disks_have_few_names)
{
	static const struct {
		const char *guest, *type;
	} guests[] = {
		{"Microsoft Windows Server 2022 (64-bit)", "windows"},
		{"windows9Server64Guest", "windows"},
		{"Red Hat Enterprise Linux 9 (64-bit)", "linux"},
		{"debian12_64Guest", "linux"},
		{"Apple macOS (darwin)", "macos"},
		{"FreeBSD 13 or later", "bsd"},
		{"Oracle Solaris 11 (64-bit)", "solaris"},
		{"Other (64-bit)", "other"},
		{"", "unknown"},
		{NULL, "unknown"},
	};

	for (size_t i = 0; i < HYP_COUNT(guests); i++)
		ck_assert_str_eq(hyp_os_type(guests[i].guest), guests[i].type);
	ck_assert_str_eq(hyp_disk_size(0), "small");
	ck_assert_str_eq(hyp_disk_size((10ull << 30) - 1), "small");
	ck_assert_str_eq(hyp_disk_size(10ull << 30), "medium");
	ck_assert_str_eq(hyp_disk_size(50ull << 30), "large");
	ck_assert_str_eq(hyp_disk_size(100ull << 30), "xlarge");
	ck_assert_str_eq(hyp_disk_size(500ull << 30), "xxlarge");
	ck_assert_str_eq(hyp_disk_size(UINT64_MAX), "xxlarge");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tc = tcase_create("registry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table_is_right);
	tcase_add_test(tc, families_are_shown_without_series);
	tcase_add_test(tc, counters_count);
	tcase_add_test(tc, what_is_taken_back_makes_no_counter_fall);
	tcase_add_test(tc, histograms_are_cumulative);
	tcase_add_test(tc, gauges_move);
	tcase_add_test(tc, values_become_clean);
	tcase_add_test(tc, a_million_names_are_few_series);
	tcase_add_test(tc, gauges_keep_their_own);
	tcase_add_test(tc, what_went_wrong_is_kept_of_names_without_room);
	tcase_add_test(tc, times_without_room_are_not_added_up);
	tcase_add_test(tc, collectors_tell_what_is_so_now);
	tcase_add_test(tc, many_threads_lose_nothing);
	tcase_add_test(tc, without_a_registry_nothing_happens);
	tcase_add_test(tc, guests_and_disks_have_few_names);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
