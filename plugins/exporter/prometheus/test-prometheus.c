/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/exporter/prometheus/prometheus.h"
#include "tests/lib/unit.h"

#include <math.h>
#include <stdlib.h>

#define MAX (64u << 20)

static struct hyp_error err;

static const char *rendered(const struct hyp_metric_family *family,
			    uint32_t type)
{
	static struct hyp_buf out;
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = &out, .write = hyp_buf_write};
	const struct hyp_metric_snapshot snapshot = {.size = sizeof(snapshot),
						     .families = family,
						     .family_stride =
							     sizeof(*family),
						     .family_count = 1};

	hyp_buf_fini(&out);
	hyp_buf_init(&out, MAX);
	ck_ok(prometheus_render(NULL, type, &snapshot, &writer, &err), &err);
	return hyp_buf_str(&out);
}

START_TEST(counters)
{
	static const char *const labels[] = {"status", "provider"};
	static const char *const values[] = {"completed", "vsphere"};
	const struct hyp_metric_series series = {
		.size = sizeof(series), .values = values, .value = 42};
	const struct hyp_metric_family family = {.size = sizeof(family),
						 .type = HYP_METRIC_COUNTER,
						 .name = "x_jobs_total",
						 .help = "Jobs",
						 .unit = "",
						 .labels = labels,
						 .label_count = 2,
						 .series = &series,
						 .series_stride =
							 sizeof(series),
						 .series_count = 1};

	ck_assert_str_eq(rendered(&family, PROMETHEUS_TEXT),
			 "# HELP x_jobs_total Jobs\n"
			 "# TYPE x_jobs_total counter\n"
			 "x_jobs_total{status=\"completed\","
			 "provider=\"vsphere\"} 42\n");
	ck_assert_str_eq(rendered(&family, PROMETHEUS_OPENMETRICS),
			 "# HELP x_jobs Jobs\n"
			 "# TYPE x_jobs counter\n"
			 "x_jobs_total{status=\"completed\","
			 "provider=\"vsphere\"} 42\n"
			 "# EOF\n");
}
END_TEST

START_TEST(histograms)
{
	static const double bounds[] = {0.5, 1, 1048576};
	static const uint64_t buckets[] = {1, 2, 3};
	const struct hyp_metric_series series = {.size = sizeof(series),
						 .sum = 1.25,
						 .count = 4,
						 .buckets = buckets};
	const struct hyp_metric_family family = {.size = sizeof(family),
						 .type = HYP_METRIC_HISTOGRAM,
						 .name = "x_took_seconds",
						 .help = "a \\ and\na \"line\"",
						 .unit = "seconds",
						 .bounds = bounds,
						 .bound_count = 3,
						 .series = &series,
						 .series_stride =
							 sizeof(series),
						 .series_count = 1};

	ck_assert_str_eq(rendered(&family, PROMETHEUS_TEXT),
			 "# HELP x_took_seconds a \\\\ and\\na \"line\"\n"
			 "# TYPE x_took_seconds histogram\n"
			 "x_took_seconds_bucket{le=\"0.5\"} 1\n"
			 "x_took_seconds_bucket{le=\"1\"} 2\n"
			 "x_took_seconds_bucket{le=\"1.048576e+06\"} 3\n"
			 "x_took_seconds_bucket{le=\"+Inf\"} 4\n"
			 "x_took_seconds_sum 1.25e+00\n"
			 "x_took_seconds_count 4\n");
	ck_assert_str_eq(rendered(&family, PROMETHEUS_OPENMETRICS),
			 "# HELP x_took_seconds a \\\\ and\\na \\\"line\\\"\n"
			 "# TYPE x_took_seconds histogram\n"
			 "# UNIT x_took_seconds seconds\n"
			 "x_took_seconds_bucket{le=\"0.5\"} 1\n"
			 "x_took_seconds_bucket{le=\"1.0\"} 2\n"
			 "x_took_seconds_bucket{le=\"1.048576e+06\"} 3\n"
			 "x_took_seconds_bucket{le=\"+Inf\"} 4\n"
			 "x_took_seconds_sum 1.25e+00\n"
			 "x_took_seconds_count 4\n"
			 "# EOF\n");
}
END_TEST

START_TEST(units_are_ends_of_names)
{
	struct hyp_metric_family family = {.size = sizeof(family),
					   .type = HYP_METRIC_GAUGE,
					   .name = "x_level",
					   .help = "h",
					   .unit = "seconds"};

	ck_assert_ptr_null(
		strstr(rendered(&family, PROMETHEUS_OPENMETRICS), "UNIT"));
	family.name = "xseconds";
	ck_assert_ptr_null(
		strstr(rendered(&family, PROMETHEUS_OPENMETRICS), "UNIT"));
	family.name = "seconds";
	ck_assert_ptr_null(
		strstr(rendered(&family, PROMETHEUS_OPENMETRICS), "UNIT"));
	family.name = "x_seconds_total";
	family.type = HYP_METRIC_COUNTER;
	ck_assert_ptr_nonnull(strstr(rendered(&family, PROMETHEUS_OPENMETRICS),
				     "# UNIT x_seconds seconds\n"));
}
END_TEST

