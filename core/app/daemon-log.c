/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/daemon-log.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define LINES 4096	       /* that wait at the most */
#define BYTES (1024 * 1024)    /* and so many of them */
#define LINE_BYTES (16 * 1024) /* of one line: escaped text fits */
#define STUCK_MS 200	       /* between two looks at a full pipe */
#define LAST_MS UINT64_C(1000) /* for what waits when the daemon ends */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	char *lines[LINES];
	size_t first, count, bytes;
	uint64_t dropped;
	uint64_t deadline_ms; /* set when it shall end */
	uint32_t format, running;
	pthread_t thread;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

uint32_t hyp_daemon_log_format(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (stream == NULL ||
	    sscanf(stream, "%llu:%llu", &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &st) != 0)
		return HYP_LOG_FORMAT_TEXT;
	return st.st_dev == device && st.st_ino == inode
		       ? HYP_LOG_FORMAT_JOURNAL
		       : HYP_LOG_FORMAT_TEXT;
}

/* --- how a line looks ------------------------------------------------------
 */

/* The text holds no control characters: hyp_log has seen to it. */
static void add_json(struct hyp_buf *out, const char *name, const char *text)
{
	hyp_buf_addf(out, NULL, "%s\"%s\":\"", out->len > 1 ? "," : "", name);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			hyp_buf_add(out, "\\", 1, NULL);
		hyp_buf_add(out, c, 1, NULL);
	}
	hyp_buf_add(out, "\"", 1, NULL);
}

static void format_json(struct hyp_buf *out, const struct hyp_log_line *l)
{
	char when[HYP_TIME_TEXT_MAX];

	hyp_time_format(l->wall_ms, when);
	hyp_buf_adds(out, "{", NULL);
	add_json(out, "time", when);
	add_json(out, "level", hyp_log_level_name(l->level));
	if (l->job[0] != '\0')
		add_json(out, "job", l->job);
	if (l->origin[0] != '\0')
		add_json(out, "plugin", l->origin);
	add_json(out, "text", l->text);
	hyp_buf_adds(out, "}", NULL);
}

