/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/provider/synthetic/line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NVRAM_PIECE 65536u

struct file {
	uint64_t tries; /* touched only by the one thread that copies it */
	uint64_t bytes; /* of the whole, HYP_UNKNOWN until copied */
	struct hyp_digest digest;
};

struct export
{
	const struct synthetic *s;
	uint64_t vm;
	uint32_t digest; /* HYP_DIGEST_* of the proof, 0: none */
	uint32_t count;	 /* disks, then the nvram if there is one */
	int hot;
	char snapshot[SYNTHETIC_TEXT_MAX];
	struct file files[SYNTHETIC_DISKS_MAX + 1];
};

static int is_disk(const struct export *e, uint32_t index)
{
	return index < (uint32_t)e->s->options->disks;
}

static uint32_t proof_digest(const struct synthetic_options *o, uint32_t asked)
{
	if (o->proof == PROOF_SHA1)
		return HYP_DIGEST_SHA1;
	if (o->proof != PROOF_DIGEST)
		return 0;
	return hyp_digest_length(asked) > 0 ? asked : HYP_DIGEST_SHA256;
}

static void state_facts(const struct export *e)
{
	const struct hyp_host *h = e->s->host;
	int quiesced = e->s->options->quiesce != 0;
	char path[SYNTHETIC_TEXT_MAX], source[SYNTHETIC_TEXT_MAX + 16];

	synthetic_path(e->s, e->vm, path);
	snprintf(source, sizeof(source), "localhost%s", path);
	h->fact(h->ctx, "source", source);
	h->fact(h->ctx, "tls", "none");
	h->fact(h->ctx, "mode", e->hot ? "hot" : "cold");
	h->fact(h->ctx, "consistency",
		!e->hot	   ? "powered-off"
		: quiesced ? "quiesced"
			   : "crash-consistent");
	if (e->digest != 0)
		h->fact(h->ctx, "digest", hyp_digest_name(e->digest));
	if (e->hot && !quiesced)
		h->warning(h->ctx, "quiesce_failed",
			   "the guest could not be quiesced: the export is "
			   "crash-consistent");
}

static int32_t make_snapshot(struct export *e, struct hyp_error *err)
{
	const struct hyp_host *h = e->s->host;
	struct hyp_error ignored;
	int32_t rc;

	synthetic_snapshot_name(e->s, e->vm, e->snapshot);
	rc = h->remember(h->ctx, "snapshot", e->snapshot, strlen(e->snapshot),
			 err);
	if (rc != 0)
		return rc;
	rc = synthetic_snapshot_create(e->s, e->snapshot, err);
	if (rc != 0)
		h->forget(h->ctx, "snapshot", &ignored);
	return rc;
}

int32_t synthetic_open(void *instance, const struct hyp_open_args *args,
		       void **exported, struct hyp_error *err)
{
	const struct synthetic *s = instance;
	HYP_AUTO_FREE struct export *e = calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	e->s = s;
	rc = synthetic_find(s, args->vm_id, &e->vm, err);
	if (rc == 0)
		rc = synthetic_mode(s, e->vm, args->mode, &e->hot, err);
	if (rc == 0 && e->hot)
		rc = make_snapshot(e, err);
	if (rc != 0)
		return rc;
	e->digest = proof_digest(s->options, args->digest);
	e->count = (uint32_t)s->options->disks + (s->options->nvram > 0);
	for (uint32_t i = 0; i < e->count; i++)
		e->files[i].bytes = HYP_UNKNOWN;
	state_facts(e);
	*exported = HYP_STEAL(e);
	return 0;
}

int32_t synthetic_files(void *exported, const struct hyp_file_sink *sink,
			struct hyp_error *err)
{
	const struct export *e = exported;
	const struct synthetic_options *o = e->s->options;
	int32_t rc = 0;

	for (uint32_t i = 0; rc == 0 && i < e->count; i++) {
		char device[SYNTHETIC_TEXT_MAX];
		struct hyp_file f = {
			.size = sizeof(f),
			.role = HYP_ROLE_DISK,
			.format = HYP_FORMAT_STREAM_OPTIMIZED,
			.device_id = device,
			.name = "",
			.bytes = HYP_UNKNOWN, /* as a host would not know */
			.capacity = o->disk_size,
			.populated = HYP_UNKNOWN,
		};

		synthetic_device(e->vm, i, device);
		if (!is_disk(e, i)) {
			snprintf(device, sizeof(device),
				 "/vm-%" PRIu64 "/nvram", e->vm);
			f.role = HYP_ROLE_NVRAM;
			f.format = HYP_FORMAT_PLAIN;
			f.bytes = o->nvram;
			f.capacity = 0;
		}
		rc = sink->add(sink->ctx, &f, err);
	}
	return rc;
}

