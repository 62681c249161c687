/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to XML before libxml2 may see it. Private to xml.c. */
#ifndef HYP_PACKAGE_XML_GUARD_H
#define HYP_PACKAGE_XML_GUARD_H

#include "core/base/buf.h"
#include "core/package/xml.h"

struct hyp_xml_body {
	const char *text; /* UTF-8 from the first '<' after the declaration */
	size_t n;
};

/*
 * Find the encoding, turn UTF-16 into UTF-8 (kept in room), take the XML
 * declaration away, so that libxml2 never changes the encoding by itself.
 */
int32_t hyp_xml_decode(const void *text, size_t n, const char *what,
		       struct hyp_buf *room, struct hyp_xml_body *out,
		       struct hyp_error *err);

/*
 * Check the limits and refuse DOCTYPE, in one pass over the markup that knows
 * only where tags, values, comments and sections end. libxml2 alone would
 * compare 100,000 attributes of an element pair by pair before it said a
 * word about them.
 */
int32_t hyp_xml_guard(const struct hyp_xml_body *body,
		      const struct hyp_xml_limits *limits, const char *what,
		      struct hyp_error *err);

#endif
