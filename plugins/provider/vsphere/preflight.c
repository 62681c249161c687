/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/preflight.h"

#include "core/base/cleanup.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/export.h"
#include "plugins/provider/vsphere/property.h"
#include "plugins/provider/vsphere/target.h"

#include <stdarg.h>
#include <string.h>

#define RECENT_MAX 8

struct preflight {
	struct vs *vs;
	struct vs_ref vm;
	uint32_t mode; /* HYP_MODE_COLD or _HOT */
	const struct vs_target *target;
	const struct hyp_finding_sink *sink;
	int32_t rc; /* of the sink, kept */
	struct hyp_error *err;
};

__attribute__((format(printf, 5, 6))) static void
report(struct preflight *p, uint32_t level, int32_t code, const char *kind,
       const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX];
	struct hyp_finding finding = {.size = sizeof(finding),
				      .level = level,
				      .code = code,
				      .kind = kind,
				      .text = text};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->rc == 0)
		p->rc = p->sink->add(p->sink->ctx, &finding, p->err);
}

static void report_error(struct preflight *p, const struct hyp_error *why)
{
	report(p, HYP_FINDING_ERROR, why->code, why->kind, "%s", why->text);
}

/* Outside every snapshot: a running guest goes on writing to them. */
static void check_disk(struct preflight *p, const struct vs_disk *d)
{
	if (d->flags & VS_DISK_RDM_PHYSICAL)
		report(p, HYP_FINDING_ERROR, HYP_E_PERMANENT, "physical_rdm",
		       "\"%s\" is a physical raw device mapping, which no "
		       "export holds: detach it, or make it a virtual one",
		       d->label);
	else if (d->flags & VS_DISK_RDM)
		report(p, HYP_FINDING_WARNING, 0, "raw_device",
		       "\"%s\" is a raw device mapping: the package will hold "
		       "a copy of the whole device",
		       d->label);
	if (p->mode == HYP_MODE_HOT && (d->flags & VS_DISK_INDEPENDENT))
		report(p, HYP_FINDING_ERROR, HYP_E_PERMANENT,
		       "independent_disk",
		       "\"%s\" is an independent disk, which snapshots leave "
		       "out: shut the VM down and export it cold, or set the "
		       "disk to dependent",
		       d->label);
	if (p->mode == HYP_MODE_HOT && (d->flags & VS_DISK_SHARED))
		report(p, HYP_FINDING_ERROR, HYP_E_PERMANENT, "shared_disk",
		       "\"%s\" is shared with other VMs (multi-writer): a "
		       "snapshot of it is not possible",
		       d->label);
}

static void check_hardware(struct preflight *p, const struct vs_hardware *hw)
{
	for (size_t i = 0; i < hw->disk_count; i++)
		check_disk(p, &hw->disks[i]);
	for (size_t i = 0; i < hw->controller_count; i++) {
		const struct vs_controller *c = &hw->controllers[i];

		if (p->mode == HYP_MODE_HOT && c->sharing[0] != '\0' &&
		    strcmp(c->sharing, "noSharing") != 0)
			report(p, HYP_FINDING_ERROR, HYP_E_PERMANENT,
			       "bus_sharing",
			       "SCSI controller %u shares its bus (%s): "
			       "snapshots are not possible; export it cold",
			       c->bus, c->sharing);
	}
	if (hw->passthrough > 0)
		report(p, HYP_FINDING_WARNING, 0, "passthrough",
		       "%u devices of the host are passed through; the "
		       "package cannot hold them",
		       hw->passthrough);
	if (hw->disk_count == 0)
		report(p, HYP_FINDING_WARNING, 0, "no_disk",
		       "the VM has no disk");
	for (size_t i = 0; i < hw->image_count; i++)
		if (hw->images[i].has_file)
			report(p, HYP_FINDING_INFO, 0, "image",
			       "a %s image is inserted; it is part of the "
			       "package only if asked for",
			       hw->images[i].role == HYP_ROLE_ISO ? "CD-ROM"
								  : "floppy");
}

static void check_locks(struct preflight *p)
{
	const struct vs_target *t = p->target;

	if (p->mode == HYP_MODE_COLD && t->locked_export)
		report(p, HYP_FINDING_ERROR, HYP_E_BUSY, "vm_busy",
		       "exporting is disabled at the server now: another "
		       "export or backup works on the VM; try again when it "
		       "is done");
	if (p->mode == HYP_MODE_HOT && t->locked_snapshot)
		report(p, HYP_FINDING_ERROR, HYP_E_TRANSIENT, "method_disabled",
		       "snapshots of the VM are disabled at the server now, "
		       "often by a backup in progress; try again when it is "
		       "done");
	if (p->mode == HYP_MODE_HOT && t->snapshots)
		report(p, HYP_FINDING_INFO, 0, "has_snapshots",
		       "the VM has snapshots already; the package holds its "
		       "current state, not its history");
}

static void check_quiesce(struct preflight *p)
{
	if (p->mode != HYP_MODE_HOT)
		return;
	if (p->target->power == HYP_POWER_SUSPENDED)
		report(p, HYP_FINDING_WARNING, 0, "crash_consistent",
		       "the VM is suspended: its disks are exported as after "
		       "a power failure, its memory is not");
	else if (p->target->power == HYP_POWER_ON && !p->vs->opt->quiesce)
		report(p, HYP_FINDING_WARNING, 0, "crash_consistent",
		       "quiescing is switched off: the disks are exported as "
		       "after a power failure");
	else if (p->target->power == HYP_POWER_ON && !p->target->tools)
		report(p, HYP_FINDING_WARNING, 0, "crash_consistent",
		       "VMware Tools do not run in the guest: its file "
		       "systems cannot be flushed, the disks are exported as "
		       "after a power failure");
}

