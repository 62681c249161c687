/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/notifier.h - tells the world of an event.
 *
 * An instance is one endpoint: its options say where events go and how. The
 * core keeps the events, their order and their retries; the notifier makes one
 * try and says what came of it. It never tries again by itself, since it does
 * not know whether the first try arrived.
 *
 * Order: create · deliver* · destroy; all are mandatory. deliver blocks for as
 * long as the endpoint's own limit of time allows, and one thread at a time
 * calls it on an instance, whatever the thread model. It ends early, with
 * HYP_E_CANCELLED, when host->cancelled says so.
 */
#ifndef HYPERSDK_NOTIFIER_H
#define HYPERSDK_NOTIFIER_H

#include <hypersdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is told. */
struct hyp_notice {
	uint32_t size;
	uint32_t attempt;      /* which try at this event this is, from 1 */
	int64_t time_ms;       /* when it happened, Unix time */
	const char *id;	       /* the same in every try: receivers know by it
				* what they have had already */
	const char *type;      /* "job.completed", ... */
	const char *job_id;    /* "" if it is of no job */
	const char *data_json; /* one JSON object, without secrets */
};

/* What came of a try: the core's, all 0 but size. Filled as far as known when
 * it failed, too. */
struct hyp_outcome {
	uint32_t size;
	uint32_t status;	 /* of the answer, as HTTP has them (100 to
				  * 999); 0: there was none, or none such */
	uint32_t latency_ms;	 /* from the start of the try to its end */
	uint32_t retry_after_ms; /* the endpoint's wish, 1 h at the most; 0:
				  * none */
};

struct hyp_notifier_ops {
	uint32_t size;
	uint32_t reserved;

	/* As in provider.h. Checks the options: HYP_E_USAGE "bad_value",
	 * "bad_url". Connects to nobody. */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	void (*destroy)(void *instance);

	/*
	 * One try. 0: the endpoint has taken it. Otherwise, with outcome filled
	 * all the same:
	 *   HYP_E_TRANSIENT net_timeout, connect_failed, dns_failed,
	 *                   connection_lost, tls_failed, refused (an answer
	 *                   that is no success)
	 *   HYP_E_PERMANENT gone: the endpoint wants no events any more;
	 *                   ssrf_blocked: its address is none that may be
	 *                   connected to, and nothing was sent
	 *   HYP_E_CANCELLED cancelled: it may have arrived, or not
	 * The text never holds a secret, nor more of the URL than its host.
	 */
	int32_t (*deliver)(void *instance, const struct hyp_notice *notice,
			   struct hyp_outcome *outcome, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
