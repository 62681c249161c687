/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's open, finish and abort. */
#include "plugins/provider/vsphere/export.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/fault.h"
#include "plugins/provider/vsphere/inventory.h"
#include "plugins/provider/vsphere/session.h"
#include "plugins/provider/vsphere/snapshot.h"
#include "plugins/provider/vsphere/target.h"
#include "plugins/provider/vsphere/tree.h"

#include <stdlib.h>
#include <string.h>

#define ABORT_MS 7000u /* with the tries at the end of it, 10 s at most */
#define FINISH_WAIT_MS (60u * 60u * 1000u)
#define RECORD_MAX 16384u
#define KEY_MAX 128 /* the core takes no longer one */

/* One export of a VM per instance: one key per VM. It says what stays, where
 * that is all that is told of it. */
static void record_key(const struct vs_export *e, char *out, size_t max)
{
	if (e->record.snapshot_name[0] != '\0')
		snprintf(out, max, "snapshot %s", e->record.snapshot_name);
	else
		snprintf(out, max, "lease on %.100s", e->vm.id);
}

static int32_t remember(struct vs_export *e, struct hyp_error *err)
{
	const struct hyp_host *host = e->vs->host;
	struct hyp_buf bytes = HYP_BUF_INIT(RECORD_MAX);
	char key[KEY_MAX];
	int32_t rc;

	pthread_mutex_lock(&e->vs->lock);
	snprintf(e->record.cookie, sizeof(e->record.cookie), "%s",
		 e->vs->cookie);
	pthread_mutex_unlock(&e->vs->lock);
	record_key(e, key, sizeof(key));
	rc = vs_record_write(&e->record, &bytes, err);
	if (rc == 0)
		rc = host->remember(host->ctx, key, bytes.data, bytes.len, err);
	hyp_buf_wipe(&bytes);
	if (rc == HYP_E_UNSUPPORTED)
		return 0; /* a core that keeps nothing: its choice */
	e->remembered |= rc == 0;
	return rc;
}

static void forget(struct vs_export *e)
{
	const struct hyp_host *host = e->vs->host;
	struct hyp_error err;
	char key[KEY_MAX];

	if (!e->remembered)
		return;
	record_key(e, key, sizeof(key));
	if (host->forget(host->ctx, key, &err) != 0)
		vs_log(e->vs, HYP_LOG_WARNING, "%s", err.text);
}

static void export_free(struct vs_export *e)
{
	if (e == NULL)
		return;
	vs_lease_free(e->lease);
	vs_hardware_fini(&e->hardware);
	pthread_mutex_lock(&e->vs->lock);
	e->vs->exports--;
	pthread_mutex_unlock(&e->vs->lock);
	free(e->files);
	explicit_bzero(e->record.cookie, sizeof(e->record.cookie));
	free(e);
}

/* A lease that we cannot name goes with its session, and until then it holds
 * the VM and our snapshot. Other exports' leases would go as well. */
static void end_unknown_lease(struct vs_export *e)
{
	int alone;

	pthread_mutex_lock(&e->vs->lock);
	alone = e->vs->exports == 1;
	pthread_mutex_unlock(&e->vs->lock);
	if (e->unknown_lease && alone)
		vs_session_leave(e->vs);
}

static int32_t remove_snapshot(struct vs_export *e, uint64_t limit_ms,
			       struct hyp_error *err)
{
	if (e->record.snapshot_name[0] == '\0')
		return 0;
	return vs_snapshot_remove(e->vs, &e->vm, e->record.snapshot_name,
				  &e->snapshot, limit_ms, err);
}

/* What could not be removed stays remembered, and the session with it. */
static void keep_for_undo(struct vs_export *e, const struct hyp_error *why)
{
	const struct hyp_host *host = e->vs->host;

	vs_log(e->vs, HYP_LOG_ERROR, "left behind at %s: %s", e->vs->ep.name,
	       why->text);
	host->warning(host->ctx, "left_behind", why->text);
}

void vs_abort(void *exported)
{
	struct vs_export *e = exported;
	struct vs_ref lease = vs_ref_make("HttpNfcLease", e->record.lease);
	struct hyp_error err;
	int left = 0;

	vs_cleanup_limit(e->vs, ABORT_MS);
	vs_lease_free(e->lease);
	e->lease = NULL;
	if (lease.id[0] != '\0' && vs_lease_abort(e->vs, &lease, &err) != 0) {
		keep_for_undo(e, &err);
		e->vs->keep = 1;
		left = 1;
	}
	end_unknown_lease(e);
	if (remove_snapshot(e, ABORT_MS, &err) != 0) {
		keep_for_undo(e, &err);
		left = 1;
	}
	if (!left)
		forget(e);
	export_free(e);
}

