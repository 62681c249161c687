/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: renaming what is sealed, so that it can be taken back. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

/* One name moved into dir, or exchanged with the one that is there. */
struct move {
	int from;
	const char *from_name, *to_name;
	const struct stat *old; /* what must come out; NULL: no exchange */
	int is_dir, done;
};

/*
 * rename without replacing where the file system does not know how (NFS). A
 * file is linked, which fails if the name is taken, and loses its old name; a
 * directory can only replace an empty one.
 */
static int rename_plainly(int from, const char *from_name, int to,
			  const char *to_name, int is_dir)
{
	struct stat st;
	int keep;

	if (fstatat(to, to_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (is_dir)
		return hyp_file_renameat2(from, from_name, to, to_name, 0);
	if (hyp_file_linkat(from, from_name, to, to_name) != 0)
		return -1;
	if (hyp_file_unlinkat(from, from_name, 0) == 0)
		return 0;
	keep = errno;
	hyp_file_unlinkat(to, to_name, 0);
	errno = keep;
	return -1;
}

static int rename_one(int from, const char *from_name, int to,
		      const char *to_name, const struct move *m)
{
	unsigned int flags =
		m->old == NULL ? RENAME_NOREPLACE : RENAME_EXCHANGE;

	if (hyp_file_renameat2(from, from_name, to, to_name, flags) == 0)
		return 0;
	if (errno != EINVAL || m->old != NULL)
		return -1;
	return rename_plainly(from, from_name, to, to_name, m->is_dir);
}

static void take_back(const struct local_place *p, struct move *m)
{
	/* Twice, as in remove.c: nothing may stay visible. */
	for (int i = 0; i < 2 && m->done; i++)
		m->done = rename_one(p->where.fd, m->to_name, m->from,
				     m->from_name, m) != 0;
}

static int32_t move_in(const struct local_place *p, struct move *m,
		       struct hyp_error *err)
{
	struct stat out;

	if (rename_one(m->from, m->from_name, p->where.fd, m->to_name, m) != 0)
		return local_error(err, errno, "publish", p->where.dir,
				   m->to_name);
	m->done = 1;
	if (m->old == NULL)
		return 0;
	if (fstatat(m->from, m->from_name, &out, AT_SYMLINK_NOFOLLOW) == 0 &&
	    local_same_file(&out, m->old))
		return 0;
	take_back(p, m);
	return hyp_error_set(err, HYP_E_EXISTS, "output_exists", 0,
			     "%s/%s was replaced by something else at the very "
			     "end: not touched",
			     p->where.dir, m->to_name);
}

int32_t local_rename_in(struct local_place *p, int package_done,
			struct hyp_error *err)
{
	int file = p->layout == HYP_LAYOUT_FILE;
	const struct local_output *old = &p->old;
	struct move package = {
		.from = file ? p->temp : p->where.fd,
		.from_name = file ? p->names.final : p->names.temp,
		.to_name = p->names.final,
		.old = old->exists ? &old->package : NULL,
		.is_dir = !file,
	};
	struct move receipt = {
		.from = p->temp,
		.from_name = LOCAL_RECEIPT,
		.to_name = p->names.receipt,
		.old = old->exists ? &old->receipt : NULL,
	};
	int32_t rc = 0;

	if (!package_done)
		rc = move_in(p, &package, err);
	/* A receipt without its package would be nobody's. */
	if (rc == 0 && file && !p->bare && hyp_file_fsync(p->where.fd) != 0)
		rc = local_not_durable(err, errno, p->where.dir, NULL);
	if (rc == 0 && file && !p->bare)
		rc = move_in(p, &receipt, err);
	if (rc == 0 && hyp_file_fsync(p->where.fd) != 0)
		rc = local_not_durable(err, errno, p->where.dir, NULL);
	if (rc == 0)
		return 0;
	take_back(p, &receipt);
	take_back(p, &package);
	p->stuck = receipt.done || package.done;
	return rc;
}

/* The directory that was exchanged for ours; twice, as in remove.c. */
static int remove_old(const struct local_place *p)
{
	int failed = -1;

	for (int i = 0; i < 2 && failed != 0; i++) {
		HYP_AUTO_CLOSE int fd = hyp_file_openat(
			p->where.fd, p->names.temp, O_RDONLY | O_DIRECTORY, 0,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

		if (fd >= 0)
			failed = local_remove_temp(p->where.fd, p->names.temp,
						   fd);
	}
	return failed;
}

void local_clean_up(struct local_place *p)
{
	const struct hyp_host *host = p->local->host;
	HYP_AUTO_FREE char *text = NULL;
	int failed = 0;

	if (p->layout == HYP_LAYOUT_FILE)
		failed = local_remove_temp(p->where.fd, p->names.temp, p->temp);
	else if (p->old.exists)
		failed = remove_old(p);
	if (failed != 0 &&
	    hyp_asprintf(&text, NULL, "what %s replaced stays as %s/%s: %s",
			 p->names.final, p->where.dir, p->names.temp,
			 strerrordesc_np(errno)) == 0)
		host->warning(host->ctx, "temporary_left", text);
}

int32_t local_place_publish(void *place, struct hyp_error *err)
{
	struct local_place *p = place;
	int32_t rc;

	if (p->state != LOCAL_SEALED)
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				     "%s/%s is not sealed", p->where.dir,
				     p->names.final);
	rc = local_where_check(p->local, &p->where, err);
	if (rc == 0)
		rc = local_output_check(p->where.fd, p->where.dir, &p->names,
					p->force, &p->old, err);
	if (rc == 0)
		rc = local_rename_in(p, 0, err);
	if (rc != 0)
		return rc;
	local_clean_up(p);
	local_place_free(p);
	return 0;
}
