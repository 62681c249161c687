/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing: every byte durable, then the receipt that says so. */
#include "plugins/storage/local/local.h"

#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <string.h>

static int32_t not_durable(struct local_place *p, const char *name,
			   struct hyp_error *err)
{
	p->broken = 1;
	return local_not_durable(err, errno, p->where.dir, name);
}

static int32_t finish_file(struct local_place *p, int *fd, const char *name,
			   struct hyp_error *err)
{
	int file = *fd;

	if (p->local->options->group_read && fchmod(file, 0640) != 0)
		return local_error(err, errno, "set the mode of", p->where.dir,
				   name);
	if (hyp_file_fsync(file) != 0)
		return not_durable(p, name, err);
	*fd = -1;
	if (hyp_file_close(file) != 0)
		return not_durable(p, name, err);
	return 0;
}

/* The place is whole: no failure so far, every object closed. */
static int32_t check_objects(struct local_place *p, uint64_t *bytes,
			     struct hyp_error *err)
{
	const char *fault = NULL;
	unsigned int count = 0;
	struct stat st;

	*bytes = 0;
	for (struct local_object *o = p->objects; o != NULL; o = o->next) {
		if (!o->closed)
			fault = "an object is still open";
		if (o->scratch)
			continue;
		count++;
		*bytes += o->end;
		if (o->fd < 0 || fstat(o->fd, &st) != 0 ||
		    (uint64_t)st.st_size != o->end)
			fault = "a file has not the length that was written";
	}
	if (p->state != LOCAL_OPEN)
		fault = "it is sealed";
	else if (p->broken)
		fault = "a write to it failed";
	else if (p->layout == HYP_LAYOUT_FILE && count != 1)
		fault = "it has no object";
	if (fault == NULL)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_call", 0,
			     "%s/%s cannot be sealed: %s", p->where.dir,
			     p->names.final, fault);
}

static int32_t check_receipt(const struct local_place *p, const void *text,
			     uint64_t n, uint64_t bytes, struct hyp_error *err)
{
	struct local_receipt receipt;
	int32_t rc;

	if (n == 0 && p->force)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_call", 0,
				     "%s/%s cannot replace something without "
				     "a receipt",
				     p->where.dir, p->names.final);
	if (n == 0)
		return 0;
	if (n > LOCAL_RECEIPT_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_receipt", 0,
				     "a receipt of more than %u bytes",
				     LOCAL_RECEIPT_MAX);
	rc = local_receipt_parse(text, (size_t)n, &receipt, err);
	if (rc != 0)
		return rc;
	if (strcmp(receipt.job, p->job) != 0 || receipt.attempt != p->attempt)
		return hyp_error_set(err, HYP_E_USAGE, "bad_receipt", 0,
				     "the receipt is of job %s attempt %u",
				     receipt.job, receipt.attempt);
	if (receipt.package_bytes != bytes)
		return hyp_error_set(err, HYP_E_PERMANENT, "size_mismatch", 0,
				     "%s/%s has %" PRIu64 " bytes, and its "
				     "receipt says %" PRIu64,
				     p->where.dir, p->names.final, bytes,
				     receipt.package_bytes);
	return 0;
}

static int32_t write_receipt(struct local_place *p, const void *text, size_t n,
			     struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;

	fd = hyp_file_openat(p->temp, LOCAL_RECEIPT,
			     O_WRONLY | O_CREAT | O_EXCL, 0600,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return local_error(err, errno, "make", p->where.dir,
				   LOCAL_RECEIPT);
	if (hyp_file_pwrite_all(fd, text, n, 0) != 0)
		return local_error(err, errno, "write", p->where.dir,
				   LOCAL_RECEIPT);
	return finish_file(p, &fd, LOCAL_RECEIPT, err);
}

static int32_t finish_objects(struct local_place *p, ino_t *inode,
			      struct hyp_error *err)
{
	struct stat st;
	int32_t rc = 0;

	for (struct local_object *o = p->objects; rc == 0 && o != NULL;
	     o = o->next) {
		if (o->scratch)
			continue;
		if (fstat(o->fd, &st) != 0)
			return local_error(err, errno, "examine", p->where.dir,
					   o->name);
		*inode = st.st_ino;
		rc = finish_file(p, &o->fd, o->name, err);
	}
	if (rc == 0 && hyp_file_fsync(p->temp) != 0)
		rc = not_durable(p, p->names.temp, err);
	return rc;
}

static int32_t finish_place(struct local_place *p, struct hyp_error *err)
{
	if (p->layout == HYP_LAYOUT_DIRECTORY &&
	    p->local->options->group_read && fchmod(p->temp, 0750) != 0)
		return local_error(err, errno, "set the mode of", p->where.dir,
				   p->names.temp);
	if (hyp_file_fsync(p->temp) != 0)
		return not_durable(p, p->names.temp, err);
	if (hyp_file_fsync(p->where.fd) != 0)
		return not_durable(p, NULL, err);
	return 0;
}

int32_t local_place_seal(void *place, const void *receipt, uint64_t n,
			 struct hyp_error *err)
{
	struct local_place *p = place;
	HYP_AUTO_FREE char *text = NULL;
	ino_t inode = 0;
	uint64_t bytes;
	int32_t rc;

	rc = check_objects(p, &bytes, err);
	if (rc == 0)
		rc = check_receipt(p, receipt, n, bytes, err);
	if (rc == 0)
		rc = local_where_check(p->local, &p->where, err);
	if (rc == 0)
		rc = finish_objects(p, &inode, err);
	local_reserve_close(&p->reserve);
	if (rc == 0 && n > 0 && p->layout == HYP_LAYOUT_FILE)
		rc = local_receipt_add_inode(receipt, (size_t)n, inode, &text,
					     err);
	if (rc == 0 && n > 0)
		rc = write_receipt(p, text == NULL ? receipt : text,
				   text == NULL ? (size_t)n : strlen(text),
				   err);
	if (rc == 0)
		rc = finish_place(p, err);
	if (rc != 0)
		return rc;
	p->bare = n == 0;
	p->state = LOCAL_SEALED;
	return 0;
}
