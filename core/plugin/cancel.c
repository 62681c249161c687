/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/plugin/host-table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct hyp_cancel {
	int fd; /* an eventfd that is written once and never read */
	int set;
	int unheard; /* the write failed */
};

int32_t hyp_cancel_new(struct hyp_cancel **out, struct hyp_error *err)
{
	struct hyp_cancel *cancel = calloc(1, sizeof(*cancel));

	if (cancel == NULL)
		return hyp_error_nomem(err);
	cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cancel->fd < 0) {
		free(cancel);
		return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", errno,
				     "eventfd: %s", strerror(errno));
	}
	*out = cancel;
	return 0;
}

void hyp_cancel_free(struct hyp_cancel *cancel)
{
	if (cancel == NULL)
		return;
	close(cancel->fd);
	free(cancel);
}

void hyp_cancel_set(struct hyp_cancel *cancel)
{
	static const uint64_t one = 1;
	int keep = errno;

	/* write is async-signal-safe; should it fail, who asks still knows. */
	if (__atomic_exchange_n(&cancel->set, 1, __ATOMIC_SEQ_CST) == 0 &&
	    write(cancel->fd, &one, sizeof(one)) < 0)
		cancel->unheard = 1;
	errno = keep;
}

int hyp_cancel_is_set(const struct hyp_cancel *cancel)
{
	return __atomic_load_n(&cancel->set, __ATOMIC_SEQ_CST);
}

int hyp_cancel_fd(const struct hyp_cancel *cancel)
{
	return cancel->fd;
}
