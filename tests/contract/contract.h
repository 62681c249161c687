/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the contract suites share. A suite is a program, contract-KIND NAME
 * SETTINGS, that holds the plugin of that name to every promise of its kind's
 * header. SETTINGS is a configuration (plugins/KIND/NAME/contract.conf) whose
 * pipelines (a notifier's: webhooks) are named by the part they play; "plain"
 * is always there.
 *
 * Tests call the plugin's own operations where they look at what it leaves,
 * and the core's checked calls where several threads are at work.
 */
#ifndef HYP_TEST_CONTRACT_H
#define HYP_TEST_CONTRACT_H

#include "core/config/config.h"
#include "core/plugin/instance.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#define RECORDS 16

/* A host that also keeps what is remembered, bytes and all. */
struct contract_host {
	struct fake_host fake; /* first: its table's ctx is this one too */
	struct contract_record {
		char key[129];
		char bytes[65536];
		uint64_t n;
		uint32_t used;
	} records[RECORDS];
	unsigned remembered; /* calls so far */
};
void contract_host_init(struct contract_host *host);
unsigned contract_host_records(struct contract_host *host);

/* One configured instance: the plugin's own, and the core's checked one. */
struct contract_instance {
	struct hyp_options *options;
	struct contract_host host;
	struct contract_instance *inner;
	void *raw;
	struct hyp_instance *checked; /* another instance, same options */
};

extern const struct hyp_loaded *contract_plugin;
extern const char *contract_root; /* an empty folder of the suite's */

/* Is there a pipeline of that name? */
int contract_has(const char *pipeline);
/* An instance of that pipeline's part; NULL if create failed, with *err. */
struct contract_instance *contract_create(const char *pipeline,
					  struct hyp_error *err);
struct contract_instance *contract_new(const char *pipeline);
/* A store, as "database" says but for these options; not made raw. */
struct contract_instance *contract_store(const char *path, int read_only,
					 struct hyp_error *err);
void contract_free(struct contract_instance *instance);

/* Descriptors and threads of this process. */
unsigned contract_count(const char *proc_folder);

/* A new empty folder below the root; the caller frees the path. */
char *contract_folder(void);
/* Entries of a folder, all or those that do not begin with a dot. */
unsigned contract_entries(const char *dir, int visible_only);
void contract_write_file(const char *dir, const char *name, const char *text);
/* The whole of a file; NULL if it is not there. The caller frees. */
char *contract_read_file(const char *dir, const char *name, size_t *n);

int contract_error_proper(int32_t rc, const struct hyp_error *err);
/* The call fails, and says properly why. */
#define ct_fails(call, err)                                                    \
	do {                                                                   \
		memset((err), 0x7f, sizeof(*(err)));                           \
		int32_t ct_rc_ = (call);                                       \
		ck_assert_msg(ct_rc_ != 0, "%s succeeds", #call);              \
		ck_assert_msg(contract_error_proper(ct_rc_, err),              \
			      "%s: %d, %.32s: %.200s", #call, ct_rc_,          \
			      (err)->kind, (err)->text);                       \
	} while (0)
/* ... with that code. */
#define ct_fails_with(call, err, want)                                         \
	do {                                                                   \
		ct_fails(call, err);                                           \
		ck_assert_msg((err)->code == (want), "%s: %d %s: %s", #call,   \
			      (err)->code, (err)->kind, (err)->text);          \
	} while (0)

/* main of a suite: kind, and who makes it once the plugin is loaded. */
int contract_main(int argc, char **argv, uint32_t kind, Suite *(*make)(void));

/* Poison for outputs that a failing call must leave alone. */
#define POISON ((void *)(uintptr_t)0x5a5a5a5a)

/* Pseudo-random numbers, the same in every run. */
uint32_t contract_random(uint32_t *state);

#endif
