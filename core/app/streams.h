/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input, output and error. */
#ifndef HYP_APP_STREAMS_H
#define HYP_APP_STREAMS_H

/* First of all: what a standard stream that is closed would make of the next
 * file that is opened. */
void hyp_streams_hold(void);

#endif
