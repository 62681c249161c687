/* SPDX-License-Identifier: Apache-2.0 */
/* What undo-dir.c and undo-recover.c share. */
#ifndef HYP_PIPELINE_UNDO_SHARED_H
#define HYP_PIPELINE_UNDO_SHARED_H

#include "core/pipeline/undo-dir.h"
#include "core/pipeline/undo-files.h"
#include <pthread.h>

struct hyp_undo_own { /* a record of this process */
	char name[HYP_UNDO_NAME_MAX];
	int fd; /* holds its lock */
};

struct hyp_undo_dir {
	char *path;
	int folder;
	uint8_t key[HYP_SEAL_KEY];
	pthread_mutex_t lock; /* over own */
	struct hyp_undo_own *own;
	size_t count;
};

#endif
