/* SPDX-License-Identifier: Apache-2.0 */
/* What is posted of an event: the envelope {event, timestamp, data}, or {text,
 * blocks}, which Slack shows. For the one that sends it and the one that tells
 * what was sent. */
#ifndef HYP_BASE_NOTICE_BODY_H
#define HYP_BASE_NOTICE_BODY_H

#include "core/base/buf.h"
#include <hypersdk/notifier.h>

int32_t hyp_notice_body(const struct hyp_notice *notice, int for_slack,
			struct hyp_buf *out, struct hyp_error *err);

#endif
