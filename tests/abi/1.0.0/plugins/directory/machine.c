/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OVF_MAX (1u << 20)
#define SECTOR 512u
#define STREAM_OPTIMIZED 0x30000u /* compressed grains, with markers */

static int open_folder(const struct directory *d, const char *vm)
{
	int top = open(d->options->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1, keep;

	if (top >= 0)
		fd = openat(top, vm,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	keep = errno;
	if (top >= 0)
		close(top);
	errno = keep;
	return fd;
}

int machine_open(const struct directory *d, const char *vm, const char *file)
{
	int folder = open_folder(d, vm), fd = -1, keep;

	if (folder >= 0)
		fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	keep = errno;
	if (folder >= 0)
		close(folder);
	errno = keep;
	return fd;
}

static int ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

static uint64_t little(const unsigned char *p, int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* The capacity is in the first sector; so is whether it is of our kind. */
static int32_t read_disk(int folder, struct disk *disk, struct hyp_error *err)
{
	unsigned char head[SECTOR];
	struct stat st;
	int fd = openat(folder, disk->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : -1;
	int failed = n < 0 || fstat(fd, &st) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (failed != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", failed,
				     "%s: %s", disk->file, strerror(failed));
	if (n != SECTOR || memcmp(head, "KDMV", 4) != 0 ||
	    (little(head + 8, 4) & STREAM_OPTIMIZED) != STREAM_OPTIMIZED)
		return hyp_error_set(err, HYP_E_PERMANENT, "disk_format", 0,
				     "%s is no streamOptimized VMDK: convert "
				     "it by qemu-img convert -O vmdk -o "
				     "subformat=streamOptimized",
				     disk->file);
	disk->capacity = little(head + 12, 8) * SECTOR;
	disk->bytes = (uint64_t)st.st_size;
	disk->changed_ns =
		(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return 0;
}

/* The number in the VirtualQuantity of the first Item of that ResourceType; a
 * real plugin would have an XML parser here. */
static uint64_t quantity(const char *ovf, const char *type)
{
	static const char name[] = "<rasd:VirtualQuantity>";
	const char *item = ovf, *end, *at;

	while ((item = strstr(item, "<Item")) != NULL &&
	       (end = strstr(item, "</Item>")) != NULL) {
		at = strstr(item, type);
		if (at != NULL && at < end) {
			at = strstr(item, name);
			return at != NULL && at < end
				       ? strtoull(at + strlen(name), NULL, 10)
				       : 0;
		}
		item = end;
	}
	return 0;
}

static void read_ovf(int folder, const char *name, struct machine *m)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = fd >= 0 ? (char *)calloc(1, OVF_MAX + 1) : NULL;
	uint64_t cpus, memory;

	if (text != NULL && read(fd, text, OVF_MAX) > 0) {
		cpus = quantity(text, "ResourceType>3<");
		memory = quantity(text, "ResourceType>4<");
		if (cpus >= 1 && cpus <= 1024)
			m->cpus = (uint32_t)cpus;
		if (memory >= 4 && memory <= 16777216)
			m->memory_mb = memory;
	}
	free(text);
	if (fd >= 0)
		close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct disk *)a)->file,
		      ((const struct disk *)b)->file);
}

static int32_t take(int folder, const char *file, struct machine *m,
		    struct hyp_error *err)
{
	if (file[0] == '.')
		return 0;
	if (ends_in(file, ".ovf"))
		read_ovf(folder, file, m);
	if (!ends_in(file, ".vmdk"))
		return 0;
	if (m->count == DISKS_MAX)
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "too_many_disks",
				     0, "%s has more than %d disks", m->name,
				     DISKS_MAX);
	snprintf(m->disks[m->count].file, NAME_MAX_, "%s", file);
	return read_disk(folder, &m->disks[m->count++], err);
}

int32_t machine_read(const struct directory *d, const char *name,
		     struct machine *m, struct hyp_error *err)
{
	int folder = -1;
	struct dirent *e;
	int32_t rc = 0;
	DIR *dir;

	memset(m, 0, sizeof(*m));
	m->cpus = 1;
	m->memory_mb = 1024;
	snprintf(m->name, sizeof(m->name), "%s", name);
	if (name[0] != '.' && name[0] != '\0' && strchr(name, '/') == NULL)
		folder = open_folder(d, name);
	dir = folder >= 0 ? fdopendir(folder) : NULL;
	if (dir == NULL) {
		if (folder >= 0)
			close(folder);
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "%s holds no folder %s", d->options->path,
				     name);
	}
	while (rc == 0 && (e = readdir(dir)) != NULL)
		rc = take(folder, e->d_name, m, err);
	closedir(dir);
	if (rc == 0 && m->count == 0)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "%s/%s holds no disk (*.vmdk)",
				   d->options->path, name);
	qsort(m->disks, m->count, sizeof(m->disks[0]), by_name);
	return rc;
}
