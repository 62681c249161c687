/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64
/* Below this a growing buffer may hold a secret: no copy stays behind. */
#define WIPED_CAP 65536

int32_t hyp_error_nomem(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", 0,
			     "out of memory; try again when less is running");
}

void hyp_buf_init(struct hyp_buf *buf, size_t max)
{
	*buf = (struct hyp_buf)HYP_BUF_INIT(max);
}

void hyp_buf_fini(struct hyp_buf *buf)
{
	free(buf->data);
	hyp_buf_init(buf, buf->max);
}

void hyp_buf_wipe(struct hyp_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	hyp_buf_fini(buf);
}

void hyp_buf_reset(struct hyp_buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

static char *move_to(struct hyp_buf *buf, size_t cap)
{
	char *data;

	if (buf->cap >= WIPED_CAP)
		return realloc(buf->data, cap);
	data = malloc(cap);
	if (data == NULL || buf->data == NULL)
		return data;
	memcpy(data, buf->data, buf->len + 1);
	explicit_bzero(buf->data, buf->cap);
	free(buf->data);
	return data;
}

/* Room for n more bytes and the NUL. */
static int32_t grow(struct hyp_buf *buf, size_t n, struct hyp_error *err)
{
	size_t need, cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;
	char *data;

	if (n > buf->max - buf->len || buf->len + n == SIZE_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "more than %zu bytes, the most that is "
				     "taken here",
				     buf->max);
	need = buf->len + n + 1;
	if (need <= buf->cap)
		return 0;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (buf->max < SIZE_MAX && cap > buf->max + 1)
		cap = buf->max + 1;
	data = move_to(buf, cap);
	if (data == NULL)
		return hyp_error_nomem(err);
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int32_t hyp_buf_reserve(struct hyp_buf *buf, size_t n, struct hyp_error *err)
{
	int32_t rc = grow(buf, n, err);

	if (rc == 0)
		buf->data[buf->len] = '\0';
	return rc;
}

int32_t hyp_buf_add(struct hyp_buf *buf, const void *bytes, size_t n,
		    struct hyp_error *err)
{
	int32_t rc = grow(buf, n, err);

	if (rc != 0)
		return rc;
	if (n > 0)
		memcpy(buf->data + buf->len, bytes, n);
	buf->len += n;
	buf->data[buf->len] = '\0';
	return 0;
}

int32_t hyp_buf_adds(struct hyp_buf *buf, const char *s, struct hyp_error *err)
{
	return hyp_buf_add(buf, s, strlen(s), err);
}

static int32_t bad_format(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_format", 0,
			     "a text could not be formatted; please report "
			     "this as a bug");
}

int32_t hyp_buf_addf(struct hyp_buf *buf, struct hyp_error *err,
		     const char *fmt, ...)
{
	va_list ap;
	int32_t rc;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return bad_format(err);
	rc = grow(buf, (size_t)n, err);
	if (rc != 0)
		return rc;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)n;
	return 0;
}

const char *hyp_buf_str(const struct hyp_buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

int32_t hyp_buf_write(void *ctx, const void *bytes, uint64_t n,
		      struct hyp_error *err)
{
	return hyp_buf_add(ctx, bytes, n > SIZE_MAX ? SIZE_MAX : (size_t)n,
			   err);
}

int32_t hyp_strdup(const char *s, char **out, struct hyp_error *err)
{
	char *copy = strdup(s);

	if (copy == NULL)
		return hyp_error_nomem(err);
	*out = copy;
	return 0;
}

int32_t hyp_asprintf(char **out, struct hyp_error *err, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return hyp_error_nomem(err);
	*out = text;
	return 0;
}
