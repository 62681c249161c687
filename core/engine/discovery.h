/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs as listings show them, to tell of those that are new. A VM is discovered
 * when a listing of its endpoint by a user shows it and none before has: a note
 * of it is written in the change that writes its "vm.discovered", so that it is
 * told of once, whoever is killed when. One that a listing of all that the user
 * sees does not show any more is forgotten, so that the notes are no more than
 * the inventory is; if it comes back it is discovered anew.
 */
#ifndef HYP_ENGINE_DISCOVERY_H
#define HYP_ENGINE_DISCOVERY_H

#include "core/engine/inside.h"
#include <hypersdk/provider.h>

struct hyp_sighting {
	const char *id, *path, *name, *guest_os, *host;
};

/* One listing; all zero but for next: empty. */
struct hyp_listing {
	const struct hyp_vm_sink *next; /* also given each VM; or NULL */
	struct hyp_keep keep;
	struct hyp_sighting *at;
	size_t count, room;
};

struct hyp_vm_sink hyp_listing_sink(struct hyp_listing *listing);
/* It has ended well. whole: nothing was left out. What cannot be written now
 * is left to the next listing. */
void hyp_listing_tell(struct hyp_listing *listing, struct hyp_engine *engine,
		      const struct hyp_resolved *of, int whole);
void hyp_listing_fini(struct hyp_listing *listing);

#endif