int32_t vs_finish(void *exported, struct hyp_error *err)
{
	struct vs_export *e = exported;
	struct vs_lease *lease = HYP_STEAL(e->lease);
	int32_t rc = vs_lease_complete(lease, err);
	struct hyp_error why;

	if (rc != 0) {
		vs_abort(e);
		return rc;
	}
	/* All bytes are here: a snapshot that stays is a warning. */
	if (remove_snapshot(e, FINISH_WAIT_MS, &why) == 0)
		forget(e);
	else
		keep_for_undo(e, &why);
	export_free(e);
	return 0;
}

static int32_t export_call(struct vs_export *e, struct hyp_error *err)
{
	int hot = e->snapshot.id[0] != '\0';
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct vs_ref lease;
	int32_t rc;

	vs_msg_begin(&msg, hot ? "ExportSnapshot" : "ExportVm",
		     hot ? &e->snapshot : &e->vm);
	rc = vs_call(e->vs, &msg, VS_STEADY, &reply, err);
	/* Without an answer, there may be a lease that we do not know. */
	e->unknown_lease = rc != 0 && reply.fault[0] == '\0';
	if (rc != 0)
		return rc;
	if (!vs_ref_read(vs_find(reply.body, "returnval"), &lease))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "%s gave no lease", msg.method);
	snprintf(e->record.lease, sizeof(e->record.lease), "%s", lease.id);
	rc = remember(e, err);
	if (rc == 0)
		rc = vs_lease_open(e->vs, &e->vm, &lease, &e->lease, err);
	return rc;
}

static int32_t take_snapshot(struct vs_export *e, const struct vs_target *t,
			     struct hyp_error *err)
{
	uint32_t running = t->power == HYP_POWER_ON;
	uint32_t quiesce = running && e->vs->opt->quiesce;
	const struct hyp_host *host = e->vs->host;
	int32_t rc = vs_snapshot_create(e->vs, &e->vm, e->record.snapshot_name,
					&quiesce, &e->snapshot, err);

	if (rc != 0)
		return rc;
	snprintf(e->record.snapshot, sizeof(e->record.snapshot), "%s",
		 e->snapshot.id);
	host->fact(host->ctx, "consistency",
		   t->power == HYP_POWER_OFF ? "powered-off"
		   : quiesce		     ? "quiesced"
					     : "crash-consistent");
	return remember(e, err);
}

static int32_t begin(struct vs_export *e, const struct hyp_open_args *args,
		     const struct vs_target *t, uint32_t mode,
		     struct hyp_error *err)
{
	const struct hyp_host *host = e->vs->host;
	int hot = mode == HYP_MODE_HOT;
	int32_t rc = 0;

	snprintf(e->record.endpoint, sizeof(e->record.endpoint), "%s",
		 e->vs->ep.name);
	snprintf(e->record.vm, sizeof(e->record.vm), "%s", e->vm.id);
	if (hot)
		rc = vs_snapshot_name(host, e->record.snapshot_name, err);
	host->fact(host->ctx, "mode", hot ? "hot" : "cold");
	host->fact(host->ctx, "tls", e->vs->ep.tls);
	if (!hot)
		host->fact(host->ctx, "consistency", "powered-off");
	if (rc == 0)
		rc = remember(e, err);
	if (rc == 0 && hot)
		rc = take_snapshot(e, t, err);
	if (rc == 0)
		rc = export_call(e, err);
	if (rc == 0)
		rc = vs_files_choose(e, args->with_images, err);
	if (rc == 0)
		vs_proof_ask(e, args->digest);
	return rc;
}

static void state_source(struct vs_export *e)
{
	const struct hyp_host *host = e->vs->host;
	char source[VS_PATH_MAX + 300], path[VS_PATH_MAX];

	vs_target_path(e->vs, &e->vm, path);
	snprintf(source, sizeof(source), "%s%s", e->vs->ep.name, path);
	host->fact(host->ctx, "source", source);
}

int32_t vs_open(void *instance, const struct hyp_open_args *args,
		void **exported, struct hyp_error *err)
{
	struct vs_export *e = calloc(1, sizeof(*e));
	struct vs_target target;
	struct hyp_error why;
	uint32_t mode;
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	e->vs = instance;
	vs_cleanup_limit(e->vs, 0);
	pthread_mutex_lock(&e->vs->lock);
	e->vs->exports++;
	pthread_mutex_unlock(&e->vs->lock);
	e->vm = vs_ref_make("VirtualMachine", args->vm_id);
	rc = vs_target_read(e->vs, &e->vm, &target, &e->hardware, &why);
	if (rc == 0)
		rc = vs_target_mode(&target, args->mode, &mode, &why);
	if (rc != 0) {
		export_free(e);
		goto out;
	}
	snprintf(e->vm_name, sizeof(e->vm_name), "%s", target.name);
	state_source(e);
	rc = begin(e, args, &target, mode, &why);
	if (rc != 0)
		vs_abort(e);
	else
		*exported = e;
out:
	if (rc != 0 && err != NULL)
		*err = why;
	return rc;
}
