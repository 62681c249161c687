/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/error.h - how a failure crosses the plugin border.
 *
 * A function that can fail returns 0, or one of the negative codes below and
 * fills the caller's struct hyp_error, always its last parameter. The code
 * says what the core does next; the kind is a stable word for machines
 * ("size_mismatch"); the text is for a person: what happened, to what, and
 * what to do about it, without secrets. Outputs are written on success only.
 *
 * A plugin that fails because a function of the core's failed (a writer, a
 * sink, the host) returns that code and leaves the error as it is; it may put
 * context before the text. A failure without kind or text, or with another
 * code in it than was returned, is the plugin's error "plugin_fault".
 */
#ifndef HYPERSDK_ERROR_H
#define HYPERSDK_ERROR_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The short list. Each line: what the core does when it sees the code. */
#define HYP_E_TRANSIENT (-1)   /* restarts the disk, else retries the attempt */
#define HYP_E_BUSY (-2)	       /* waits and tries again, attempt not charged */
#define HYP_E_AUTH (-3)	       /* stops; counts against the endpoint's user */
#define HYP_E_PERMANENT (-4)   /* stops: trying again would fail again */
#define HYP_E_NOT_FOUND (-5)   /* stops: the named thing is not there */
#define HYP_E_USAGE (-6)       /* stops: the request or its options are wrong */
#define HYP_E_UNSUPPORTED (-7) /* goes on without, or by another way */
#define HYP_E_RESOURCE (-8)    /* retries the attempt: no space, no lease */
#define HYP_E_EXISTS (-9)      /* stops: the output is there already */
#define HYP_E_CANCELLED (-10)  /* stops quietly: somebody asked for it */
#define HYP_E_FENCED (-11)     /* stops at once: another owner took over */
#define HYP_E_CONFLICT (-12)   /* the row was not in the expected state */
#define HYP_E_LAST HYP_E_CONFLICT

#define HYP_ERROR_KIND_MAX 32
#define HYP_ERROR_TEXT_MAX 968

/* Owned by the caller, who need not initialize it: a setter fills it whole.
 * Valid only after a call that returned a negative code. It never grows. The
 * core always hands one to a plugin; a plugin may give NULL to the core. */
struct hyp_error {
	uint32_t size;		 /* sizeof(struct hyp_error) */
	int32_t code;		 /* HYP_E_*, the same that was returned */
	int32_t sys_errno;	 /* errno behind it, or 0 */
	uint32_t retry_after_ms; /* the source's wish, or 0: set it after a
				  * setter, for TRANSIENT and BUSY */
	char kind[HYP_ERROR_KIND_MAX]; /* [a-z0-9_]+, NUL-terminated */
	char text[HYP_ERROR_TEXT_MAX]; /* UTF-8, one line, NUL-terminated */
};

/* Drops a last character of UTF-8 that a cut has left incomplete. */
static inline void hyp_error_cut(char *text)
{
	size_t n = strlen(text), at = n, need;
	unsigned char lead;

	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0)
		return;
	lead = (unsigned char)text[at - 1];
	need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (n - (at - 1) < need)
		text[at - 1] = '\0';
}

/*
 * Fill *err and return code, so that failing is one line:
 *	return hyp_error_set(err, HYP_E_TRANSIENT, "net_timeout", ENETDOWN, ...)
 * err may be NULL. Text that does not fit is cut, between two characters. err's
 * own text is no argument for it: the text is emptied first
 * (hyp_error_prefix). Any thread.
 */
__attribute__((format(printf, 5, 0))) static inline int32_t
hyp_error_vset(struct hyp_error *err, int32_t code, const char *kind,
	       int32_t sys_errno, const char *fmt, va_list ap)
{
	if (err == NULL)
		return code;
	memset(err, 0, sizeof(*err));
	err->size = (uint32_t)sizeof(*err);
	err->code = code;
	err->sys_errno = sys_errno;
	snprintf(err->kind, sizeof(err->kind), "%s", kind);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	hyp_error_cut(err->text);
	return code;
}

__attribute__((format(printf, 5, 6))) static inline int32_t
hyp_error_set(struct hyp_error *err, int32_t code, const char *kind,
	      int32_t sys_errno, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(err, code, kind, sys_errno, fmt, ap);
	va_end(ap);
	return code;
}

/*
 * Put context before the text of an error already set ("disk 2 of vm-42: ")
 * and return its code; HYP_E_PERMANENT where err is NULL. The error's own text
 * is cut if both do not fit, and stays as it was if the context does not.
 */
__attribute__((format(printf, 2, 3))) static inline int32_t
hyp_error_prefix(struct hyp_error *err, const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX];
	va_list ap;
	int n;

	if (err == NULL)
		return HYP_E_PERMANENT;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(text)) {
		size_t room = sizeof(text) - (size_t)n - 1, keep;

		err->text[sizeof(err->text) - 1] = '\0';
		keep = strlen(err->text);
		keep = keep < room ? keep : room;
		memcpy(text + n, err->text, keep);
		text[(size_t)n + keep] = '\0';
		hyp_error_cut(text);
		memcpy(err->text, text, strlen(text) + 1);
	}
	return err->code;
}

#ifdef __cplusplus
}
#endif
#endif
