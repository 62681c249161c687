/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packager/ova: an OVA in one pass.
 *
 *	header and descriptor   one slot, filled at the end; what the
 *	                        descriptor leaves of it is blanks
 *	header, file, padding   for each entry; the header is a slot
 *	header, manifest, zeros at the end
 *
 * An entry whose turn it is when it opens is written in place; the others go
 * into scratch objects in just the form they will have in the archive, header
 * and padding included, and are copied as soon as their turn has come.
 */
#ifndef HYP_PACKAGER_OVA_H
#define HYP_PACKAGER_OVA_H

#include "plugins/common/pack.h"

struct ova {
	const struct hyp_host *host;
};

struct ova_entry {
	struct hyp_pack_entry base; /* first: see hyp_pack_entry_write */
	struct ova_package *package;
	int in_place;
};

struct ova_package {
	struct hyp_pack pack; /* its lock guards next, busy and spooled */
	const struct ova *ova;
	void *object;
	uint64_t descriptor_slot, descriptor_room, descriptor_max;
	int64_t mtime;		    /* of every entry */
	uint32_t next;		    /* the entry whose turn it is */
	int busy;		    /* somebody writes to object */
	struct ova_entry **spooled; /* complete and not yet appended */
};

/* order.c: what goes where, when. */

/* Opens where the entry will be written. */
int32_t ova_entry_place(struct ova_entry *entry, struct hyp_error *err);
/* A complete entry ends: in place, or spooled; then appends all whose turn it
 * is. Frees entry, sooner or later. */
int32_t ova_entry_end(struct ova_entry *entry, struct hyp_error *err);
void ova_entry_free(struct ova_entry *entry);

extern const struct hyp_plugin ova_plugin; /* ova.c */

#endif
