/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/xml.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/package/xml-guard.h"
#include "core/package/xml-hush.h"

#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <string.h>

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_arg;
#else
typedef xmlErrorPtr error_arg;
#endif

/* Different names, namespaces and words of up to three letters in all.
 * libxml2 2.9 keeps them in a table that stops growing at some 8,000 places:
 * 200,000 names of namespaces took it 18 s. */
#define WORDS_MAX 50000

struct parse {
	int forbidden; /* a DOCTYPE was met after all */
	int too_many;  /* of the words */
	int code;      /* libxml2's, of the first error */
	int line;
	char text[256];
};

/* Instead of libxml2's own, which prints on stderr. */
static void on_error(void *ctx, error_arg e)
{
	struct parse *p = ((xmlParserCtxtPtr)ctx)->_private;

	const char *message = e->message == NULL ? "" : e->message;
	char line[sizeof(p->text)];

	/* A namespace is compared, never opened: it need be no good URI. */
	if (e->level == XML_ERR_WARNING || e->code == XML_WAR_NS_URI ||
	    p->code != 0)
		return;
	p->code = e->code;
	p->line = e->line;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(message, "\n"),
		 message);
	hyp_text_printable(line, p->text, sizeof(p->text));
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *public,
		       const xmlChar *system)
{
	xmlParserCtxtPtr ctxt = ctx;

	(void)name;
	(void)public;
	(void)system;
	((struct parse *)ctxt->_private)->forbidden = 1;
	xmlStopParser(ctxt);
}

static void on_element(void *ctx, const xmlChar *name, const xmlChar *prefix,
		       const xmlChar *uri, int ns_count, const xmlChar **ns,
		       int attr_count, int defaulted, const xmlChar **attrs)
{
	xmlParserCtxtPtr ctxt = ctx;

	if (xmlDictSize(ctxt->dict) > WORDS_MAX) {
		((struct parse *)ctxt->_private)->too_many = 1;
		xmlStopParser(ctxt);
		return;
	}
	xmlSAX2StartElementNs(ctx, name, prefix, uri, ns_count, ns, attr_count,
			      defaulted, attrs);
}

static int32_t failure(const struct parse *p, const char *what,
		       struct hyp_error *err)
{
	if (p->code == XML_ERR_NO_MEMORY)
		return hyp_error_nomem(err);
	if (p->forbidden || p->code == XML_ERR_UNDECLARED_ENTITY)
		return hyp_error_set(err, HYP_E_PERMANENT, "xml_forbidden", 0,
				     "%s: it holds a DOCTYPE, or entities; "
				     "these are never read",
				     what);
	if (p->too_many)
		return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
				     "%s: more than %d different names; "
				     "refused",
				     what, WORDS_MAX);
	if (p->code == XML_ERR_NAME_TOO_LONG ||
	    p->code == XML_ERR_INTERNAL_ERROR)
		return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
				     "%s: line %d: a name or text too long to "
				     "be read",
				     what, p->line);
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_xml", 0,
			     "%s: line %d: not well-formed XML: %s", what,
			     p->line, p->text);
}

static int32_t parse_body(xmlParserCtxtPtr ctxt,
			  const struct hyp_xml_body *body,
			  const struct hyp_xml_hush *hush, const char *what,
			  xmlDocPtr *out, struct hyp_error *err)
{
	struct parse p = {0};
	xmlDocPtr doc;

	ctxt->_private = &p;
	ctxt->sax->serror = on_error;
	ctxt->sax->startElementNs = on_element;
	ctxt->sax->internalSubset = on_doctype;
	ctxt->sax->externalSubset = on_doctype;
	/* Comments and instructions would split the text around them. */
	ctxt->sax->comment = NULL;
	ctxt->sax->processingInstruction = NULL;
	errno = 0;
	doc = xmlCtxtReadMemory(ctxt, body->text, (int)body->n, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOCDATA);
	/* Where memory fails, libxml2 2.9 blames the text, or leaves a part of
	 * it out and says nothing. malloc's errno tells. */
	if (errno == ENOMEM || hush->failed ||
	    (doc == NULL && p.code == 0 && !p.forbidden && !p.too_many))
		p.code = XML_ERR_NO_MEMORY;
	if (doc != NULL && p.code == 0 && !p.too_many) {
		*out = doc;
		return 0;
	}
	xmlFreeDoc(doc);
	return failure(&p, what, err);
}

