/* SPDX-License-Identifier: Apache-2.0 */
/* An attempt's place: made, and taken back. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

/* Makes the attempt's directory, which nobody may have made before. */
static int32_t make_temp(struct local_place *p, struct hyp_error *err)
{
	if (hyp_file_mkdirat(p->where.fd, p->names.temp, 0700) == 0) {
		p->made = 1;
		return 0;
	}
	if (errno == EEXIST)
		return hyp_error_set(
			err, HYP_E_TRANSIENT, "temporary_exists", EEXIST,
			"%s/%s is there: another run of this attempt is at "
			"work, or died and was not yet swept",
			p->where.dir, p->names.temp);
	return local_vanished(err, errno, "make a temporary directory in",
			      p->where.dir);
}

/* Opens it and keeps sweepers away. */
static int32_t hold_temp(struct local_place *p, struct hyp_error *err)
{
	struct stat st, named;
	int fd;

	fd = hyp_file_openat(p->where.fd, p->names.temp, O_RDONLY | O_DIRECTORY,
			     0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return local_vanished(err, errno, "open the temporary of",
				      p->where.dir);
	p->temp = fd;
	if (fstat(fd, &st) != 0)
		return local_error(err, errno, "examine", p->where.dir,
				   p->names.temp);
	/* Where locks are not to be had (NFS), is_live alone must serve. */
	if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
	    fstatat(p->where.fd, p->names.temp, &named, AT_SYMLINK_NOFOLLOW) ==
		    0 &&
	    local_same_file(&named, &st))
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
			     "%s/%s was taken away as soon as it was made",
			     p->where.dir, p->names.temp);
}

/* Better to know now than after hours of copying. */
static int32_t probe_exchange(struct local_place *p, struct hyp_error *err)
{
	static const char *const names[] = {".probe-a", ".probe-b"};
	int failed = 0;

	for (size_t i = 0; i < 2; i++) {
		int fd = hyp_file_openat(p->temp, names[i],
					 O_WRONLY | O_CREAT | O_EXCL, 0600, 0);

		if (fd < 0)
			return local_error(err, errno, "make a file in",
					   p->where.dir, p->names.temp);
		close(fd);
	}
	if (hyp_file_renameat2(p->temp, names[0], p->temp, names[1],
			       RENAME_EXCHANGE) != 0)
		failed = errno;
	for (size_t i = 0; i < 2; i++)
		if (hyp_file_unlinkat(p->temp, names[i], 0) != 0)
			return local_error(err, errno, "remove a file in",
					   p->where.dir, p->names.temp);
	if (failed == EINVAL || failed == ENOSYS)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "replace_unsupported", failed,
			"the file system of %s cannot exchange two names at "
			"once, so %s cannot be replaced safely: remove it "
			"yourself or choose another name",
			p->where.dir, p->names.final);
	if (failed != 0)
		return local_error(err, failed, "rename in", p->where.dir,
				   p->names.temp);
	return 0;
}

static int32_t set_up(struct local_place *p, const struct hyp_place_args *args,
		      struct hyp_error *err)
{
	int32_t rc;

	rc = local_where_open(p->local, args->dir, 1, &p->where, err);
	if (rc == 0)
		rc = local_output_check(p->where.fd, p->where.dir, &p->names,
					args->force, &p->old, err);
	if (rc == 0)
		rc = local_space_check(p->where.fd, p->where.dir,
				       args->expected, err);
	if (rc == 0)
		rc = make_temp(p, err);
	if (rc == 0)
		rc = hold_temp(p, err);
	if (rc == 0 && p->old.exists)
		rc = probe_exchange(p, err);
	if (rc == 0)
		rc = local_reserve_open(&p->reserve, p->temp, p->where.dir,
					args->expected, err);
	return rc;
}

int32_t local_place_new(const struct local *local,
			const struct hyp_place_args *args,
			struct local_place **out, struct hyp_error *err)
{
	struct local_place *p = calloc(1, sizeof(*p));
	int32_t rc;

	if (p == NULL)
		return hyp_error_nomem(err);
	p->local = local;
	p->where = (struct local_where)LOCAL_WHERE_INIT;
	p->temp = -1;
	p->reserve.fd = -1;
	p->attempt = args->attempt;
	p->layout = args->layout;
	p->force = args->force;
	pthread_mutex_init(&p->lock, NULL);
	rc = local_names_init(&p->names, args, err);
	if (rc != 0) {
		local_place_free(p);
		return rc;
	}
	snprintf(p->job, sizeof(p->job), "%s", args->job_id);
	*out = p;
	return 0;
}

int32_t local_place_open(void *instance, const struct hyp_place_args *args,
			 void **place, struct hyp_error *err)
{
	struct local_place *p;
	int32_t rc;

	rc = local_place_new(instance, args, &p, err);
	if (rc != 0)
		return rc;
	rc = set_up(p, args, err);
	if (rc != 0) {
		local_place_abort(p);
		return rc;
	}
	*place = p;
	return 0;
}

void local_place_free(struct local_place *p)
{
	while (p->objects != NULL) {
		struct local_object *object = p->objects;

		p->objects = object->next;
		local_object_free(object);
	}
	local_reserve_close(&p->reserve);
	if (p->temp >= 0)
		close(p->temp);
	local_where_fini(&p->where);
	local_names_fini(&p->names);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Removes what the attempt made. What publishing left half-way stays: the
 * temporary may then hold the only copy of what was to be replaced. */
static int remove_made(struct local_place *p)
{
	if (p->stuck) {
		errno = EBUSY;
		return -1;
	}
	/* Descriptors first: NFS keeps removed files that are open. */
	for (struct local_object *o = p->objects; o != NULL; o = o->next)
		local_object_drop(o);
	if (!p->made)
		return 0;
	if (p->temp < 0)
		return hyp_file_unlinkat(p->where.fd, p->names.temp,
					 AT_REMOVEDIR);
	return local_remove_temp(p->where.fd, p->names.temp, p->temp);
}

void local_place_abort(void *place)
{
	struct local_place *p = place;
	const struct hyp_host *host = p->local->host;
	HYP_AUTO_FREE char *text = NULL;

	if (remove_made(p) != 0 &&
	    hyp_asprintf(&text, NULL, "%s stays in %s: %s", p->names.temp,
			 p->where.dir, strerrordesc_np(errno)) == 0)
		host->log(host->ctx, HYP_LOG_ERROR, text);
	local_where_undo(&p->where);
	local_place_free(p);
}
