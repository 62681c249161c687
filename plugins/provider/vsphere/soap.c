/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/soap.h"

#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REQUEST_MAX (16u << 20)
#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define XSI_NS "http://www.w3.org/2001/XMLSchema-instance"

struct vs_ref vs_ref_make(const char *type, const char *id)
{
	struct vs_ref ref = {"", ""};

	if (strlen(type) < sizeof(ref.type) && strlen(id) < sizeof(ref.id)) {
		strcpy(ref.type, type);
		strcpy(ref.id, id);
	}
	return ref;
}

int vs_ref_read(xmlNodePtr node, struct vs_ref *out)
{
	const char *type = node ? hyp_xml_attr(node, NULL, "type") : NULL;
	struct vs_ref ref;

	if (type == NULL)
		return 0;
	ref = vs_ref_make(type, hyp_xml_text(node));
	if (ref.id[0] == '\0')
		return 0;
	*out = ref;
	return 1;
}

void vs_msg_begin(struct vs_msg *msg, const char *method,
		  const struct vs_ref *self)
{
	memset(msg, 0, sizeof(*msg));
	msg->method = method;
	msg->is_open = 1;
	hyp_buf_init(&msg->text, REQUEST_MAX);
	hyp_xmlw_begin(&msg->xml, &msg->text, 0, &msg->err);
	hyp_xmlw_open(&msg->xml, "soapenv:Envelope");
	hyp_xmlw_attr(&msg->xml, "xmlns:soapenv", SOAP_NS);
	hyp_xmlw_attr(&msg->xml, "xmlns:xsi", XSI_NS);
	hyp_xmlw_open(&msg->xml, "soapenv:Body");
	hyp_xmlw_open(&msg->xml, method);
	hyp_xmlw_attr(&msg->xml, "xmlns", VS_NS);
	vs_msg_ref(msg, "_this", self);
}

void vs_msg_open(struct vs_msg *msg, const char *name)
{
	hyp_xmlw_open(&msg->xml, name);
}

void vs_msg_open_typed(struct vs_msg *msg, const char *name, const char *type)
{
	hyp_xmlw_open(&msg->xml, name);
	hyp_xmlw_attr(&msg->xml, "xsi:type", type);
}

void vs_msg_close(struct vs_msg *msg)
{
	hyp_xmlw_close(&msg->xml);
}

void vs_msg_text(struct vs_msg *msg, const char *name, const char *value)
{
	if (!hyp_xmlw_can_hold(value))
		msg->bad = "a value holds characters that cannot be sent";
	else
		hyp_xmlw_text(&msg->xml, name, value);
}

void vs_msg_bool(struct vs_msg *msg, const char *name, int value)
{
	vs_msg_text(msg, name, value ? "true" : "false");
}

void vs_msg_u64(struct vs_msg *msg, const char *name, uint64_t value)
{
	hyp_xmlw_textf(&msg->xml, name, "%" PRIu64, value);
}

void vs_msg_ref(struct vs_msg *msg, const char *name, const struct vs_ref *ref)
{
	if (!hyp_xmlw_can_hold(ref->type) || !hyp_xmlw_can_hold(ref->id))
		msg->bad = "a reference holds characters that cannot be sent";
	hyp_xmlw_open(&msg->xml, name);
	hyp_xmlw_attr(&msg->xml, "type", ref->type);
	hyp_xmlw_contentf(&msg->xml, "%s", ref->id);
	hyp_xmlw_close(&msg->xml);
}

int32_t vs_msg_end(struct vs_msg *msg, struct hyp_error *err)
{
	if (msg->is_open)
		msg->rc = hyp_xmlw_end(&msg->xml);
	msg->is_open = 0;
	if (msg->bad != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0, "%s: %s",
				     msg->method, msg->bad);
	if (msg->rc != 0 && err != NULL)
		*err = msg->err;
	return msg->rc;
}

void vs_msg_fini(struct vs_msg *msg)
{
	if (msg->is_open)
		hyp_xmlw_end(&msg->xml);
	msg->is_open = 0;
	hyp_buf_wipe(&msg->text); /* Login's holds the password */
}

void vs_reply_fini(struct vs_reply *reply)
{
	if (reply->doc != NULL)
		xmlFreeDoc(reply->doc);
	memset(reply, 0, sizeof(*reply));
}

const char *vs_xsi_type(xmlNodePtr node)
{
	const char *type = node ? hyp_xml_attr(node, XSI_NS, "type") : NULL;
	const char *colon = type ? strchr(type, ':') : NULL;

	return type == NULL ? "" : colon != NULL ? colon + 1 : type;
}

xmlNodePtr vs_find(xmlNodePtr node, const char *path)
{
	char name[64];

	while (node != NULL && *path != '\0') {
		size_t n = strcspn(path, "/");

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		node = hyp_xml_child(node, NULL, name);
		path += path[n] == '/' ? n + 1 : n;
	}
	return node;
}

const char *vs_text(xmlNodePtr node, const char *path)
{
	node = vs_find(node, path);
	return node != NULL ? hyp_xml_text(node) : "";
}

