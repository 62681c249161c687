/* SPDX-License-Identifier: Apache-2.0 */
/* The packager suite: packages of known entries into a storage in memory, and
 * what then is in them, as GNU tar sees it where they are archives. */
#ifndef HYP_TEST_CONTRACT_PACKAGER_H
#define HYP_TEST_CONTRACT_PACKAGER_H

#include "tests/contract/contract.h"
#include "tests/contract/mem-storage.h"

#define PK_ENTRIES 5
#define PK_DESCRIPTOR                                                          \
	"<?xml version=\"1.0\"?>\n<Envelope>what it is</Envelope>\n"

extern struct contract_instance *pk;
extern struct hyp_error pk_err;

const struct hyp_packager_ops *pk_ops(void);

/* One package being made; what finish reported of it. */
struct pk_package {
	struct mem_place place;
	struct hyp_package_args args;
	void *raw;
	uint32_t seed;
	struct {
		char name[128];
		uint64_t bytes;
		struct hyp_digest digest;
	} files[PK_ENTRIES + 4];
	unsigned file_count;
	int32_t add_rc; /* what add returns */
};
void pk_init(struct pk_package *p, uint32_t digest, uint32_t parallel);
void pk_fini(struct pk_package *p);
void pk_begin(struct pk_package *p);
int32_t pk_finish(struct pk_package *p, const char *descriptor);

/* Entry i: its name, length and bytes, which differ by the package's seed. */
const char *pk_name(uint32_t i);
size_t pk_size(uint32_t i);
char *pk_bytes(const struct pk_package *p, uint32_t i);

int32_t pk_open(struct pk_package *p, uint32_t i, void **entry);
/* Opens, writes and closes entry i. */
void pk_put(struct pk_package *p, uint32_t i);
int32_t pk_write_all(struct pk_package *p, uint32_t i, void *entry);
int32_t pk_close(struct pk_package *p, uint32_t i, void *entry);

/* The package holds what it should, in order, and says so itself. */
void pk_check(struct pk_package *p, const char *descriptor);
/* A file of the finished package; the caller frees. */
char *pk_file(struct pk_package *p, const char *name, size_t *n);

TCase *pk_tcase(Suite *suite, const char *name);
void pk_add_content(Suite *suite);
void pk_add_faults(Suite *suite);

#endif
