/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/package-read.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/package/tar-read.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)

__attribute__((format(printf, 2, 3))) static int32_t
corrupt(struct hyp_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(err, HYP_E_PERMANENT, "corrupt_archive", 0, fmt, ap);
	va_end(ap);
	return HYP_E_PERMANENT;
}

/* 1 if name ends in suffix, any case. */
static int ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && strcasecmp(name + n - s, suffix) == 0;
}

int32_t hyp_pkg_find(const struct hyp_pkg *pkg, const char *name)
{
	for (size_t i = 0; i < pkg->entry_count; i++)
		if (strcmp(pkg->entries[i].name, name) == 0)
			return (int32_t)i;
	return -1;
}

const struct hyp_ovf_disk *hyp_pkg_disk(const struct hyp_pkg *pkg,
					const struct hyp_pkg_entry *entry)
{
	const struct hyp_ovf *ovf = &pkg->ovf;

	for (size_t i = 0; entry->ref >= 0 && i < ovf->disk_count; i++)
		if (strcmp(ovf->disks[i].file_ref, ovf->files[entry->ref].id) ==
		    0)
			return &ovf->disks[i];
	return NULL;
}

int hyp_pkg_is_image(const struct hyp_pkg *pkg,
		     const struct hyp_pkg_entry *entry)
{
	const struct hyp_ovf_disk *disk = hyp_pkg_disk(pkg, entry);
	const char *compression;

	/* By either name: whoever lies about the format is looked at. */
	if (disk == NULL ||
	    (strcasestr(disk->format, "vmdk") == NULL &&
	     !ends_in(pkg->ovf.files[entry->ref].href, ".vmdk")))
		return 0;
	compression = pkg->ovf.files[entry->ref].compression;
	return compression[0] == '\0' || strcmp(compression, "identity") == 0;
}

int32_t hyp_pkg_read(const struct hyp_pkg *pkg, size_t entry, uint64_t offset,
		     void *buf, size_t n, size_t *got, struct hyp_error *err)
{
	const struct hyp_pkg_entry *e = &pkg->entries[entry];
	ssize_t r;

	if (offset >= e->bytes)
		n = 0;
	else if (n > e->bytes - offset)
		n = (size_t)(e->bytes - offset);
	r = n == 0 ? 0
		   : hyp_file_pread_all(e->fd, buf, n,
					(off_t)(e->offset + offset));
	if (r < 0)
		return hyp_error_errno(err, errno, "read", e->name);
	if ((size_t)r != n)
		return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
				     "%s became shorter while it was read: "
				     "something writes to it",
				     e->name);
	*got = n;
	return 0;
}

/* All of a small entry. */
static int32_t read_text(const struct hyp_pkg *pkg, size_t entry, size_t max,
			 struct hyp_buf *out, struct hyp_error *err)
{
	const struct hyp_pkg_entry *e = &pkg->entries[entry];
	HYP_AUTO_FREE char *text = NULL;
	size_t got;
	int32_t rc;

	if (e->bytes > max)
		return hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
				     "%s has %llu bytes; the limit is %zu",
				     e->name, (unsigned long long)e->bytes,
				     max);
	text = malloc((size_t)e->bytes + 1);
	if (text == NULL)
		return hyp_error_nomem(err);
	rc = hyp_pkg_read(pkg, entry, 0, text, (size_t)e->bytes, &got, err);
	if (rc != 0)
		return rc;
	text[got] = '\0';
	*out = (struct hyp_buf){text, got, got + 1, max};
	text = NULL;
	return 0;
}

/* Where the one entry with that suffix is: *index stays -1 if there is none. */
static int32_t find_suffix(const struct hyp_pkg *pkg, const char *suffix,
			   int32_t *index, struct hyp_error *err)
{
	for (size_t i = 0; i < pkg->entry_count; i++) {
		if (!ends_in(pkg->entries[i].name, suffix))
			continue;
		if (*index >= 0)
			return hyp_error_set(
				err, HYP_E_PERMANENT, "corrupt_archive", 0,
				"two files end in %s: %s and %s; a package "
				"has one",
				suffix, pkg->entries[*index].name,
				pkg->entries[i].name);
		*index = (int32_t)i;
	}
	return 0;
}

