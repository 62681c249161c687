/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done to one folder through core/base/file.h, as a log; with the
 * store's commits as instants in it.
 */
#ifndef HYP_TEST_POWERLOSS_OPLOG_H
#define HYP_TEST_POWERLOSS_OPLOG_H

#include <stddef.h>
#include <sys/types.h>

enum op_kind {
	OP_MAKE,   /* a name in dir, of a new node */
	OP_LINK,   /* a further name */
	OP_UNLINK, /* a file's or a directory's name */
	OP_RENAME, /* node to todir/to */
	OP_WRITE,  /* n bytes of data at at */
	OP_SIZE,   /* node has at bytes */
	OP_SYNC,   /* what was done to node is durable */
	OP_COMMIT, /* the store's snapshot number at */
};

struct op {
	enum op_kind kind;
	int node, other; /* other: what a rename exchanged, or -1 */
	int dir, todir;
	char name[256], to[256];
	off_t at;
	size_t n;
	unsigned char *data;
};

#define OPLOG_NODES 256
struct oplog {
	struct op *ops;
	size_t count;
	int node_count; /* 0 is the folder itself */
	struct {
		dev_t dev;
		ino_t ino; /* 0: it has no name any more */
		int is_dir;
	} nodes[OPLOG_NODES];
};

/* From now on; what is there already comes first, durable. Aborts on failure.
 * Until end, nothing else may be logged. */
void oplog_begin(struct oplog *log, const char *folder);
void oplog_commit(off_t snapshot);
void oplog_end(void);
void oplog_fini(struct oplog *log);

const char *op_text(const struct op *op, char *out, size_t size);

#endif
