/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/instance.h"
#include "core/base/buf.h"
#include "core/plugin/call.h"

#include <stdlib.h>

static int32_t call_create(struct hyp_instance *i, const void *options,
			   struct hyp_instance *inner, void **raw,
			   struct hyp_error *err)
{
	const void *ops = i->loaded->ops;

	switch (i->loaded->plugin.kind) {
	case HYP_KIND_PROVIDER:
		return ((const struct hyp_provider_ops *)ops)
			->create(i->host, options, raw, err);
	case HYP_KIND_PACKAGER:
		return ((const struct hyp_packager_ops *)ops)
			->create(i->host, options, raw, err);
	case HYP_KIND_STORE:
		return ((const struct hyp_store_ops *)ops)
			->create(i->host, options, raw, err);
	case HYP_KIND_NOTIFIER:
		return ((const struct hyp_notifier_ops *)ops)
			->create(i->host, options, raw, err);
	case HYP_KIND_EXPORTER:
		return ((const struct hyp_exporter_ops *)ops)
			->create(i->host, options, raw, err);
	default:
		return ((const struct hyp_storage_ops *)ops)
			->create(i->host, options,
				 inner != NULL ? &hyp_storage_calls : NULL,
				 inner, raw, err);
	}
}

static void call_destroy(const struct hyp_instance *i)
{
	const void *ops = i->loaded->ops;

	switch (i->loaded->plugin.kind) {
	case HYP_KIND_PROVIDER:
		((const struct hyp_provider_ops *)ops)->destroy(i->raw);
		break;
	case HYP_KIND_PACKAGER:
		((const struct hyp_packager_ops *)ops)->destroy(i->raw);
		break;
	case HYP_KIND_STORE:
		((const struct hyp_store_ops *)ops)->destroy(i->raw);
		break;
	case HYP_KIND_NOTIFIER:
		((const struct hyp_notifier_ops *)ops)->destroy(i->raw);
		break;
	case HYP_KIND_EXPORTER:
		((const struct hyp_exporter_ops *)ops)->destroy(i->raw);
		break;
	default:
		((const struct hyp_storage_ops *)ops)->destroy(i->raw);
	}
}

static int32_t check_inner(const struct hyp_loaded *loaded,
			   const struct hyp_instance *inner,
			   struct hyp_error *err)
{
	int wraps = loaded->plugin.kind == HYP_KIND_STORAGE &&
		    (loaded->plugin.flags & HYP_PLUGIN_WRAPS) != 0;

	if (wraps && inner == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "no_inner", 0,
				     "%s/%s wraps another storage: say which, "
				     "inner = { plugin = \"local\"; }",
				     hyp_kind_name(loaded->plugin.kind),
				     loaded->plugin.name);
	if (!wraps && inner != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "unexpected_inner", 0,
				     "%s/%s wraps no other storage: leave "
				     "inner out",
				     hyp_kind_name(loaded->plugin.kind),
				     loaded->plugin.name);
	return 0;
}

static int32_t set_gate(struct hyp_instance *i, struct hyp_error *err)
{
	int32_t rc = 0;

	i->gate = i->loaded->gate;
	if (i->loaded->plugin.threads == HYP_THREADS_INSTANCE) {
		rc = hyp_gate_new(&i->own_gate, err);
		i->gate = i->own_gate;
	}
	return rc;
}

static int32_t create(struct hyp_instance *i, const void *options,
		      struct hyp_instance *inner, struct hyp_error *err)
{
	struct hyp_call call;
	void *raw = NULL;
	int32_t rc = hyp_call_begin(&call, i, "create", err);

	if (rc != 0)
		return rc;
	rc = call_create(i, options, inner, &raw, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0 && raw == NULL)
		rc = hyp_call_fault(i, "create", err,
				    "succeeds without an instance");
	if (rc == 0)
		i->raw = raw;
	return rc;
}

int32_t hyp_instance_new(const struct hyp_loaded *loaded,
			 const struct hyp_options *options,
			 const struct hyp_host *host,
			 struct hyp_instance *inner, struct hyp_instance **out,
			 struct hyp_error *err)
{
	struct hyp_instance *i;
	int32_t rc = check_inner(loaded, inner, err);

	if (rc != 0)
		return rc;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return hyp_error_nomem(err);
	if (pthread_mutex_init(&i->lock, NULL) != 0) {
		free(i);
		return hyp_error_nomem(err);
	}
	i->loaded = loaded;
	i->host = host;
	rc = set_gate(i, err);
	if (rc == 0)
		rc = create(i, options ? hyp_options_struct(options) : NULL,
			    inner, err);
	if (rc != 0) {
		hyp_instance_free(i);
		return rc;
	}
	*out = i;
	return 0;
}

void hyp_instance_free(struct hyp_instance *i)
{
	struct hyp_call call;

	if (i == NULL)
		return;
	if (i->raw != NULL) {
		hyp_call_begin_cleanup(&call, i, "destroy", NULL);
		call_destroy(i);
		hyp_call_end(&call, 0);
	}
	hyp_guards_free(i);
	hyp_gate_free(i->own_gate);
	pthread_mutex_destroy(&i->lock);
	free(i);
}

const struct hyp_loaded *hyp_instance_plugin(const struct hyp_instance *i)
{
	return i->loaded;
}

uint32_t hyp_packager_layout(const struct hyp_instance *packager)
{
	return ((const struct hyp_packager_ops *)packager->loaded->ops)->layout;
}

const char *hyp_packager_suffix(const struct hyp_instance *packager)
{
	return ((const struct hyp_packager_ops *)packager->loaded->ops)->suffix;
}
