/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives store/sqlite from outside a test's process:
 *	store-drive make DB N		N queued jobs
 *	store-drive ended DB N		N jobs that have just ended
 *	store-drive write DB		events without end; each number is
 *					printed once it is acknowledged
 *	store-drive much DB N		N changes of 16 MiB; after each the MiB
 *					of the write-ahead log are printed
 *	store-drive full DB BALLAST	events until the disk is full; then
 *					BALLAST is removed, and one more
 *	store-drive measure DB N	a database of N ended jobs, and how
 *					fast it is; one JSON object, times as
 *					median and 99 %
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "plugins/store/sqlite/sqlite.h"
#include "tests/lib/fake-host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define WRITERS 64
#define GETTERS 2
#define SECONDS 3
#define T0 INT64_C(1764106680000)

static const struct hyp_store_ops *ops;
static struct fake_host host;
static void *store;
static uint64_t end_ms;

static void die(const struct hyp_error *err)
{
	fprintf(stderr, "store-drive: %s (%s)\n", err->text, err->kind);
	exit(1);
}

static void open_store(const char *path)
{
	static struct sqlite_options options;
	struct hyp_error err;

	options.path = path;
	ops = sqlite_plugin.ops;
	fake_host_init(&host);
	if (ops->create(&host.table, &options, &store, &err) != 0)
		die(&err);
}

static struct hyp_job_row job_row(const char *id, uint32_t state, int64_t n)
{
	return (struct hyp_job_row){
		.size = sizeof(struct hyp_job_row),
		.state = state,
		.created_ms = T0 + n,
		.updated_ms = T0 + n,
		.completed_ms = state >= HYP_JOB_COMPLETED ? T0 + n : 0,
		.id = id,
		.name = "web",
		.vm_path = id,
		.output_path = "/srv/exports/nightly",
		.endpoint = "vcenter.example:443",
		.user = "backup",
		.definition_json =
			"{\"vm_path\":\"/DC0/vm/prod/web\",\"format\":"
			"\"ova\",\"output_path\":\"/srv/exports\"}",
		.result_json = state >= HYP_JOB_COMPLETED
				       ? "{\"success\":true,\"files\":[]}"
				       : "",
	};
}

static void apply(const struct hyp_store_op *list, uint32_t count)
{
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = list,
					  .op_stride = sizeof(*list),
					  .op_count = count};
	struct hyp_error err;

	if (ops->apply(store, &change, &err) != 0)
		die(&err);
}

static struct hyp_store_op put(uint32_t table, const void *row)
{
	return (struct hyp_store_op){.size = sizeof(struct hyp_store_op),
				     .verb = HYP_OP_PUT,
				     .table = table,
				     .row = row};
}

/* n jobs named PREFIX-0, ..., 1,000 in each change. */
static void fill(const char *prefix, uint32_t state, int64_t n, int64_t from)
{
	static struct hyp_store_op list[1000];
	static struct hyp_job_row rows[1000];
	static char ids[1000][32];
	uint32_t count = 0;

	for (int64_t i = 0; i < n; i++) {
		snprintf(ids[count], sizeof(ids[0]), "%s-%lld", prefix,
			 (long long)i);
		rows[count] = job_row(ids[count], state, from + i);
		list[count] = put(HYP_TABLE_JOB, &rows[count]);
		if (++count == HYP_COUNT(list) || i == n - 1) {
			apply(list, count);
			count = 0;
		}
	}
}

static void write_events(void)
{
	struct hyp_event_row e = {.size = sizeof(e), .type = "test"};
	const struct hyp_store_op op = put(HYP_TABLE_EVENT, &e);
	char id[32];

	e.id = id;
	for (unsigned i = 1;; i++) {
		snprintf(id, sizeof(id), "%u", i);
		apply(&op, 1);
		printf("%u\n", i);
		fflush(stdout);
	}
}

