/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of providers. */
#include "core/base/buf.h"
#include "core/plugin/call.h"

#include <stdlib.h>

/* The core's handle of an open export. */
struct hyp_export {
	struct hyp_instance *instance;
	void *raw;
	uint64_t files; /* that the plugin said there are */
};

static const struct hyp_provider_ops *ops_of(const struct hyp_instance *i)
{
	return i->loaded->ops;
}

static int32_t provider_list(void *instance, const struct hyp_vm_filter *filter,
			     const struct hyp_vm_sink *sink,
			     struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	const struct hyp_vm_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc = hyp_guard_vms(i, "list", sink, &guarded, &guard, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "list", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->list(i->raw, filter, guarded, call.err);
	return hyp_guard_close(guard, hyp_call_end(&call, rc), err);
}

/* A lookup that found nothing or several has to say so. */
static int32_t check_once(const struct hyp_guard *guard, int32_t rc,
			  struct hyp_error *err)
{
	if (rc == 0 && guard->count != 1)
		return hyp_call_fault(guard->instance, guard->member, err,
				      "succeeds with %llu answers instead of "
				      "one",
				      (unsigned long long)guard->count);
	return rc;
}

static int32_t provider_lookup(void *instance, const char *path,
			       const struct hyp_vm_sink *sink,
			       struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	const struct hyp_vm_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc = hyp_guard_vms(i, "lookup", sink, &guarded, &guard, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "lookup", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->lookup(i->raw, path, guarded, call.err);
	rc = hyp_guard_close(guard, hyp_call_end(&call, rc), err);
	return check_once(guard, rc, err);
}

static int32_t provider_machine(void *instance, const char *vm_id,
				const struct hyp_machine_sink *sink,
				struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	const struct hyp_machine_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc = hyp_guard_machine(i, sink, &guarded, &guard, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "machine", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->machine(i->raw, vm_id, guarded, call.err);
	rc = hyp_guard_close(guard, hyp_call_end(&call, rc), err);
	return check_once(guard, rc, err);
}

static int32_t provider_preflight(void *instance,
				  const struct hyp_open_args *args,
				  const struct hyp_finding_sink *sink,
				  struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	const struct hyp_finding_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc = hyp_guard_findings(i, sink, &guarded, &guard, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "preflight", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->preflight(i->raw, args, guarded, call.err);
	return hyp_guard_close(guard, hyp_call_end(&call, rc), err);
}

static int32_t provider_open(void *instance, const struct hyp_open_args *args,
			     void **exported, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_export *export;
	struct hyp_call call;
	void *raw = NULL;
	int32_t rc;

	/* First: nothing must fail once the plugin has opened. */
	export = calloc(1, sizeof(*export));
	if (export == NULL)
		return hyp_error_nomem(err);
	rc = hyp_call_begin(&call, i, "open", err);
	if (rc == 0) {
		rc = ops_of(i)->open(i->raw, args, &raw, call.err);
		rc = hyp_call_end(&call, rc);
	}
	if (rc == 0 && raw == NULL)
		rc = hyp_call_fault(i, "open", err,
				    "succeeds without an export");
	if (rc != 0) {
		free(export);
		return rc;
	}
	export->instance = i;
	export->raw = raw;
	*exported = export;
	return 0;
}

static int32_t provider_files(void *exported, const struct hyp_file_sink *sink,
			      struct hyp_error *err)
{
	struct hyp_export *x = exported;
	const struct hyp_file_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc = hyp_guard_files(x->instance, sink, &guarded, &guard, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, x->instance, "files", err);
	if (rc != 0)
		return rc;
	rc = ops_of(x->instance)->files(x->raw, guarded, call.err);
	rc = hyp_guard_close(guard, hyp_call_end(&call, rc), err);
	if (rc == 0)
		x->files = guard->count;
	return rc;
}

static int32_t provider_copy(void *exported, uint32_t index,
			     const struct hyp_writer *out,
			     struct hyp_error *err)
{
	struct hyp_export *x = exported;
	struct hyp_writer_guard *w;
	struct hyp_call call;
	int32_t rc;

	if (index >= x->files)
		return hyp_call_bad(x->instance, "copy", err,
				    "files named no file of that index");
	rc = hyp_writer_guard_new(x->instance, "copy", out, &w, err);
	if (rc == 0)
		rc = hyp_call_begin(&call, x->instance, "copy", err);
	if (rc != 0)
		return rc;
	rc = ops_of(x->instance)->copy(x->raw, index, &w->writer, call.err);
	return hyp_guard_close(&w->guard, hyp_call_end(&call, rc), err);
}

static int32_t provider_proof(void *exported, const struct hyp_proof_sink *sink,
			      struct hyp_error *err)
{
	struct hyp_export *x = exported;
	const struct hyp_proof_sink *guarded;
	struct hyp_guard *guard;
	struct hyp_call call;
	int32_t rc;

	if (ops_of(x->instance)->proof == NULL)
		return hyp_call_absent(x->instance, "proof", err);
	rc = hyp_guard_proofs(x->instance, sink, x->files, &guarded, &guard,
			      err);
	if (rc == 0)
		rc = hyp_call_begin(&call, x->instance, "proof", err);
	if (rc != 0)
		return rc;
	rc = ops_of(x->instance)->proof(x->raw, guarded, call.err);
	return hyp_guard_close(guard, hyp_call_end(&call, rc), err);
}

static int32_t provider_describe(void *exported, const struct hyp_file *files,
				 uint32_t stride, uint32_t count,
				 const struct hyp_writer *out,
				 struct hyp_error *err)
{
	struct hyp_export *x = exported;
	struct hyp_writer_guard *w;
	struct hyp_call call;
	int32_t rc;

	if (ops_of(x->instance)->describe == NULL)
		return hyp_call_absent(x->instance, "describe", err);
	if (count > 0 && (files == NULL || stride < sizeof(*files)))
		return hyp_call_bad(x->instance, "describe", err,
				    "files without a proper stride");
	rc = hyp_writer_guard_new(x->instance, "describe", out, &w, err);
	if (rc == 0)
		rc = hyp_call_begin(&call, x->instance, "describe", err);
	if (rc != 0)
		return rc;
	rc = ops_of(x->instance)
		     ->describe(x->raw, files, stride, count, &w->writer,
				call.err);
	return hyp_guard_close(&w->guard, hyp_call_end(&call, rc), err);
}

static int32_t provider_finish(void *exported, struct hyp_error *err)
{
	struct hyp_export *x = exported;
	struct hyp_call call;
	int32_t rc;

	hyp_call_begin_cleanup(&call, x->instance, "finish", err);
	rc = ops_of(x->instance)->finish(x->raw, call.err);
	rc = hyp_call_end(&call, rc);
	free(x);
	return rc;
}

static void provider_abort(void *exported)
{
	struct hyp_export *x = exported;
	struct hyp_call call;

	hyp_call_begin_cleanup(&call, x->instance, "abort", NULL);
	ops_of(x->instance)->abort(x->raw);
	hyp_call_end(&call, 0);
	free(x);
}

static int32_t provider_undo(void *instance, const char *key, const void *bytes,
			     uint64_t n, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	int32_t rc;

	if (ops_of(i)->undo == NULL)
		return hyp_call_absent(i, "undo", err);
	hyp_call_begin_cleanup(&call, i, "undo", err);
	rc = ops_of(i)->undo(i->raw, key, bytes, n, call.err);
	return hyp_call_end(&call, rc);
}

const struct hyp_provider_ops hyp_provider_calls = {
	.size = sizeof(struct hyp_provider_ops),
	.list = provider_list,
	.lookup = provider_lookup,
	.machine = provider_machine,
	.preflight = provider_preflight,
	.open = provider_open,
	.files = provider_files,
	.copy = provider_copy,
	.proof = provider_proof,
	.describe = provider_describe,
	.finish = provider_finish,
	.abort = provider_abort,
	.undo = provider_undo,
};
