/* SPDX-License-Identifier: Apache-2.0 */
/* A host table for tests: records what an instance says, cancels on demand. */
#ifndef HYP_TEST_FAKE_HOST_H
#define HYP_TEST_FAKE_HOST_H

#include <hypersdk/host.h>
#include <pthread.h>

#define FAKE_NOTES 256

struct fake_note {
	char what[16]; /* "log", "warning", "fact", "count", "remember",
			* "forget" */
	char key[64];  /* level, kind, name, counter, key */
	char text[512];
};

struct fake_host {
	struct hyp_host table; /* hand &host.table to create */
	pthread_mutex_t lock;
	struct fake_note notes[FAKE_NOTES];
	unsigned count; /* kept notes */
	int pipe[2];
	unsigned cancelled;
	int fail_remember; /* 1: remember fails */
};

void fake_host_init(struct fake_host *host);
void fake_host_fini(struct fake_host *host);
void fake_host_cancel(struct fake_host *host);
/* The newest text noted under what and key, or NULL. */
const char *fake_host_find(struct fake_host *host, const char *what,
			   const char *key);
unsigned fake_host_count(struct fake_host *host, const char *what,
			 const char *key);

#endif
