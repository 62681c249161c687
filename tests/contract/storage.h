/* SPDX-License-Identifier: Apache-2.0 */
/* The storage suite: a folder, an instance, and a model of what an object
 * should hold. */
#ifndef HYP_TEST_CONTRACT_STORAGE_H
#define HYP_TEST_CONTRACT_STORAGE_H

#include "tests/contract/contract.h"

/* Made for each test. */
extern struct contract_instance *st;
extern char *st_dir;
extern struct hyp_error st_err;

const struct hyp_storage_ops *st_ops(void);

/* Arguments for a place of that layout and name in st_dir. */
struct hyp_place_args st_args(uint32_t layout, const char *name);
void *st_place(const struct hyp_place_args *args);
void *st_object(void *place, const char *name, uint32_t flags);
/* Writes one object of that content and closes it. */
void st_put(void *place, const char *name, const char *content);
void st_seal(void *place, const struct hyp_place_args *args,
	     uint64_t package_bytes);
/* A whole place with one object "a": placed, sealed and published. */
void st_publish_one(const struct hyp_place_args *args, const char *content);
/* What is published of that object; NULL if it is not there. */
char *st_published(const struct hyp_place_args *args, const char *name,
		   size_t *n);

/* What an object should hold. */
#define MODEL_MAX (8u << 20)
#define MODEL_SLOTS 64
struct st_model {
	void *object;
	uint32_t random;
	char *bytes;
	size_t n;
	struct {
		uint64_t id;
		size_t at, n;
		int filled;
	} slots[MODEL_SLOTS];
	int slot_count;
};
void st_model_init(struct st_model *model, void *object, uint32_t seed);
void st_model_fini(struct st_model *model);
/* Does something at random, to both. */
void st_model_step(struct st_model *model);
void st_model_fill_all(struct st_model *model);

void st_add_objects(Suite *suite);
void st_add_places(Suite *suite);
void st_add_recovery(Suite *suite);
void st_add_threads(Suite *suite);
TCase *st_tcase(Suite *suite, const char *name);

#endif
