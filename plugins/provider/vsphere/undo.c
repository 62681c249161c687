/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's undo: in another process, after a crash. */
#include "plugins/provider/vsphere/call.h"
#include "plugins/provider/vsphere/lease.h"
#include "plugins/provider/vsphere/record.h"
#include "plugins/provider/vsphere/session.h"
#include "plugins/provider/vsphere/snapshot.h"

#include <string.h>

#define UNDO_MS 30000u

/* 1 if the dead process's session still lives. */
static int session_lives(struct vs *vs)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct vs_call_args args = {.flags = VS_CLEANUP | VS_BARE};
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct hyp_error err;

	vs_msg_begin(&msg, "RetrievePropertiesEx", &vs->service.properties);
	vs_msg_open(&msg, "specSet");
	vs_msg_open(&msg, "propSet");
	vs_msg_text(&msg, "type", "Folder");
	vs_msg_text(&msg, "pathSet", "name");
	vs_msg_close(&msg);
	vs_msg_open(&msg, "objectSet");
	vs_msg_ref(&msg, "obj", &vs->service.root);
	vs_msg_close(&msg);
	vs_msg_close(&msg);
	vs_msg_open(&msg, "options");
	vs_msg_close(&msg);
	return vs_call_with(vs, &msg, &args, &reply, &err) == 0;
}

/*
 * The lease goes with its session: aborting it is the quick way, and logging
 * that session out makes sure, also when the process died before it knew the
 * lease.
 */
static int32_t end_lease(struct vs *vs, const struct vs_record *record,
			 struct hyp_error *err)
{
	struct vs_ref lease = vs_ref_make("HttpNfcLease", record->lease);
	int32_t rc = 0;

	if (record->cookie[0] == '\0')
		return 0;
	vs_session_adopt(vs, record->cookie);
	if (!session_lives(vs)) {
		vs_session_forget(vs);
		return 0;
	}
	if (lease.id[0] != '\0')
		rc = vs_lease_abort(vs, &lease, err);
	vs_session_leave(vs);
	return rc;
}

int32_t vs_undo(void *instance, const char *key, const void *bytes, uint64_t n,
		struct hyp_error *err)
{
	struct vs *vs = instance;
	struct vs_record record;
	struct vs_ref vm, snapshot;
	int32_t rc = vs_record_read(bytes, n, &record, err);

	(void)key;
	if (rc != 0)
		return rc;
	vm = vs_ref_make("VirtualMachine", record.vm);
	snapshot = vs_ref_make("VirtualMachineSnapshot", record.snapshot);
	if (strcmp(record.endpoint, vs->ep.name) != 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "the undo record is of %s, not of %s",
				     record.endpoint, vs->ep.name);
	vs_cleanup_limit(vs, UNDO_MS);
	rc = vs_session_connect(vs, VS_CLEANUP, err);
	if (rc == 0)
		rc = end_lease(vs, &record, err);
	if (rc == 0 && record.snapshot_name[0] != '\0')
		rc = vs_snapshot_remove(vs, &vm, record.snapshot_name,
					&snapshot, UNDO_MS, err);
	explicit_bzero(record.cookie, sizeof(record.cookie));
	return rc;
}
