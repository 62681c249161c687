/* SPDX-License-Identifier: Apache-2.0 */
/* What every packager of OVF files keeps. */
#include "plugins/common/pack.h"

#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/package/manifest.h"
#include "core/package/tar-header.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

int32_t hyp_pack_init(struct hyp_pack *pack,
		      const struct hyp_package_args *args,
		      struct hyp_error *err)
{
	int32_t rc;

	memset(pack, 0, sizeof(*pack));
	pthread_mutex_init(&pack->lock, NULL);
	pack->storage = args->storage;
	pack->place = args->place;
	pack->digest = args->digest;
	pack->sign = args->sign;
	pack->sign_ctx = args->sign_ctx;
	if (hyp_digest_length(args->digest) == 0)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				   "there is no digest %u", args->digest);
	else if (!hyp_text_is_plain_name(args->name, HYP_TAR_NAME_MAX - 5))
		rc = hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				   "%.200s is no name for a package: a plain "
				   "one of at most %d bytes is needed",
				   args->name, HYP_TAR_NAME_MAX - 5);
	else
		rc = hyp_asprintf(&pack->descriptor.name, err, "%s.ovf",
				  args->name);
	if (rc == 0)
		rc = hyp_asprintf(&pack->manifest.name, err, "%s.mf",
				  args->name);
	if (rc == 0)
		rc = hyp_asprintf(&pack->certificate.name, err, "%s.cert",
				  args->name);
	if (rc == 0) {
		pack->files = calloc((size_t)args->entry_count + 1,
				     sizeof(*pack->files));
		if (pack->files == NULL)
			rc = hyp_error_nomem(err);
	}
	if (rc != 0)
		hyp_pack_fini(pack);
	else
		pack->count = args->entry_count;
	return rc;
}

void hyp_pack_fini(struct hyp_pack *pack)
{
	for (uint32_t i = 0; i < pack->count; i++)
		free(pack->files[i].name);
	free(HYP_STEAL(pack->files));
	free(HYP_STEAL(pack->descriptor.name));
	free(HYP_STEAL(pack->manifest.name));
	free(HYP_STEAL(pack->certificate.name));
	pthread_mutex_destroy(&pack->lock);
}

static int name_is_taken(const struct hyp_pack *pack, const char *name)
{
	if (strcasecmp(name, pack->descriptor.name) == 0 ||
	    strcasecmp(name, pack->manifest.name) == 0 ||
	    strcasecmp(name, pack->certificate.name) == 0)
		return 1;
	for (uint32_t i = 0; i < pack->count; i++)
		if (pack->files[i].name != NULL &&
		    strcasecmp(name, pack->files[i].name) == 0)
			return 1;
	return 0;
}

int32_t hyp_pack_entry_init(struct hyp_pack_entry *entry, struct hyp_pack *pack,
			    const struct hyp_entry_args *args,
			    struct hyp_error *err)
{
	if (!hyp_text_is_plain_name(args->name, HYP_TAR_NAME_MAX))
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "entry %u: its name is no plain one of 1 "
				     "to %d bytes",
				     args->index, HYP_TAR_NAME_MAX);
	if (args->index >= pack->count || pack->files[args->index].name != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				     "entry %u (%s) was opened before, or is "
				     "beyond the %u that were announced",
				     args->index, args->name, pack->count);
	if (name_is_taken(pack, args->name))
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				     "two files of the package are named %s",
				     args->name);
	*entry = (struct hyp_pack_entry){.pack = pack, .index = args->index};
	return hyp_strdup(args->name, &pack->files[args->index].name, err);
}

int32_t hyp_pack_entry_write(void *entry, const void *buf, uint64_t n,
			     struct hyp_error *err)
{
	struct hyp_pack_entry *e = entry;
	int32_t rc = e->pack->storage->write(e->object, buf, n, err);

	if (rc == 0)
		e->bytes += n;
	return rc;
}

int32_t hyp_pack_entry_restart(void *entry, struct hyp_error *err)
{
	struct hyp_pack_entry *e = entry;
	int32_t rc = e->pack->storage->rewind(e->object, e->slot, err);

	if (rc == 0)
		e->bytes = 0;
	return rc;
}

