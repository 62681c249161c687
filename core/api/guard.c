/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/guard.h"
#include "core/base/cleanup.h"

#include <strings.h>

static int refuse(struct hyp_refused *refused, uint32_t status,
		  const char *kind, const char *text)
{
	refused->status = status;
	refused->kind = kind;
	refused->text = text;
	return -1;
}

static int bad(struct hyp_refused *refused, const char *text)
{
	return refuse(refused, 400, "bad_request", text);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* An escape in the path that hides what the path means. */
static int check_escape(const char *at, int in_path,
			struct hyp_refused *refused)
{
	int high = hex(at[1]), low = high < 0 ? -1 : hex(at[2]), c;

	if (low < 0)
		return bad(refused, "the URI holds a broken escape");
	c = 16 * high + low;
	if (c == 0)
		return bad(refused, "the URI holds a NUL");
	if (!in_path)
		return 0;
	if (c < 0x20 || c == 0x7f || c == '/' || c == '\\' || c == '%' ||
	    c == '.')
		return bad(refused, "the path holds an escape for a character "
				    "that needs none");
	return 0;
}

static int check_component(const char *from, const char *to, int last,
			   struct hyp_refused *refused)
{
	size_t n = (size_t)(to - from);

	if (n == 0 && !last)
		return bad(refused, "the path holds an empty component");
	if ((n == 1 && from[0] == '.') ||
	    (n == 2 && from[0] == '.' && from[1] == '.'))
		return bad(refused, "the path holds a \".\" or \"..\"");
	return 0;
}

int hyp_guard_uri(const char *uri, struct hyp_refused *refused)
{
	const char *component = uri + 1;
	int in_path = 1;

	if (*uri != '/')
		return bad(refused, "the URI must begin with '/'");
	for (const char *at = uri + 1;; at++) {
		unsigned char c = (unsigned char)*at;

		if (in_path && (c == '/' || c == '?' || c == '\0')) {
			if (check_component(component, at, c != '/', refused) !=
			    0)
				return -1;
			component = at + 1;
			in_path = c == '/';
		}
		if (c == '\0')
			break;
		if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#')
			return bad(refused, "the URI holds a character that "
					    "must be escaped");
		if (c == '%' && check_escape(at, in_path, refused) != 0)
			return -1;
	}
	return (size_t)(strlen(uri)) > HYP_URI_MAX
		       ? refuse(refused, 414, "too_large",
				"the URI is longer than 8 KiB")
		       : 0;
}

/* RFC 9110, token. */
static int is_token(const char *s, size_t n)
{
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z') ||
		      (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return 0;
	}
	return 1;
}

static int check_header(const struct hyp_header *h, struct hyp_refused *refused)
{
	if (!is_token(h->name, h->name_len))
		return bad(refused, "a header's name holds a character that it "
				    "may not hold");
	for (size_t i = 0; i < h->value_len; i++) {
		unsigned char c = (unsigned char)h->value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return bad(refused, "a header's value holds a control "
					    "character");
	}
	return 0;
}

static int check_length(const char *value, struct hyp_head_facts *facts,
			struct hyp_refused *refused)
{
	int64_t n = 0;

	if (*value == '\0')
		return bad(refused, "Content-Length is no number");
	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9')
			return bad(refused, "Content-Length is no number");
		if (n <= INT64_MAX / 100)
			n = 10 * n + (*value - '0');
	}
	facts->content_length = n;
	return 0;
}

