/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a request between its head and its answer. */
#ifndef HYP_API_DISPATCH_H
#define HYP_API_DISPATCH_H

#include "core/api/request.h"

enum hyp_next {
	HYP_NEXT_BODY = 1, /* read the body, then finish */
	HYP_NEXT_REPLY,	   /* the reply stands */
	HYP_NEXT_RUN,	   /* the handler may run, at its route's place */
};

/* The head is there: guard, host, route, role, content type. */
enum hyp_next hyp_dispatch_begin(struct hyp_request *request,
				 const struct hyp_head *head);
/* The body is there too: read and checked by the route's schema. Who asks is
 * asked again if tokens have changed meanwhile. In the thread of the handler:
 * a large body takes a tenth of a second. */
enum hyp_next hyp_dispatch_finish(struct hyp_request *request);
/* Both, for a request that came by no connection, from who may do anything:
 * method, raw_uri, body and facts are there. */
enum hyp_next hyp_dispatch_direct(struct hyp_request *request);
/* The handler; the reply stands when it returns. */
void hyp_dispatch_run(struct hyp_request *request);
/* The same, for who would rather have the error than a reply that tells it. */
int32_t hyp_dispatch_call(struct hyp_request *request, struct hyp_error *err);

#endif