static const char *rendered_label(const char *text, uint32_t type)
{
	static const char *const label[] = {"l"};
	const char *value[1] = {text};
	const struct hyp_metric_series series = {.size = sizeof(series),
						 .values = value};
	const struct hyp_metric_family family = {.size = sizeof(family),
						 .type = HYP_METRIC_GAUGE,
						 .name = "x",
						 .help = "h",
						 .unit = "",
						 .labels = label,
						 .label_count = 1,
						 .series = &series,
						 .series_stride =
							 sizeof(series),
						 .series_count = 1};

	return rendered(&family, type);
}

/* What is behind the value of x{l="...} in a text; it must be want. */
static const char *read_label(const char *text, const char *want)
{
	const char *at = strstr(text, "\nx{l=\"");

	ck_assert_ptr_nonnull(at);
	for (at += 6; *at != '"'; at++, want++) {
		char c = *at;

		ck_assert_int_ne(c, '\n');
		if (c == '\\') {
			c = *++at;
			ck_assert_ptr_nonnull(strchr("\\n\"", c));
			c = c == 'n' ? '\n' : c;
		}
		ck_assert_int_eq(c, *want);
	}
	ck_assert_int_eq(*want, '\0');
	return at;
}

/* What is written reads back as the same value, whatever its bytes. */
START_TEST(label_values_are_escaped)
{
	char random[200] = "";
	uint32_t state = 12345;

	for (uint32_t round = 0; round < 500; round++) {
		const char *rest;

		for (size_t k = 0; k < sizeof(random) - 1; k++) {
			state = state * 1103515245u + 12345u;
			random[k] =
				"\"\\\n\t{}= #,ab\x01\xc3n"[state >> 16 & 15];
			if (random[k] == '\0')
				random[k] = '"';
		}
		rest = read_label(
			rendered_label(random, round % PROMETHEUS_TYPES),
			random);
		ck_assert_int_eq(strncmp(rest, "\"} 0\n", 5), 0);
	}
}
END_TEST

START_TEST(a_text_longer_than_a_piece_goes_out_whole)
{
	static char huge[2 * PROMETHEUS_PIECE];

	memset(huge, '"', sizeof(huge) - 1);
	ck_assert_uint_eq(strlen(rendered_label(huge, PROMETHEUS_TEXT)),
			  2 * (sizeof(huge) - 1) +
				  strlen("# HELP x h\n# TYPE x gauge\n"
					 "x{l=\"\"} 0\n"));
}
END_TEST

START_TEST(numbers_read_back)
{
	static const double values[] = {0,
					-0.0,
					1,
					-17,
					0.1,
					1.0 / 3,
					1e-300,
					1.7976931348623157e308,
					5e-324,
					9007199254740992.0,
					9007199254740994.0,
					18446744073709551615.0,
					1795669394.123,
					-2.5};
	char text[PROMETHEUS_NUMBER_MAX];

	for (size_t i = 0; i < HYP_COUNT(values); i++) {
		ck_assert_uint_eq(prometheus_value(values[i], text),
				  strlen(text));
		ck_assert_msg(strtod(text, NULL) == values[i], "%s", text);
	}
	prometheus_value(NAN, text);
	ck_assert_str_eq(text, "NaN");
	prometheus_value(INFINITY, text);
	ck_assert_str_eq(text, "+Inf");
	prometheus_value(-INFINITY, text);
	ck_assert_str_eq(text, "-Inf");
	prometheus_count(UINT64_MAX, text);
	ck_assert_str_eq(text, "18446744073709551615");
	prometheus_count(0, text);
	ck_assert_str_eq(text, "0");
}
END_TEST

/* As Go's strconv writes them. */
START_TEST(bounds_are_gos)
{
	static const struct {
		double bound;
		const char *text, *open;
	} cases[] = {
		{.005, "0.005", "0.005"},
		{.0005, "0.0005", "0.0005"},
		{.00025, "0.00025", "0.00025"},
		{.00001, "1e-05", "1e-05"},
		{.25, "0.25", "0.25"},
		{0, "0", "0.0"},
		{1, "1", "1.0"},
		{2.5, "2.5", "2.5"},
		{10, "10", "10.0"},
		{20480, "20480", "20480.0"},
		{131072, "131072", "131072.0"},
		{999999, "999999", "999999.0"},
		{1000000, "1e+06", "1e+06"},
		{1048576, "1.048576e+06", "1.048576e+06"},
		{8589934592.0, "8.589934592e+09", "8.589934592e+09"},
		{-1.5, "-1.5", "-1.5"},
		{123456.789, "123456.789", "123456.789"},
	};
	char text[PROMETHEUS_NUMBER_MAX];

	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		prometheus_bound(cases[i].bound, PROMETHEUS_TEXT, text);
		ck_assert_str_eq(text, cases[i].text);
		ck_assert_uint_eq(prometheus_bound(cases[i].bound,
						   PROMETHEUS_OPENMETRICS,
						   text),
				  strlen(cases[i].open));
		ck_assert_str_eq(text, cases[i].open);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exporter/prometheus");
	TCase *tc = tcase_create("render");

	tcase_add_test(tc, counters);
	tcase_add_test(tc, histograms);
	tcase_add_test(tc, units_are_ends_of_names);
	tcase_add_test(tc, label_values_are_escaped);
	tcase_add_test(tc, a_text_longer_than_a_piece_goes_out_whole);
	tcase_add_test(tc, numbers_read_back);
	tcase_add_test(tc, bounds_are_gos);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
