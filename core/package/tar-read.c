/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/tar-read.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/package/tar-header.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define LONG_NAME_MAX 1024 /* of a GNU 'L' entry, its NUL included */

struct scan {
	int fd;
	uint64_t size, at; /* bytes of the archive; next block */
	struct hyp_pkg *out;
	GHashTable *seen; /* folded names */
	char *long_name;  /* from an 'L' entry, waiting for its file */
};

__attribute__((format(printf, 3, 4))) static int32_t
corrupt(struct hyp_error *err, uint64_t at, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
			     "at byte %llu: %s", (unsigned long long)at, text);
}

static int32_t read_at(const struct scan *scan, uint64_t at, void *buf,
		       size_t n, struct hyp_error *err)
{
	ssize_t got;

	if (at > scan->size || scan->size - at < n)
		return corrupt(err, at,
			       "the archive ends here, in the middle "
			       "of an entry: it was cut short");
	got = hyp_file_pread_all(scan->fd, buf, n, (off_t)at);
	if (got < 0)
		return hyp_error_errno(err, errno, "read", "the archive");
	if ((size_t)got != n)
		return corrupt(err, at,
			       "the archive became shorter while it "
			       "was read");
	return 0;
}

/* Names that some file system holds for the same: folded, composed, and
 * without a trailing slash. NULL: not UTF-8, which is refused later. */
static char *folded_name(const char *name)
{
	size_t n = strlen(name);
	char *composed, *folded = NULL;

	while (n > 0 && name[n - 1] == '/')
		n--;
	composed = g_utf8_normalize(name, (gssize)n, G_NORMALIZE_ALL);
	if (composed != NULL) {
		char *lower = g_utf8_casefold(composed, -1);

		folded = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL);
		g_free(lower);
	}
	g_free(composed);
	return folded;
}

static int32_t check_unique(struct scan *scan, const char *name,
			    struct hyp_error *err)
{
	char *folded = folded_name(name);
	char shown[300];

	if (folded == NULL || g_hash_table_add(scan->seen, folded))
		return 0;
	hyp_text_printable(name, shown, sizeof(shown));
	return corrupt(err, scan->at,
		       "a second entry named \"%s\", or equal "
		       "but for case or Unicode form",
		       shown);
}

static const char *type_name(char type)
{
	switch (type) {
	case '1':
		return "a hard link";
	case '2':
		return "a symbolic link";
	case '3':
	case '4':
		return "a device";
	case '5':
		return "a folder";
	case '6':
		return "a FIFO";
	case '7':
		return "a contiguous file";
	case 'S':
		return "a GNU sparse file";
	case 'D':
		return "a GNU listing of a folder";
	case 'M':
	case 'V':
		return "part of a multi-volume archive";
	default:
		return "an entry of unknown type";
	}
}

static int32_t check_type(const struct scan *scan,
			  const struct hyp_tar_header *header,
			  struct hyp_error *err)
{
	char shown[300];

	if (header->type == '0')
		return 0;
	hyp_text_printable(header->name, shown, sizeof(shown));
	if (header->type == 'x' || header->type == 'g')
		return corrupt(
			err, scan->at,
			"a PAX header; importers refuse "
			"these in an OVA. Repack it: hypersdk ova create");
	if (header->type == 'K')
		return corrupt(err, scan->at,
			       "a long name of a link; a package has none");
	return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_entry", 0,
			     "at byte %llu: \"%s\" is %s; a package holds "
			     "regular files only",
			     (unsigned long long)scan->at, shown,
			     type_name(header->type));
}

static int32_t add_entry(struct scan *scan, const char *name, uint64_t bytes,
			 struct hyp_error *err)
{
	struct hyp_pkg *out = scan->out;
	struct hyp_pkg_entry *grown;

	if (out->entry_count == HYP_PKG_ENTRIES_MAX)
		return corrupt(err, scan->at, "more than %d entries",
			       HYP_PKG_ENTRIES_MAX);
	if (out->entry_count % 16 == 0) {
		grown = realloc(out->entries,
				(out->entry_count + 16) * sizeof(*grown));
		if (grown == NULL)
			return hyp_error_nomem(err);
		out->entries = grown;
	}
	grown = &out->entries[out->entry_count];
	memset(grown, 0, sizeof(*grown));
	if (hyp_strdup(name, &grown->name, err) != 0)
		return HYP_E_TRANSIENT;
	grown->offset = scan->at + HYP_TAR_BLOCK;
	grown->bytes = bytes;
	grown->fd = scan->fd;
	grown->ref = -1;
	out->entry_count++;
	return 0;
}

/* The name that a GNU 'L' entry carries for the one after it. */
static int32_t take_long_name(struct scan *scan, uint64_t bytes,
			      struct hyp_error *err)
{
	char text[LONG_NAME_MAX];
	int32_t rc;

	if (scan->long_name != NULL)
		return corrupt(err, scan->at, "a long name upon a long name");
	if (bytes < 2 || bytes > sizeof(text))
		return corrupt(err, scan->at, "a long name of %llu bytes",
			       (unsigned long long)bytes);
	rc = read_at(scan, scan->at + HYP_TAR_BLOCK, text, (size_t)bytes, err);
	if (rc != 0)
		return rc;
	if (memchr(text, '\0', (size_t)bytes) != text + bytes - 1)
		return corrupt(err, scan->at,
			       "a long name with a NUL inside, "
			       "or none at its end");
	scan->out->has_gnu = 1;
	return hyp_strdup(text, &scan->long_name, err);
}

