/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/package/ovf.h"
#include "core/package/vmdk.h"
#include "tests/unit/pipeline/fakes-parts.h"
#include "tests/unit/pipeline/fakes.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
	const struct hyp_host *host;
	const void *options;
};

static int32_t create(const struct hyp_host *host, const void *options,
		      void **out, struct hyp_error *err)
{
	struct instance *i = calloc(1, sizeof(*i));

	if (i == NULL)
		return hyp_error_nomem(err);
	i->host = host;
	i->options = options;
	fake_note("provider.create", 1);
	*out = i;
	return 0;
}

static void destroy(void *instance)
{
	fake_note("provider.destroy", -1);
	free(instance);
}

static int32_t list(void *instance, const struct hyp_vm_filter *filter,
		    const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	(void)instance;
	(void)filter;
	(void)sink;
	return fake_call("provider.list", err);
}

static int32_t lookup(void *instance, const char *path,
		      const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	struct hyp_vm vm = {
		.size = sizeof(vm),
		.power = HYP_POWER_OFF,
		.id = "vm-1",
		.name = "web 01",
		.path = path,
		.endpoint = "fake:443",
		.storage_bytes = fakes.storage_bytes,
		.capacity_bytes = (uint64_t)fakes.disks * FAKES_DISK,
	};
	int32_t rc = fake_call("provider.lookup", err);

	(void)instance;
	return rc < 0 ? rc : sink->add(sink->ctx, &vm, err);
}

static void device(unsigned disk, char *out, size_t max)
{
	snprintf(out, max, "disk-%u", disk);
}

static int32_t machine(void *instance, const char *vm_id,
		       const struct hyp_machine_sink *sink,
		       struct hyp_error *err)
{
	struct hyp_controller controller = {.size = sizeof(controller),
					    .type = HYP_CONTROLLER_SCSI,
					    .subtype = "VirtualSCSI"};
	struct hyp_vdisk disks[16];
	char ids[16][16];
	struct hyp_machine m = {
		.size = sizeof(m),
		.num_cpu = 1,
		.memory_mb = 512,
		.name = "web 01",
		.guest_id = "otherGuest64",
		.guest_name = "Other",
		.firmware = "bios",
		.hardware = "vmx-13",
		.controllers = &controller,
		.controller_stride = sizeof(controller),
		.controller_count = 1,
		.disks = disks,
		.disk_stride = sizeof(disks[0]),
		.disk_count = fakes.disks,
	};
	int32_t rc = fake_call("provider.machine", err);

	(void)instance;
	(void)vm_id;
	for (unsigned i = 0; i < fakes.disks; i++) {
		device(i, ids[i], sizeof(ids[i]));
		disks[i] = (struct hyp_vdisk){.size = sizeof(disks[i]),
					      .unit = i,
					      .capacity = FAKES_DISK,
					      .device_id = ids[i],
					      .label = "Hard disk"};
	}
	return rc < 0 ? rc : sink->set(sink->ctx, &m, err);
}

static int32_t preflight(void *instance, const struct hyp_open_args *args,
			 const struct hyp_finding_sink *sink,
			 struct hyp_error *err)
{
	struct hyp_finding warning = {.size = sizeof(warning),
				      .level = HYP_FINDING_WARNING,
				      .kind = "fake_warning",
				      .text = "look out"};
	struct hyp_finding error = {.size = sizeof(error),
				    .level = HYP_FINDING_ERROR,
				    .code = HYP_E_PERMANENT,
				    .kind = fakes.finding,
				    .text = "will not do"};
	int32_t rc = fake_call("provider.preflight", err);

	(void)instance;
	(void)args;
	if (rc == 0)
		rc = sink->add(sink->ctx, &warning, err);
	if (rc == 0 && fakes.finding != NULL)
		rc = sink->add(sink->ctx, &error, err);
	return rc;
}

/* An export: what went over the wire is kept as digests for the proof. */
struct export
{
	struct instance *instance;
	struct hyp_digest digests[16];
	uint64_t bytes[16];
	unsigned tries[16];
};

static int32_t open_vm(void *instance, const struct hyp_open_args *args,
		       void **out, struct hyp_error *err)
{
	struct instance *i = instance;
	struct export *x;
	int32_t rc = fake_call("provider.open", err);

	(void)args;
	if (rc == 0)
		rc = i->host->remember(i->host->ctx, "lease", "x", 1, err);
	if (rc < 0)
		return rc;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return hyp_error_nomem(err);
	x->instance = i;
	i->host->fact(i->host->ctx, "mode", "cold");
	i->host->fact(i->host->ctx, "consistency", "powered-off");
	i->host->fact(i->host->ctx, "tls", "none");
	i->host->fact(i->host->ctx, "source", "fake:443/dc/vm/web 01");
	if (fakes.fact != NULL)
		i->host->fact(i->host->ctx, "digest", fakes.fact);
	fake_note("export", 1);
	*out = x;
	return 0;
}