/* The headers that may be there once at the most. */
static int keep(const struct hyp_header *h, struct hyp_head_facts *facts,
		int *te, struct hyp_refused *refused)
{
	const struct {
		const char *name;
		const char **to;
	} singles[] = {
		{"Host", &facts->host},
		{"Origin", &facts->origin},
		{"Authorization", &facts->authorization},
		{"Content-Type", &facts->content_type},
		{"Idempotency-Key", &facts->idempotency_key},
		{"Last-Event-ID", &facts->last_event_id},
		{"Sec-Fetch-Site", &facts->fetch_site},
	};

	for (size_t i = 0; i < HYP_COUNT(singles); i++) {
		if (strcasecmp(h->name, singles[i].name) != 0)
			continue;
		if (*singles[i].to != NULL)
			return bad(refused, "a header is there twice that may "
					    "be there once");
		*singles[i].to = h->value;
		return 0;
	}
	if (strcasecmp(h->name, "Accept") == 0 && facts->accept == NULL)
		facts->accept = h->value;
	if (strcasecmp(h->name, "Content-Length") == 0) {
		if (facts->content_length >= 0)
			return bad(refused, "two Content-Length headers");
		return check_length(h->value, facts, refused);
	}
	if (strcasecmp(h->name, "Transfer-Encoding") == 0) {
		if (*te || strcasecmp(h->value, "chunked") != 0)
			return bad(refused, "the only Transfer-Encoding taken "
					    "is \"chunked\"");
		*te = 1;
		facts->chunked = 1;
	}
	if (strcasecmp(h->name, "Content-Encoding") == 0 &&
	    strcasecmp(h->value, "identity") != 0)
		return refuse(refused, 415, "unsupported",
			      "the body must come as it is, without a "
			      "Content-Encoding");
	if (strcasecmp(h->name, "Upgrade") == 0)
		return bad(refused, "no other protocol is spoken here");
	return 0;
}

static int check_sizes(const struct hyp_head *head, struct hyp_refused *refused)
{
	if (strlen(head->uri) > HYP_URI_MAX)
		return refuse(refused, 414, "too_large",
			      "the URI is longer than 8 KiB");
	if (head->bytes > HYP_HEAD_MAX || head->count > HYP_HEADERS_MAX)
		return refuse(refused, 431, "too_large",
			      "the headers are more than 16 KiB, or more than "
			      "64");
	return 0;
}

static int check_method(const struct hyp_head *head,
			struct hyp_refused *refused)
{
	static const char *const never[] = {"CONNECT", "TRACE", "PRI"};

	if (strcmp(head->version, "HTTP/1.1") != 0 &&
	    strcmp(head->version, "HTTP/1.0") != 0)
		return refuse(refused, 505, "unsupported",
			      "only HTTP/1.1 and HTTP/1.0 are spoken here");
	if (!is_token(head->method, strlen(head->method)))
		return bad(refused, "the method is no word");
	for (size_t i = 0; i < HYP_COUNT(never); i++)
		if (strcmp(head->method, never[i]) == 0)
			return refuse(refused, 405, "method_not_allowed",
				      "this method is never taken here");
	return 0;
}

int hyp_guard_head(const struct hyp_head *head, struct hyp_head_facts *facts,
		   struct hyp_refused *refused)
{
	int te = 0;

	memset(facts, 0, sizeof(*facts));
	facts->content_length = -1;
	if (check_sizes(head, refused) != 0 ||
	    check_method(head, refused) != 0 ||
	    hyp_guard_uri(head->uri, refused) != 0)
		return -1;
	for (size_t i = 0; i < head->count; i++)
		if (check_header(&head->headers[i], refused) != 0 ||
		    keep(&head->headers[i], facts, &te, refused) != 0)
			return -1;
	if (facts->host == NULL)
		return bad(refused, "the Host header is missing");
	if (te && facts->content_length >= 0)
		return bad(refused, "Content-Length together with "
				    "Transfer-Encoding");
	if (te && strcmp(head->version, "HTTP/1.0") == 0)
		return bad(refused, "HTTP/1.0 has no Transfer-Encoding");
	if (facts->content_length > (int64_t)HYP_BODY_MAX)
		return refuse(refused, 413, "too_large",
			      "the body is larger than 1 MiB");
	return 0;
}

int hyp_guard_layout(const struct hyp_head *head, struct hyp_refused *refused)
{
	static const char *const text =
		"the headers hold a folded line, a NUL, or a line that does "
		"not end with CR LF";
	/* "METHOD URI VERSION\r\n" and the last "\r\n" */
	size_t bytes = strlen(head->method) + strlen(head->uri) +
		       strlen(head->version) + 4 + 2;
	const char *next = NULL;

	for (size_t i = 0; i < head->count && i < HYP_HEADERS_MAX; i++) {
		const struct hyp_header *h = &head->headers[i];
		ptrdiff_t gap = h->value - (h->name + h->name_len);

		if ((next != NULL && h->name != next) || gap < 1 || gap > 256)
			return bad(refused, text);
		next = h->value + h->value_len + 2;
		bytes += (size_t)(next - h->name);
	}
	return bytes == head->bytes ? 0 : bad(refused, text);
}
