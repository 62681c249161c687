/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "plugins/store/sqlite/sqlite.h"

#include <errno.h>
#include <string.h>

void store_log(const struct store *s, uint32_t level, const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->host->log(s->host->ctx, level, text);
}

int32_t store_corrupt(struct store *s, const char *what, struct hyp_error *err)
{
	__atomic_store_n(&s->corrupt, 1, __ATOMIC_RELEASE);
	return hyp_error_set(
		err, HYP_E_PERMANENT, "db_corrupt", 0,
		"the database %s is damaged: %.300s. Nothing was changed in "
		"it. Stop the daemon, move %s and its -wal and -shm files "
		"aside, copy the newest file of \"hypersdk db backup\" to "
		"its place and start again",
		s->path, what, s->path);
}

int store_is_nomem(const char *text)
{
	return text == NULL || strstr(text, "error code=7") != NULL ||
	       strstr(text, "error code=3082") != NULL;
}

static int32_t no_space(struct store *s, int sys, const char *doing,
			struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_RESOURCE, "db_full", sys,
			     "%s: no space is left for the database %s; it "
			     "goes on by itself once there is some",
			     doing, s->path);
}

static int32_t busy(struct store *s, const char *doing, struct hyp_error *err)
{
	hyp_error_set(err, HYP_E_BUSY, "db_busy", 0,
		      "%s: another process has locked the database %s for "
		      "more than %d s",
		      doing, s->path, BUSY_MS / 1000);
	if (err != NULL)
		err->retry_after_ms = 1000;
	return HYP_E_BUSY;
}

int32_t store_error(struct store *s, struct conn *c, int code,
		    const char *doing, struct hyp_error *err)
{
	int sys = c->db != NULL ? sqlite3_system_errno(c->db) : 0;
	const char *text =
		c->db != NULL && sqlite3_extended_errcode(c->db) == code
			? sqlite3_errmsg(c->db)
			: sqlite3_errstr(code);

	c->failed = code;
	if (code == SQLITE_IOERR_NOMEM)
		return hyp_error_nomem(err);
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return busy(s, doing, err);
	case SQLITE_FULL:
		return no_space(s, sys, doing, err);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return store_corrupt(s, text, err);
	case SQLITE_IOERR:
		if (sys == ENOSPC || sys == EDQUOT)
			return no_space(s, sys, doing, err);
		break;
	case SQLITE_READONLY:
		return hyp_error_set(err, HYP_E_PERMANENT, "db_lost", sys,
				     "%s: the database %s cannot be written "
				     "any more: %s",
				     doing, s->path, text);
	case SQLITE_NOMEM:
		return hyp_error_nomem(err);
	case SQLITE_TOOBIG:
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "%s: a text is too long", doing);
	default:
		break;
	}
	return hyp_error_set(err, HYP_E_TRANSIENT, "db_error", sys,
			     "%s: the database %s: %s%s%s", doing, s->path,
			     text, sys != 0 ? ": " : "",
			     sys != 0 ? strerror(sys) : "");
}
