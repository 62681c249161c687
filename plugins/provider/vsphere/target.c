/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/target.h"

#include "core/base/text.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/inventory.h"
#include "plugins/provider/vsphere/property.h"
#include "plugins/provider/vsphere/tree.h"

#include <string.h>

static const char *const target_paths[] = {
	"name",
	"config.hardware",
	"config.template",
	"runtime.powerState",
	"runtime.connectionState",
	"guest.toolsRunningStatus",
	"disabledMethod",
	"snapshot",
	"config.keyId", /* since API 6.5: must be last */
	NULL,
};
#define PATH_COUNT (sizeof(target_paths) / sizeof(target_paths[0]))

static int is_disabled(xmlNodePtr object, const char *method)
{
	xmlNodePtr item = hyp_xml_first(vs_prop(object, "disabledMethod"));

	for (; item != NULL; item = hyp_xml_following(item))
		if (strcmp(hyp_xml_text(item), method) == 0)
			return 1;
	return 0;
}

static int32_t fill(xmlNodePtr object, struct vs_target *out,
		    struct hyp_error *err)
{
	xmlNodePtr power, template = vs_prop(object, "config.template");
	int32_t rc = vs_prop_need(object, "runtime.powerState", "the VM",
				  &power, err);

	if (rc != 0)
		return rc;
	memset(out, 0, sizeof(*out));
	vs_name_decode(vs_prop_text(object, "name"), out->name,
		       sizeof(out->name));
	out->power = vs_power(hyp_xml_text(power));
	if (template != NULL && vs_is_true(template, ""))
		out->flags |= HYP_VM_TEMPLATE;
	if (vs_prop(object, "config.keyId") != NULL)
		out->flags |= HYP_VM_ENCRYPTED;
	snprintf(out->connection, sizeof(out->connection), "%s",
		 vs_prop_text(object, "runtime.connectionState"));
	if (out->connection[0] != '\0' &&
	    strcmp(out->connection, "connected") != 0)
		out->flags |= HYP_VM_DISCONNECTED;
	out->tools = strcmp(vs_prop_text(object, "guest.toolsRunningStatus"),
			    "guestToolsRunning") == 0;
	out->locked_export = (uint32_t)is_disabled(object, "ExportVm");
	out->locked_snapshot =
		(uint32_t)is_disabled(object, "CreateSnapshot_Task");
	out->snapshots = vs_find(vs_prop(object, "snapshot"),
				 "rootSnapshotList") != NULL;
	return 0;
}

int32_t vs_target_read(struct vs *vs, const struct vs_ref *vm,
		       struct vs_target *out, struct vs_hardware *hardware,
		       struct hyp_error *err)
{
	const char *paths[PATH_COUNT];
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, value = NULL;
	int32_t rc = vs_session_ensure(vs, 0, err);

	if (rc != 0)
		return rc;
	memcpy(paths, target_paths, sizeof(paths));
	if (!vs_api_at_least(vs, 6, 5))
		paths[PATH_COUNT - 2] = NULL;
	rc = vs_props(vs, vm, paths, 0, &reply, &object, err);
	if (rc == 0)
		rc = fill(object, out, err);
	/* Of a VM that is out of reach, it may not be known. */
	if (rc == 0 && (out->flags & HYP_VM_DISCONNECTED))
		value = vs_prop(object, "config.hardware");
	else if (rc == 0)
		rc = vs_prop_need(object, "config.hardware", "the VM", &value,
				  err);
	if (rc == 0)
		rc = vs_hardware_read(value, hardware, err);
	return rc;
}

static int32_t refuse_cold(const struct vs_target *t, const char *name,
			   struct hyp_error *err)
{
	if (t->power == HYP_POWER_ON)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "vm_powered_on", 0,
			"%s is powered on and a cold export needs it off: shut "
			"it down, or export it hot",
			name);
	return hyp_error_set(err, HYP_E_PERMANENT, "vm_suspended", 0,
			     "%s is suspended and a cold export needs it off: "
			     "resume it and shut it down, or export it hot",
			     name);
}

static int32_t refuse_unreachable(const struct vs_target *t, const char *name,
				  struct hyp_error *err)
{
	if (strcmp(t->connection, "disconnected") == 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "host_disconnected",
				     0,
				     "%s is disconnected: its host does not "
				     "answer vCenter; reconnect the host",
				     name);
	return hyp_error_set(err, HYP_E_PERMANENT, "vm_inaccessible", 0,
			     "%s is %s: the server cannot read its files; "
			     "check its datastore, or register it anew",
			     name, t->connection);
}

int32_t vs_target_mode(const struct vs_target *t, uint32_t wanted,
		       uint32_t *mode, struct hyp_error *err)
{
	uint32_t chosen = wanted;
	char name[160];

	hyp_text_printable(t->name, name, sizeof(name));
	if (t->flags & HYP_VM_ENCRYPTED)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "vm_encrypted", 0,
			"%s is encrypted, and vSphere does not export "
			"encrypted VMs as OVF: decrypt it, or a clone of it, "
			"first",
			name);
	if (t->flags & HYP_VM_DISCONNECTED)
		return refuse_unreachable(t, name, err);
	if (chosen == HYP_MODE_AUTO)
		chosen = t->power == HYP_POWER_OFF ? HYP_MODE_COLD
						   : HYP_MODE_HOT;
	if (chosen == HYP_MODE_COLD && t->power != HYP_POWER_OFF)
		return refuse_cold(t, name, err);
	if (chosen == HYP_MODE_HOT && (t->flags & HYP_VM_TEMPLATE))
		return hyp_error_set(err, HYP_E_PERMANENT, "vm_template", 0,
				     "%s is a template, which cannot have "
				     "snapshots: export it cold",
				     name);
	*mode = chosen;
	return 0;
}

void vs_target_path(struct vs *vs, const struct vs_ref *vm, char *out)
{
	static const char *const paths[] = {"name", "parent", "parentVApp",
					    NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct vs_tree *tree = NULL;
	struct hyp_error err;
	xmlNodePtr object;
	const char *parent;

	snprintf(out, VS_PATH_MAX, "/%s", vm->id);
	if (vs_props(vs, vm, paths, 0, &reply, &object, &err) != 0 ||
	    vs_tree_load(vs, &tree, &err) != 0)
		return;
	parent = vs_prop_text(object, "parent");
	if (parent[0] == '\0')
		parent = vs_prop_text(object, "parentVApp");
	vs_tree_path(tree, parent, vs_prop_text(object, "name"), out);
	vs_tree_free(tree);
}
