/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte buffer that grows up to a stated maximum. Always NUL-terminated
 * after the first append, the NUL not counted. One owner, no locking.
 */
#ifndef HYP_BASE_BUF_H
#define HYP_BASE_BUF_H

#include <hypersdk/error.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct hyp_buf {
	char *data; /* NULL while empty */
	size_t len;
	size_t cap;
	size_t max; /* len never exceeds it */
};

#define HYP_BUF_INIT(maximum)                                                  \
	{                                                                      \
		NULL, 0, 0, (maximum)                                          \
	}

void hyp_buf_init(struct hyp_buf *buf, size_t max);
/* Frees the bytes; the buffer is empty and may be used again. */
void hyp_buf_fini(struct hyp_buf *buf);
/* Overwrites the bytes first (explicit_bzero): for secrets. */
void hyp_buf_wipe(struct hyp_buf *buf);
/* Forgets the bytes, keeps the memory. */
void hyp_buf_reset(struct hyp_buf *buf);

/* Room for n more bytes. As append. */
int32_t hyp_buf_reserve(struct hyp_buf *buf, size_t n, struct hyp_error *err);

/* Append. 0, or HYP_E_PERMANENT "too_large" beyond max, HYP_E_TRANSIENT
 * "no_memory"; then the buffer is as before. err may be NULL. */
int32_t hyp_buf_add(struct hyp_buf *buf, const void *bytes, size_t n,
		    struct hyp_error *err);
int32_t hyp_buf_adds(struct hyp_buf *buf, const char *s, struct hyp_error *err);
__attribute__((format(printf, 3, 4))) int32_t
hyp_buf_addf(struct hyp_buf *buf, struct hyp_error *err, const char *fmt, ...);

/* The text so far, "" while empty. Valid until the next append. */
const char *hyp_buf_str(const struct hyp_buf *buf);

/* A hyp_writer's write function: ctx is the struct hyp_buf. */
int32_t hyp_buf_write(void *ctx, const void *bytes, uint64_t n,
		      struct hyp_error *err);

/* strdup and asprintf that fill err (HYP_E_TRANSIENT "no_memory") instead of
 * returning NULL unsaid; *out is the caller's to free. */
int32_t hyp_strdup(const char *s, char **out, struct hyp_error *err);
__attribute__((format(printf, 3, 4))) int32_t
hyp_asprintf(char **out, struct hyp_error *err, const char *fmt, ...);
/* The error to return when an allocation failed. */
int32_t hyp_error_nomem(struct hyp_error *err);

static inline void hyp_cleanup_buf(struct hyp_buf *buf)
{
	hyp_buf_fini(buf);
}
#define HYP_AUTO_BUF __attribute__((cleanup(hyp_cleanup_buf)))

#endif
