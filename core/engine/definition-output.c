/* SPDX-License-Identifier: Apache-2.0 */
/* Where a job's package goes: placeholders, and no way out of the roots. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/engine/definition-parse.h"

#include <limits.h>
#include <time.h>

#define OURS ".hyp-" /* our temporaries begin so */

struct filler {
	const struct hyp_definition *definition;
	const char *vm, *schedule;
	int64_t now_ms;
};

static const char *const placeholders[] = {"vm", "schedule", "date", "time",
					   "id"};

__attribute__((format(printf, 2, 3))) static int32_t
unsafe(struct hyp_error *err, const char *fmt, ...)
{
	char what[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
			     "/output_path: %s", what);
}

static int32_t add_time(struct hyp_buf *out, int64_t now_ms, int of_day,
			struct hyp_error *err)
{
	time_t seconds = now_ms / 1000;
	struct tm utc;

	gmtime_r(&seconds, &utc);
	if (of_day)
		return hyp_buf_addf(out, err, "%02d%02d%02d", utc.tm_hour,
				    utc.tm_min, utc.tm_sec);
	return hyp_buf_addf(out, err, "%04d-%02d-%02d", utc.tm_year + 1900,
			    utc.tm_mon + 1, utc.tm_mday);
}

static int32_t add_name(struct hyp_buf *out, const char *text,
			struct hyp_error *err)
{
	char name[201];

	hyp_text_file_name(text, name, sizeof(name));
	for (size_t n = strlen(name); n > 1 && name[n - 1] == '.'; n--)
		name[n - 1] = '\0';
	return hyp_buf_adds(out, name, err);
}

static int32_t add_placeholder(struct hyp_buf *out, const struct filler *f,
			       const char *name, struct hyp_error *err)
{
	const char *near;

	if (strcmp(name, "vm") == 0)
		return add_name(out, f->vm, err);
	if (strcmp(name, "id") == 0)
		return hyp_buf_adds(out, f->definition->id, err);
	if (strcmp(name, "date") == 0)
		return add_time(out, f->now_ms, 0, err);
	if (strcmp(name, "time") == 0)
		return add_time(out, f->now_ms, 1, err);
	if (strcmp(name, "schedule") == 0) {
		if (f->schedule != NULL)
			return add_name(out, f->schedule, err);
		return unsafe(err, "{schedule} is known only to a job that a "
				   "schedule makes");
	}
	near = hyp_text_nearest(name, placeholders, HYP_COUNT(placeholders));
	return unsafe(err,
		      "there is no {%s}: there are {vm}, {schedule}, {date}, "
		      "{time} and {id}%s%s%s",
		      name, near != NULL ? "; did you mean {" : "",
		      near != NULL ? near : "", near != NULL ? "}?" : "");
}

/* A brace that holds no word is a brace. */
static int32_t fill(const struct filler *f, struct hyp_buf *out,
		    struct hyp_error *err)
{
	const char *c = f->definition->output_path;

	while (*c != '\0') {
		size_t plain = strcspn(c, "{"), n = 0;
		char name[32];

		if (hyp_buf_add(out, c, plain, err) != 0)
			return err->code;
		c += plain;
		if (*c == '{')
			n = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz");
		if (n > 0 && n < sizeof(name) && c[n + 1] == '}') {
			snprintf(name, sizeof(name), "%.*s", (int)n, c + 1);
			if (add_placeholder(out, f, name, err) != 0)
				return err->code;
			c += n + 2;
		} else if (*c != '\0' && hyp_buf_add(out, c++, 1, err) != 0) {
			return err->code;
		}
	}
	return 0;
}

static int32_t check_component(const char *name, size_t n,
			       struct hyp_error *err)
{
	if (n == 0)
		return unsafe(err, "holds \"//\"");
	if (name[n - 1] == '.')
		return unsafe(err,
			      "\"%.*s\": no folder's name may end in a dot",
			      n < 64 ? (int)n : 64, name);
	if (strncmp(name, OURS, strlen(OURS)) == 0)
		return unsafe(err, "\"" OURS "...\" is for hypersdk's own "
				   "temporary files");
	if (n > NAME_MAX)
		return unsafe(err, "a folder's name is longer than %d bytes",
			      NAME_MAX);
	return 0;
}

static int32_t check_plain(const char *path, struct hyp_error *err)
{
	if (path[0] != '/')
		return unsafe(err, "must be absolute, beginning with \"/\"");
	while (*path != '\0') {
		size_t n = strcspn(++path, "/");

		if (check_component(path, n, err) != 0)
			return err->code;
		path += n;
	}
	return 0;
}

/* On whole components: /srv/a does not hold /srv/ab. */
static int is_beneath(const char *path, const char *root)
{
	for (;;) {
		size_t n, k;

		root += strspn(root, "/");
		n = strcspn(root, "/");
		if (n == 0)
			return 1;
		path += strspn(path, "/");
		k = strcspn(path, "/");
		if (k != n || strncmp(path, root, n) != 0)
			return 0;
		path += k;
		root += n;
	}
}

static int32_t check_roots(const char *path, const struct hyp_list *roots,
			   struct hyp_error *err)
{
	char known[400] = "";
	size_t n = 0;

	for (uint64_t i = 0; i < roots->count; i++)
		if (is_beneath(path, roots->items[i]))
			return 0;
	for (uint64_t i = 0; i < roots->count && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
				      i > 0 ? ", " : "", roots->items[i]);
	return unsafe(err,
		      "is not beneath a directory that exports may go to "
		      "(storage.roots): %s",
		      known);
}

int32_t hyp_definition_output(const struct hyp_definition *definition,
			      const char *vm, const char *schedule,
			      int64_t now_ms, const struct hyp_list *roots,
			      char **out, struct hyp_error *err)
{
	const struct filler f = {definition, vm, schedule, now_ms};
	HYP_AUTO_BUF struct hyp_buf path = HYP_BUF_INIT(HYP_OUTPUT_PATH_MAX);

	if (fill(&f, &path, err) != 0)
		return strcmp(err->kind, "too_large") != 0
			       ? err->code
			       : unsafe(err, "is longer than %d bytes",
					HYP_OUTPUT_PATH_MAX);
	/* One at the end is how people write folders. */
	if (path.len > 1 && path.data[path.len - 1] == '/')
		path.data[--path.len] = '\0';
	if (check_plain(hyp_buf_str(&path), err) != 0 ||
	    check_roots(hyp_buf_str(&path), roots, err) != 0)
		return err->code;
	return hyp_strdup(hyp_buf_str(&path), out, err);
}
