/* SPDX-License-Identifier: Apache-2.0 */
/* After a crash: what an attempt left, finishing it, sweeping it away. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>

struct found {
	uint32_t state;
	int package_done; /* layout FILE: the first rename was made */
};

static int open_dir(int dir, const char *name)
{
	struct stat st;
	int fd = hyp_file_openat(dir, name, O_RDONLY | O_DIRECTORY, 0,
				 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					 RESOLVE_NO_XDEV);

	if (fd < 0 || (fstat(fd, &st) == 0 && st.st_uid == geteuid()))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* 1: dir/name is this attempt's receipt, 0 not, negative error. */
static int32_t is_this(const struct local_place *p, int dir, const char *name,
		       struct local_receipt *receipt, struct hyp_error *err)
{
	int32_t rc = local_receipt_read(dir, p->where.dir, name, receipt, err);

	if (rc != 1)
		return rc;
	return strcmp(receipt->job, p->job) == 0 &&
	       receipt->attempt == p->attempt;
}

static int32_t whole_directory(const struct local_place *p, int fd,
			       struct hyp_error *err)
{
	struct local_receipt receipt;
	unsigned int empty;
	uint64_t bytes;
	int32_t rc;

	if (fd < 0)
		return 0;
	rc = is_this(p, fd, LOCAL_RECEIPT, &receipt, err);
	if (rc == 1)
		rc = local_tree_bytes(fd, p->where.dir, &bytes, &empty, err);
	return rc == 1 ? bytes == receipt.package_bytes : rc;
}

static int32_t examine_directory(const struct local_place *p, struct found *out,
				 struct hyp_error *err)
{
	HYP_AUTO_CLOSE int final = open_dir(p->where.fd, p->names.final);
	int32_t rc;

	rc = whole_directory(p, final, err);
	if (rc == 1)
		out->state = HYP_PLACE_PUBLISHED;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = whole_directory(p, p->temp, err);
	if (rc == 1)
		out->state = HYP_PLACE_SEALED;
	return rc < 0 ? rc : 0;
}

/* The package's file at dir/name: has it the right length, and the right inode
 * number (as far as such numbers last)? */
struct candidate {
	int size_ok, inode_ok;
	struct stat st;
};

static struct candidate look(int dir, const char *name,
			     const struct local_receipt *receipt)
{
	struct candidate c = {.size_ok = 0};

	if (dir < 0 || fstatat(dir, name, &c.st, AT_SYMLINK_NOFOLLOW) != 0)
		return c;
	c.size_ok = S_ISREG(c.st.st_mode) && c.st.st_uid == geteuid() &&
		    (uint64_t)c.st.st_size == receipt->package_bytes;
	c.inode_ok = c.size_ok && c.st.st_ino == receipt->inode;
	return c;
}

/*
 * The package is renamed first, then the receipt. When replacing, the names
 * are exchanged, so that a package stands at both places all the time: their
 * lengths tell which is ours, and if those are equal, the inode number that
 * the receipt holds. If that cannot tell either, the attempt is worth nothing.
 */
static int32_t examine_file(const struct local_place *p, struct found *out,
			    struct hyp_error *err)
{
	struct local_receipt r;
	struct candidate here, there;
	int32_t published, sealed = 0;

	published = is_this(p, p->where.fd, p->names.receipt, &r, err);
	if (published == 0 && p->temp >= 0)
		sealed = is_this(p, p->temp, LOCAL_RECEIPT, &r, err);
	if (published < 0 || sealed < 0)
		return err->code;
	if (!published && !sealed)
		return 0;
	here = look(p->temp, p->names.final, &r);
	there = look(p->where.fd, p->names.final, &r);
	if (here.size_ok && there.size_ok &&
	    local_same_file(&here.st, &there.st))
		here.size_ok = 0; /* linked, and not yet unlinked */
	if (here.size_ok && there.size_ok && here.inode_ok == there.inode_ok)
		return 0;
	out->package_done = there.size_ok && (!here.size_ok || there.inode_ok);
	if (out->package_done)
		out->state = published ? HYP_PLACE_PUBLISHED : HYP_PLACE_SEALED;
	else if (here.size_ok)
		out->state = HYP_PLACE_SEALED;
	return 0;
}

/* Opens where and temp, as far as they are there, and judges. */
static int32_t examine(struct local_place *p, const char *dir,
		       struct found *out, struct hyp_error *err)
{
	int32_t rc = local_where_open(p->local, dir, 0, &p->where, err);

	*out = (struct found){.state = HYP_PLACE_NONE};
	if (rc != 0)
		return rc == HYP_E_NOT_FOUND ? 0 : rc;
	p->temp = open_dir(p->where.fd, p->names.temp);
	if (p->temp < 0 && errno != ENOENT)
		return local_error(err, errno, "open", p->where.dir,
				   p->names.temp);
	if (p->temp >= 0)
		out->state = HYP_PLACE_PARTIAL;
	return p->layout == HYP_LAYOUT_FILE ? examine_file(p, out, err)
					    : examine_directory(p, out, err);
}

int32_t local_state(void *instance, const struct hyp_place_args *args,
		    uint32_t *state, struct hyp_error *err)
{
	struct local_place *p;
	struct found found;
	int32_t rc;

	rc = local_place_new(instance, args, &p, err);
	if (rc != 0)
		return rc;
	rc = examine(p, args->dir, &found, err);
	local_place_free(p);
	if (rc == 0)
		*state = found.state;
	return rc;
}

/* What the rest of the renames will replace. */
static int32_t find_old(struct local_place *p, int package_done,
			struct hyp_error *err)
{
	struct local_receipt receipt;
	int32_t rc;

	if (!package_done)
		return local_output_check(p->where.fd, p->where.dir, &p->names,
					  p->force, &p->old, err);
	if (!p->force || fstatat(p->where.fd, p->names.receipt, &p->old.receipt,
				 AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	/* A receipt there is of the package that ours was exchanged with. */
	rc = local_receipt_read(p->where.fd, p->where.dir, p->names.receipt,
				&receipt, err);
	p->old.exists = rc == 1;
	return rc < 0 ? rc : 0;
}

/* Only one process at a time may finish what was left. */
static int32_t take_over(struct local_place *p, struct hyp_error *err)
{
	if (flock(p->temp, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	return hyp_error_set(err, HYP_E_BUSY, "place_in_use", EWOULDBLOCK,
			     "another process is at work in %s/%s",
			     p->where.dir, p->names.temp);
}

static int32_t finish(struct local_place *p, const struct found *found,
		      struct hyp_error *err)
{
	int32_t rc;

	if (found->state == HYP_PLACE_PUBLISHED)
		return 0;
	if (found->state != HYP_PLACE_SEALED)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_sealed", 0,
				     "nothing complete of job %s attempt %u "
				     "is left for %s",
				     p->job, p->attempt, p->names.final);
	if (p->temp < 0)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_sealed", 0,
				     "%s/%s is gone", p->where.dir,
				     p->names.temp);
	rc = take_over(p, err);
	if (rc == 0)
		rc = find_old(p, found->package_done, err);
	if (rc == 0)
		rc = local_rename_in(p, found->package_done, err);
	if (rc == 0)
		local_clean_up(p);
	return rc;
}

int32_t local_resume(void *instance, const struct hyp_place_args *args,
		     struct hyp_error *err)
{
	struct local_place *p;
	struct found found;
	int32_t rc;

	rc = local_place_new(instance, args, &p, err);
	if (rc != 0)
		return rc;
	rc = examine(p, args->dir, &found, err);
	if (rc == 0)
		rc = finish(p, &found, err);
	local_place_free(p);
	return rc;
}

/* 1 if it was removed. */
static int sweep_one(const struct local *local, const struct local_where *where,
		     const char *name)
{
	HYP_AUTO_CLOSE int fd = open_dir(where->fd, name);
	HYP_AUTO_FREE char *text = NULL;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return 0; /* somebody lives there */
	if (local_remove_temp(where->fd, name, fd) == 0)
		return 1;
	if (hyp_asprintf(&text, NULL, "%s/%s was not swept away: %s",
			 where->dir, name, strerrordesc_np(errno)) == 0)
		local->host->log(local->host->ctx, HYP_LOG_WARNING, text);
	return 0;
}

int32_t local_sweep(void *instance, const char *dir,
		    uint32_t (*is_live)(void *ctx, const char *job_id,
					uint32_t attempt),
		    void *ctx, uint64_t *removed, struct hyp_error *err)
{
	const struct local *local = instance;
	struct local_where where;
	uint64_t count = 0;
	struct dirent *e;
	char job[129];
	uint32_t attempt;
	DIR *list;
	int32_t rc;

	rc = local_where_open(local, dir, 0, &where, err);
	if (rc == HYP_E_NOT_FOUND) {
		*removed = 0;
		return 0;
	}
	if (rc != 0)
		return rc;
	list = local_list(where.fd, where.dir, err);
	if (list == NULL)
		rc = err->code;
	while (list != NULL && (e = readdir(list)) != NULL)
		if (local_name_parse(e->d_name, job, &attempt) &&
		    !is_live(ctx, job, attempt))
			count += (uint64_t)sweep_one(local, &where, e->d_name);
	if (list != NULL)
		closedir(list);
	local_where_fini(&where);
	if (rc == 0)
		*removed = count;
	return rc;
}