/* Prints how many were acknowledged. */
static void fill_disk(const char *ballast)
{
	struct hyp_event_row e = {.size = sizeof(e), .type = "test"};
	const struct hyp_store_op op = put(HYP_TABLE_EVENT, &e);
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = &op,
					  .op_stride = sizeof(op),
					  .op_count = 1};
	static char text[20000];
	struct hyp_error err;
	unsigned i = 0;
	char id[32];

	memset(text, 'x', sizeof(text) - 1);
	e.id = id;
	e.data_json = text;
	do
		snprintf(id, sizeof(id), "%u", i++);
	while (ops->apply(store, &change, &err) == 0);
	fprintf(stderr, "%s\n", err.kind);
	unlink(ballast);
	apply(&op, 1);
	printf("%u\n", i);
}

/* n changes of 16 MiB; after each, the MiB of the write-ahead log. */
static void write_much(const char *path, int64_t n)
{
	HYP_AUTO_FREE char *text = calloc(1, (16 << 20) + 1), *log = NULL;
	struct hyp_idempotency_row row = {
		.size = sizeof(row), .key = "k", .answer = text};
	struct hyp_store_op op = put(HYP_TABLE_IDEMPOTENCY, &row);
	struct hyp_error err;
	struct stat st;

	if (text == NULL || hyp_asprintf(&log, &err, "%s-wal", path) != 0)
		exit(1);
	op.verb = HYP_OP_SET;
	for (int64_t i = 0; i < n; i++) {
		memset(text, 'a' + (int)(i % 26), 16 << 20);
		apply(&op, 1);
		if (stat(log, &st) != 0)
			exit(1);
		printf("%lld\n", (long long)(st.st_size >> 20));
	}
}

/* What the store has logged as an error, or warned of. */
static void tell_log(void)
{
	const char *text = fake_host_find(&host, "log", "error");

	if (text == NULL)
		text = fake_host_find(&host, "log", "warning");
	if (text != NULL)
		fprintf(stderr, "%s\n", text);
}

/* --- measuring --------------------------------------------------------- */

struct worker {
	pthread_t thread;
	unsigned number;
	uint64_t count;
};

static double run_workers(void *(*work)(void *), unsigned threads)
{
	struct worker workers[WRITERS] = {{.number = 0}};
	uint64_t start = hyp_clock_boot_ms(), sum = 0;

	end_ms = start + SECONDS * 1000;
	for (unsigned i = 0; i < threads; i++) {
		workers[i].number = i;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].count;
	}
	return (double)sum * 1000 / (double)(hyp_clock_boot_ms() - start);
}

/* A submission: the job, its history, its event. */
static void *submit(void *arg)
{
	struct worker *w = arg;
	char id[48];

	while (hyp_clock_boot_ms() < end_ms) {
		struct hyp_job_row job = job_row(id, HYP_JOB_COMPLETED, 0);
		struct hyp_history_row h = {.size = sizeof(h),
					    .job_id = id,
					    .status = "pending",
					    .phase = "queued"};
		struct hyp_event_row e = {.size = sizeof(e),
					  .id = id,
					  .type = "job.created",
					  .job_id = id};
		const struct hyp_store_op list[3] = {put(HYP_TABLE_JOB, &job),
						     put(HYP_TABLE_HISTORY, &h),
						     put(HYP_TABLE_EVENT, &e)};

		snprintf(id, sizeof(id), "w%u-%llu", w->number,
			 (unsigned long long)w->count);
		apply(list, 3);
		w->count++;
	}
	return NULL;
}

static int32_t ignore_row(void *ctx, const void *row, struct hyp_error *err)
{
	(void)ctx;
	(void)row;
	(void)err;
	return 0;
}
static const struct hyp_row_sink ignore = {sizeof(ignore), 0, NULL, ignore_row};

static int64_t jobs_there;

static void *get(void *arg)
{
	struct worker *w = arg;
	uint64_t at = w->number * 7919u + 1;
	struct hyp_error err;
	char id[32];

	while (hyp_clock_boot_ms() < end_ms) {
		at = at * UINT64_C(6364136223846793005) + 1442695040888963407u;
		snprintf(id, sizeof(id), "old-%llu",
			 (unsigned long long)(at >> 33) %
				 (unsigned long long)jobs_there);
		if (ops->get(store, id, &ignore, &err) != 0)
			die(&err);
		w->count++;
	}
	return NULL;
}

