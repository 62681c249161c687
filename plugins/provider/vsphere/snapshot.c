/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/snapshot.h"

#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/random.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"
#include "plugins/provider/vsphere/task.h"

#include <string.h>
#include <time.h>

#define CREATE_LIMIT_MS (30u * 60u * 1000u)
#define SETTLE_MS 8000u /* for a creation that failed */
#define SETTLE_LOOK_MS 200u
#define REMOVE_TRIES 3

int32_t vs_snapshot_name(const struct hyp_host *host, char *out,
			 struct hyp_error *err)
{
	char uuid[HYP_UUID_TEXT_MAX], hex[HYP_DIGEST_HEX_MAX] = "";
	const char *job = host->job_id;
	struct hyp_digest digest;

	if (job == NULL || job[0] == '\0') {
		if (hyp_uuid7(uuid, err) != 0)
			return err->code;
		job = uuid;
	}
	if (snprintf(out, VS_SNAPSHOT_NAME_MAX, "hypersdk-%s-%u", job,
		     host->attempt) < VS_SNAPSHOT_NAME_MAX)
		return 0;
	if (hyp_digest_bytes(HYP_DIGEST_SHA256, job, strlen(job), &digest,
			     NULL) == 0)
		hyp_digest_hex(&digest, hex);
	snprintf(out, VS_SNAPSHOT_NAME_MAX, "hypersdk-%.24s-%.32s-%u", job, hex,
		 host->attempt);
	return 0;
}

static xmlNodePtr find_in_list(xmlNodePtr node, const char *list,
			       const char *name)
{
	xmlNodePtr tree = hyp_xml_child(node, NULL, list);

	for (; tree != NULL; tree = hyp_xml_next(tree, NULL, list)) {
		xmlNodePtr below;

		if (strcmp(vs_text(tree, "name"), name) == 0)
			return tree;
		/* As deep as the document, whose depth has a limit. */
		below = find_in_list(tree, "childSnapshotList", name);
		if (below != NULL)
			return below;
	}
	return NULL;
}

int32_t vs_snapshot_find(struct vs *vs, const struct vs_ref *vm,
			 const char *name, struct vs_ref *out,
			 struct hyp_error *err)
{
	static const char *const paths[] = {"snapshot", NULL};
	struct vs_ref none = {"", ""};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, tree;
	int32_t rc;

	*out = none;
	rc = vs_props(vs, vm, paths, VS_CLEANUP, &reply, &object, err);
	if (rc == HYP_E_NOT_FOUND)
		return 0; /* with the VM went its snapshots */
	if (rc != 0)
		return rc;
	tree = find_in_list(vs_prop(object, "snapshot"), "rootSnapshotList",
			    name);
	if (tree != NULL)
		vs_ref_read(vs_find(tree, "snapshot"), out);
	return 0;
}

/*
 * Finds it also where its creation goes on at the server, and nobody waited for
 * the end of that: a snapshot that appears later would stay for ever.
 */
static int32_t settle(struct vs *vs, const struct vs_ref *vm, const char *name,
		      uint64_t limit_ms, struct vs_ref *out,
		      struct hyp_error *err)
{
	const struct hyp_host *host = vs->host;
	uint64_t begin = host->boot_ms(host->ctx);
	struct vs_ref task;
	int32_t rc;

	for (;;) {
		/* First the task: it may end between the two. */
		rc = vs_task_find(vs, vm, "reateSnapshot", &task, err);
		if (rc == 0)
			rc = vs_snapshot_find(vs, vm, name, out, err);
		if (rc != 0 || out->id[0] != '\0' || task.id[0] == '\0')
			return rc;
		if (host->boot_ms(host->ctx) - begin >= limit_ms ||
		    vs_cleanup_left(vs, 1) == 0)
			return hyp_error_set(
				err, HYP_E_TRANSIENT, "snapshot_pending", 0,
				"the server is still taking it, and it will "
				"appear when it has; the next export removes "
				"it, or do so yourself");
		nanosleep(&(struct timespec){.tv_nsec =
						     SETTLE_LOOK_MS * 1000000L},
			  NULL);
	}
}

/* What another try would only make worse: it goes on at the server. */
static int goes_on(const struct hyp_error *why)
{
	return strcmp(why->kind, "server_timeout") == 0 ||
	       strcmp(why->kind, "snapshot_pending") == 0;
}

/* 1: removed or gone, 0: another try may help, negative: no. */
static int32_t remove_once(struct vs *vs, const struct vs_ref *snapshot,
			   uint64_t limit_ms, struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	uint64_t left = vs_cleanup_left(vs, limit_ms);
	struct vs_ref task;
	char fault[64] = "";
	int32_t rc;

	vs_msg_begin(&msg, "RemoveSnapshot_Task", snapshot);
	vs_msg_bool(&msg, "removeChildren", 0);
	rc = vs_call(vs, &msg, VS_CLEANUP, &reply, err);
	snprintf(fault, sizeof(fault), "%s", reply.fault);
	if (rc == 0 && !vs_ref_read(vs_find(reply.body, "returnval"), &task))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "%s started no task", msg.method);
	if (rc == 0)
		rc = vs_task_wait(vs, &task, "removing the snapshot",
				  VS_CLEANUP, left > 0 ? left : 1, NULL, fault,
				  err);
	if (rc == 0 || vs_fault_is_gone(fault))
		return 1;
	if (err != NULL && goes_on(err))
		return rc;
	return rc == HYP_E_TRANSIENT || rc == HYP_E_BUSY ? 0 : rc;
}

