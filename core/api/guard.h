/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that two readers could read in two ways, or that are too large,
 * are refused before anything else looks at them. libmicrohttpd takes many of
 * them; what it tells of a request is looked through here. Pure functions.
 */
#ifndef HYP_API_GUARD_H
#define HYP_API_GUARD_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

#define HYP_URI_MAX 8192u
#define HYP_HEAD_MAX 16384u
#define HYP_BODY_MAX 1048576u
#define HYP_HEADERS_MAX 64u

struct hyp_header {
	const char *name, *value; /* NUL-terminated */
	size_t name_len, value_len;
};

/* A request's head as it came. */
struct hyp_head {
	const char *method;
	const char *uri; /* raw: as the client wrote it */
	const char *version;
	struct hyp_header headers[HYP_HEADERS_MAX];
	size_t count; /* may be greater than HYP_HEADERS_MAX */
	size_t bytes; /* of request line and headers with their empty line */
};

/* What is wrong with it: an HTTP status, kind and text; the connection is
 * closed after the answer. */
struct hyp_refused {
	uint32_t status;
	const char *kind;
	const char *text;
};

/* What the guard found while looking. */
struct hyp_head_facts {
	const char *host;
	const char *origin;
	const char *authorization;
	const char *content_type;
	const char *idempotency_key;
	const char *last_event_id;
	const char *fetch_site; /* Sec-Fetch-Site */
	const char *accept;	/* the first Accept */
	int64_t content_length; /* -1: none was stated */
	uint32_t chunked;
};

/* 0, or -1 with *refused filled. The strings of facts are the head's. */
int hyp_guard_head(const struct hyp_head *head, struct hyp_head_facts *facts,
		   struct hyp_refused *refused);

/*
 * libmicrohttpd cuts values at NUL, joins folded lines, and takes a lone LF
 * for a line's end, all without saying so. But it reads in place: if each
 * header's bytes do not lie exactly one CR LF behind the one before, and all
 * of them together are not as many as came, then there was one of those.
 * Needs a head whose strings are those of the connection's own buffer.
 */
int hyp_guard_layout(const struct hyp_head *head, struct hyp_refused *refused);

/* Of a raw URI: no control or 8-bit characters, blanks or backslashes; "%" only
 * before two hex digits, and not for NUL, '/', '\', '%', '.' or a control
 * character; no "." or ".." component, no "//"; begins with '/'. */
int hyp_guard_uri(const char *uri, struct hyp_refused *refused);

#endif
