/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undo records of a process without a store: files of mode 0600 beneath
 * $XDG_STATE_HOME/hypersdk/undo (or ~/.local/state), sealed with AES-256-GCM
 * under a key beside them. A record is dead when the process that wrote it no
 * longer holds its lock (OFD).
 */
#ifndef HYP_PIPELINE_UNDO_DIR_H
#define HYP_PIPELINE_UNDO_DIR_H

#include "core/config/config.h"
#include "core/plugin/registry.h"

struct hyp_undo_dir;

/* path NULL: the default above. Makes it, 0700, if missing. */
int32_t hyp_undo_dir_open(const char *path, struct hyp_undo_dir **out,
			  struct hyp_error *err);
void hyp_undo_dir_close(struct hyp_undo_dir *dir);

/* Durable when it returns 0. origin begins with the kind of the plugin,
 * "provider/..." or "storage/...", as an observer's remember gets it; part:
 * what an instance for undo is made of (secrets stay references). */
int32_t hyp_undo_dir_put(struct hyp_undo_dir *dir, const char *job_id,
			 uint32_t attempt, const char *origin,
			 const struct hyp_part *part, const char *key,
			 const void *bytes, uint64_t n, struct hyp_error *err);
int32_t hyp_undo_dir_drop(struct hyp_undo_dir *dir, const char *job_id,
			  const char *key, struct hyp_error *err);

/* Undoes every dead record, several at once; after limit_ms none is begun,
 * and what was begun ends by the provider's own limits. What fails stays for
 * next time and is logged. *left counts those that stay. */
int32_t hyp_undo_dir_recover(struct hyp_undo_dir *dir,
			     struct hyp_registry *registry, uint64_t limit_ms,
			     uint32_t *undone, uint32_t *left,
			     struct hyp_error *err);

#endif
