/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much room file systems have. Each is asked in a thread of its own: one
 * that does not answer, as when its server has gone, delays nobody, and what it
 * said last stays, with the time.
 */
#ifndef HYP_ENGINE_DISKS_H
#define HYP_ENGINE_DISKS_H

#include <hypersdk/error.h>
#include <hypersdk/option.h>
#include <sys/statvfs.h>

#define HYP_DISKS_MAX 256 /* roots, in all the settings there were */

struct hyp_disks;
struct hyp_disk {
	double free, size; /* bytes */
	int64_t time_ms;   /* wall clock: of the answer */
};
typedef int hyp_disks_look(const char *path, struct statvfs *out);

/* look: statvfs, but for tests. */
int32_t hyp_disks_new(hyp_disks_look *look, struct hyp_disks **out,
		      struct hyp_error *err);
/* Waits for no thread; takes NULL. */
void hyp_disks_free(struct hyp_disks *disks);
/* Asks all but those that owe an answer, and waits for a moment. From one
 * thread at a time. */
void hyp_disks_ask(struct hyp_disks *disks, const struct hyp_list *roots);
/* 1 if it has ever answered, and its last answer was no failure. */
int hyp_disks_get(struct hyp_disks *disks, const char *root,
		  struct hyp_disk *out);

#endif
