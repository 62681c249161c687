/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/out.h"
#include "core/base/clock.h"
#include "core/base/utf8.h"

#include <math.h>

void hyp_out_init(struct hyp_out *out, struct hyp_buf *buf,
		  struct hyp_error *err)
{
	out->buf = buf;
	out->err = err;
	out->rc = 0;
	out->comma = 0;
}

static void fail(struct hyp_out *out, int32_t rc)
{
	out->rc = rc;
	out->why = *out->err;
}

static void add(struct hyp_out *out, const char *bytes, size_t n)
{
	int32_t rc;

	if (out->rc != 0)
		*out->err = out->why;
	else if ((rc = hyp_buf_add(out->buf, bytes, n, out->err)) != 0)
		fail(out, rc);
}

void hyp_out_nomem(struct hyp_out *out)
{
	if (out->rc != 0)
		*out->err = out->why;
	else
		fail(out, hyp_error_nomem(out->err));
}

static void adds(struct hyp_out *out, const char *text)
{
	add(out, text, strlen(text));
}

/* What JSON, or a page that shows it by mistake, would read as syntax. */
static int is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* One character that is not plain; returns its bytes in text. */
static size_t special(struct hyp_out *out, const char *text, size_t n)
{
	uint32_t character;
	size_t used = hyp_utf8_next(text, n, &character);
	char escape[8];

	if (used == 0) {
		adds(out, "\\ufffd");
		return 1;
	}
	if (used > 1) {
		add(out, text, used);
		return used;
	}
	switch (*text) {
	case '"':
	case '\\':
		snprintf(escape, sizeof(escape), "\\%c", *text);
		break;
	case '\n':
		snprintf(escape, sizeof(escape), "\\n");
		break;
	default:
		snprintf(escape, sizeof(escape), "\\u%04x", character);
	}
	adds(out, escape);
	return 1;
}

static void quoted(struct hyp_out *out, const char *text)
{
	size_t n = strlen(text), from = 0, i = 0;

	add(out, "\"", 1);
	while (i < n) {
		if (is_plain((unsigned char)text[i])) {
			i++;
			continue;
		}
		add(out, text + from, i - from);
		i += special(out, text + i, n - i);
		from = i;
	}
	add(out, text + from, n - from);
	add(out, "\"", 1);
}

/* What stands before a value. */
static void begin(struct hyp_out *out, const char *name)
{
	if (out->comma)
		add(out, ",", 1);
	out->comma = 1;
	if (name == NULL)
		return;
	quoted(out, name);
	add(out, ":", 1);
}

void hyp_out_open(struct hyp_out *out, const char *name, char bracket)
{
	begin(out, name);
	add(out, &bracket, 1);
	out->comma = 0;
}

void hyp_out_close(struct hyp_out *out, char bracket)
{
	add(out, &bracket, 1);
	out->comma = 1;
}

void hyp_out_text(struct hyp_out *out, const char *name, const char *text)
{
	begin(out, name);
	if (text == NULL)
		adds(out, "null");
	else
		quoted(out, text);
}

void hyp_out_text_or_null(struct hyp_out *out, const char *name,
			  const char *text)
{
	hyp_out_text(out, name, text != NULL && *text != '\0' ? text : NULL);
}

void hyp_out_number(struct hyp_out *out, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	begin(out, name);
	adds(out, text);
}

void hyp_out_real(struct hyp_out *out, const char *name, double number)
{
	char text[40];

	if (!isfinite(number)) {
		hyp_out_null(out, name);
		return;
	}
	snprintf(text, sizeof(text), "%.6g", number);
	begin(out, name);
	adds(out, text);
}

void hyp_out_bool(struct hyp_out *out, const char *name, int value)
{
	begin(out, name);
	adds(out, value ? "true" : "false");
}

void hyp_out_null(struct hyp_out *out, const char *name)
{
	begin(out, name);
	adds(out, "null");
}

void hyp_out_time(struct hyp_out *out, const char *name, int64_t wall_ms)
{
	char text[HYP_TIME_TEXT_MAX];

	if (wall_ms == 0) {
		hyp_out_null(out, name);
		return;
	}
	hyp_time_format(wall_ms, text);
	hyp_out_text(out, name, text);
}

void hyp_out_timestamp(struct hyp_out *out)
{
	hyp_out_time(out, "timestamp", hyp_clock_wall_ms());
}

void hyp_out_json(struct hyp_out *out, const char *name, const char *json)
{
	begin(out, name);
	adds(out, json != NULL && *json != '\0' ? json : "null");
}