int32_t hyp_pack_entry_complete(struct hyp_pack_entry *entry, uint64_t total,
				const struct hyp_digest *digest,
				struct hyp_error *err)
{
	struct hyp_pack *pack = entry->pack;
	struct hyp_pack_file *file = &pack->files[entry->index];

	if (total != entry->bytes)
		return hyp_error_set(err, HYP_E_PERMANENT, "size_mismatch", 0,
				     "%s: %" PRIu64 " bytes were written, not "
				     "%" PRIu64,
				     file->name, entry->bytes, total);
	if (digest->algorithm != pack->digest ||
	    digest->length != hyp_digest_length(pack->digest))
		return hyp_error_set(err, HYP_E_USAGE, "bad_digest", 0,
				     "%s: its digest is not the package's %s",
				     file->name, hyp_digest_name(pack->digest));
	pthread_mutex_lock(&pack->lock);
	file->bytes = total;
	file->digest = *digest;
	file->closed = 1;
	pthread_mutex_unlock(&pack->lock);
	return 0;
}

int32_t hyp_pack_manifest(struct hyp_pack *pack, const void *descriptor,
			  uint64_t n, struct hyp_buf *out,
			  struct hyp_error *err)
{
	int32_t rc;

	for (uint32_t i = 0; i < pack->count; i++)
		if (!pack->files[i].closed)
			return hyp_error_set(err, HYP_E_USAGE, "entry_missing",
					     0, "file %u of %s is not complete",
					     i, pack->descriptor.name);
	pack->descriptor.bytes = n;
	rc = hyp_digest_bytes(pack->digest, descriptor, (size_t)n,
			      &pack->descriptor.digest, err);
	if (rc == 0)
		rc = hyp_manifest_add(out, pack->descriptor.name,
				      &pack->descriptor.digest, err);
	for (uint32_t i = 0; rc == 0 && i < pack->count; i++)
		rc = hyp_manifest_add(out, pack->files[i].name,
				      &pack->files[i].digest, err);
	pack->manifest.bytes = out->len;
	if (rc == 0)
		rc = hyp_digest_bytes(pack->digest, out->data, out->len,
				      &pack->manifest.digest, err);
	return rc;
}

int32_t hyp_pack_certificate(struct hyp_pack *pack,
			     const struct hyp_buf *manifest,
			     struct hyp_buf *out, struct hyp_error *err)
{
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	int32_t rc;

	if (pack->sign == NULL)
		return 0;
	rc = pack->sign(pack->sign_ctx, pack->manifest.name, manifest->data,
			manifest->len, &writer, err);
	if (rc == 0)
		rc = hyp_digest_bytes(pack->digest, out->data, out->len,
				      &pack->certificate.digest, err);
	if (rc == 0)
		pack->certificate.bytes = out->len;
	return rc;
}

static int32_t report(const struct hyp_pack_file *file,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	struct hyp_file f = {
		.size = sizeof(f),
		.format = HYP_FORMAT_PLAIN,
		.device_id = "",
		.name = file->name,
		.bytes = file->bytes,
		.populated = HYP_UNKNOWN,
		.digest = file->digest,
	};

	return add(ctx, &f, err);
}

int32_t hyp_pack_report(const struct hyp_pack *pack,
			int32_t (*add)(void *ctx, const struct hyp_file *file,
				       struct hyp_error *err),
			void *ctx, struct hyp_error *err)
{
	int32_t rc = report(&pack->descriptor, add, ctx, err);

	for (uint32_t i = 0; rc == 0 && i < pack->count; i++)
		rc = report(&pack->files[i], add, ctx, err);
	if (rc == 0)
		rc = report(&pack->manifest, add, ctx, err);
	if (rc == 0 && pack->certificate.bytes > 0)
		rc = report(&pack->certificate, add, ctx, err);
	return rc;
}

uint64_t hyp_pack_manifest_max(uint32_t count)
{
	/* "SHA512(" name ")= " hex "\n" */
	return ((uint64_t)count + 1) *
	       (HYP_TAR_NAME_MAX + 2 * HYP_DIGEST_MAX + 16);
}
