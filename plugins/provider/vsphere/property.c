/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/property.h"

#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"

#include <string.h>

#define PAGE 1000u
#define PAGES_MAX 20000u /* a server that never ends is no server */
#define TOKEN_MAX 1024u

xmlNodePtr vs_prop(xmlNodePtr object, const char *path)
{
	xmlNodePtr set = hyp_xml_child(object, NULL, "propSet");

	for (; set != NULL; set = hyp_xml_next(set, NULL, "propSet"))
		if (strcmp(vs_text(set, "name"), path) == 0)
			return vs_find(set, "val");
	return NULL;
}

const char *vs_prop_text(xmlNodePtr object, const char *path)
{
	xmlNodePtr val = vs_prop(object, path);

	return val != NULL ? hyp_xml_text(val) : "";
}

int32_t vs_prop_need(xmlNodePtr object, const char *path, const char *where,
		     xmlNodePtr *out, struct hyp_error *err)
{
	xmlNodePtr missing = hyp_xml_child(object, NULL, "missingSet");
	xmlNodePtr val = vs_prop(object, path);
	char what[200];

	if (val != NULL) {
		*out = val;
		return 0;
	}
	snprintf(what, sizeof(what), "property %s of %s", path, where);
	for (; missing != NULL;
	     missing = hyp_xml_next(missing, NULL, "missingSet"))
		if (strcmp(vs_text(missing, "path"), path) == 0)
			return vs_fault_localized(vs_find(missing, "fault"),
						  what, err);
	return hyp_error_set(err, HYP_E_TRANSIENT, "bad_response", 0,
			     "%s is not in the server's answer", what);
}

static void add_paths(struct vs_msg *msg, const struct vs_paths *types,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		vs_msg_open(msg, "propSet");
		vs_msg_text(msg, "type", types[i].type);
		for (const char *const *p = types[i].paths; *p != NULL; p++)
			vs_msg_text(msg, "pathSet", *p);
		vs_msg_close(msg);
	}
}

int32_t vs_props(struct vs *vs, const struct vs_ref *ref,
		 const char *const *paths, uint32_t flags,
		 struct vs_reply *reply, xmlNodePtr *object,
		 struct hyp_error *err)
{
	struct vs_paths type = {ref->type, paths};
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc = vs_session_ensure(vs, flags, err);
	xmlNodePtr found;

	if (rc != 0)
		return rc;
	vs_msg_begin(&msg, "RetrievePropertiesEx", &vs->service.properties);
	vs_msg_open(&msg, "specSet");
	add_paths(&msg, &type, 1);
	vs_msg_open(&msg, "objectSet");
	vs_msg_ref(&msg, "obj", ref);
	vs_msg_close(&msg);
	vs_msg_close(&msg);
	vs_msg_open(&msg, "options");
	vs_msg_close(&msg);
	rc = vs_call(vs, &msg, flags | VS_READ, reply, err);
	if (rc != 0)
		return rc;
	found = vs_find(reply->body, "returnval/objects");
	if (found == NULL)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "%s %.100s is not at %s any more",
				     ref->type, ref->id, vs->ep.name);
	*object = found;
	return 0;
}

static int32_t open_view(struct vs *vs, const struct vs_paths *types,
			 size_t count, struct vs_ref *view,
			 struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc;

	vs_msg_begin(&msg, "CreateContainerView", &vs->service.views);
	vs_msg_ref(&msg, "container", &vs->service.root);
	for (size_t i = 0; i < count; i++)
		vs_msg_text(&msg, "type", types[i].type);
	vs_msg_bool(&msg, "recursive", 1);
	/* A view more or less does no harm: it dies with the session. */
	rc = vs_call(vs, &msg, VS_READ, &reply, err);
	if (rc == 0 && !vs_ref_read(vs_find(reply.body, "returnval"), view))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "%s made no view of its inventory",
				     vs->ep.name);
	return rc;
}