static int32_t read_descriptor(struct hyp_pkg *pkg, struct hyp_error *err)
{
	const char *name = pkg->entries[pkg->descriptor].name;
	int32_t rc = read_text(pkg, pkg->descriptor, HYP_OVF_MAX,
			       &pkg->descriptor_text, err);

	if (rc == 0)
		rc = hyp_ovf_read(hyp_buf_str(&pkg->descriptor_text),
				  pkg->descriptor_text.len, name, &pkg->ovf,
				  err);
	for (size_t i = 0; rc == 0 && i < pkg->ovf.file_count; i++)
		rc = hyp_pkg_check_name(pkg->ovf.files[i].href,
					strlen(pkg->ovf.files[i].href),
					"reference", err);
	return rc;
}

static int32_t read_beside(struct hyp_pkg *pkg, struct hyp_error *err)
{
	int32_t rc = 0;

	if (pkg->manifest_index >= 0) {
		rc = read_text(pkg, (size_t)pkg->manifest_index,
			       HYP_MANIFEST_MAX, &pkg->manifest_text, err);
		if (rc == 0 &&
		    hyp_manifest_parse(hyp_buf_str(&pkg->manifest_text),
				       pkg->manifest_text.len, &pkg->manifest,
				       err) != 0)
			rc = hyp_error_prefix(
				err,
				"%s: ", pkg->entries[pkg->manifest_index].name);
	}
	if (rc == 0 && pkg->cert_index >= 0)
		rc = read_text(pkg, (size_t)pkg->cert_index, HYP_PKG_CERT_MAX,
			       &pkg->cert_text, err);
	return rc;
}

/* How many pieces a referenced file is in; HYP_UNKNOWN: as many as are there,
 * since the descriptor does not say its size. */
static uint64_t pieces_of(const struct hyp_ovf_file *file)
{
	if (file->chunk_size == 0 || file->bytes == 0)
		return 1;
	if (file->bytes == HYP_UNKNOWN)
		return HYP_UNKNOWN;
	return (file->bytes - 1) / file->chunk_size + 1;
}

/* Name of piece i: the href and nine digits (DSP0243 1.1, File References). */
static int32_t piece_name(const struct hyp_ovf_file *file, uint32_t i,
			  char **out, struct hyp_error *err)
{
	if (file->chunk_size == 0)
		return hyp_strdup(file->href, out, err);
	return hyp_asprintf(out, err, "%s.%09u", file->href, i);
}

typedef int32_t visit_piece(struct hyp_pkg *pkg, const char *name, int32_t ref,
			    uint32_t chunk, struct hyp_error *err);

static int32_t each_piece(struct hyp_pkg *pkg, size_t ref, visit_piece *visit,
			  struct hyp_error *err)
{
	const struct hyp_ovf_file *file = &pkg->ovf.files[ref];
	uint64_t n = pieces_of(file);

	if (n > HYP_PKG_ENTRIES_MAX && n != HYP_UNKNOWN)
		return corrupt(err,
			       "%s is in more pieces than a package may have "
			       "files",
			       file->href);
	for (uint32_t i = 0; i < n; i++) {
		HYP_AUTO_FREE char *name = NULL;
		int32_t rc = piece_name(file, i, &name, err);

		if (rc == 0)
			rc = visit(pkg, name, (int32_t)ref, i, err);
		if (rc == HYP_E_NOT_FOUND && n == HYP_UNKNOWN && i > 0)
			return 0;
		if (rc == HYP_E_NOT_FOUND)
			return corrupt(err,
				       "the descriptor references \"%s\", "
				       "which is not in the package",
				       name);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Call visit for every file that the descriptor references, piece by piece,
 * in References order. */
static int32_t each_reference(struct hyp_pkg *pkg, visit_piece *visit,
			      struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t f = 0; rc == 0 && f < pkg->ovf.file_count; f++)
		rc = each_piece(pkg, f, visit, err);
	return rc;
}

static int32_t link_entry(struct hyp_pkg *pkg, const char *name, int32_t ref,
			  uint32_t chunk, struct hyp_error *err)
{
	int32_t i = hyp_pkg_find(pkg, name);

	if (i < 0)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "%s is not there", name);
	if (pkg->entries[i].ref >= 0 || (size_t)i == pkg->descriptor ||
	    i == pkg->manifest_index || i == pkg->cert_index)
		return corrupt(err,
			       "the descriptor references \"%s\" twice, or "
			       "itself, or its manifest",
			       name);
	pkg->entries[i].ref = ref;
	pkg->entries[i].chunk = chunk;
	return 0;
}

