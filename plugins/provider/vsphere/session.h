/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session with the endpoint: opened by the first call that needs it, kept
 * alive by a thread, ended by the instance's destroy. A lease lives as long
 * as the session it was made in.
 */
#ifndef VSPHERE_SESSION_H
#define VSPHERE_SESSION_H

#include "plugins/provider/vsphere/vs.h"

/* Connected and logged in, or the reason why not. A refused login is
 * remembered: it is never tried a second time. flags: of the call that needs
 * it; VS_CLEANUP goes on when cancelled. */
int32_t vs_session_ensure(struct vs *vs, uint32_t flags, struct hyp_error *err);

/* The session of that generation is gone: log in anew, unless somebody did
 * already. */
int32_t vs_session_renew(struct vs *vs, uint32_t generation, uint32_t flags,
			 struct hyp_error *err);

/* Only RetrieveServiceContent, without credentials. */
int32_t vs_session_connect(struct vs *vs, uint32_t flags,
			   struct hyp_error *err);

/* Take up a session by its cookie (after vs_session_connect), as if it had
 * just been opened. */
void vs_session_adopt(struct vs *vs, const char *cookie);

/* Log out now, within 10 s; failures are of no consequence. */
void vs_session_leave(struct vs *vs);

/* No session any more, and nobody to tell. */
void vs_session_forget(struct vs *vs);

/* Stops the thread, and logs out unless an undo record needs the session. */
void vs_session_end(struct vs *vs);

uint32_t vs_session_generation(struct vs *vs);

#endif