int32_t vs_snapshot_remove(struct vs *vs, const struct vs_ref *vm,
			   const char *name, const struct vs_ref *known,
			   uint64_t limit_ms, struct hyp_error *err)
{
	struct vs_ref snapshot = *known;
	struct hyp_error why;
	int32_t rc = 0;

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
		/* After a call whose outcome is unknown, look before asking
		 * again. */
		if (i > 0 || snapshot.id[0] == '\0')
			rc = settle(vs, vm, name, limit_ms, &snapshot, &why);
		if (rc == 0 && snapshot.id[0] == '\0')
			return 0;
		if (rc == 0)
			rc = remove_once(vs, &snapshot, limit_ms, &why);
		if (rc > 0)
			return 0;
		if ((rc < 0 && rc != HYP_E_TRANSIENT) || goes_on(&why) ||
		    vs_cleanup_left(vs, 1) == 0)
			break;
		rc = 0;
	}
	hyp_error_prefix(&why, "snapshot %s: ", name);
	if (err != NULL)
		*err = why;
	return why.code;
}

static void cancel_task(struct vs *vs, const struct vs_ref *task)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct hyp_error ignored;

	vs_msg_begin(&msg, "CancelTask", task);
	vs_call(vs, &msg, VS_CLEANUP, &reply, &ignored);
}

/* Faults that would come without quiescing just as well. */
static int is_not_quiescing(const char *fault, int32_t rc)
{
	static const char *const others[] = {
		"NoDiskSpace",	    "TooManySnapshotLevels",
		"NoPermission",	    "TaskInProgress",
		"FileLocked",	    "InvalidPowerState",
		"HostNotConnected", "ManagedObjectNotFound",
		"RequestCanceled",  "SnapshotIncompatibleDeviceFault",
	};

	if (rc == HYP_E_CANCELLED || fault[0] == '\0')
		return 1;
	for (size_t i = 0; i < HYP_COUNT(others); i++)
		if (strcmp(fault, others[i]) == 0)
			return 1;
	return 0;
}

static int32_t create_once(struct vs *vs, const struct vs_ref *vm,
			   const char *name, uint32_t quiesce,
			   struct vs_ref *out, char *fault,
			   struct hyp_error *err)
{
	const char *what =
		quiesce ? "taking a quiesced snapshot" : "taking a snapshot";
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct vs_ref task;
	int32_t rc;

	vs_msg_begin(&msg, "CreateSnapshot_Task", vm);
	vs_msg_text(&msg, "name", name);
	vs_msg_text(&msg, "description",
		    "hypersdk export; removed when it ends");
	vs_msg_bool(&msg, "memory", 0);
	vs_msg_bool(&msg, "quiesce", (int)quiesce);
	rc = vs_call(vs, &msg, VS_STEADY, &reply, err);
	snprintf(fault, 64, "%s", reply.fault);
	if (rc != 0)
		return rc;
	if (!vs_ref_read(vs_find(reply.body, "returnval"), &task))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "%s started no task", msg.method);
	rc = vs_task_wait(vs, &task, what, 0, CREATE_LIMIT_MS, out, fault, err);
	if (rc == HYP_E_CANCELLED ||
	    (rc == HYP_E_TRANSIENT && fault[0] == '\0'))
		/* It may go on at the server: whoever removes it waits. */
		cancel_task(vs, &task);
	return rc;
}

int32_t vs_snapshot_create(struct vs *vs, const struct vs_ref *vm,
			   const char *name, uint32_t *quiesce,
			   struct vs_ref *out, struct hyp_error *err)
{
	const struct hyp_host *host = vs->host;
	struct vs_ref none = {"", ""};
	struct hyp_error why;
	char fault[64], text[HYP_ERROR_TEXT_MAX + 128];
	int32_t rc = create_once(vs, vm, name, *quiesce, out, fault, &why);

	if (rc != 0 && *quiesce && !is_not_quiescing(fault, rc)) {
		snprintf(text, sizeof(text),
			 "the guest could not be quiesced, so its disks are as "
			 "after a power failure: %s",
			 why.text);
		host->warning(host->ctx, "quiesce_failed", text);
		/* Some failures leave the snapshot all the same. */
		rc = vs_snapshot_remove(vs, vm, name, &none, SETTLE_MS, &why);
		*quiesce = 0;
		if (rc == 0)
			rc = create_once(vs, vm, name, 0, out, fault, &why);
	}
	if (rc == 0 && out->id[0] == '\0')
		rc = vs_snapshot_find(vs, vm, name, out, &why);
	if (rc == 0 && out->id[0] == '\0')
		rc = hyp_error_set(&why, HYP_E_TRANSIENT, "bad_response", 0,
				   "the server made a snapshot but does not "
				   "show it");
	if (rc != 0 && err != NULL)
		*err = why;
	return rc;
}