static int32_t open_ova(struct hyp_pkg *pkg, struct hyp_error *err)
{
	int32_t ovf = -1, rc;

	pkg->is_ova = 1;
	rc = hyp_tar_read(pkg->fd, pkg->bytes, pkg, err);
	if (rc == 0)
		rc = find_suffix(pkg, ".ovf", &ovf, err);
	if (rc == 0 && ovf < 0)
		rc = corrupt(err, "%s",
			     "there is no .ovf in the archive: it is "
			     "no OVA");
	if (rc == 0 && ovf != 0)
		rc = corrupt(err,
			     "the descriptor must be the first entry, but "
			     "that is \"%s\"",
			     pkg->entries[0].name);
	if (rc == 0)
		rc = find_suffix(pkg, ".mf", &pkg->manifest_index, err);
	if (rc == 0)
		rc = find_suffix(pkg, ".cert", &pkg->cert_index, err);
	if (rc == 0)
		rc = read_descriptor(pkg, err);
	if (rc == 0)
		rc = each_reference(pkg, link_entry, err);
	return rc != 0 ? rc : read_beside(pkg, err);
}

/* Open a file beside the descriptor; *index -1 if it is not there. */
static int32_t add_beside(struct hyp_pkg *pkg, const char *name, int32_t *index,
			  struct hyp_error *err)
{
	struct hyp_pkg_entry *grown;
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;

	*index = -1;
	fd = hyp_file_openat(pkg->fd, name, O_RDONLY | O_NONBLOCK, 0, BENEATH);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "open", name);
	if (!S_ISREG(st.st_mode))
		return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_entry", 0,
				     "\"%s\" is no regular file", name);
	if (pkg->entry_count == HYP_PKG_ENTRIES_MAX)
		return corrupt(err, "%s", "more than 1024 files");
	grown = realloc(pkg->entries, (pkg->entry_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return hyp_error_nomem(err);
	pkg->entries = grown;
	grown += pkg->entry_count;
	memset(grown, 0, sizeof(*grown));
	if (hyp_strdup(name, &grown->name, err) != 0)
		return HYP_E_TRANSIENT;
	grown->bytes = (uint64_t)st.st_size;
	grown->fd = fd;
	grown->ref = -1;
	fd = -1;
	*index = (int32_t)pkg->entry_count++;
	return 0;
}

static int32_t add_referenced(struct hyp_pkg *pkg, const char *name,
			      int32_t ref, uint32_t chunk,
			      struct hyp_error *err)
{
	int32_t i = hyp_pkg_find(pkg, name), rc = 0;

	if (i < 0)
		rc = add_beside(pkg, name, &i, err);
	return rc != 0 ? rc : link_entry(pkg, name, ref, chunk, err);
}

/* NAME.mf or NAME.cert for NAME.ovf. */
static int32_t add_sibling(struct hyp_pkg *pkg, const char *ovf,
			   const char *suffix, int32_t *index,
			   struct hyp_error *err)
{
	HYP_AUTO_FREE char *name = NULL;
	int32_t rc = hyp_asprintf(&name, err, "%.*s%s", (int)strlen(ovf) - 4,
				  ovf, suffix);

	if (rc == 0 && hyp_pkg_find(pkg, name) >= 0)
		rc = corrupt(err, "the descriptor references its own \"%s\"",
			     name);
	return rc != 0 ? rc : add_beside(pkg, name, index, err);
}

static int32_t open_folder(struct hyp_pkg *pkg, const char *ovf,
			   struct hyp_error *err)
{
	int32_t i, rc;

	if (!ends_in(ovf, ".ovf"))
		return corrupt(err,
			       "%s is neither an OVA nor a descriptor "
			       "(NAME.ovf)",
			       ovf);
	rc = add_beside(pkg, ovf, &i, err);
	if (rc == 0 && i < 0)
		rc = hyp_error_errno(err, ENOENT, "open", ovf);
	if (rc == 0)
		rc = read_descriptor(pkg, err);
	if (rc == 0)
		rc = each_reference(pkg, add_referenced, err);
	if (rc == 0)
		rc = add_sibling(pkg, ovf, ".mf", &pkg->manifest_index, err);
	if (rc == 0)
		rc = add_sibling(pkg, ovf, ".cert", &pkg->cert_index, err);
	return rc != 0 ? rc : read_beside(pkg, err);
}

/* The one NAME.ovf in a folder. */
static int32_t find_descriptor(int fd, const char *path, char **out,
			       struct hyp_error *err)
{
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	int32_t rc = 0;

	if (dir == NULL)
		return hyp_error_errno(err, errno, "read the folder", path);
	for (struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;) {
		if (!ends_in(e->d_name, ".ovf"))
			continue;
		if (*out != NULL)
			rc = hyp_error_set(err, HYP_E_USAGE, "corrupt_archive",
					   0,
					   "%s holds more than one .ovf; "
					   "name the one you mean",
					   path);
		else
			rc = hyp_strdup(e->d_name, out, err);
	}
	closedir(dir);
	if (rc == 0 && *out == NULL)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
				   "%s holds no .ovf: it is no package", path);
	return rc;
}

