/* SPDX-License-Identifier: Apache-2.0 */
/* A webhook as JSON: of requests, and of its row. */
#ifndef HYP_ENGINE_WEBHOOK_JSON_H
#define HYP_ENGINE_WEBHOOK_JSON_H

#include "core/config/webhook.h"
#include <hypersdk/store.h>
#include <json-c/json.h>

/* HYP_E_USAGE "bad_request", with a JSON pointer. What is secret in a request
 * is given as it is: a reference would let who asks read this machine's
 * files. */
int32_t hyp_webhook_parse(json_object *json, struct hyp_webhook *out,
			  struct hyp_error *err);
/* settings_json, without secrets: values of headers are none of it. */
int32_t hyp_webhook_settings(const struct hyp_webhook *webhook, char **out,
			     struct hyp_error *err);
/* From its row. */
int32_t hyp_webhook_load(const struct hyp_endpoint_row *row,
			 struct hyp_webhook *out, struct hyp_error *err);

#endif