static int32_t files(void *exported, const struct hyp_file_sink *sink,
		     struct hyp_error *err)
{
	int32_t rc = fake_call("provider.files", err);
	struct hyp_file nvram = {.size = sizeof(nvram),
				 .role = HYP_ROLE_NVRAM,
				 .format = HYP_FORMAT_PLAIN,
				 .device_id = "nvram",
				 .bytes = fakes.nvram,
				 .populated = HYP_UNKNOWN};

	(void)exported;
	for (unsigned i = 0; i < fakes.disks && rc == 0; i++) {
		char id[16];
		struct hyp_file disk = {.size = sizeof(disk),
					.role = HYP_ROLE_DISK,
					.format = HYP_FORMAT_STREAM_OPTIMIZED,
					.device_id = id,
					.bytes = HYP_UNKNOWN,
					.capacity = FAKES_DISK,
					.populated = HYP_UNKNOWN};

		device(i, id, sizeof(id));
		rc = sink->add(sink->ctx, &disk, err);
	}
	if (rc == 0 && fakes.nvram > 0)
		rc = sink->add(sink->ctx, &nvram, err);
	return rc;
}

static int has_grain(void *ctx, uint64_t index)
{
	(void)ctx;
	return index % 3 != 2;
}

static int grain(void *ctx, uint64_t index, void *out)
{
	memset(out, (int)(index + *(unsigned *)ctx + 1), HYP_VMDK_GRAIN);
	return has_grain(ctx, index);
}

/* The bytes of a file, as they should arrive. */
static int32_t make(unsigned index, struct hyp_buf *out, struct hyp_error *err)
{
	struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	struct hyp_vmdk_write_args args = {.capacity = FAKES_DISK,
					   .layout = HYP_VMDK_LAYOUT_END,
					   .grain = grain,
					   .has_grain = has_grain,
					   .ctx = &index};
	char byte = 'n';
	int32_t rc = 0;

	if (index < fakes.disks)
		return hyp_vmdk_write(&args, &writer, err);
	for (unsigned i = 0; i < fakes.nvram && rc == 0; i++)
		rc = hyp_buf_add(out, &byte, 1, err);
	return rc;
}

/* Sends nothing, as a dead server would, until somebody cancels. */
static int32_t wait_for_cancel(const struct hyp_host *host,
			       struct hyp_error *err)
{
	struct pollfd fd = {.fd = host->cancel_fd(host->ctx), .events = POLLIN};

	while (!host->cancelled(host->ctx))
		poll(&fd, 1, 1000);
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0, "cancelled");
}

static int32_t send(struct export *x, unsigned index, const struct hyp_buf *buf,
		    size_t n, const struct hyp_writer *out,
		    struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t at = 0; at < n && (rc == 0 || fakes.ignore_cancel);
	     at += 16384) {
		size_t some = n - at < 16384 ? n - at : 16384;

		rc = out->write(out->ctx, buf->data + at, some, err);
	}
	if (rc == 0 || fakes.ignore_cancel)
		rc = hyp_digest_bytes(fakes.proof != 0 ? fakes.proof
						       : HYP_DIGEST_SHA256,
				      buf->data, n, &x->digests[index], err);
	x->bytes[index] = n;
	return rc;
}

static int32_t copy_disk(void *exported, uint32_t index,
			 const struct hyp_writer *out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(8u << 20);
	struct export *x = exported;
	unsigned nth = x->tries[index]++;
	int32_t rc = fake_call("provider.copy", err);

	if (rc == 0)
		rc = make(index, &buf, err);
	if (rc < 0)
		return rc;
	if (index == 0 && fakes.stall) {
		rc = send(x, index, &buf, 4096, out, err);
		return rc < 0 ? rc : wait_for_cancel(x->instance->host, err);
	}
	if (index == 0 && nth < fakes.breaks) {
		rc = send(x, index, &buf, buf.len / 2, out, err);
		return rc < 0 ? rc
			      : hyp_error_set(err, HYP_E_TRANSIENT, "net_reset",
					      0, "connection reset");
	}
	if (index == 0 && nth < fakes.cuts)
		return send(x, index, &buf, buf.len / 2, out, err);
	return send(x, index, &buf, buf.len, out, err);
}

static void count_copy(int step)
{
	pthread_mutex_lock(&fakes.lock);
	fakes.copying += (unsigned)step;
	if (fakes.copying > fakes.copying_max)
		fakes.copying_max = fakes.copying;
	pthread_mutex_unlock(&fakes.lock);
}

/* Beside one that stalls another is counted, whose thread runs first. */
static void await_first(uint32_t index)
{
	static pthread_cond_t began = PTHREAD_COND_INITIALIZER;

	pthread_mutex_lock(&fakes.lock);
	if (index == 0) {
		fakes.first_began = 1;
		pthread_cond_broadcast(&began);
	}
	while (fakes.stall && !fakes.first_began)
		pthread_cond_wait(&began, &fakes.lock);
	pthread_mutex_unlock(&fakes.lock);
}