int32_t hyp_xml_parse(const void *text, size_t n,
		      const struct hyp_xml_limits *limits, const char *what,
		      xmlDocPtr *out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf room = HYP_BUF_INIT(INT_MAX);
	struct hyp_xml_body body;
	struct hyp_xml_hush hush;
	xmlParserCtxtPtr ctxt;
	int32_t rc;

	if (n > limits->bytes || n > INT_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
				     "%s: %zu bytes, more than the %zu that "
				     "are read",
				     what, n, limits->bytes);
	rc = hyp_xml_decode(text, n, what, &room, &body, err);
	if (rc == 0)
		rc = hyp_xml_guard(&body, limits, what, err);
	if (rc != 0)
		return rc;
	if (hyp_xml_hush_begin(&hush) != 0)
		return hyp_error_nomem(err);
	ctxt = xmlNewParserCtxt();
	rc = ctxt != NULL ? parse_body(ctxt, &body, &hush, what, out, err)
			  : hyp_error_nomem(err);
	xmlFreeParserCtxt(ctxt);
	hyp_xml_hush_end(&hush);
	return rc;
}

int hyp_xml_is(xmlNodePtr node, const char *ns, const char *name)
{
	if (node == NULL || node->type != XML_ELEMENT_NODE ||
	    strcmp((const char *)node->name, name) != 0)
		return 0;
	return ns == NULL || (node->ns != NULL &&
			      strcmp((const char *)node->ns->href, ns) == 0);
}

static xmlNodePtr first_element(xmlNodePtr node)
{
	while (node != NULL && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

xmlNodePtr hyp_xml_first(xmlNodePtr node)
{
	return node == NULL ? NULL : first_element(node->children);
}

xmlNodePtr hyp_xml_following(xmlNodePtr node)
{
	return node == NULL ? NULL : first_element(node->next);
}

xmlNodePtr hyp_xml_child(xmlNodePtr node, const char *ns, const char *name)
{
	node = hyp_xml_first(node);
	return node == NULL || hyp_xml_is(node, ns, name)
		       ? node
		       : hyp_xml_next(node, ns, name);
}

xmlNodePtr hyp_xml_next(xmlNodePtr node, const char *ns, const char *name)
{
	do
		node = hyp_xml_following(node);
	while (node != NULL && !hyp_xml_is(node, ns, name));
	return node;
}

const char *hyp_xml_text(xmlNodePtr node)
{
	const char *text = "";

	if (node == NULL)
		return text;
	for (xmlNodePtr n = node->children; n != NULL; n = n->next) {
		if (n->type == XML_ELEMENT_NODE)
			return "";
		if (n->type == XML_TEXT_NODE && n->content != NULL)
			text = (const char *)n->content;
	}
	return text;
}

const char *hyp_xml_child_text(xmlNodePtr node, const char *ns,
			       const char *name)
{
	return hyp_xml_text(hyp_xml_child(node, ns, name));
}

static int attr_is(const xmlAttr *a, const char *ns, const char *name)
{
	if (strcmp((const char *)a->name, name) != 0)
		return 0;
	if (ns == NULL)
		return a->ns == NULL;
	return a->ns != NULL && strcmp((const char *)a->ns->href, ns) == 0;
}

const char *hyp_xml_attr(xmlNodePtr node, const char *ns, const char *name)
{
	if (node == NULL || node->type != XML_ELEMENT_NODE)
		return NULL;
	for (const xmlAttr *a = node->properties; a != NULL; a = a->next)
		if (attr_is(a, ns, name))
			return a->children == NULL ||
					       a->children->content == NULL
				       ? ""
				       : (const char *)a->children->content;
	return NULL;
}
