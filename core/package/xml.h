/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML from strangers, by libxml2, with everything dangerous refused: DOCTYPE,
 * entities other than the five and character references, processing
 * instructions that matter, any network or file access; and with limits.
 * Options are exactly XML_PARSE_NONET | XML_PARSE_NOCDATA. Limits beside those
 * below: 8 MiB of text in a piece, 50,000 different names.
 */
#ifndef HYP_PACKAGE_XML_H
#define HYP_PACKAGE_XML_H

#include <hypersdk/error.h>
#include <libxml/tree.h>
#include <stddef.h>
#include <stdint.h>

struct hyp_xml_limits {
	size_t bytes;	     /* of the whole text */
	uint32_t depth;	     /* of nested elements */
	uint32_t attributes; /* of one element */
	uint32_t value;	     /* bytes of one attribute's value */
	uint32_t nodes;	     /* elements in all */
	size_t tree;	     /* bytes of memory, about; 0: no such limit */
};
#define HYP_XML_LIMITS_DEFAULT                                                 \
	{                                                                      \
		.bytes = 64u << 20, .depth = 64, .attributes = 64,             \
		.value = 64u << 10, .nodes = 4u << 20                          \
	}

/*
 * Parse n bytes into a document; the caller xmlFreeDoc()s it. what names the
 * text in errors ("reply to Login", "web01.ovf"). HYP_E_PERMANENT
 * "xml_forbidden" (DOCTYPE, entity), "xml_limit" (a limit, or not the
 * encoding UTF-8, UTF-16 or ASCII declared or marked), "bad_xml".
 */
int32_t hyp_xml_parse(const void *text, size_t n,
		      const struct hyp_xml_limits *limits, const char *what,
		      xmlDocPtr *out, struct hyp_error *err);

/* Elements by namespace URI and local name; ns NULL matches any namespace.
 * NULL when there is none (node NULL too, so calls nest). */
xmlNodePtr hyp_xml_child(xmlNodePtr node, const char *ns, const char *name);
xmlNodePtr hyp_xml_next(xmlNodePtr node, const char *ns, const char *name);
/* First element child, next element sibling. */
xmlNodePtr hyp_xml_first(xmlNodePtr node);
xmlNodePtr hyp_xml_following(xmlNodePtr node);
int hyp_xml_is(xmlNodePtr node, const char *ns, const char *name);

/* Text content of an element without child elements, "" for none; the
 * pointer is valid while the document is. */
const char *hyp_xml_text(xmlNodePtr node);
const char *hyp_xml_child_text(xmlNodePtr node, const char *ns,
			       const char *name);
/* An attribute's value or NULL; ns NULL: the attribute has no namespace. */
const char *hyp_xml_attr(xmlNodePtr node, const char *ns, const char *name);

#endif
