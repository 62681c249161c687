/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of an undo folder: sealed, written whole or not at all, durable,
 * each locked (OFD) for as long as its writer lives.
 */
#ifndef HYP_PIPELINE_UNDO_FILES_H
#define HYP_PIPELINE_UNDO_FILES_H

#include "core/base/buf.h"
#include "core/pipeline/seal.h"

#define HYP_UNDO_NAME_MAX 64
#define HYP_UNDO_FILE_MAX (1u << 20) /* bytes of a sealed record */

/* Opens the folder, made with its parents if missing; must be ours and closed
 * to others: HYP_E_PERMANENT "unsafe_path". */
int32_t hyp_undo_folder(const char *path, int *fd, struct hyp_error *err);

/* The folder's key, made if missing. */
int32_t hyp_undo_key(int folder, uint8_t *key, struct hyp_error *err);

/* "HASH.undo", by job and key; out holds HYP_UNDO_NAME_MAX. */
int32_t hyp_undo_name(const char *job_id, const char *key, char *out,
		      struct hyp_error *err);

/* Puts the bytes there under name, over what was there. *fd holds the lock
 * until it is closed. */
int32_t hyp_undo_write(int folder, const char *name, const void *bytes,
		       size_t n, int *fd, struct hyp_error *err);

/* Opens and locks. *fd: -1 if it is gone, or its writer is alive. */
int32_t hyp_undo_claim(int folder, const char *name, int *fd,
		       struct hyp_error *err);
int32_t hyp_undo_read(int fd, const char *name, struct hyp_buf *out,
		      struct hyp_error *err);
/* That it is not there is no failure. */
int32_t hyp_undo_remove(int folder, const char *name, struct hyp_error *err);

#endif