static void format_words(struct hyp_buf *out, const struct hyp_log_line *l)
{
	if (l->job[0] != '\0')
		hyp_buf_addf(out, NULL, "job=%s ", l->job);
	if (l->origin[0] != '\0')
		hyp_buf_addf(out, NULL, "plugin=%s", l->origin);
	if (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

/* The journal knows the time, and the level by syslog's number. */
static void format_journal(struct hyp_buf *out, const struct hyp_log_line *l)
{
	static const unsigned levels[] = {3, 4, 6, 7};
	HYP_AUTO_BUF struct hyp_buf words = HYP_BUF_INIT(LINE_BYTES);
	uint32_t i = l->level - HYP_LOG_ERROR;

	format_words(&words, l);
	hyp_buf_addf(out, NULL, "<%u>%s%s%s",
		     levels[i < HYP_COUNT(levels) ? i : 3], hyp_buf_str(&words),
		     words.len > 0 ? ": " : "", l->text);
}

static void format_text(struct hyp_buf *out, const struct hyp_log_line *l)
{
	HYP_AUTO_BUF struct hyp_buf words = HYP_BUF_INIT(LINE_BYTES);
	char when[HYP_TIME_TEXT_MAX];

	format_words(&words, l);
	hyp_time_format(l->wall_ms, when);
	hyp_buf_addf(out, NULL, "%s %s%s%s: %s", when,
		     hyp_log_level_name(l->level), words.len > 0 ? " " : "",
		     hyp_buf_str(&words), l->text);
}

/* NULL if there is no memory for it. The caller's to free. */
static char *format_line(const struct hyp_log_line *l)
{
	struct hyp_buf out = HYP_BUF_INIT(LINE_BYTES);

	if (queue.format == HYP_LOG_FORMAT_JSON)
		format_json(&out, l);
	else if (queue.format == HYP_LOG_FORMAT_JOURNAL)
		format_journal(&out, l);
	else
		format_text(&out, l);
	hyp_buf_adds(&out, "\n", NULL);
	return out.data;
}

/* --- in --------------------------------------------------------------------
 */

static void enqueue(void *ctx, const struct hyp_log_line *l)
{
	char *line = format_line(l);
	size_t n = line != NULL ? strlen(line) : 0;

	(void)ctx;
	pthread_mutex_lock(&queue.lock);
	if (line == NULL || queue.count == LINES || queue.bytes + n > BYTES) {
		queue.dropped++;
		free(line);
	} else {
		queue.lines[(queue.first + queue.count++) % LINES] = line;
		queue.bytes += n;
	}
	pthread_cond_signal(&queue.more);
	pthread_mutex_unlock(&queue.lock);
}

/* --- out -------------------------------------------------------------------
 */

static int is_over(void)
{
	int over;

	pthread_mutex_lock(&queue.lock);
	over = queue.deadline_ms != 0 &&
	       hyp_clock_boot_ms() >= queue.deadline_ms;
	pthread_mutex_unlock(&queue.lock);
	return over;
}

/* 1: some of it went out. 0: it cannot now. -1: never. */
static int put(const char **at, size_t *n)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t done;

	if (poll(&p, 1, STUCK_MS) < 1)
		return 0;
	if ((p.revents & POLLOUT) == 0)
		return -1;
	done = send(STDERR_FILENO, *at, *n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done < 0 && errno == ENOTSOCK)
		done = write(STDERR_FILENO, *at, *n);
	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	*at += done;
	*n -= (size_t)done;
	return 1;
}

/* 1 if all of it went out. */
static int put_line(const char *line)
{
	size_t n = strlen(line);

	while (n > 0) {
		int rc = put(&line, &n);

		if (rc < 0 || (rc == 0 && is_over()))
			return 0;
	}
	return 1;
}

/* Says how many lines are missing before the next one. */
static void put_dropped(uint64_t dropped)
{
	char text[64];
	const struct hyp_log_line l = {.level = HYP_LOG_WARNING,
				       .wall_ms = hyp_clock_wall_ms(),
				       .job = "",
				       .origin = "log",
				       .text = text};
	HYP_AUTO_FREE char *line = NULL;

	snprintf(text, sizeof(text), "%llu lines were dropped",
		 (unsigned long long)dropped);
	line = format_line(&l);
	if (line == NULL || !put_line(line)) {
		pthread_mutex_lock(&queue.lock);
		queue.dropped += dropped;
		pthread_mutex_unlock(&queue.lock);
	}
}

/* The next line; NULL when it shall end and there is none, or no time. */
static char *next_line(uint64_t *dropped)
{
	char *line = NULL;

	pthread_mutex_lock(&queue.lock);
	while (queue.count == 0 && queue.deadline_ms == 0)
		pthread_cond_wait(&queue.more, &queue.lock);
	if (queue.count > 0 && (queue.deadline_ms == 0 ||
				hyp_clock_boot_ms() < queue.deadline_ms)) {
		line = queue.lines[queue.first];
		queue.first = (queue.first + 1) % LINES;
		queue.count--;
		queue.bytes -= strlen(line);
	}
	*dropped = queue.dropped;
	queue.dropped = 0;
	pthread_mutex_unlock(&queue.lock);
	return line;
}

static void *writer(void *arg)
{
	uint64_t dropped;
	char *line;

	while ((line = next_line(&dropped)) != NULL) {
		if (dropped > 0)
			put_dropped(dropped);
		if (!put_line(line)) {
			pthread_mutex_lock(&queue.lock);
			queue.dropped++;
			pthread_mutex_unlock(&queue.lock);
		}
		free(line);
	}
	return arg;
}

int32_t hyp_daemon_log_open(uint32_t format, struct hyp_error *err)
{
	sigset_t all, before;
	int rc;

	queue.format = format;
	queue.deadline_ms = 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&queue.thread, NULL, writer, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
				     "the log's thread: %s", strerror(rc));
	queue.running = 1;
	hyp_log_set_output(enqueue, NULL);
	return 0;
}

/* A thread that is stuck in a write is left behind: the process ends. */
void hyp_daemon_log_close(void)
{
	struct timespec until;

	if (!queue.running)
		return;
	hyp_log_set_output(NULL, NULL);
	pthread_mutex_lock(&queue.lock);
	queue.deadline_ms = hyp_clock_boot_ms() + LAST_MS;
	pthread_cond_signal(&queue.more);
	pthread_mutex_unlock(&queue.lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	if (pthread_timedjoin_np(queue.thread, NULL, &until) == 0)
		queue.running = 0;
}