static int32_t copy_nvram(struct synthetic_source *source, uint64_t size,
			  const struct hyp_writer *out, struct hyp_error *err)
{
	uint64_t buf[NVRAM_PIECE / 8];
	int32_t rc = 0;

	for (uint64_t at = 0; rc == 0 && at < size; at += NVRAM_PIECE) {
		uint64_t n = size - at < NVRAM_PIECE ? size - at : NVRAM_PIECE;

		synthetic_random(source->seed + at, buf, (size_t)n);
		rc = out->write(out->ctx, buf, n, err);
	}
	return rc;
}

static int32_t copy_disk(struct synthetic_source *source,
			 const struct hyp_writer *out, struct hyp_error *err)
{
	const struct hyp_vmdk_write_args args = {
		.capacity = source->options->disk_size,
		.layout = source->options->layout,
		.level = (int32_t)source->options->level,
		.grain = synthetic_grain,
		.has_grain = synthetic_has_grain,
		.ctx = source,
	};

	return hyp_vmdk_write(&args, out, err);
}

static int shall_break(const struct export *e, uint32_t index)
{
	const struct synthetic_options *o = e->s->options;

	return is_disk(e, index) &&
	       (o->fail_disk == 0 || o->fail_disk == (int64_t)index + 1) &&
	       e->files[index].tries <= (uint64_t)o->fail_count;
}

int32_t synthetic_copy(void *exported, uint32_t index,
		       const struct hyp_writer *out, struct hyp_error *err)
{
	struct export *e = exported;
	struct file *f = &e->files[index];
	struct hyp_hasher *hasher = NULL;
	struct synthetic_line line;
	struct hyp_writer to_line = {sizeof(to_line), 0, &line,
				     synthetic_line_write};
	struct synthetic_source source;
	int32_t rc = 0;

	if (e->digest != 0)
		rc = hyp_hasher_new(e->digest, &hasher, err);
	if (rc != 0)
		return rc;
	f->tries++;
	synthetic_line_init(&line, e->s, out, hasher, shall_break(e, index));
	synthetic_source_init(&source, e->s->options, e->vm, index);
	rc = is_disk(e, index)
		     ? copy_disk(&source, &to_line, err)
		     : copy_nvram(&source, e->s->options->nvram, &to_line, err);
	if (rc == 0 && hasher != NULL)
		rc = hyp_hasher_final(hasher, &f->digest, err);
	if (rc == 0)
		f->bytes = line.bytes;
	hyp_hasher_free(hasher);
	return rc;
}

int32_t synthetic_proof(void *exported, const struct hyp_proof_sink *sink,
			struct hyp_error *err)
{
	struct export *e = exported;
	const struct synthetic_options *o = e->s->options;
	int32_t rc = 0;

	if (o->proof == PROOF_NONE)
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_proof", 0,
				     "proof = none: this source knows nothing "
				     "of the bytes it sent");
	for (uint32_t i = 0; rc == 0 && i < e->count; i++) {
		struct synthetic_source source;
		struct hyp_proof p = {
			.size = sizeof(p),
			.index = i,
			.bytes = e->files[i].bytes,
			.capacity = is_disk(e, i) ? o->disk_size : 0,
			.populated = HYP_UNKNOWN,
			.digest = e->files[i].digest,
		};

		if (p.bytes == HYP_UNKNOWN)
			continue;
		synthetic_source_init(&source, o, e->vm, i);
		if (is_disk(e, i))
			p.populated = synthetic_populated(&source);
		if (i == 0 && o->lie_digest)
			p.digest.value[0] ^= 1;
		rc = sink->add(sink->ctx, &p, err);
	}
	return rc;
}

static int32_t remove_snapshot(struct export *e, struct hyp_error *err)
{
	const struct hyp_host *h = e->s->host;
	int32_t rc = 0;

	if (e->hot)
		rc = synthetic_snapshot_remove(e->s, e->snapshot, err);
	if (rc == 0 && e->hot)
		rc = h->forget(h->ctx, "snapshot", err);
	return rc;
}

int32_t synthetic_finish(void *exported, struct hyp_error *err)
{
	HYP_AUTO_FREE struct export *e = exported;

	return remove_snapshot(e, err);
}

void synthetic_abort(void *exported)
{
	HYP_AUTO_FREE struct export *e = exported;
	struct hyp_error err;

	if (remove_snapshot(e, &err) != 0)
		e->s->host->log(e->s->host->ctx, HYP_LOG_ERROR, err.text);
}
