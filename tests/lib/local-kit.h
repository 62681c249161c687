/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a root of one's own, a storage/local on it, and its contents as
 * text. Included by one test program each. */
#ifndef HYP_TEST_LOCAL_KIT_H
#define HYP_TEST_LOCAL_KIT_H

#include "core/base/buf.h"
#include "plugins/storage/local/local.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

struct kit {
	struct fake_host host;
	char root[128];
	const char *roots[1];
	struct local_options options;
	const struct hyp_storage_ops *ops;
	void *storage;
	struct hyp_error err;
	unsigned char salt; /* added to every byte that kit_put writes */
};

void kit_init(struct kit *kit); /* an empty root of mode 0700 in /tmp */
void kit_init_in(struct kit *kit, const char *dir);
void kit_fini(struct kit *kit); /* with all that is in it */

struct hyp_place_args kit_args(const struct kit *kit, uint32_t layout,
			       const char *name);
/* root/name; the caller frees it. */
char *kit_path(const struct kit *kit, const char *name);
/* Makes a file of one line. */
void kit_make(const struct kit *kit, const char *name, const char *line);
/* A receipt as core/pipeline writes them; the caller frees it. */
char *kit_receipt(const struct hyp_place_args *args, uint64_t bytes);

/* Everything below dir, "name size\n", "name/\n" or "name ->\n", sorted,
 * receipts without size; the caller frees it. */
char *kit_list(const char *dir);
/* Asserts that the root holds just that. */
void kit_expect(const struct kit *kit, const char *list);

/* A whole package: layout FILE one object of n bytes, layout DIRECTORY
 * "a.ovf" of 100 and "a-disk1.vmdk" of n. Aborts what fails. */
int32_t kit_export(struct kit *kit, const struct hyp_place_args *args,
		   uint64_t n);
int32_t kit_seal(struct kit *kit, void *place,
		 const struct hyp_place_args *args, uint64_t bytes);

/* An object of n bytes, in writes of step; returns after close. */
int32_t kit_put(struct kit *kit, void *place, const char *name, uint64_t n,
		uint64_t step);
/* Byte number i of what kit_put writes. */
unsigned char kit_byte(uint64_t i);

#endif
