/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SOAP 1.1 as vSphere speaks it: a request is written element by element, a
 * reply is a checked document. No network here.
 */
#ifndef VSPHERE_SOAP_H
#define VSPHERE_SOAP_H

#include "core/package/xml-write.h"
#include <libxml/tree.h>

#define VS_NS "urn:vim25"

/* A ManagedObjectReference, by value. */
struct vs_ref {
	char type[64];
	char id[256];
};

/* A reference of that type and id; too long ones come out empty. */
struct vs_ref vs_ref_make(const char *type, const char *id);
/* From <x type="T">ID</x>. 1, or 0 if node is NULL or not a reference. */
int vs_ref_read(xmlNodePtr node, struct vs_ref *out);

/* A request being written. A failure (memory, a character that XML cannot
 * hold) is kept until vs_msg_end. It stays where it is, and in its thread, from
 * begin to end. */
struct vs_msg {
	const char *method;
	struct hyp_buf text;
	struct hyp_xmlw xml;
	int is_open;
	int32_t rc; /* of the writing */
	struct hyp_error err;
	const char *bad; /* what cannot be sent, or NULL */
};

#define VS_MSG_INIT                                                            \
	{                                                                      \
		.is_open = 0                                                   \
	}

void vs_msg_begin(struct vs_msg *msg, const char *method,
		  const struct vs_ref *self);
void vs_msg_open(struct vs_msg *msg, const char *name);
/* The same with xsi:type. */
void vs_msg_open_typed(struct vs_msg *msg, const char *name, const char *type);
void vs_msg_close(struct vs_msg *msg);
void vs_msg_text(struct vs_msg *msg, const char *name, const char *value);
void vs_msg_bool(struct vs_msg *msg, const char *name, int value);
void vs_msg_u64(struct vs_msg *msg, const char *name, uint64_t value);
void vs_msg_ref(struct vs_msg *msg, const char *name, const struct vs_ref *ref);
/* Ends the envelope; its bytes are in msg->text. May be called again. */
int32_t vs_msg_end(struct vs_msg *msg, struct hyp_error *err);
void vs_msg_fini(struct vs_msg *msg);

static inline void vs_cleanup_msg(struct vs_msg *msg)
{
	vs_msg_fini(msg);
}
#define VS_AUTO_MSG __attribute__((cleanup(vs_cleanup_msg)))

/* A reply. fault is set when the call failed by a SOAP fault, so that the
 * caller can make an exception of one. */
struct vs_reply {
	xmlDocPtr doc;
	xmlNodePtr body; /* <METHODResponse>; returnvals are its children */
	char fault[64];	 /* type of the fault, "" if none */
};

#define VS_REPLY_INIT                                                          \
	{                                                                      \
		NULL, NULL, ""                                                 \
	}

/* Empty again, for another use. */
void vs_reply_fini(struct vs_reply *reply);
static inline void vs_cleanup_reply(struct vs_reply *reply)
{
	vs_reply_fini(reply);
}
#define VS_AUTO_REPLY __attribute__((cleanup(vs_cleanup_reply)))

/* What came over HTTP. */
struct vs_answer {
	uint32_t status;
	uint32_t retry_after_ms;
	const char *content_type; /* lower case, "" if none */
	const char *location;	  /* "" if none */
	const char *bytes;
	size_t length;
	const char *from; /* endpoint, for errors */
};

/*
 * The reply to method. A SOAP fault becomes the error that fault.h says and
 * sets reply->fault; what is no SOAP reply is "bad_response" (or
 * "server_unavailable", xml_forbidden, xml_limit).
 */
int32_t vs_soap_read(const struct vs_answer *answer, const char *method,
		     struct vs_reply *reply, struct hyp_error *err);

/* xsi:type of an element without its prefix, "" if it has none. */
const char *vs_xsi_type(xmlNodePtr node);
/* Children of any name space by name: the n-th hop of "a/b/c". */
xmlNodePtr vs_find(xmlNodePtr node, const char *path);
const char *vs_text(xmlNodePtr node, const char *path); /* "" if absent */
int vs_is_true(xmlNodePtr node, const char *path);
/* Decimal; 0 if absent, not a number or negative. */
uint64_t vs_number(xmlNodePtr node, const char *path);

#endif