static int32_t copy(void *exported, uint32_t index,
		    const struct hyp_writer *out, struct hyp_error *err)
{
	int32_t rc;

	count_copy(1);
	await_first(index);
	rc = copy_disk(exported, index, out, err);
	count_copy(-1);
	return rc;
}

static int32_t proof(void *exported, const struct hyp_proof_sink *sink,
		     struct hyp_error *err)
{
	struct export *x = exported;
	int32_t rc = fake_call("provider.proof", err);

	for (unsigned i = 0; i < fakes.disks && rc == 0; i++) {
		struct hyp_proof p = {.size = sizeof(p),
				      .index = i,
				      .bytes = x->bytes[i],
				      .capacity = FAKES_DISK,
				      .populated = 11 * HYP_VMDK_GRAIN};

		if (fakes.proof != 0)
			p.digest = x->digests[i];
		if (i == 0 && fakes.lie == 1)
			p.digest.value[0] ^= 1;
		if (i == 0 && fakes.lie == 2)
			p.bytes++;
		rc = sink->add(sink->ctx, &p, err);
	}
	return rc;
}

static int32_t describe(void *exported, const struct hyp_file *all,
			uint32_t stride, uint32_t count,
			const struct hyp_writer *out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(1u << 20);
	int32_t rc = fake_call("provider.describe", err);

	(void)exported;
	if (rc < 0)
		return rc;
	if (fakes.describes == 0)
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "not_offered", 0,
				     "no descriptor of our own");
	rc = hyp_buf_adds(&text,
			  "<Envelope xmlns='" HYP_OVF_NS
			  "' xmlns:ovf='" HYP_OVF_NS "'><References>",
			  err);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		const struct hyp_file *f =
			HYP_AT(struct hyp_file, all, stride, i);

		rc = hyp_buf_addf(&text, err,
				  "<File ovf:id='f%u' ovf:href='%s' "
				  "ovf:size='%llu'/>",
				  i, f->name,
				  (unsigned long long)f->bytes +
					  (fakes.describes == 2));
	}
	if (rc == 0)
		rc = hyp_buf_adds(&text, "</References><DiskSection><Info/>",
				  err);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		const struct hyp_file *f =
			HYP_AT(struct hyp_file, all, stride, i);

		if (f->role == HYP_ROLE_DISK)
			rc = hyp_buf_addf(
				&text, err,
				"<Disk ovf:diskId='d%u' ovf:fileRef='f%u' "
				"ovf:capacity='%llu' "
				"ovf:format='" HYP_OVF_STREAM_OPTIMIZED "'/>",
				i, i, (unsigned long long)f->capacity);
	}
	if (rc == 0)
		rc = hyp_buf_adds(&text,
				  "</DiskSection><VirtualSystem "
				  "ovf:id='theirs'><Info/></VirtualSystem>"
				  "</Envelope>",
				  err);
	return rc < 0 ? rc : out->write(out->ctx, text.data, text.len, err);
}

static int32_t finish(void *exported, struct hyp_error *err)
{
	struct export *x = exported;
	const struct hyp_host *host = x->instance->host;
	int32_t rc = fake_call("provider.finish", err);

	fake_note("export", -1);
	free(x);
	return host->forget(host->ctx, "lease", err) < 0 ? err->code : rc;
}

static void abort_export(void *exported)
{
	struct export *x = exported;
	const struct hyp_host *host = x->instance->host;
	struct hyp_error ignored;

	fake_note("provider.abort", -1);
	host->forget(host->ctx, "lease", &ignored);
	free(x);
}

static int32_t undo(void *instance, const char *key, const void *bytes,
		    uint64_t n, struct hyp_error *err)
{
	struct instance *i = instance;

	pthread_mutex_lock(&fakes.lock);
	snprintf(fakes.undone, sizeof(fakes.undone), "%s=%.*s", key, (int)n,
		 (const char *)bytes);
	snprintf(fakes.option, sizeof(fakes.option), "%s",
		 fake_option_text(i->options));
	pthread_mutex_unlock(&fakes.lock);
	fake_note("provider.undo", 0);
	if (fakes.undo_code < 0)
		return hyp_error_set(err, fakes.undo_code, "net_timeout", 0,
				     "the server does not answer");
	return 0;
}

const struct hyp_provider_ops fake_provider = {
	.size = sizeof(fake_provider),
	.create = create,
	.destroy = destroy,
	.list = list,
	.lookup = lookup,
	.machine = machine,
	.preflight = preflight,
	.open = open_vm,
	.files = files,
	.copy = copy,
	.proof = proof,
	.describe = describe,
	.finish = finish,
	.abort = abort_export,
	.undo = undo,
};
