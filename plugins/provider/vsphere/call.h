/* SPDX-License-Identifier: Apache-2.0 */
/* One SOAP call over the wire: cookie, retries, renewed login. */
#ifndef VSPHERE_CALL_H
#define VSPHERE_CALL_H

#include "plugins/provider/vsphere/vs.h"

/* How a call may be made. */
#define VS_READ 1u /* changes nothing: tried up to 5 times */
#define VS_CLEANUP                                                             \
	2u	      /* goes on when cancelled; 10 s per try at most, and     \
		       * no longer than vs_cleanup_limit says */
#define VS_BARE 4u    /* part of a login: neither needs nor makes one */
#define VS_STEADY 16u /* begins something: the outcome should be known */
#define VS_TIMER 8u   /* as CLEANUP, one try; ends when *stop is set */

struct vs_call_args {
	uint32_t flags;
	const uint32_t *stop; /* VS_TIMER */
	char **cookie;	      /* VS_BARE: value of Set-Cookie, or NULL */
	uint32_t *generation; /* out: of the session that served, or NULL */
};

/*
 * Send msg and read the reply (initialized by the caller). Logs in first if
 * need be. A call that the server refused with NotAuthenticated was not
 * carried out, so it is repeated once after a new login; the second refusal
 * is HYP_E_TRANSIENT "session_expired". Any other repetition is for VS_READ,
 * or for what certainly was not sent. Any thread.
 */
int32_t vs_call(struct vs *vs, struct vs_msg *msg, uint32_t flags,
		struct vs_reply *reply, struct hyp_error *err);
int32_t vs_call_with(struct vs *vs, struct vs_msg *msg,
		     const struct vs_call_args *args, struct vs_reply *reply,
		     struct hyp_error *err);

/* From now on all cleaning up together may take so long; 0: no limit. */
void vs_cleanup_limit(struct vs *vs, uint64_t ms);
/* ms, or what is left for cleaning up if that is less. */
uint64_t vs_cleanup_left(struct vs *vs, uint64_t ms);

/* A client of the pool, for as long as the caller needs it. */
int32_t vs_client_take(struct vs *vs, struct hyp_http **out,
		       struct hyp_error *err);
void vs_client_give(struct vs *vs, struct hyp_http *http);
void vs_client_drop_all(struct vs *vs);

#endif
