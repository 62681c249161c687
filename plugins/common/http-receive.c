/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl calls with a reply as it comes. */
#include "plugins/common/http-internal.h"

#include "core/base/text.h"

#include <stdlib.h>
#include <strings.h>

/* The status, known once the first byte of a body comes. */
static void take_status(struct hyp_http_transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply->status = (uint32_t)status;
}

size_t hyp_http_on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct hyp_http_transfer *t = arg;
	const struct hyp_writer *out = t->request->out;
	size_t n = size * count;

	if (t->fed == 0)
		take_status(t);
	t->fed = 1;
	t->waited_bytes += n;
	if (out == NULL) {
		t->failed = hyp_buf_add(&t->reply->body, bytes, n, t->err);
		return t->failed == 0 ? n : 0;
	}
	if (t->reply->status != 200 || n == 0)
		return n; /* an error page is nobody's disk */
	t->failed = out->write(out->ctx, bytes, n, t->err);
	if (t->failed != 0)
		return 0;
	t->reply->bytes += n;
	return n;
}

/* The value of header name in line, without blanks around; its length, or
 * -1 if line is another header. */
static long header_value(const char *line, size_t n, const char *name,
			 const char **value)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(line, name, k) != 0 || line[k] != ':')
		return -1;
	line += k + 1;
	n -= k + 1;
	while (n > 0 && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
		n--;
	*value = line;
	return (long)n;
}

static void take_content_type(struct hyp_http_reply *reply, const char *value,
			      size_t n)
{
	size_t k = 0;

	while (k < n && k + 1 < sizeof(reply->content_type) &&
	       value[k] != ';' && value[k] != ' ') {
		char c = value[k];

		reply->content_type[k++] =
			(char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	reply->content_type[k] = '\0';
}

size_t hyp_http_on_header(char *line, size_t size, size_t count, void *arg)
{
	struct hyp_http_transfer *t = arg;
	struct hyp_http_reply *reply = t->reply;
	const char *want = t->request->want_header, *value;
	size_t n = size * count;
	char text[256];
	long k;

	if (t->fed) /* a trailer says nothing that we ask for */
		return n;
	if ((k = header_value(line, n, "Content-Type", &value)) >= 0)
		take_content_type(reply, value, (size_t)k);
	if ((k = header_value(line, n, "Location", &value)) >= 0) {
		snprintf(text, sizeof(text), "%.*s", (int)k, value);
		hyp_text_printable(text, reply->location,
				   sizeof(reply->location));
	}
	if ((k = header_value(line, n, "Retry-After", &value)) > 0 && k < 6 &&
	    strspn(value, "0123456789") >= (size_t)k)
		reply->retry_after_ms =
			(uint32_t)strtoul(value, NULL, 10) * 1000u;
	if (want != NULL && (k = header_value(line, n, want, &value)) > 0 &&
	    k <= (long)HYP_HTTP_VALUE_MAX &&
	    memchr(value, 0, (size_t)k) == NULL) {
		free(reply->wanted);
		reply->wanted = strndup(value, (size_t)k);
	}
	return n;
}
