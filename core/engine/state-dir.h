/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that a daemon keeps everything in: one process at a time, on a
 * file system that can be trusted, closed to others' writes; and its key. */
#ifndef HYP_ENGINE_STATE_DIR_H
#define HYP_ENGINE_STATE_DIR_H

#include "core/config/config.h"
#include "core/pipeline/seal.h"

struct hyp_state_dir {
	int folder, lock, store_lock; /* -1: not open */
	uint32_t network; /* it, or the database, is on a network file system,
			     as allowed */
	uint8_t key[HYP_SEAL_KEY];
};

/* Makes it, 0700, if missing; checks, locks, and reads the key, which is the
 * systemd credential "seal-key" if there is one, else PATH/seal.key, made if
 * missing. Kinds: engine.h, hyp_engine_open. */
int32_t hyp_state_dir_open(struct hyp_state_dir *dir,
			   const struct hyp_settings *settings,
			   struct hyp_error *err);
/* Where the database at path lies outside: that its folder is on no network
 * file system, as above, and that nobody else works with it: the lock of that
 * folder, if it is somebody's state_dir, else PATH.lock. HYP_E_CONFLICT
 * "already_running". */
int32_t hyp_state_dir_lock_store(struct hyp_state_dir *dir, const char *path,
				 const struct hyp_settings *settings,
				 struct hyp_error *err);
void hyp_state_dir_close(struct hyp_state_dir *dir);
/* 1 if other machines may work in that folder, whose locks are not seen here,
 * or if that cannot be told. */
int hyp_state_dir_is_shared(const char *path);

#endif
