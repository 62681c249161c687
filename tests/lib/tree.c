/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

void tree_init(struct tree *tree)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(tree->root, sizeof(tree->root), "%s/hyp-test.XXXXXX",
		 tmp != NULL ? tmp : "/tmp");
	need(mkdtemp(tree->root) != NULL, tree->root);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	need(remove(path) == 0, path);
	return 0;
}

/* Directories must be ours to enter before they can be emptied. */
static int open_up(const char *path, const struct stat *st, int flag,
		   struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (flag == FTW_D || flag == FTW_DNR)
		need(chmod(path, 0700) == 0, path);
	return 0;
}

void tree_fini(struct tree *tree)
{
	nftw(tree->root, open_up, 16, FTW_PHYS);
	nftw(tree->root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

const char *tree_path(struct tree *tree, const char *name)
{
	snprintf(tree->path, sizeof(tree->path), "%s/%s", tree->root, name);
	return tree->path;
}

static void make_parents(struct tree *tree, const char *name)
{
	char part[512];

	for (const char *p = strchr(name, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - name), name);
		mkdir(tree_path(tree, part), 0755);
	}
}

void tree_mkdir(struct tree *tree, const char *name, mode_t mode)
{
	make_parents(tree, name);
	mkdir(tree_path(tree, name), mode);
	need(chmod(tree_path(tree, name), mode) == 0, name);
}

static FILE *create(struct tree *tree, const char *name)
{
	FILE *out;

	make_parents(tree, name);
	out = fopen(tree_path(tree, name), "we");
	need(out != NULL, tree->path);
	return out;
}

void tree_write(struct tree *tree, const char *name, const char *text,
		mode_t mode)
{
	FILE *out = create(tree, name);

	fputs(text, out);
	need(fclose(out) == 0, name);
	need(chmod(tree_path(tree, name), mode) == 0, name);
}

void tree_copy(struct tree *tree, const char *name, const char *from,
	       mode_t mode)
{
	FILE *in = fopen(from, "re"), *out = create(tree, name);
	char buf[65536];
	size_t n;

	need(in != NULL, from);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		need(fwrite(buf, 1, n, out) == n, name);
	fclose(in);
	need(fclose(out) == 0, name);
	need(chmod(tree_path(tree, name), mode) == 0, name);
}