static double raw_syncs(const char *db)
{
	static const char block[4096] = "x";
	uint64_t start = hyp_clock_boot_ms(), n = 0;
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.raw", db);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		exit(1);
	while (hyp_clock_boot_ms() < start + 1000) {
		if (pwrite(fd, block, sizeof(block), (off_t)n * 4096) < 0 ||
		    fdatasync(fd) < 0)
			exit(1);
		n++;
	}
	close(fd);
	unlink(path);
	return (double)n * 1000 / (double)(hyp_clock_boot_ms() - start);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

#define TIMES 200
static void print_ms(const char *name, void (*once)(void))
{
	uint64_t took[TIMES];

	for (size_t i = 0; i < TIMES; i++) {
		uint64_t start = hyp_clock_boot_ns();

		once();
		took[i] = hyp_clock_boot_ns() - start;
	}
	qsort(took, TIMES, sizeof(took[0]), by_size);
	printf("\"%s_ms\": [%.3f, %.3f], ", name, (double)took[TIMES / 2] / 1e6,
	       (double)took[TIMES * 99 / 100] / 1e6);
}

static uint32_t page_states;

static void first_page(void)
{
	const struct hyp_store_query q = {
		.size = sizeof(q), .states = page_states, .limit = 100};
	struct hyp_error err;

	if (ops->list(store, HYP_TABLE_JOB, &q, &ignore, &err) != 0)
		die(&err);
}

static int32_t no_thanks(void *ctx, const struct hyp_job_row *chosen,
			 struct hyp_change *change, struct hyp_error *err)
{
	(void)ctx;
	(void)chosen;
	(void)change;
	return hyp_error_set(err, HYP_E_CANCELLED, "no", 0, "no");
}

static uint32_t per_endpoint;

/* The last of the queue fits, or none. */
static void claim(void)
{
	const struct hyp_claim c = {.size = sizeof(c),
				    .max_per_endpoint = per_endpoint,
				    .now_ms = T0 * 2};
	struct hyp_error err;

	ops->claim(store, &c, no_thanks, NULL, &err);
	if (err.code != HYP_E_CANCELLED && err.code != HYP_E_NOT_FOUND)
		die(&err);
}

static void measure(const char *path, int64_t n)
{
	double raw = raw_syncs(path), more;

	jobs_there = n;
	fill("old", HYP_JOB_COMPLETED, n, 0);
	printf("{");
	print_ms("page", first_page);
	page_states = HYP_JOBS_ENDED;
	print_ms("page_ended", first_page);
	page_states = HYP_JOB_BIT(HYP_JOB_FAILED);
	print_ms("page_none", first_page);
	printf("\"gets\": %.0f, ", run_workers(get, GETTERS));
	fill("run", HYP_JOB_TRANSFERRING, 100, n);
	fill("queue", HYP_JOB_QUEUED, 10000, 2 * n);
	print_ms("claim", claim);
	per_endpoint = 1;
	print_ms("claim_none", claim);
	printf("\"applies\": %.0f, ", run_workers(submit, WRITERS));
	more = raw_syncs(path);
	printf("\"syncs\": %.0f}\n", raw > more ? raw : more);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	open_store(argv[2]);
	if (strcmp(argv[1], "make") == 0 && argc == 4)
		fill("job", HYP_JOB_QUEUED, atoll(argv[3]), 0);
	else if (strcmp(argv[1], "ended") == 0 && argc == 4)
		fill("old", HYP_JOB_COMPLETED, atoll(argv[3]),
		     hyp_clock_wall_ms() - T0 - atoll(argv[3]));
	else if (strcmp(argv[1], "write") == 0)
		write_events();
	else if (strcmp(argv[1], "much") == 0 && argc == 4)
		write_much(argv[2], atoll(argv[3]));
	else if (strcmp(argv[1], "full") == 0 && argc == 4)
		fill_disk(argv[3]);
	else if (strcmp(argv[1], "measure") == 0 && argc == 4)
		measure(argv[2], atoll(argv[3]));
	else
		return 2;
	tell_log();
	ops->destroy(store);
	fake_host_fini(&host);
	return 0;
}
