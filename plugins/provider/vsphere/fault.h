/* SPDX-License-Identifier: Apache-2.0 */
/* From a vSphere fault to an error that a person can act on. */
#ifndef VSPHERE_FAULT_H
#define VSPHERE_FAULT_H

#include <hypersdk/error.h>
#include <libxml/tree.h>

/*
 * type: "NoPermission"; fault: the element with the fault's members, or NULL;
 * message: the server's words; where: "Login at vcenter.example:443". Returns
 * the code.
 */
int32_t vs_fault_error(const char *type, xmlNodePtr fault, const char *message,
		       const char *where, struct hyp_error *err);

/* The same from a LocalizedMethodFault (task.info.error, lease.error,
 * missingSet.fault). */
int32_t vs_fault_localized(xmlNodePtr node, const char *where,
			   struct hyp_error *err);

/* 1 if the server does not have the method: the caller does without. */
int vs_fault_is_absent(const char *type);
/* 1 if the object is gone. */
int vs_fault_is_gone(const char *type);

#endif
