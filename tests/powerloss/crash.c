/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powerloss/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define NAMES 256

struct name {
	int dir, node; /* node -1: no longer */
	char name[256];
};

struct file {
	unsigned char *bytes;
	size_t size;
};

struct disk {
	const struct oplog *log;
	struct name names[NAMES];
	size_t name_count;
	struct file files[OPLOG_NODES];
};

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static int is_sync_of(const struct op *sync, const struct op *op)
{
	switch (op->kind) {
	case OP_MAKE:
	case OP_LINK:
	case OP_UNLINK:
		return sync->node == op->dir;
	case OP_RENAME: /* one transaction of the file system's */
		return sync->node == op->todir;
	default:
		return sync->node == op->node;
	}
}

int crash_unsynced(const struct oplog *log, size_t i, size_t prefix)
{
	const struct op *op = &log->ops[i];

	if (op->kind == OP_SYNC || op->kind == OP_COMMIT)
		return 0;
	for (size_t k = i + 1; k < prefix; k++)
		if (log->ops[k].kind == OP_SYNC && is_sync_of(&log->ops[k], op))
			return 0;
	return 1;
}

int crash_snapshot(const struct oplog *log, size_t prefix)
{
	for (size_t i = prefix; i > 0; i--)
		if (log->ops[i - 1].kind == OP_COMMIT)
			return (int)log->ops[i - 1].at;
	return -1;
}

static struct name *find(struct disk *disk, int dir, const char *name)
{
	for (size_t i = 0; i < disk->name_count; i++)
		if (disk->names[i].dir == dir && disk->names[i].node >= 0 &&
		    strcmp(disk->names[i].name, name) == 0)
			return &disk->names[i];
	return NULL;
}

static void set(struct disk *disk, int dir, const char *name, int node)
{
	struct name *n = find(disk, dir, name);

	if (n == NULL) {
		need(disk->name_count < NAMES, "too many names");
		n = &disk->names[disk->name_count++];
		n->dir = dir;
		snprintf(n->name, sizeof(n->name), "%s", name);
	}
	n->node = node;
}

static void drop(struct disk *disk, int dir, const char *name, int node)
{
	struct name *n = find(disk, dir, name);

	if (n != NULL && n->node == node)
		n->node = -1;
}

static void resize(struct file *file, size_t size)
{
	file->bytes = realloc(file->bytes, size + 1);
	need(file->bytes != NULL, "memory");
	if (size > file->size)
		memset(file->bytes + file->size, 0, size - file->size);
	file->size = size;
}

static int has_sector(const struct crash *crash, enum fate fate, size_t sector,
		      size_t count)
{
	switch (fate) {
	case KEPT:
		return 1;
	case TORN_HEAD:
		return sector < crash->sectors;
	case TORN_TAIL:
		return sector >= count - crash->sectors;
	case TORN_ODD:
		return sector % 2;
	default:
		return 0;
	}
}

/* Sectors are those of the file, as far as the write meets them. */
static void write_some(struct file *file, const struct crash *crash,
		       const struct op *op, enum fate fate)
{
	size_t at = (size_t)op->at, end = at + op->n;
	size_t first = at / SECTOR, count = (end - 1) / SECTOR - first + 1;

	if (fate == LOST)
		return;
	if (end > file->size)
		resize(file, end);
	for (size_t s = 0; s < count; s++) {
		size_t a = (first + s) * SECTOR, b = a + SECTOR;

		a = a < at ? at : a;
		b = b > end ? end : b;
		if (has_sector(crash, fate, s, count))
			memcpy(file->bytes + a, op->data + (a - at), b - a);
	}
}

static void apply(struct disk *disk, const struct crash *crash, size_t i)
{
	const struct op *op = &crash->log->ops[i];
	enum fate fate = crash->fates[i];

	if (op->kind == OP_WRITE)
		write_some(&disk->files[op->node], crash, op, fate);
	if (op->kind == OP_WRITE || fate != KEPT)
		return;
	switch (op->kind) {
	case OP_MAKE:
	case OP_LINK:
		set(disk, op->dir, op->name, op->node);
		break;
	case OP_UNLINK:
		drop(disk, op->dir, op->name, op->node);
		break;
	case OP_RENAME:
		if (op->other >= 0)
			set(disk, op->dir, op->name, op->other);
		else
			drop(disk, op->dir, op->name, op->node);
		set(disk, op->todir, op->to, op->node);
		break;
	case OP_SIZE:
		resize(&disk->files[op->node], (size_t)op->at);
		break;
	default:
		break;
	}
}

struct disk *disk_new(const struct crash *crash)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	need(disk != NULL, "memory");
	disk->log = crash->log;
	for (size_t i = 0; i < crash->prefix; i++)
		apply(disk, crash, i);
	return disk;
}

void disk_free(struct disk *disk)
{
	for (int i = 0; i < OPLOG_NODES; i++)
		free(disk->files[i].bytes);
	free(disk);
}

static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Names are met in the order in which they were made. */
static uint64_t hash_in(const struct disk *disk, int dir, uint64_t h)
{
	for (size_t i = 0; i < disk->name_count; i++) {
		const struct name *n = &disk->names[i];

		if (n->dir != dir || n->node < 0)
			continue;
		h = mix(h, n->name, strlen(n->name) + 1);
		if (disk->log->nodes[n->node].is_dir)
			h = hash_in(disk, n->node, mix(h, "/", 1));
		else
			h = mix(mix(h, disk->files[n->node].bytes,
				    disk->files[n->node].size),
				"", 1);
		h = mix(h, "..", 2);
	}
	return h;
}

uint64_t disk_hash(const struct disk *disk)
{
	return hash_in(disk, 0, UINT64_C(0xcbf29ce484222325));
}

static void write_file(const struct file *file, int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);

	need(fd >= 0, name);
	need(file->size == 0 ||
		     write(fd, file->bytes, file->size) == (ssize_t)file->size,
	     name);
	close(fd);
}

static void write_in(const struct disk *disk, int node, int dir)
{
	for (size_t i = 0; i < disk->name_count; i++) {
		const struct name *n = &disk->names[i];
		int fd;

		if (n->dir != node || n->node < 0)
			continue;
		if (!disk->log->nodes[n->node].is_dir) {
			write_file(&disk->files[n->node], dir, n->name);
			continue;
		}
		need(mkdirat(dir, n->name, 0700) == 0, n->name);
		fd = openat(dir, n->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		need(fd >= 0, n->name);
		write_in(disk, n->node, fd);
		close(fd);
	}
}

void disk_write(const struct disk *disk, const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	need(fd >= 0, folder);
	write_in(disk, 0, fd);
	close(fd);
}
