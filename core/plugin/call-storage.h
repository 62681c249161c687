/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of checked storage calls share. */
#ifndef HYP_PLUGIN_CALL_STORAGE_H
#define HYP_PLUGIN_CALL_STORAGE_H

#include "core/plugin/call.h"

/* The core's handles of a place and of an object in it. */
struct hyp_place {
	struct hyp_instance *instance;
	void *raw;
	pthread_mutex_t lock;
	uint32_t open; /* objects that are */
	uint32_t sealed;
};

static inline const struct hyp_storage_ops *
hyp_storage_raw(const struct hyp_instance *instance)
{
	return instance->loaded->ops;
}

int32_t hyp_object_call_open(void *place, const char *name, uint32_t flags,
			     void **object, struct hyp_error *err);
int32_t hyp_object_call_write(void *object, const void *buf, uint64_t n,
			      struct hyp_error *err);
int32_t hyp_object_call_reserve(void *object, uint64_t n, uint64_t *slot,
				struct hyp_error *err);
int32_t hyp_object_call_fill(void *object, uint64_t slot, const void *buf,
			     uint64_t n, struct hyp_error *err);
int32_t hyp_object_call_rewind(void *object, uint64_t slot,
			       struct hyp_error *err);
int32_t hyp_object_call_read(void *object, uint64_t offset, void *buf,
			     uint64_t n, uint64_t *got, struct hyp_error *err);
int32_t hyp_object_call_close(void *object, struct hyp_error *err);

#endif
