/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's log: lines wait in a bounded queue for a thread that writes
 * them to stderr, so that nobody waits for a pipe that is full. Lines that
 * find no room are counted, and the count is logged when there is room again.
 */
#ifndef HYP_APP_DAEMON_LOG_H
#define HYP_APP_DAEMON_LOG_H

#include <hypersdk/error.h>

#define HYP_LOG_FORMAT_TEXT 0u
#define HYP_LOG_FORMAT_JSON 1u	  /* one object per line */
#define HYP_LOG_FORMAT_JOURNAL 2u /* "<N>job=... text", for the journal */

/* JOURNAL where stderr is the journal's stream, else TEXT. */
uint32_t hyp_daemon_log_format(void);

/* From here on the process's log goes through the queue. One at a time. */
int32_t hyp_daemon_log_open(uint32_t format, struct hyp_error *err);
/* Writes what waits, for a second at the most; then lines go to stderr. */
void hyp_daemon_log_close(void);

#endif