int vs_is_true(xmlNodePtr node, const char *path)
{
	const char *text = vs_text(node, path);

	return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

uint64_t vs_number(xmlNodePtr node, const char *path)
{
	const char *text = vs_text(node, path);
	char *end;
	uint64_t n;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 19)
		return 0;
	n = strtoull(text, &end, 10);
	return *end == '\0' && n <= INT64_MAX ? n : 0;
}

static int looks_like_html(const struct vs_answer *a)
{
	const char *s = a->bytes;
	size_t n = a->length;

	if (strstr(a->content_type, "html") != NULL)
		return 1;
	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		s += 3, n -= 3;
	while (n > 0 && strchr(" \t\r\n", *s) != NULL && *s != '\0')
		s++, n--;
	return (n >= 14 && strncasecmp(s, "<!doctype html", 14) == 0) ||
	       (n >= 5 && strncasecmp(s, "<html", 5) == 0);
}

static int32_t no_soap(const struct vs_answer *a, const char *method,
		       const char *what, struct hyp_error *err)
{
	return hyp_error_set(
		err, a->status >= 500 ? HYP_E_TRANSIENT : HYP_E_PERMANENT,
		"bad_response", 0,
		"%s answered %s with %s (status %u); is this the address of a "
		"vCenter or ESXi host?",
		a->from, method, what, a->status);
}

/* What the status alone says; 0: look into the body. */
static int32_t judge_status(const struct vs_answer *a, const char *method,
			    struct hyp_error *err)
{
	if (a->status == 200 || a->status == 500)
		return 0;
	if (a->status >= 300 && a->status < 400)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "bad_response", 0,
			"%s answered %s with a redirect to \"%s\", which is "
			"not followed: credentials go to the configured "
			"address alone; correct the url",
			a->from, method, a->location);
	if (a->status == 429 || a->status >= 502) {
		hyp_error_set(err, HYP_E_TRANSIENT, "server_unavailable", 0,
			      "%s answered %s with status %u: it is starting, "
			      "overloaded or in maintenance",
			      a->from, method, a->status);
		if (err != NULL)
			err->retry_after_ms = a->retry_after_ms;
		return HYP_E_TRANSIENT;
	}
	return no_soap(a, method, "no SOAP reply", err);
}

static int32_t read_fault(const struct vs_answer *a, const char *method,
			  xmlNodePtr node, struct vs_reply *reply,
			  struct hyp_error *err)
{
	xmlNodePtr detail = hyp_xml_first(vs_find(node, "detail"));
	const char *type = vs_xsi_type(detail), *name = type;
	const char *message = vs_text(node, "faultstring");
	char where[320];
	int32_t rc;

	snprintf(where, sizeof(where), "%s at %s", method, a->from);
	/* Some faults bear their type as the element's name alone. */
	if (name[0] == '\0' && detail != NULL)
		name = (const char *)detail->name;
	snprintf(reply->fault, sizeof(reply->fault), "%s", name);
	if (strlen(reply->fault) > 5 && type[0] == '\0') {
		char *tail = reply->fault + strlen(reply->fault) - 5;

		if (strcmp(tail, "Fault") == 0)
			*tail = '\0'; /* <InvalidLoginFault> */
	}
	rc = vs_fault_error(reply->fault, detail, message, where, err);
	if (a->status != 200)
		return rc;
	/* Not how vSphere does it: what stands in between cannot be trusted
	 * to have kept the meaning. */
	hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
		      "%s answered %s with status 200 and yet a fault "
		      "(%s: %.200s); a proxy in between?",
		      a->from, method, reply->fault, message);
	reply->fault[0] = '\0';
	return HYP_E_PERMANENT;
}

static int32_t read_body(const struct vs_answer *a, const char *method,
			 struct vs_reply *reply, struct hyp_error *err)
{
	xmlNodePtr root = xmlDocGetRootElement(reply->doc);
	xmlNodePtr body = hyp_xml_is(root, SOAP_NS, "Envelope")
				  ? hyp_xml_child(root, SOAP_NS, "Body")
				  : NULL;
	xmlNodePtr first = hyp_xml_first(body);
	char name[96];

	if (body == NULL)
		return no_soap(a, method, "XML that is not SOAP", err);
	if (hyp_xml_is(first, SOAP_NS, "Fault"))
		return read_fault(a, method, first, reply, err);
	snprintf(name, sizeof(name), "%sResponse", method);
	if (a->status != 200 || !hyp_xml_is(first, VS_NS, name))
		return no_soap(a, method, "another method's reply", err);
	reply->body = first;
	return 0;
}

int32_t vs_soap_read(const struct vs_answer *answer, const char *method,
		     struct vs_reply *reply, struct hyp_error *err)
{
	static const struct hyp_xml_limits limits = HYP_XML_LIMITS_DEFAULT;
	int32_t rc = judge_status(answer, method, err);
	char what[320];

	if (rc != 0)
		return rc;
	if (looks_like_html(answer))
		return no_soap(answer, method, "an HTML page", err);
	snprintf(what, sizeof(what), "reply of %s to %s", answer->from, method);
	rc = hyp_xml_parse(answer->bytes, answer->length, &limits, what,
			   &reply->doc, err);
	if (rc != 0 && err != NULL && strcmp(err->kind, "bad_xml") == 0)
		return no_soap(answer, method, "something that is not XML",
			       err);
	return rc != 0 ? rc : read_body(answer, method, reply, err);
}
