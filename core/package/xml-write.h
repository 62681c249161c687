/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML written by libxml2's xmlTextWriter into a hyp_buf. Any text may be
 * handed in: it is escaped, and what XML 1.0 cannot hold (control characters,
 * broken UTF-8) becomes U+FFFD. The first failure stays: the calls after it do
 * nothing, and hyp_xmlw_end returns it.
 */
#ifndef HYP_PACKAGE_XML_WRITE_H
#define HYP_PACKAGE_XML_WRITE_H

#include "core/base/buf.h"
#include "core/package/xml-hush.h"
#include <libxml/xmlwriter.h>

struct hyp_xmlw {
	xmlTextWriterPtr writer;
	xmlOutputBufferPtr io; /* the writer's */
	struct hyp_xml_hush hush;
	struct hyp_buf *out;
	size_t start; /* length of out before */
	int32_t rc;
	struct hyp_error *err;
};

/* Begins a document: declaration, UTF-8; indented for people, or not. Call end
 * in any case, in this thread: until then libxml2's errors are x's. */
void hyp_xmlw_begin(struct hyp_xmlw *x, struct hyp_buf *out, int indented,
		    struct hyp_error *err);
/* Ends it. On failure out is as it was before begin. */
int32_t hyp_xmlw_end(struct hyp_xmlw *x);

/* Whether XML 1.0 can hold all of that text: none of it would be replaced. */
int hyp_xmlw_can_hold(const char *text);

/* name as it shall stand there, with its prefix. */
void hyp_xmlw_open(struct hyp_xmlw *x, const char *name);
void hyp_xmlw_close(struct hyp_xmlw *x);
void hyp_xmlw_attr(struct hyp_xmlw *x, const char *name, const char *value);
__attribute__((format(printf, 3, 4))) void
hyp_xmlw_attrf(struct hyp_xmlw *x, const char *name, const char *fmt, ...);
/* Text inside the open element. */
__attribute__((format(printf, 2, 3))) void
hyp_xmlw_contentf(struct hyp_xmlw *x, const char *fmt, ...);
/* An element that holds text alone. */
void hyp_xmlw_text(struct hyp_xmlw *x, const char *name, const char *value);
__attribute__((format(printf, 3, 4))) void
hyp_xmlw_textf(struct hyp_xmlw *x, const char *name, const char *fmt, ...);

#endif
