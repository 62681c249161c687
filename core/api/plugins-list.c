/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/api/server.h"
#include "core/engine/telling.h"

struct scan {
	const struct hyp_loaded *const *plugins;
	const struct hyp_refusal *refusals;
	size_t plugin_count, refusal_count;
};

/* A scan's lists last until the next one: keep the lock while they are read.
 */
static int32_t begin(struct hyp_request *request, struct scan *scan,
		     struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&request->server->registry_lock);
	rc = hyp_registry_scan(hyp_engine_registry(request->engine),
			       &scan->plugins, &scan->plugin_count,
			       &scan->refusals, &scan->refusal_count, err);
	if (rc != 0)
		pthread_mutex_unlock(&request->server->registry_lock);
	return rc;
}

static void end(struct hyp_request *request)
{
	pthread_mutex_unlock(&request->server->registry_lock);
}

/* By HYP_LOADED_*. */
static const char *const states[] = {"loaded", "new", "replaced", "gone"};

static void write_plugin(struct hyp_out *out, const struct hyp_loaded *loaded)
{
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "kind", hyp_kind_name(loaded->plugin.kind));
	hyp_out_text(out, "name", loaded->plugin.name);
	hyp_out_text(out, "version", loaded->plugin.version);
	hyp_out_text(out, "summary", loaded->plugin.summary);
	hyp_out_text(out, "path", loaded->path);
	hyp_out_text(out, "state", states[loaded->state]);
	hyp_out_close(out, '}');
}

static void write_refusal(struct hyp_out *out, const struct hyp_refusal *r)
{
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "kind", hyp_kind_name(r->kind));
	hyp_out_text(out, "path", r->path);
	hyp_out_text(out, "reason", r->reason);
	hyp_out_close(out, '}');
}

int32_t hyp_get_plugins(struct hyp_request *request, struct hyp_error *err)
{
	struct scan scan;
	struct hyp_out out;

	if (begin(request, &scan, err) != 0)
		return err->code;
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "plugins", '[');
	for (size_t i = 0; i < scan.plugin_count; i++)
		write_plugin(&out, scan.plugins[i]);
	hyp_out_close(&out, ']');
	hyp_out_open(&out, "refused", '[');
	for (size_t i = 0; i < scan.refusal_count; i++)
		write_refusal(&out, &scan.refusals[i]);
	hyp_out_close(&out, ']');
	hyp_out_number(&out, "total", (int64_t)scan.plugin_count);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	end(request);
	return out.rc;
}

int32_t hyp_reload_plugins(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);

	if (hyp_get_plugins(request, err) != 0)
		return err->code;
	return hyp_engine_audit(request->engine, &actor, "", "ok", 1, err);
}

static void write_names(struct hyp_out *out, const char *name,
			const struct scan *scan, uint32_t kind)
{
	hyp_out_open(out, name, '[');
	for (size_t i = 0; i < scan->plugin_count; i++)
		if (scan->plugins[i]->plugin.kind == kind)
			hyp_out_text(out, NULL, scan->plugins[i]->plugin.name);
	hyp_out_close(out, ']');
}

int32_t hyp_get_capabilities(struct hyp_request *request, struct hyp_error *err)
{
	struct scan scan;
	struct hyp_out out;

	if (begin(request, &scan, err) != 0)
		return err->code;
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "capabilities", '{');
	write_names(&out, "providers", &scan, HYP_KIND_PROVIDER);
	write_names(&out, "formats", &scan, HYP_KIND_PACKAGER);
	write_names(&out, "storages", &scan, HYP_KIND_STORAGE);
	hyp_out_open(&out, "export_methods", '[');
	hyp_out_text(&out, NULL, HYP_EXPORT_METHOD);
	hyp_out_close(&out, ']');
	hyp_out_close(&out, '}');
	hyp_out_text(&out, "default_method", HYP_EXPORT_METHOD);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	end(request);
	return out.rc;
}
