/* SPDX-License-Identifier: Apache-2.0 */
/* Entries come in any order and at once; the archive has them in one. */
#include "plugins/packager/ova/ova.h"

#include "core/base/cleanup.h"
#include "core/package/tar-header.h"

#include <stdlib.h>

#define BLOCK (1u << 20)

int32_t ova_entry_place(struct ova_entry *entry, struct hyp_error *err)
{
	struct ova_package *p = entry->package;
	struct hyp_pack *pack = &p->pack;
	int32_t rc;

	pthread_mutex_lock(&pack->lock);
	entry->in_place = !p->busy && entry->base.index == p->next;
	if (entry->in_place)
		p->busy = 1;
	pthread_mutex_unlock(&pack->lock);
	if (entry->in_place) {
		entry->base.object = p->object;
	} else {
		rc = pack->storage->object_open(
			pack->place, pack->files[entry->base.index].name,
			HYP_OBJECT_SCRATCH, &entry->base.object, err);
		if (rc != 0)
			return rc;
	}
	return pack->storage->reserve(entry->base.object, HYP_TAR_BLOCK,
				      &entry->base.slot, err);
}

void ova_entry_free(struct ova_entry *entry)
{
	const struct hyp_storage_ops *storage = entry->package->pack.storage;
	struct hyp_error ignored;

	if (!entry->in_place && entry->base.object != NULL)
		storage->object_close(entry->base.object, &ignored);
	free(entry);
}

/* Copies a spooled entry to the end of the archive. */
static int32_t append(const struct ova_package *p, struct ova_entry *entry,
		      struct hyp_error *err)
{
	const struct hyp_storage_ops *storage = p->pack.storage;
	const struct hyp_host *host = p->ova->host;
	HYP_AUTO_FREE char *block = malloc(BLOCK);
	uint64_t bytes = entry->base.bytes, at = 0, got;
	int32_t rc = 0;

	if (block == NULL)
		return hyp_error_nomem(err);
	bytes += HYP_TAR_BLOCK + hyp_tar_padding(bytes);
	for (; rc == 0 && at < bytes; at += got) {
		if (host->cancelled(host->ctx))
			return hyp_error_set(err, HYP_E_CANCELLED, "cancelled",
					     0, "cancelled");
		rc = storage->read(entry->base.object, at, block, BLOCK, &got,
				   err);
		if (rc != 0)
			return rc;
		if (got == 0 || got > bytes - at)
			return hyp_error_set(
				err, HYP_E_TRANSIENT, "size_mismatch", 0,
				"%s changed its length in the scratch space",
				p->pack.files[entry->base.index].name);
		rc = storage->write(p->object, block, got, err);
	}
	return rc;
}

int32_t ova_entry_end(struct ova_entry *entry, struct hyp_error *err)
{
	struct ova_package *p = entry->package;
	int32_t rc = 0;

	pthread_mutex_lock(&p->pack.lock);
	if (entry->in_place) {
		p->busy = 0;
		p->next++;
		ova_entry_free(entry);
	} else {
		p->spooled[entry->base.index] = entry;
	}
	while (rc == 0 && !p->busy && p->next < p->pack.count &&
	       p->spooled[p->next] != NULL) {
		entry = HYP_STEAL(p->spooled[p->next]);
		p->busy = 1;
		pthread_mutex_unlock(&p->pack.lock);
		rc = append(p, entry, err);
		ova_entry_free(entry);
		pthread_mutex_lock(&p->pack.lock);
		if (rc == 0) { /* else it stays busy: nothing may follow */
			p->busy = 0;
			p->next++;
		}
	}
	pthread_mutex_unlock(&p->pack.lock);
	return rc;
}
