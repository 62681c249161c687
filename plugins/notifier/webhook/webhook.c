/* SPDX-License-Identifier: Apache-2.0 */
/* notifier/webhook: instances, and the plugin's description. */
#include "plugins/notifier/webhook/webhook.h"

#include <stdlib.h>

static int32_t read_cidrs(struct webhook *w, struct hyp_error *err)
{
	const struct hyp_list *list = &w->options->allow_cidrs;

	w->allowed = calloc(list->count + 1, sizeof(*w->allowed));
	if (w->allowed == NULL)
		return hyp_error_nomem(err);
	for (uint64_t i = 0; i < list->count; i++)
		if (webhook_cidr_parse(list->items[i],
				       &w->allowed[w->allowed_count++]) != 0)
			return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
					     "allow_cidrs: \"%.64s\" is no "
					     "network: 10.1.0.0/16 or "
					     "fd00::/8 is expected",
					     list->items[i]);
	return 0;
}

static int32_t check_options(struct webhook *w, struct hyp_error *err)
{
	const struct webhook_options *o = w->options;
	struct hyp_buf none = HYP_BUF_INIT(1u << 16);
	int32_t rc = webhook_url_check(o->url, w->host_name, err);

	for (uint64_t i = 0; rc == 0 && i < o->headers.count; i++)
		rc = webhook_header_check(o->headers.items[i], err);
	if (rc == 0 && (o->timeout < 100 || o->timeout > 300000))
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				   "timeout: from 100ms to 5m is expected");
	if (rc == 0 && o->secret.length > 0)
		rc = webhook_sign(&o->secret, "", 0, "", 0, &none, err);
	hyp_buf_fini(&none);
	return rc < 0 ? rc : read_cidrs(w, err);
}

static void destroy(void *instance)
{
	struct webhook *w = instance;

	curl_easy_cleanup(w->easy);
	curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	free(w->allowed);
	free(w);
}

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	struct webhook *w = calloc(1, sizeof(*w));
	int32_t rc;

	if (w == NULL)
		return hyp_error_nomem(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(w);
		return hyp_error_nomem(err);
	}
	w->host = host;
	w->options = options;
	w->multi = curl_multi_init();
	w->easy = curl_easy_init();
	rc = w->multi != NULL && w->easy != NULL ? check_options(w, err)
						 : hyp_error_nomem(err);
	if (rc < 0)
		destroy(w);
	else
		*instance = w;
	return rc;
}

static int32_t deliver(void *instance, const struct hyp_notice *notice,
		       struct hyp_outcome *outcome, struct hyp_error *err)
{
	return webhook_send(instance, notice, outcome, err);
}

static const char *const formats[] = {"json", "slack", NULL};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct webhook_options, url, "url", NULL,
		       HYP_OPT_REQUIRED,
		       "where events are posted, http:// or https://"),
	HYP_OPT_ENUM(struct webhook_options, format, "format", formats, "json",
		     0,
		     "what is posted: {event, timestamp, data}, or what "
		     "Slack takes"),
	HYP_OPT_DURATION(struct webhook_options, timeout, "timeout", "10s", 0,
			 "longest time of one try"),
	HYP_OPT_SECRET(struct webhook_options, secret, "secret", 0,
		       "key of the signatures, whsec_...; several between "
		       "blanks sign once each"),
	HYP_OPT_LIST(struct webhook_options, headers, "headers", 0,
		     "more headers, each \"Name: value\""),
	HYP_OPT_LIST(struct webhook_options, allow_cidrs, "allow_cidrs", 0,
		     "private networks that may be connected to, such as "
		     "10.1.0.0/16"),
};

static const struct hyp_notifier_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.deliver = deliver,
};

const struct hyp_plugin webhook_plugin = {
	.size = sizeof(struct hyp_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_NOTIFIER,
	.threads = HYP_THREADS_INSTANCE,
	.options_size = sizeof(struct webhook_options),
	.name = "webhook",
	.version = "1.0.0",
	.summary = "Posts events to an HTTP server, signed",
	.options = options,
	.option_stride = sizeof(options[0]),
	.option_count = sizeof(options) / sizeof(options[0]),
	.ops = &ops,
};
