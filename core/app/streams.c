/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/streams.h"

#include <fcntl.h>
#include <unistd.h>

/* Messages must not land in a package that happens to have number 2. Opened the
 * wrong way round: to read or write there fails, as it would have. */
void hyp_streams_hold(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(1);
}
