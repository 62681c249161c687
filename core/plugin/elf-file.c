/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/elf-file.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <sys/stat.h>

#define HEADERS_MAX 256
#define DYNAMIC_MAX 4096
#define PATH_LIMIT 4096

/* The parts of one object that are needed; all read from an open file. */
struct object {
	int fd;
	uint64_t end; /* of what the file says is in it */
	size_t count;
	ElfW(Phdr) headers[HEADERS_MAX];
	size_t dynamic_count;
	ElfW(Dyn) dynamic[DYNAMIC_MAX];
};

static int32_t broken(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "plugin_rejected", 0,
			     "is not a shared object for this machine");
}

static int read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return at <= INT64_MAX &&
	       hyp_file_pread_all(fd, buf, n, (off_t)at) == (ssize_t)n;
}

/* Section headers are what linkers write last: of a file that was not copied
 * whole, it is they that are missing. */
static int find_end(struct object *o, const ElfW(Ehdr) * head)
{
	uint64_t end;

	if (__builtin_add_overflow(head->e_shoff,
				   (uint64_t)head->e_shnum * head->e_shentsize,
				   &o->end))
		return 0;
	for (size_t i = 0; i < o->count; i++) {
		const ElfW(Phdr) *h = &o->headers[i];

		if (__builtin_add_overflow(h->p_offset, h->p_filesz, &end))
			return 0;
		o->end = end > o->end ? end : o->end;
	}
	return 1;
}

static int read_headers(struct object *o)
{
	ElfW(Ehdr) own, head;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int ok = self >= 0 && read_at(self, &own, sizeof(own), 0);

	if (self >= 0)
		close(self);
	if (!ok || !read_at(o->fd, &head, sizeof(head), 0) ||
	    memcmp(head.e_ident, own.e_ident, EI_DATA + 1) != 0 ||
	    head.e_type != ET_DYN || head.e_machine != own.e_machine ||
	    head.e_phentsize != sizeof(o->headers[0]) ||
	    head.e_phnum > HEADERS_MAX)
		return 0;
	o->count = head.e_phnum;
	return read_at(o->fd, o->headers, o->count * sizeof(o->headers[0]),
		       head.e_phoff) &&
	       find_end(o, &head);
}

static int32_t check_whole(const struct object *o, struct hyp_error *err)
{
	struct stat st;

	if (fstat(o->fd, &st) != 0)
		return broken(err);
	if ((uint64_t)st.st_size >= o->end)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "plugin_rejected", 0,
			     "is cut off: %" PRIu64 " of its %" PRIu64
			     " bytes are there; install it again",
			     (uint64_t)st.st_size, o->end);
}

static int read_dynamic(struct object *o)
{
	for (size_t i = 0; i < o->count; i++) {
		const ElfW(Phdr) *h = &o->headers[i];

		if (h->p_type != PT_DYNAMIC)
			continue;
		o->dynamic_count = h->p_filesz / sizeof(o->dynamic[0]);
		return o->dynamic_count <= DYNAMIC_MAX &&
		       read_at(o->fd, o->dynamic,
			       o->dynamic_count * sizeof(o->dynamic[0]),
			       h->p_offset);
	}
	return 0;
}

/* Where in the file the byte for this address is. */
static int offset_of(const struct object *o, uint64_t address, uint64_t *out)
{
	for (size_t i = 0; i < o->count; i++) {
		const ElfW(Phdr) *h = &o->headers[i];

		if (h->p_type == PT_LOAD && address >= h->p_vaddr &&
		    address - h->p_vaddr < h->p_filesz) {
			*out = h->p_offset + (address - h->p_vaddr);
			return 1;
		}
	}
	return 0;
}

static int find_tag(const struct object *o, int64_t tag, uint64_t *value)
{
	for (size_t i = 0; i < o->dynamic_count; i++) {
		if (o->dynamic[i].d_tag == DT_NULL)
			return 0;
		if (o->dynamic[i].d_tag == tag) {
			*value = o->dynamic[i].d_un.d_val;
			return 1;
		}
	}
	return 0;
}

static int read_string(const struct object *o, uint64_t index, char *out)
{
	uint64_t strings, at;
	ssize_t n;

	if (!find_tag(o, DT_STRTAB, &strings) || !offset_of(o, strings, &at) ||
	    index > UINT32_MAX || at > INT64_MAX - index)
		return 0;
	n = hyp_file_pread_all(o->fd, out, PATH_LIMIT, (off_t)(at + index));
	return n > 0 && memchr(out, '\0', (size_t)n) != NULL;
}

int32_t hyp_elf_search_path(int fd, char **out, struct hyp_error *err)
{
	HYP_AUTO_FREE struct object *o = calloc(1, sizeof(*o));
	HYP_AUTO_FREE char *path = calloc(1, PATH_LIMIT);
	uint64_t index;

	if (o == NULL || path == NULL)
		return hyp_error_nomem(err);
	o->fd = fd;
	if (!read_headers(o))
		return broken(err);
	if (check_whole(o, err) != 0)
		return err->code;
	if (!read_dynamic(o))
		return broken(err);
	if ((find_tag(o, DT_RUNPATH, &index) ||
	     find_tag(o, DT_RPATH, &index)) &&
	    !read_string(o, index, path))
		return broken(err);
	*out = HYP_STEAL(path);
	return 0;
}
