/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/vs.h"
#include "core/base/signals.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

void vs_log(const struct vs *vs, uint32_t level, const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vs->host->log(vs->host->ctx, level, text);
}

int vs_api_at_least(struct vs *vs, unsigned int major, unsigned int minor)
{
	unsigned int have[2] = {0, 0};

	sscanf(vs->service.version, "%u.%u", &have[0], &have[1]);
	return have[0] > major || (have[0] == major && have[1] >= minor);
}

/* Signals are for the core's threads. */
int vs_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t before;
	int rc;

	hyp_signals_block(&before);
	rc = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}
