/* SPDX-License-Identifier: Apache-2.0 */
/* Properties by PropertyCollector, of one object or of a whole view. */
#ifndef VSPHERE_PROPERTY_H
#define VSPHERE_PROPERTY_H

#include "plugins/provider/vsphere/call.h"
#include "plugins/provider/vsphere/session.h"

struct vs_paths { /* which properties of which type */
	const char *type;
	const char *const *paths; /* NULL-terminated */
};

/* One object's; *object is its <objects>, valid while reply is. flags as for
 * vs_call, VS_READ implied. HYP_E_NOT_FOUND when the object is gone. */
int32_t vs_props(struct vs *vs, const struct vs_ref *ref,
		 const char *const *paths, uint32_t flags,
		 struct vs_reply *reply, xmlNodePtr *object,
		 struct hyp_error *err);

/* Every object of these types below the root folder, a page at a time; each
 * gets its <objects>. Stops at the first negative code. */
int32_t vs_walk(struct vs *vs, const struct vs_paths *types, size_t count,
		int32_t (*each)(void *ctx, xmlNodePtr object,
				struct hyp_error *err),
		void *ctx, struct hyp_error *err);

/* The <val> of a property in <objects>, NULL if it is not there. */
xmlNodePtr vs_prop(xmlNodePtr object, const char *path);
const char *vs_prop_text(xmlNodePtr object, const char *path);
/* As vs_prop, but an error (NoPermission with its privilege, or "not there")
 * when it is missing. */
int32_t vs_prop_need(xmlNodePtr object, const char *path, const char *where,
		     xmlNodePtr *out, struct hyp_error *err);

#endif