static void close_view(struct vs *vs, const struct vs_ref *view)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct hyp_error ignored;

	vs_msg_begin(&msg, "DestroyView", view);
	vs_call(vs, &msg, VS_READ, &reply, &ignored);
}

static void first_page(struct vs *vs, struct vs_msg *msg,
		       const struct vs_ref *view, const struct vs_paths *types,
		       size_t count)
{
	vs_msg_begin(msg, "RetrievePropertiesEx", &vs->service.properties);
	vs_msg_open(msg, "specSet");
	add_paths(msg, types, count);
	vs_msg_open(msg, "objectSet");
	vs_msg_ref(msg, "obj", view);
	vs_msg_bool(msg, "skip", 1);
	vs_msg_open_typed(msg, "selectSet", "TraversalSpec");
	vs_msg_text(msg, "type", "ContainerView");
	vs_msg_text(msg, "path", "view");
	vs_msg_bool(msg, "skip", 0);
	vs_msg_close(msg);
	vs_msg_close(msg);
	vs_msg_close(msg);
	vs_msg_open(msg, "options");
	vs_msg_u64(msg, "maxObjects", PAGE);
	vs_msg_close(msg);
}

/* Hands on one page; token: what the next is asked with, "" after the last. */
static int32_t read_page(const struct vs_reply *reply,
			 int32_t (*each)(void *, xmlNodePtr,
					 struct hyp_error *),
			 void *ctx, char *token, struct hyp_error *err)
{
	xmlNodePtr result = vs_find(reply->body, "returnval");
	xmlNodePtr object = hyp_xml_child(result, NULL, "objects");

	snprintf(token, TOKEN_MAX, "%s", vs_text(result, "token"));
	for (; object != NULL; object = hyp_xml_next(object, NULL, "objects")) {
		int32_t rc = each(ctx, object, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int32_t next_page(struct vs *vs, const char *token,
			 struct vs_reply *reply, struct hyp_error *err)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc;

	vs_msg_begin(&msg, "ContinueRetrievePropertiesEx",
		     &vs->service.properties);
	vs_msg_text(&msg, "token", token);
	rc = vs_call(vs, &msg, VS_READ, reply, err);
	/* The token was used up by an answer that never arrived, or it died
	 * with the session that renewed login replaced. */
	if (rc != 0 && strcmp(reply->fault, "InvalidArgument") == 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "page_lost", 0,
				     "%s lost its place while sending the "
				     "inventory; ask again",
				     vs->ep.name);
	return rc;
}

static int32_t all_pages(struct vs *vs, const struct vs_ref *view,
			 const struct vs_paths *types, size_t count,
			 int32_t (*each)(void *, xmlNodePtr,
					 struct hyp_error *),
			 void *ctx, struct hyp_error *err)
{
	char token[TOKEN_MAX] = "";
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	int32_t rc;

	first_page(vs, &msg, view, types, count);
	rc = vs_call(vs, &msg, VS_READ, &reply, err);
	for (uint32_t page = 0; rc == 0; page++) {
		rc = read_page(&reply, each, ctx, token, err);
		if (rc != 0 || token[0] == '\0')
			return rc;
		if (page == PAGES_MAX)
			return hyp_error_set(err, HYP_E_PERMANENT, "too_large",
					     0,
					     "%s has sent %u pages of "
					     "inventory and does not end",
					     vs->ep.name, page);
		vs_reply_fini(&reply);
		rc = next_page(vs, token, &reply, err);
	}
	return rc;
}

int32_t vs_walk(struct vs *vs, const struct vs_paths *types, size_t count,
		int32_t (*each)(void *ctx, xmlNodePtr object,
				struct hyp_error *err),
		void *ctx, struct hyp_error *err)
{
	struct vs_ref view;
	int32_t rc = vs_session_ensure(vs, 0, err);

	if (rc == 0)
		rc = open_view(vs, types, count, &view, err);
	if (rc != 0)
		return rc;
	rc = all_pages(vs, &view, types, count, each, ctx, err);
	close_view(vs, &view);
	return rc;
}
