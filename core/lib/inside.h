/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of libhypersdk share. Nobody else includes it. */
#ifndef HYP_LIB_INSIDE_H
#define HYP_LIB_INSIDE_H

#include "core/api/direct.h"
#include "core/base/log.h"
#include "core/engine/engine.h"
#include <hypersdk/hypersdk.h>

#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

struct hypersdk {
	struct hyp_registry *registry;
	struct hyp_config *config; /* without an engine; else it is the
				    * engine's */
	struct hyp_engine *engine; /* NULL: HYPERSDK_NO_ENGINE */
	struct hyp_direct *direct;

	hypersdk_log_fn *log;
	void *log_ctx;
	uint32_t log_level;
	struct hyp_log_tap tap;
	struct hypersdk *next; /* open handles, of life.c */

	/* Rung when there are new events. */
	struct hyp_subscription *bell;
	pthread_mutex_t lock;
	pthread_cond_t rung;
	uint64_t rings;
	struct hypersdk_subscription *subscriptions;
	uint32_t closing;
};

/* A function of the caller's side of the border: its thread takes no SIGPIPE
 * or SIGXFSZ meanwhile, for what a broken pipe or a limit means is told by an
 * error; numbers are written as everywhere, not as in the program's country;
 * its log lines are the handle's; and there is an error to fill. */
struct hyp_visit {
	sigset_t before, pending;
	locale_t locale;
	const void *owner;
	struct hyp_error error;
};
void hyp_visit_begin(struct hyp_visit *visit, const struct hypersdk *h);
void hyp_visit_end(struct hyp_visit *visit);
#define HYP_VISIT(h, err)                                                      \
	__attribute__((cleanup(hyp_visit_end))) struct hyp_visit visit;        \
	hyp_visit_begin(&visit, (h));                                          \
	(err) = (err) != NULL ? (err) : &visit.error

/* HYP_E_USAGE "bad_argument" if it is NULL; HYP_E_UNSUPPORTED "no_engine". */
int32_t hyp_needs(const void *argument, const char *name,
		  struct hyp_error *err);
int32_t hyp_needs_engine(const struct hypersdk *h, struct hyp_error *err);
/* The caller's struct into ours: to is zero where his is older. min is the
 * size that the struct had in the first version. */
#define HYP_UPTO(st, last)                                                     \
	(offsetof(struct st, last) + sizeof(((struct st *)0)->last))
int32_t hyp_take_struct(void *to, size_t size, size_t min, const void *from,
			const char *name, struct hyp_error *err);

/* One request; answer may be NULL. */
int32_t hyp_ask(struct hypersdk *h, const char *method, const char *uri,
		const char *body, const char *key, char **answer,
		struct hyp_error *err);
/* The same of /COLLECTION/ID/REST ("" or "/enable"). */
int32_t hyp_ask_one(struct hypersdk *h, const char *method,
		    const char *collection, const char *id, const char *rest,
		    const char *body, char **answer, struct hyp_error *err);

/* Waits until the bell was rung since *rings, up to ms; *rings is the newest
 * then. *stop, which changes under the lock, ends it too: returns it. */
uint32_t hyp_await_bell(struct hypersdk *h, uint64_t *rings,
			const uint32_t *stop, uint32_t ms);

/* What hypersdk_close does of hypersdk_unsubscribe. */
void hyp_end_subscriptions(struct hypersdk *h);

#endif
