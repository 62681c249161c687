/* SPDX-License-Identifier: Apache-2.0 */
/* From a definition to the parts that run it. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/config/choose.h"
#include "core/config/govc.h"
#include "core/config/parts.h"
#include "core/config/url.h"
#include "core/engine/definition.h"

#include <ctype.h>

#define WHERE "job"
#define FALLBACK "vsphere" /* what a server without a provider is */

struct resolve {
	const struct hyp_definition *definition;
	const struct hyp_config *config;
	const struct hyp_pipeline *pipeline; /* or NULL */
	struct hyp_resolved *out;
	struct hyp_error *err;
};

static const char *value_text(const struct hyp_part *part, const char *name)
{
	const struct hyp_value *value = hyp_values_get(&part->values, name);

	return value != NULL && value->text != NULL ? value->text : "";
}

/* "https://VC.example/sdk" to "vc.example:443". */
static int32_t url_endpoint(const struct hyp_url *url, char **out,
			    struct hyp_error *err)
{
	const char *host = strstr(url->url, "://") + 3;
	size_t n = strcspn(host, "/?#");
	const char *bracket = memrchr(host, ']', n);
	const char *from = bracket != NULL ? bracket : host;
	int has_port = memchr(from, ':', n - (size_t)(from - host)) != NULL;

