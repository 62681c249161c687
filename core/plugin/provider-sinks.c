/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider tells about VMs, files and proofs: brought to this core's
 * sizes, checked, and handed on. (A machine: provider-machine.c.) */
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/plugin/call.h"

struct vm_guard {
	struct hyp_guard guard;
	struct hyp_vm_sink sink;
	const struct hyp_vm_sink *to;
};

static int32_t check_vm(const struct hyp_guard *g, struct hyp_vm *vm,
			struct hyp_error *err)
{
	int32_t rc = 0;
	const char **texts[] = {&vm->id,       &vm->name, &vm->path,
				&vm->endpoint, &vm->host, &vm->guest_os,
				&vm->firmware};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == 0; i++)
		rc = hyp_guard_text(g, "VM's text", texts[i], err);
	if (rc != 0)
		return rc;
	if (vm->id[0] == '\0' || vm->name[0] == '\0' ||
	    vm->power < HYP_POWER_OFF || vm->power > HYP_POWER_SUSPENDED)
		return hyp_call_fault(g->instance, g->member, err,
				      "adds a VM without id, name or power "
				      "state");
	return 0;
}

static int32_t add_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	struct vm_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_vm mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), vm, err);
	if (rc == 0)
		rc = check_vm(&g->guard, &mine, err);
	if (rc == 0)
		rc = g->to->add(g->to->ctx, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_guard_vms(struct hyp_instance *instance, const char *member,
		      const struct hyp_vm_sink *to,
		      const struct hyp_vm_sink **out, struct hyp_guard **guard,
		      struct hyp_error *err)
{
	struct vm_guard *g;
	int32_t rc = hyp_guard_new(instance, member, sizeof(*g), &g, err);

	if (rc != 0)
		return rc;
	g->sink = (struct hyp_vm_sink){sizeof(g->sink), 0, g, add_vm};
	g->to = to;
	*out = &g->sink;
	*guard = &g->guard;
	return 0;
}

struct finding_guard {
	struct hyp_guard guard;
	struct hyp_finding_sink sink;
	const struct hyp_finding_sink *to;
};

static int32_t check_finding(const struct hyp_guard *g, struct hyp_finding *f,
			     struct hyp_error *err)
{
	int32_t rc = hyp_guard_text(g, "finding's kind", &f->kind, err);

	if (rc == 0)
		rc = hyp_guard_text(g, "finding's text", &f->text, err);
	if (rc != 0)
		return rc;
	if (f->level < HYP_FINDING_ERROR || f->level > HYP_FINDING_INFO ||
	    f->code > 0 || f->code < HYP_E_LAST ||
	    !hyp_call_kind_valid(f->kind) || f->text[0] == '\0')
		return hyp_call_fault(g->instance, g->member, err,
				      "adds a finding without proper level, "
				      "code, kind or text");
	return 0;
}

static int32_t add_finding(void *ctx, const struct hyp_finding *finding,
			   struct hyp_error *err)
{
	struct finding_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_finding mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), finding, err);
	if (rc == 0)
		rc = check_finding(&g->guard, &mine, err);
	if (rc == 0)
		rc = g->to->add(g->to->ctx, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_guard_findings(struct hyp_instance *instance,
			   const struct hyp_finding_sink *to,
			   const struct hyp_finding_sink **out,
			   struct hyp_guard **guard, struct hyp_error *err)
{
	struct finding_guard *g;
	int32_t rc = hyp_guard_new(instance, "preflight", sizeof(*g), &g, err);

	if (rc != 0)
		return rc;
	g->sink = (struct hyp_finding_sink){sizeof(g->sink), 0, g, add_finding};
	g->to = to;
	*out = &g->sink;
	*guard = &g->guard;
	return 0;
}

struct file_guard {
	struct hyp_guard guard;
	struct hyp_file_sink sink;
	const struct hyp_file_sink *to;
};

static int32_t check_file(const struct hyp_guard *g, struct hyp_file *f,
			  struct hyp_error *err)
{
	int32_t rc = hyp_guard_text(g, "file's name", &f->name, err);

	if (rc == 0)
		rc = hyp_guard_text(g, "device id", &f->device_id, err);
	if (rc != 0)
		return rc;
	if (f->role < HYP_ROLE_DISK || f->role > HYP_ROLE_OTHER ||
	    (f->format != HYP_FORMAT_STREAM_OPTIMIZED &&
	     f->format != HYP_FORMAT_PLAIN))
		return hyp_call_fault(g->instance, g->member, err,
				      "adds a file of role %u and format %u, "
				      "which this core does not know",
				      f->role, f->format);
	return 0;
}

static int32_t add_file(void *ctx, const struct hyp_file *file,
			struct hyp_error *err)
{
	struct file_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_file mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), file, err);
	if (rc == 0)
		rc = check_file(&g->guard, &mine, err);
	if (rc == 0)
		rc = g->to->add(g->to->ctx, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_guard_files(struct hyp_instance *instance,
			const struct hyp_file_sink *to,
			const struct hyp_file_sink **out,
			struct hyp_guard **guard, struct hyp_error *err)
{
	struct file_guard *g;
	int32_t rc = hyp_guard_new(instance, "files", sizeof(*g), &g, err);

	if (rc != 0)
		return rc;
	g->sink = (struct hyp_file_sink){sizeof(g->sink), 0, g, add_file};
	g->to = to;
	*out = &g->sink;
	*guard = &g->guard;
	return 0;
}

struct proof_guard {
	struct hyp_guard guard;
	struct hyp_proof_sink sink;
	const struct hyp_proof_sink *to;
	uint64_t files;
};

static int32_t check_proof(const struct proof_guard *g,
			   const struct hyp_proof *proof, struct hyp_error *err)
{
	const struct hyp_digest *d = &proof->digest;

	if (proof->index >= g->files)
		return hyp_call_fault(g->guard.instance, g->guard.member, err,
				      "speaks of file %u, but there are %llu",
				      proof->index,
				      (unsigned long long)g->files);
	if (d->length != 0 && d->length != hyp_digest_length(d->algorithm))
		return hyp_call_fault(g->guard.instance, g->guard.member, err,
				      "adds a digest of algorithm %u with %u "
				      "bytes",
				      d->algorithm, d->length);
	return 0;
}

static int32_t add_proof(void *ctx, const struct hyp_proof *proof,
			 struct hyp_error *err)
{
	struct proof_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_proof mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), proof, err);
	if (rc == 0)
		rc = check_proof(g, &mine, err);
	if (rc == 0)
		rc = g->to->add(g->to->ctx, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_guard_proofs(struct hyp_instance *instance,
			 const struct hyp_proof_sink *to, uint64_t files,
			 const struct hyp_proof_sink **out,
			 struct hyp_guard **guard, struct hyp_error *err)
{
	struct proof_guard *g;
	int32_t rc = hyp_guard_new(instance, "proof", sizeof(*g), &g, err);

	if (rc != 0)
		return rc;
	g->sink = (struct hyp_proof_sink){sizeof(g->sink), 0, g, add_proof};
	g->to = to;
	g->files = files;
	*out = &g->sink;
	*guard = &g->guard;
	return 0;
}
