/* SPDX-License-Identifier: Apache-2.0 */
/* A store whose file layer, SQLite's own, is wrapped: a sync of the
 * write-ahead log can be made to wait or to fail, a write to want room. */
#ifndef HYP_SQLITE_TEST_KIT_H
#define HYP_SQLITE_TEST_KIT_H

#include "plugins/store/sqlite/sqlite.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

struct sync_kit {
	/* Atomically: */
	int failing;	   /* syncs of the log yet to fail */
	int reason;	   /* why they do, an errno */
	int synced;	   /* how many there were */
	int held;	   /* none ends before it is 0 */
	int log_full;	   /* writes to the log yet to fail */
	int database_full; /* its file; the log still grows */
	int busy;	   /* locks of the log that others had */

	char dir[32], path[64];
	struct fake_host host;
	struct sqlite_options options;
	const struct hyp_store_ops *ops;
	void *store;
	struct hyp_error err;
};
extern struct sync_kit kit;

/* One that puts an event in a thread of its own. */
struct caller {
	const char *id;
	uint32_t flags;
	pthread_t thread;
	int32_t rc;
};

/* The store of kit.options. */
void kit_open(void);
void kit_setup(void);
void kit_teardown(void);
int32_t kit_put_row(uint32_t table, const void *row, uint32_t flags,
		    struct hyp_error *e);
/* An event. */
int32_t kit_put_with(const char *id, const char *data, uint32_t flags,
		     struct hyp_error *e);
int32_t kit_put_so(const char *id, uint32_t flags, struct hyp_error *e);
int32_t kit_put(const char *id);
int32_t kit_put_lazily(const char *id);
/* The events that are there, by their ids, one behind the other. */
void kit_expect(const char *ids);
int kit_syncs(void);
void kit_start(struct caller *c);
void kit_join(struct caller *c);
/* Until so many requests wait for the writer. */
void kit_until_waiting(int n);

#endif