static int32_t take_file(struct scan *scan, const struct hyp_tar_header *header,
			 struct hyp_error *err)
{
	HYP_AUTO_FREE char *long_name = HYP_STEAL(scan->long_name);
	const char *name = long_name != NULL ? long_name : header->name;
	int32_t rc;

	rc = check_unique(scan, name, err);
	if (rc == 0)
		rc = check_type(scan, header, err);
	if (rc == 0)
		rc = hyp_pkg_check_name(name, strlen(name), "archive entry",
					err);
	return rc != 0 ? rc : add_entry(scan, name, header->size, err);
}

/* One entry: header at scan->at, which then moves to the next one. */
static int32_t take_entry(struct scan *scan,
			  const struct hyp_tar_header *header,
			  struct hyp_error *err)
{
	uint64_t left = scan->size - scan->at - HYP_TAR_BLOCK;
	char shown[300];
	int32_t rc;

	if (header->size > left) {
		hyp_text_printable(header->name, shown, sizeof(shown));
		return corrupt(
			err, scan->at,
			"\"%s\" claims %llu bytes, but "
			"the archive has %llu left: it was cut short, or "
			"the size lies",
			shown, (unsigned long long)header->size,
			(unsigned long long)left);
	}
	rc = header->type == 'L' ? take_long_name(scan, header->size, err)
				 : take_file(scan, header, err);
	if (rc != 0)
		return rc;
	if (header->size >= (uint64_t)1 << 33)
		scan->out->has_base256 = 1;
	scan->at +=
		HYP_TAR_BLOCK + header->size + hyp_tar_padding(header->size);
	return 0;
}

/* From the first zero block on: zeros only, to the end of a tar record. */
static int32_t take_end(struct scan *scan, struct hyp_error *err)
{
	static const uint8_t zeros[HYP_TAR_BLOCK];
	uint8_t block[HYP_TAR_BLOCK];
	uint64_t blocks = 0;

	if (scan->long_name != NULL)
		return corrupt(err, scan->at, "a long name without its file");
	for (; scan->at < scan->size; scan->at += sizeof(block)) {
		size_t n = sizeof(block);
		int32_t rc;

		if (scan->size - scan->at < n)
			n = (size_t)(scan->size - scan->at);
		rc = read_at(scan, scan->at, block, n, err);
		if (rc != 0)
			return rc;
		if (memcmp(block, zeros, n) != 0)
			return corrupt(err, scan->at,
				       "data after the "
				       "archive's end: garbage, or a second "
				       "archive");
		/* bsdtar -b 2048 pads to 1 MiB; nobody pads to more. */
		if (++blocks > 4096)
			return corrupt(err, scan->at,
				       "more than 2 MiB of zeros at the end");
	}
	scan->out->end_blocks = (uint32_t)blocks;
	return 0;
}

/* 1 if more follows the NUL that ends a field: a name for some readers. */
static int has_tail(const uint8_t *field, size_t n)
{
	const uint8_t *end = memchr(field, '\0', n);

	for (; end != NULL && end < field + n; end++)
		if (*end != '\0')
			return 1;
	return 0;
}

static int32_t check_names(const struct scan *scan, const uint8_t *block,
			   struct hyp_error *err)
{
	int is_ustar = memcmp(block + 257, "ustar", 6) == 0;

	scan->out->is_gnu |= !is_ustar;
	if (!has_tail(block, 100) && !(is_ustar && has_tail(block + 345, 155)))
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_path", 0,
			     "at byte %llu: the name of an entry goes on after "
			     "a NUL; a package holds plain file names only",
			     (unsigned long long)scan->at);
}

static int32_t scan_all(struct scan *scan, struct hyp_error *err)
{
	uint8_t block[HYP_TAR_BLOCK];
	struct hyp_tar_header header;
	int32_t rc;

	for (;;) {
		if (scan->at >= scan->size)
			return corrupt(err, scan->at,
				       "the blocks that end an "
				       "archive are missing: it was cut short");
		rc = read_at(scan, scan->at, block, sizeof(block), err);
		if (rc == 0 && hyp_tar_header_parse(block, &header, err) != 0)
			rc = hyp_error_prefix(err, "at byte %llu: ",
					      (unsigned long long)scan->at);
		if (rc == 0 && header.is_zero)
			return take_end(scan, err);
		if (rc == 0)
			rc = check_names(scan, block, err);
		if (rc == 0)
			rc = take_entry(scan, &header, err);
		if (rc != 0)
			return rc;
	}
}

int32_t hyp_tar_read(int fd, uint64_t size, struct hyp_pkg *out,
		     struct hyp_error *err)
{
	struct scan scan = {.fd = fd, .size = size, .out = out};
	int32_t rc;

	scan.seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	rc = scan_all(&scan, err);
	g_hash_table_destroy(scan.seen);
	free(scan.long_name);
	return rc;
}
