/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape: what a scrape costs while exports record, with as many lines as
 * there may be. Prints a row of "make bench" per format: the 99th percentile
 * against the goal of 2 ms.
 */
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/engine/metrics.h"
#include "plugins/exporter/prometheus/prometheus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 2000
#define GOAL_MS 2.0

static struct hyp_metrics *metrics;
static _Atomic uint32_t over;

/* As busy as a hundred exports, and not one more: the scraper needs a
 * processor too. */
static void *record_main(void *arg)
{
	_Atomic uint64_t *records = arg;
	const struct timespec moment = {0, 100000};

	for (; !atomic_load(&over); nanosleep(&moment, NULL)) {
		hyp_metrics_observe(metrics, HYP_FAMILY_JOB_DURATION, 12,
				    HYP_LABELS("completed", "vsphere"));
		hyp_metrics_add(metrics, HYP_FAMILY_BYTES_TRANSFERRED, 4096,
				HYP_LABELS("vsphere"));
		atomic_fetch_add(records, 2);
	}
	return NULL;
}

/* Until nothing more fits. */
static void fill(void)
{
	char name[32];

	for (uint32_t i = 0; i < 400; i++)
		for (uint32_t f = 0; f < HYP_FAMILIES; f++) {
			hyp_labels labels = {name, "vsphere", "200"};

			snprintf(name, sizeof(name), "/name/of/%u", i);
			if (hyp_families[f].type == HYP_METRIC_HISTOGRAM)
				hyp_metrics_observe(metrics, f, i, labels);
			else if (hyp_families[f].type == HYP_METRIC_COUNTER)
				hyp_metrics_add(metrics, f, i, labels);
			else
				hyp_metrics_set(metrics, f, i, labels);
		}
}

static void scrape(uint32_t type, struct hyp_buf *out)
{
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	struct hyp_snapshot snapshot;

	hyp_buf_reset(out);
	if (hyp_metrics_snapshot(metrics, &snapshot, NULL) != 0 ||
	    prometheus_render(NULL, type, &snapshot.view, &writer, NULL) != 0)
		abort();
	hyp_snapshot_fini(&snapshot);
}

static uint32_t count_lines(const struct hyp_buf *out)
{
	uint32_t lines = 0;

	for (const char *at = out->data; *at != '\0'; at = strchr(at, '\n') + 1)
		lines += *at != '#';
	return lines;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int measure(uint32_t type, const char *name)
{
	static double wall[ROUNDS], cpu[ROUNDS];
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(16u << 20);
	double p99;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = hyp_clock_boot_ns();
		double spent = cpu_ms();

		scrape(type, &out);
		cpu[i] = cpu_ms() - spent;
		wall[i] = (double)(hyp_clock_boot_ns() - begin) / 1e6;
	}
	qsort(wall, ROUNDS, sizeof(*wall), by_value);
	qsort(cpu, ROUNDS, sizeof(*cpu), by_value);
	p99 = wall[ROUNDS * 99 / 100];
	printf("%s scrape of %u samples, %s, p99 %17.2f <= %.0f ms, median "
	       "%.2f, processor p99 %.2f\n",
	       p99 <= GOAL_MS ? "ok    " : "MISSED", count_lines(&out), name,
	       p99, GOAL_MS, wall[ROUNDS / 2], cpu[ROUNDS * 99 / 100]);
	return p99 <= GOAL_MS;
}

int main(void)
{
	_Atomic uint64_t records = 0;
	struct hyp_error err;
	pthread_t thread;
	int good;

	if (hyp_metrics_new(&metrics, &err) != 0)
		return EXIT_FAILURE;
	fill();
	if (pthread_create(&thread, NULL, record_main, &records) != 0)
		return EXIT_FAILURE;
	good = measure(PROMETHEUS_TEXT, "text 0.0.4");
	good &= measure(PROMETHEUS_OPENMETRICS, "OpenMetrics");
	atomic_store(&over, 1);
	pthread_join(thread, NULL);
	printf("       records meanwhile: %llu\n",
	       (unsigned long long)atomic_load(&records));
	hyp_metrics_free(metrics);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
