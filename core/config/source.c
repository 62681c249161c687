/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/source.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (1u << 20)
#define TEXT_MAX_BYTES (4u << 20)
#define DEPTH_MAX 10

/* One run of hyp_source_read. */
struct reader {
	struct hyp_source *source;
	struct hyp_problems *problems;
	unsigned state; /* HYP_SCAN_* */
	unsigned since; /* the line where that state began, if not CODE */
	/* The files being read now, outermost first. */
	struct {
		dev_t dev;
		ino_t ino;
	} stack[DEPTH_MAX];
	unsigned depth;
	uint32_t failed;
};

/* Where an @include stands; of the first file there is none. */
struct origin {
	const char *file;
	unsigned line;
};

static void give_up(struct reader *r, const char *file, unsigned line,
		    const char *why)
{
	r->failed = 1;
	hyp_problems_add(r->problems, file, line, "%s", why);
}

static int32_t keep_name(struct reader *r, const char *path, const char **out)
{
	struct hyp_source *s = r->source;
	char **more = realloc(s->files, (s->file_count + 1) * sizeof(char *));
	char *copy = more != NULL ? strdup(path) : NULL;

	if (more != NULL)
		s->files = more;
	if (copy == NULL) {
		give_up(r, path, 0, "out of memory");
		return -1;
	}
	more[s->file_count++] = copy;
	*out = copy;
	return 0;
}

static int32_t add_line(struct reader *r, const char *file, unsigned number,
			const char *line)
{
	struct hyp_source *s = r->source;
	struct hyp_source_line *more;
	struct hyp_error err;

	/* Doubled: at powers of two the room is used up. */
	if ((s->line_count & (s->line_count - 1)) == 0) {
		size_t room = s->line_count > 0 ? 2 * s->line_count : 1;

		more = realloc(s->lines, room * sizeof(*more));
		if (more == NULL) {
			give_up(r, file, number, "out of memory");
			return -1;
		}
		s->lines = more;
	}
	if (hyp_buf_adds(&s->text, line, &err) != 0 ||
	    hyp_buf_adds(&s->text, "\n", &err) != 0) {
		give_up(r, file, number,
			"the configuration has more than 4 MiB");
		return -1;
	}
	s->lines[s->line_count++] = (struct hyp_source_line){file, number};
	return 0;
}

static void read_file(struct reader *r, const char *path, struct origin from);

/* The path of an @include: beside the file that says it. */
static char *beside(const char *file, const char *path, size_t len)
{
	const char *slash = strrchr(file, '/');
	char *out;

	if (path[0] == '/' || slash == NULL)
		slash = file - 1;
	if (asprintf(&out, "%.*s%.*s", (int)(slash + 1 - file), file, (int)len,
		     path) < 0)
		return NULL;
	return out;
}

static void include(struct reader *r, const char *file, unsigned number,
		    const char *path, size_t len)
{
	HYP_AUTO_FREE char *name = path ? beside(file, path, len) : NULL;

	if (path == NULL)
		give_up(r, file, number, "write @include \"PATH\"");
	else if (name == NULL)
		give_up(r, file, number, "out of memory");
	else if (r->depth == DEPTH_MAX)
		give_up(r, file, number, "@include goes deeper than 10 files");
	else
		read_file(r, name, (struct origin){file, number});
}

static void read_lines(struct reader *r, const char *file, char *text)
{
	unsigned number = 0;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL && !r->failed) {
		const char *path;
		size_t len;

		number++;
		/* What follows the last newline is no line. */
		if (text == NULL && line[0] == '\0')
			break;
		if (r->state == HYP_SCAN_CODE &&
		    hyp_scan_include(line, &path, &len)) {
			include(r, file, number, path, len);
			continue;
		}
		if (!hyp_text_is_utf8(line, strlen(line)))
			hyp_problems_add(r->problems, file, number,
					 "is not valid UTF-8");
		if (r->state == HYP_SCAN_CODE)
			r->since = number;
		r->state = hyp_scan_line(line, r->state, file, number,
					 r->problems);
		add_line(r, file, number, line);
	}
	if (r->state != HYP_SCAN_CODE && !r->failed)
		give_up(r, file, r->since,
			r->state == HYP_SCAN_STRING
				? "a string that begins here never ends"
				: "a comment that begins here never ends");
}

/* Regular, not too long, not everybody's to write. */
static int check_stat(struct reader *r, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		give_up(r, path, 0, "is not a regular file");
	else if (st->st_size > FILE_MAX_BYTES)
		give_up(r, path, 0, "is longer than 1 MiB");
	else if ((st->st_mode & S_IWOTH) != 0)
		give_up(r, path, 0, "can be written by anyone; chmod o-w it");
	return r->failed ? -1 : 0;
}

static int is_loop(const struct reader *r, const struct stat *st)
{
	for (unsigned i = 0; i < r->depth; i++)
		if (r->stack[i].dev == st->st_dev &&
		    r->stack[i].ino == st->st_ino)
			return 1;
	return 0;
}

static char *load(struct reader *r, const char *path, struct origin from,
		  struct stat *st)
{
	HYP_AUTO_CLOSE int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text, why[256];
	ssize_t n;

	if (fd < 0 || fstat(fd, st) != 0) {
		snprintf(why, sizeof(why), "cannot be opened: %s%s%s",
			 strerror(errno), from.file ? ": " : "",
			 from.file ? path : "");
		give_up(r, from.file ? from.file : path, from.line, why);
		return NULL;
	}
	if (check_stat(r, path, st) != 0)
		return NULL;
	if (is_loop(r, st)) {
		give_up(r, from.file, from.line,
			"@include names a file that is being read already");
		return NULL;
	}
	text = malloc(FILE_MAX_BYTES + 1);
	n = text ? hyp_file_pread_all(fd, text, FILE_MAX_BYTES, 0) : -1;
	if (n < 0 || memchr(text, '\0', (size_t)n) != NULL) {
		give_up(r, path, 0,
			n < 0 ? "cannot be read" : "holds a NUL byte");
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void read_file(struct reader *r, const char *path, struct origin from)
{
	HYP_AUTO_FREE char *text = NULL;
	const char *name;
	struct stat st;

	if (keep_name(r, path, &name) != 0)
		return;
	text = load(r, name, from, &st);
	if (text == NULL)
		return;
	r->stack[r->depth].dev = st.st_dev;
	r->stack[r->depth].ino = st.st_ino;
	r->depth++;
	read_lines(r, name, text);
	r->depth--;
}

int32_t hyp_source_read(const char *path, struct hyp_source *out,
			struct hyp_problems *problems)
{
	struct hyp_source source = {.text = HYP_BUF_INIT(TEXT_MAX_BYTES)};
	struct reader r = {.source = &source, .problems = problems};

	read_file(&r, path, (struct origin){NULL, 0});
	if (r.failed) {
		hyp_source_fini(&source);
		return HYP_E_USAGE;
	}
	*out = source;
	return 0;
}

struct hyp_source_line hyp_source_at(const struct hyp_source *source,
				     unsigned n)
{
	/* libconfig counts a syntax error at the end one line further. */
	if (n > source->line_count)
		n = (unsigned)source->line_count;
	if (n == 0)
		return (struct hyp_source_line){source->files[0], 0};
	return source->lines[n - 1];
}

void hyp_source_fini(struct hyp_source *source)
{
	for (size_t i = 0; i < source->file_count; i++)
		free(source->files[i]);
	free(source->files);
	free(source->lines);
	hyp_buf_fini(&source->text);
}