/* Whether a regular file is meant as a descriptor: by its name, since what a
 * file holds is not yet trusted. */
static int32_t open_file(struct hyp_pkg *pkg, int fd, struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL;
	const char *base = strrchr(pkg->path, '/');
	int32_t rc;

	base = base == NULL ? pkg->path : base + 1;
	if (!ends_in(base, ".ovf")) {
		pkg->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return pkg->fd < 0
			       ? hyp_error_errno(err, errno, "open", pkg->path)
			       : open_ova(pkg, err);
	}
	rc = hyp_asprintf(&dir, err, "%.*s.", (int)(base - pkg->path),
			  pkg->path);
	if (rc != 0)
		return rc;
	pkg->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pkg->fd < 0)
		return hyp_error_errno(err, errno, "open", dir);
	return open_folder(pkg, base, err);
}

static int32_t open_path(struct hyp_pkg *pkg, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	HYP_AUTO_FREE char *ovf = NULL;
	struct stat st;
	int32_t rc;

	fd = open(pkg->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "open", pkg->path);
	pkg->bytes = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode))
		return open_file(pkg, fd, err);
	if (!S_ISDIR(st.st_mode))
		return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_entry", 0,
				     "%s is neither a file nor a folder",
				     pkg->path);
	pkg->fd = fd;
	fd = -1;
	rc = find_descriptor(pkg->fd, pkg->path, &ovf, err);
	return rc != 0 ? rc : open_folder(pkg, ovf, err);
}

int32_t hyp_pkg_open(const char *path, struct hyp_pkg **out,
		     struct hyp_error *err)
{
	struct hyp_pkg *pkg = calloc(1, sizeof(*pkg));
	int32_t rc;

	if (pkg == NULL)
		return hyp_error_nomem(err);
	pkg->fd = -1;
	pkg->manifest_index = pkg->cert_index = -1;
	rc = hyp_strdup(path, &pkg->path, err);
	if (rc == 0)
		rc = open_path(pkg, err);
	if (rc != 0) {
		hyp_pkg_close(pkg);
		return hyp_error_prefix(err, "%s: ", path);
	}
	*out = pkg;
	return 0;
}

void hyp_pkg_close(struct hyp_pkg *pkg)
{
	if (pkg == NULL)
		return;
	for (size_t i = 0; i < pkg->entry_count; i++) {
		if (!pkg->is_ova)
			close(pkg->entries[i].fd);
		free(pkg->entries[i].name);
	}
	free(pkg->entries);
	hyp_ovf_fini(&pkg->ovf);
	hyp_manifest_fini(&pkg->manifest);
	hyp_buf_fini(&pkg->descriptor_text);
	hyp_buf_fini(&pkg->manifest_text);
	hyp_buf_fini(&pkg->cert_text);
	if (pkg->fd >= 0)
		close(pkg->fd);
	free(pkg->path);
	free(pkg);
}
