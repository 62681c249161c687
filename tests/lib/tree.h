/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of files for one test, gone with it. */
#ifndef HYP_TEST_TREE_H
#define HYP_TEST_TREE_H

#include <sys/types.h>

struct tree {
	char root[256];
	char path[1024]; /* what tree_path gave last */
};

/* Below $TMPDIR or /tmp, mode 0700. Aborts on failure, as all here. */
void tree_init(struct tree *tree);
void tree_fini(struct tree *tree);
/* The path of name in it; valid until the next call. */
const char *tree_path(struct tree *tree, const char *name);
/* Directories on the way are made, 0755. The mode is exact. */
void tree_write(struct tree *tree, const char *name, const char *text,
		mode_t mode);
void tree_mkdir(struct tree *tree, const char *name, mode_t mode);
void tree_copy(struct tree *tree, const char *name, const char *from,
	       mode_t mode);

#endif
