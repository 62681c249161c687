/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/storage.h - takes named objects and makes them visible all at
 * once, or not at all.
 *
 * A place is one attempt's output: hidden until publish. Its objects are
 * written in sequence, but for slots: ranges reserved now and filled later,
 * which is what lets a package be written in one pass. Objects opened with
 * HYP_OBJECT_SCRATCH are written, read back and never published.
 *
 * Order: create · space* · [place_open · (object_open · (write | reserve |
 * fill | rewind | read)* · object_close)* · seal · publish | abort] · destroy;
 * and for what an earlier attempt left: create · (state | resume | sweep)* ·
 * destroy. abort may come at any point after place_open, once every object is
 * closed.
 *
 * One object is used by one thread at a time; different objects of a place
 * may be used at once. Members are mandatory unless marked optional. Writing
 * calls may block, and then heed host->cancelled; object_close, publish, abort
 * and destroy go on regardless.
 */
#ifndef HYPERSDK_STORAGE_H
#define HYPERSDK_STORAGE_H

#include <hypersdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_LAYOUT_FILE 1u	/* one object; the place is that file */
#define HYP_LAYOUT_DIRECTORY 2u /* several; the place is their directory */

struct hyp_place_args {
	uint32_t size;
	uint32_t layout;  /* HYP_LAYOUT_* */
	uint32_t attempt; /* from 1 */
	uint32_t force;	  /* 1: replace an output that is provably ours */
	const char *job_id;
	const char *dir;   /* absolute directory, made if missing beneath a
			    * root; for object stores a prefix */
	const char *name;  /* final name in dir: "web01.ova" or "web01" */
	uint64_t expected; /* bytes that will be written at the most, scratch
			    * included; 0 if unknown */
};

#define HYP_OBJECT_SCRATCH 1u /* written, read back, never published */

#define HYP_PLACE_NONE 0u
#define HYP_PLACE_PARTIAL 1u   /* temporaries only */
#define HYP_PLACE_SEALED 2u    /* complete, not visible */
#define HYP_PLACE_PUBLISHED 3u /* visible, with this attempt's receipt */

struct hyp_storage_ops {
	uint32_t size;
	uint32_t reserved;

	/* As in provider.h. inner is NULL, or for a HYP_PLUGIN_WRAPS plugin
	 * the storage that it wraps, whose members take inner_instance; both
	 * live longer than the instance. create and destroy are NULL in it:
	 * the inner instance is the core's. Its optional members are all
	 * there, and HYP_E_UNSUPPORTED if the inner storage has none. */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  const struct hyp_storage_ops *inner,
			  void *inner_instance, void **instance,
			  struct hyp_error *err);
	void (*destroy)(void *instance);

	/* Bytes that may still be written at dir, or HYP_UNKNOWN. dir need
	 * not exist yet. */
	int32_t (*space)(void *instance, const char *dir, uint64_t *available,
			 struct hyp_error *err);

	/* Checks that the place may be written and published (roots, owner,
	 * nothing there: HYP_E_EXISTS "output_exists"; room for expected and
	 * 5 %: HYP_E_RESOURCE "insufficient_space"), and makes its hidden
	 * temporary. On failure nothing is left. */
	int32_t (*place_open)(void *instance, const struct hyp_place_args *args,
			      void **place, struct hyp_error *err);

	/* name: plain (one component of 1 to 255 bytes of valid UTF-8, without
	 * separator, control, ':', '*', '?', '[', ']' or '%', not beginning
	 * with a dot), new in this place. In layout FILE there is one object
	 * that is not scratch. */
	int32_t (*object_open)(void *place, const char *name, uint32_t flags,
			       void **object, struct hyp_error *err);

	/* Appends all n bytes, n >= 1. Not durable before seal. */
	int32_t (*write)(void *object, const void *buf, uint64_t n,
			 struct hyp_error *err);

	/* Appends n bytes to be filled later; *slot names them. n may be 0:
	 * a mere mark to rewind to, which is filled with no bytes. */
	int32_t (*reserve)(void *object, uint64_t n, uint64_t *slot,
			   struct hyp_error *err);

	/* Writes the whole slot, once; n is what was reserved. buf may be
	 * NULL if that is 0. */
	int32_t (*fill)(void *object, uint64_t slot, const void *buf,
			uint64_t n, struct hyp_error *err);

	/* Drops all bytes after slot, which must be the newest unfilled one;
	 * it stays reserved. */
	int32_t (*rewind)(void *object, uint64_t slot, struct hyp_error *err);

	/* Scratch only: up to n bytes (n >= 1) from offset on; *got is 0 at
	 * the end and behind it. */
	int32_t (*read)(void *object, uint64_t offset, void *buf, uint64_t n,
			uint64_t *got, struct hyp_error *err);

	/* All slots are filled; no more writes. A scratch object's bytes are
	 * dropped. Frees object, also when it fails. */
	int32_t (*object_close)(void *object, struct hyp_error *err);

	/* Every object is closed, and none is opened after it. All objects
	 * durable, then the receipt with them, durable too. After this a crash
	 * can be rolled forward. receipt: n bytes, a JSON object; a storage
	 * may rely on these members, at its top level:
	 *	"format": "hypersdk-receipt/1"
	 *	"job": string, "attempt": integer (as in the place's args)
	 *	"package_bytes": integer, all bytes of the place's objects but
	 *		scratch: for layout FILE the length of that file
	 * and may add members whose names begin with "storage_".
	 * n 0: no receipt. The place is published all the same, but nothing
	 * later knows it for ours: force does not replace it, and after a
	 * crash before publish it is HYP_PLACE_PARTIAL. Not with force. */
	int32_t (*seal)(void *place, const void *receipt, uint64_t n,
			struct hyp_error *err);

	/* Makes a sealed place visible, whole, without replacing anything
	 * (but for force), durably; then frees it. On failure it is still
	 * sealed and the caller aborts it. */
	int32_t (*publish)(void *place, struct hyp_error *err);

	/* Removes what this place made, and only that, and frees it. */
	void (*abort)(void *place);

	/* Optional, for recovery: who has it has resume and sweep too. args
	 * name the place; job_id and attempt must match its receipt; force and
	 * expected count not. *state: HYP_PLACE_*. */
	int32_t (*state)(void *instance, const struct hyp_place_args *args,
			 uint32_t *state, struct hyp_error *err);

	/* Optional. Publishes a place found sealed by state. */
	int32_t (*resume)(void *instance, const struct hyp_place_args *args,
			  struct hyp_error *err);

	/* Optional. Removes temporaries of ours in dir whose job is_live
	 * denies (0: dead); *removed counts them. Foreign files stay. is_live
	 * is called as a sink is, with ctx. */
	int32_t (*sweep)(void *instance, const char *dir,
			 uint32_t (*is_live)(void *ctx, const char *job_id,
					     uint32_t attempt),
			 void *ctx, uint64_t *removed, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