	if (hyp_asprintf(out, err, "%.*s%s", (int)n, host,
			 has_port			       ? ""
			 : strncmp(url->url, "https:", 6) == 0 ? ":443"
							       : ":80") != 0)
		return err->code;
	for (char *c = *out; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/* Who is asked, and as whom: the url's words, else the part's own. */
static int32_t part_endpoint(const struct hyp_part *part, char **endpoint,
			     char **user, struct hyp_error *err)
{
	const char *said = value_text(part, "username");
	struct hyp_url url;
	int32_t rc;

	if (value_text(part, "url")[0] == '\0') {
		rc = hyp_strdup(part->plugin, endpoint, err);
		return rc != 0 ? rc : hyp_strdup(said, user, err);
	}
	if (hyp_url_parse(value_text(part, "url"), "/sdk", &url, err) != 0)
		return err->code;
	if (said[0] == '\0' && url.username != NULL)
		said = url.username;
	rc = url_endpoint(&url, endpoint, err);
	if (rc == 0)
		rc = hyp_strdup(said, user, err);
	hyp_url_fini(&url);
	return rc;
}

/* 1 if the part asks the definition's server. */
static int is_same(const struct hyp_part *part, const char *server)
{
	HYP_AUTO_FREE char *theirs = NULL, *user = NULL, *ours = NULL;
	struct hyp_error err;
	struct hyp_url url;
	int same;

	if (value_text(part, "url")[0] == '\0' ||
	    part_endpoint(part, &theirs, &user, &err) != 0 ||
	    hyp_url_parse(server, "/sdk", &url, &err) != 0)
		return 0;
	same = url_endpoint(&url, &ours, &err) == 0 &&
	       strcmp(ours, theirs) == 0;
	hyp_url_fini(&url);
	return same;
}

__attribute__((format(printf, 2, 3))) static int32_t bad(struct resolve *r,
							 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(r->err, HYP_E_USAGE, "bad_request", 0, fmt, ap);
	va_end(ap);
	return HYP_E_USAGE;
}

/* A pipeline says all of it: what else is said must agree. */
static int32_t from_pipeline(struct resolve *r)
{
	const struct hyp_definition *d = r->definition;
	struct hyp_part *part = &r->out->provider;

	if (hyp_choose_provider(r->config, d->pipeline, NULL, WHERE, part,
				&r->pipeline, r->err) != 0)
		return hyp_error_prefix(r->err, "/pipeline: ");
	if (d->provider != NULL && strcmp(d->provider, part->plugin) != 0)
		return bad(r,
			   "/provider: pipeline %s has provider %s: leave one "
			   "out",
			   d->pipeline, part->plugin);
	if (d->server != NULL && !is_same(part, d->server))
		return bad(r,
			   "/vcenter/server: pipeline %s asks another server "
			   "than %s: leave one out",
			   d->pipeline, d->server);
	return 0;
}

/* Where a pipeline asks the same server, its ways of trusting it hold, and
 * its user and password too unless the job brings its own. */
static int32_t from_server(struct resolve *r)
{
	const struct hyp_definition *d = r->definition;
	const char *plugin = d->provider != NULL ? d->provider : FALLBACK;
	struct hyp_part *part = &r->out->provider;
	int32_t rc;

	for (size_t i = 0; i < r->config->pipeline_count; i++) {
		const struct hyp_part *p = &r->config->pipelines[i].provider;

		if (p->plugin != NULL && strcmp(p->plugin, plugin) == 0 &&
		    is_same(p, d->server))
			return hyp_part_copy(part, p, r->err);
	}
	if (strcmp(plugin, FALLBACK) == 0 && hyp_govc_is_set() &&
	    hyp_govc_part(part, r->err) == 0) {
		if (is_same(part, d->server))
			return 0;
	}
	hyp_part_fini(part);
	rc = hyp_part_named(part, plugin, WHERE, r->err);
	if (rc == 0)
		rc = hyp_part_set_from(part, "url", d->server, WHERE, r->err);
	if (rc == 0 && d->password == NULL)
		rc = bad(r,
			 "/vcenter/password: must be given, since no pipeline "
			 "asks %s",
			 d->server);
	return rc;
}

static int32_t from_provider(struct resolve *r)
{
	const char *name = r->definition->provider;

	if (strcmp(name, FALLBACK) != 0)
		return hyp_choose_provider(r->config, NULL, name, WHERE,
					   &r->out->provider, &r->pipeline,
					   r->err);
	if (hyp_govc_is_set())
		return hyp_govc_part(&r->out->provider, r->err);
	return hyp_error_set(r->err, HYP_E_USAGE, "no_endpoint", 0,
			     "/provider: which vCenter? Give vcenter.server, "
			     "or a pipeline instead");
}

static int32_t choose_provider(struct resolve *r)
{
	const struct hyp_definition *d = r->definition;

	if (d->pipeline != NULL)
		return from_pipeline(r);
	if (d->server != NULL)
		return from_server(r);
	if (d->provider != NULL)
		return from_provider(r);
	return hyp_choose_provider(r->config, NULL, NULL, WHERE,
				   &r->out->provider, &r->pipeline, r->err);
}

/* The job's own credentials, over what the part has. */
static int32_t overlay(struct resolve *r)
{
	const struct hyp_definition *d = r->definition;
	struct hyp_part *part = &r->out->provider;
	HYP_AUTO_FREE char *endpoint = NULL, *user = NULL;

	if (part_endpoint(part, &endpoint, &user, r->err) != 0)
		return r->err->code;
	if (d->username != NULL && d->password == NULL &&
	    strcmp(d->username, user) != 0)
		return bad(r,
			   "/vcenter/password: must be given, since %s is not "
			   "the user configured for %s",
			   d->username, endpoint);
	if (d->username != NULL &&
	    hyp_part_set_from(part, "username", d->username, WHERE, r->err))
		return r->err->code;
	if (d->password != NULL &&
	    hyp_values_set(&part->values, "password", HYP_VALUE_LITERAL,
			   d->password, WHERE, 0, r->err) != 0)
		return r->err->code;
	if (!d->insecure)
		return 0;
	return hyp_part_set_from(part, "insecure", "true", WHERE, r->err);
}

/* A storage that makes folders has roots: its own, else the daemon's. */
static int32_t choose_storage(struct resolve *r)
{
	const struct hyp_list *roots = hyp_config_roots(r->config);
	struct hyp_resolved *out = r->out;
	const struct hyp_value *own;
	struct hyp_values *values;

	out->roots = *roots;
	if (hyp_choose_storage(r->pipeline, WHERE, &out->storage, r->err) != 0)
		return r->err->code;
	if (!hyp_part_is_local(&out->storage))
		return 0;
	values = &hyp_part_innermost(&out->storage)->values;
	own = hyp_values_get(values, "roots");
	if (own == NULL)
		return hyp_values_set_list(values, "roots", roots->items,
					   roots->count, WHERE, 0, r->err);
	if (own->form == HYP_VALUE_LIST) {
		out->roots.items = (const char *const *)own->items;
		out->roots.count = own->item_count;
	} else {
		out->roots.items = (const char *const *)&own->text;
		out->roots.count = 1;
	}
	return 0;
}

static int32_t resolve(struct resolve *r)
{
	const struct hyp_definition *d = r->definition;
	struct hyp_resolved *out = r->out;

	if (choose_provider(r) != 0 || overlay(r) != 0 ||
	    part_endpoint(&out->provider, &out->endpoint, &out->user, r->err) !=
		    0 ||
	    hyp_choose_packager(r->pipeline,
				hyp_choose_format(r->pipeline, d->format),
				WHERE, &out->packager, r->err) != 0)
		return r->err->code;
	out->parallel = hyp_choose_parallel(r->pipeline, d->parallel);
	return choose_storage(r);
}

int32_t hyp_definition_resolve(const struct hyp_definition *definition,
			       const struct hyp_config *config,
			       struct hyp_resolved *out, struct hyp_error *err)
{
	struct hyp_resolved made = {0};
	struct resolve r = {.definition = definition,
			    .config = config,
			    .out = &made,
			    .err = err};

	if (resolve(&r) != 0) {
		hyp_resolved_fini(&made);
		return err->code;
	}
	*out = made;
	return 0;
}

void hyp_resolved_fini(struct hyp_resolved *resolved)
{
	hyp_part_fini(&resolved->provider);
	hyp_part_fini(&resolved->packager);
	hyp_part_fini(&resolved->storage);
	free(resolved->endpoint);
	free(resolved->user);
	memset(resolved, 0, sizeof(*resolved));
}