/* Another task at work on the VM, such as an export's. */
static void check_tasks(struct preflight *p)
{
	static const char *const vm_paths[] = {"recentTask", NULL};
	static const char *const task_paths[] = {"info", NULL};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct hyp_error ignored;
	xmlNodePtr object, item;
	int n = 0;

	if (vs_props(p->vs, &p->vm, vm_paths, 0, &reply, &object, &ignored) !=
	    0)
		return;
	item = hyp_xml_first(vs_prop(object, "recentTask"));
	for (; item != NULL && n < RECENT_MAX;
	     item = hyp_xml_following(item), n++) {
		VS_AUTO_REPLY struct vs_reply task = VS_REPLY_INIT;
		struct vs_ref ref;
		xmlNodePtr info;

		if (!vs_ref_read(item, &ref) ||
		    vs_props(p->vs, &ref, task_paths, 0, &task, &info,
			     &ignored) != 0)
			continue;
		info = vs_prop(info, "info");
		if (strcmp(vs_text(info, "state"), "running") == 0 ||
		    strcmp(vs_text(info, "state"), "queued") == 0)
			report(p, HYP_FINDING_WARNING, 0, "vm_busy",
			       "a task works on the VM now (%.80s); the "
			       "export may have to wait for it",
			       vs_text(info, "descriptionId"));
	}
}

static int32_t ask_privileges(struct preflight *p, struct vs_reply *reply,
			      struct hyp_error *err)
{
	struct vs *vs = p->vs;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;

	vs_msg_begin(&msg, "HasPrivilegeOnEntities",
		     &vs->service.authorization);
	vs_msg_ref(&msg, "entity", &p->vm);
	vs_msg_text(&msg, "sessionId", vs->session_key);
	vs_msg_text(&msg, "privId", "VApp.Export");
	if (p->mode == HYP_MODE_HOT) {
		vs_msg_text(&msg, "privId",
			    "VirtualMachine.State.CreateSnapshot");
		vs_msg_text(&msg, "privId",
			    "VirtualMachine.State.RemoveSnapshot");
	}
	return vs_call(vs, &msg, VS_READ, reply, err);
}

static void check_privileges(struct preflight *p)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct hyp_error err;
	xmlNodePtr one;

	if (p->vs->service.authorization.id[0] == '\0' ||
	    p->vs->session_key[0] == '\0')
		return;
	/* Old servers cannot tell; the export itself will. */
	if (ask_privileges(p, &reply, &err) != 0) {
		vs_log(p->vs, HYP_LOG_DEBUG, "%s", err.text);
		return;
	}
	one = vs_find(reply.body, "returnval/privAvailability");
	for (; one != NULL; one = hyp_xml_next(one, NULL, "privAvailability"))
		if (strcmp(vs_text(one, "isGranted"), "false") == 0)
			report(p, HYP_FINDING_ERROR, HYP_E_PERMANENT,
			       "no_permission",
			       "this user lacks the privilege %s on the VM: "
			       "ask the administrator to grant it",
			       vs_text(one, "privId"));
}

static void warn_descriptor(void *ctx, const char *text)
{
	report(ctx, HYP_FINDING_WARNING, 0, "descriptor", "%s", text);
}

static void check_descriptor(struct preflight *p)
{
	struct vs_ref none = {"", ""};
	struct hyp_error why;
	int32_t rc = vs_describe_dry(p->vs, &p->vm, &none, p->target->name,
				     warn_descriptor, p, &why);

	if (rc == HYP_E_UNSUPPORTED)
		report(p, HYP_FINDING_INFO, 0, why.kind,
		       "%s; the descriptor is built from the VM's "
		       "configuration",
		       why.text);
	else if (rc != 0)
		report_error(p, &why);
}

static int32_t check_all(struct preflight *p, const struct hyp_open_args *args,
			 const struct vs_hardware *hw)
{
	struct hyp_error why;

	if (vs_target_mode(p->target, args->mode, &p->mode, &why) != 0) {
		report_error(p, &why);
		p->mode = args->mode == HYP_MODE_HOT ? HYP_MODE_HOT
						     : HYP_MODE_COLD;
	}
	if (p->vs->ep.trust.insecure)
		report(p, HYP_FINDING_WARNING, 0, "insecure",
		       "the certificate of %s is not verified (insecure): "
		       "anybody in between could read the password and change "
		       "the disks",
		       p->vs->ep.name);
	check_hardware(p, hw);
	check_locks(p);
	check_quiesce(p);
	check_tasks(p);
	check_privileges(p);
	check_descriptor(p);
	return p->rc;
}

int32_t vs_preflight(void *instance, const struct hyp_open_args *args,
		     const struct hyp_finding_sink *sink, struct hyp_error *err)
{
	struct preflight p = {.vs = instance, .sink = sink, .err = err};
	struct vs_hardware hardware = {0};
	struct vs_target target;
	int32_t rc;

	p.vm = vs_ref_make("VirtualMachine", args->vm_id);
	p.target = &target;
	rc = vs_target_read(p.vs, &p.vm, &target, &hardware, err);
	if (rc == 0)
		rc = check_all(&p, args, &hardware);
	vs_hardware_fini(&hardware);
	return rc;
}
