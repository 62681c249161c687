/* SPDX-License-Identifier: Apache-2.0 */
/* Scope cleanup: HYP_AUTO_FREE char *s; is freed when s goes out of scope,
 * HYP_AUTO_CLOSE int fd = -1; closed. Both keep errno. */
#ifndef HYP_BASE_CLEANUP_H
#define HYP_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void hyp_cleanup_free(void *p)
{
	int keep = errno;

	free(*(void **)p);
	errno = keep;
}

static inline void hyp_cleanup_close(const int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		close(*fd);
	errno = keep;
}

#define HYP_AUTO_FREE __attribute__((cleanup(hyp_cleanup_free)))
#define HYP_AUTO_CLOSE __attribute__((cleanup(hyp_cleanup_close)))

/* Give away what a HYP_AUTO_* variable holds. */
#define HYP_STEAL(p)                                                           \
	__extension__({                                                        \
		__typeof__(p) hyp_steal_ = (p);                                \
		(p) = NULL;                                                    \
		hyp_steal_;                                                    \
	})

#define HYP_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
