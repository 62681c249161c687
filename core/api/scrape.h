/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: the exporter, and which of its content types a client gets. */
#ifndef HYP_API_SCRAPE_H
#define HYP_API_SCRAPE_H

#include "core/engine/engine.h"

struct hyp_scrape;

/* Loads the exporter. Without it the API works all the same, and /metrics
 * says why it does not, and tries again: only "no_memory" is returned. */
int32_t hyp_scrape_new(struct hyp_engine *engine, struct hyp_scrape **out,
		       struct hyp_error *err);
void hyp_scrape_free(struct hyp_scrape *scrape); /* takes NULL */

/* *type is valid as long as scrape. accept may be NULL. Any thread. */
int32_t hyp_scrape_render(struct hyp_scrape *scrape, const char *accept,
			  struct hyp_buf *out, const char **type,
			  struct hyp_error *err);

/*
 * The type of those offered that an Accept header likes best (RFC 9110): by
 * q, then by how closely it is named, then the first. A range with a version
 * takes no other one. The first also where none is acceptable: who asks for
 * metrics is helped by some.
 */
size_t hyp_accept_choose(const char *accept, const char *const *offered,
			 size_t count);

/* What became of a request, for the metrics. */
struct hyp_request;
void hyp_measure_request(const struct hyp_request *request, uint32_t status);

#endif
