/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/inventory.h"
#include "core/base/cleanup.h"
#include "core/engine/discovery.h"
#include "core/pipeline/source.h"

#include <string.h>

/* Bad credentials count here as they do in a job: who only lists VMs must not
 * lock an account either. */
static int32_t may_ask(struct hyp_engine *engine,
		       const struct hyp_resolved *resolved,
		       struct hyp_error *err)
{
	uint64_t wait = hyp_breaker_wait_ms(engine->breaker, resolved->endpoint,
					    resolved->user);

	if (wait == 0)
		return 0;
	hyp_error_set(err, HYP_E_BUSY, "auth_paused", 0,
		      "%s has refused the password of %s twice: not asked "
		      "again for %llu s, so that the account is not locked",
		      resolved->endpoint, resolved->user,
		      (unsigned long long)(wait + 999) / 1000);
	err->retry_after_ms = wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
	return HYP_E_BUSY;
}

static void note_answer(struct hyp_engine *engine,
			const struct hyp_resolved *resolved, int32_t rc)
{
	const struct hyp_config *config;

	if (rc == 0)
		hyp_breaker_accepted(engine->breaker, resolved->endpoint,
				     resolved->user);
	if (rc != HYP_E_AUTH)
		return;
	config = hyp_settings_get(engine->book);
	hyp_breaker_refused(engine->breaker, resolved->endpoint, resolved->user,
			    config->settings->jobs.breaker);
	hyp_settings_put(engine->book, config);
}

struct collect {
	struct hyp_found found;
	size_t most;
};

static int32_t add(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	struct collect *collect = ctx;
	struct hyp_found *found = &collect->found;
	struct hyp_found_vm *at, *to;
	int32_t rc;

	if (found->count == collect->most)
		return hyp_error_set(err, HYP_E_USAGE, "too_many", 0,
				     "/vm_path: more than %zu VMs: name a "
				     "smaller part of the inventory",
				     collect->most);
	at = reallocarray(found->at, found->count + 1, sizeof(*at));
	if (at == NULL)
		return hyp_error_nomem(err);
	found->at = at;
	to = &at[found->count];
	memset(to, 0, sizeof(*to));
	rc = hyp_strdup(vm->path, &to->path, err);
	if (rc == 0)
		rc = hyp_strdup(vm->name, &to->name, err);
	if (rc < 0)
		free(to->path);
	else
		found->count++;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct hyp_found_vm *x = a, *y = b;

	return strverscmp(x->path, y->path);
}

/* A folder's path ends in '/' and asks for all that is beneath it. */
static int32_t pattern_of(const char *vm_path, char **out,
			  struct hyp_error *err)
{
	size_t n = strlen(vm_path);

	return hyp_asprintf(out, err, "%s%s", vm_path,
			    vm_path[n - 1] == '/' ? "**" : "");
}

static int is_whole(const struct hyp_vm_filter *filter)
{
	return filter->power == HYP_POWER_ANY &&
	       (filter->glob == NULL || filter->glob[0] == '\0');
}

/* Lists, and tells of VMs that are new. */
static int32_t look(struct hyp_engine *engine, struct hyp_instance *provider,
		    const struct hyp_resolved *of,
		    const struct hyp_vm_filter *filter,
		    const struct hyp_vm_sink *to, struct hyp_error *err)
{
	struct hyp_listing listing = {.next = to};
	struct hyp_vm_sink sink = hyp_listing_sink(&listing);
	int32_t rc = hyp_provider_calls.list(provider, filter, &sink, err);

	if (rc == 0)
		hyp_listing_tell(&listing, engine, of, is_whole(filter));
	hyp_listing_fini(&listing);
	return rc;
}

static int32_t list(struct hyp_engine *engine, struct hyp_instance *provider,
		    const struct hyp_resolved *of, const char *vm_path,
		    struct collect *collect, struct hyp_error *err)
{
	HYP_AUTO_FREE char *pattern = NULL;
	struct hyp_vm_filter filter = {.size = sizeof(filter)};
	const struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = collect, .add = add};
	int32_t rc = pattern_of(vm_path, &pattern, err);

	filter.glob = pattern;
	if (rc == 0)
		rc = look(engine, provider, of, &filter, &sink, err);
	if (rc == 0 && collect->found.count == 0)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "/vm_path: no VM matches %s", vm_path);
	return rc;
}

int32_t hyp_inventory_group(struct hyp_engine *engine,
			    const struct hyp_resolved *resolved,
			    const char *vm_path, size_t most,
			    struct hyp_found *out, struct hyp_error *err)
{
	struct collect collect = {.most = most};
	struct hyp_member member;
	int32_t rc;

	rc = may_ask(engine, resolved, err);
	if (rc == 0)
		rc = hyp_member_init(&member, engine->registry,
				     HYP_KIND_PROVIDER, &resolved->provider,
				     &engine->asking, NULL, err);
	if (rc < 0)
		return rc;
	rc = list(engine, member.instance, resolved, vm_path, &collect, err);
	hyp_member_fini(&member);
	note_answer(engine, resolved, rc);
	if (rc < 0) {
		hyp_found_fini(&collect.found);
		return rc;
	}
	qsort(collect.found.at, collect.found.count, sizeof(*collect.found.at),
	      by_path);
	*out = collect.found;
	return 0;
}

void hyp_found_fini(struct hyp_found *found)
{
	for (size_t i = 0; i < found->count; i++) {
		free(found->at[i].path);
		free(found->at[i].name);
	}
	free(found->at);
	memset(found, 0, sizeof(*found));
}

/* The provider that a job of that pipeline, or of none, would have. */
struct asked {
	const struct hyp_config *config;
	struct hyp_resolved resolved;
	struct hyp_member provider;
};

static int32_t ask(struct hyp_engine *engine, const char *pipeline,
		   struct asked *asked, struct hyp_error *err)
{
	HYP_AUTO_FREE char *name = NULL;
	struct hyp_definition definition;
	int32_t rc = 0;

	memset(asked, 0, sizeof(*asked));
	memset(&definition, 0, sizeof(definition));
	asked->config = hyp_settings_get(engine->book);
	if (pipeline != NULL)
		rc = hyp_strdup(pipeline, &name, err);
	definition.pipeline = name;
	if (rc == 0)
		rc = hyp_definition_resolve(&definition, asked->config,
					    &asked->resolved, err);
	if (rc == 0)
		rc = may_ask(engine, &asked->resolved, err);
	if (rc == 0)
		rc = hyp_member_init(
			&asked->provider, engine->registry, HYP_KIND_PROVIDER,
			&asked->resolved.provider, &engine->asking, NULL, err);
	return rc;
}

static void ask_end(struct hyp_engine *engine, struct asked *asked)
{
	hyp_member_fini(&asked->provider);
	hyp_resolved_fini(&asked->resolved);
	hyp_settings_put(engine->book, asked->config);
}

/* How many VMs of which power state a list has. */
struct discovery {
	const struct hyp_vm_sink *to;
	uint64_t power[HYP_POWER_SUSPENDED + 1];
};

static int32_t discover(void *ctx, const struct hyp_vm *vm,
			struct hyp_error *err)
{
	struct discovery *d = ctx;

	if (vm->power < HYP_COUNT(d->power))
		d->power[vm->power]++;
	return d->to->add(d->to->ctx, vm, err);
}

static void note_discovery(struct hyp_engine *engine,
			   const struct hyp_resolved *resolved,
			   const struct discovery *d)
{
	static const char *const names[HYP_COUNT(d->power)] = {
		"unknown", "poweredOff", "poweredOn", "suspended"};

	for (size_t i = 0; i < HYP_COUNT(names); i++)
		hyp_metrics_set(
			engine->metrics, HYP_FAMILY_VMS_DISCOVERED,
			(double)d->power[i],
			HYP_LABELS(resolved->provider.plugin, names[i]));
}

static void note_error(struct hyp_engine *engine,
		       const struct hyp_resolved *resolved,
		       const struct hyp_error *err)
{
	hyp_metrics_add(engine->metrics, HYP_FAMILY_ERRORS, 1,
			HYP_LABELS(err->kind, resolved->provider.plugin));
}

int32_t hyp_engine_vms(struct hyp_engine *engine, const char *pipeline,
		       const struct hyp_vm_filter *filter,
		       const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	struct asked asked;
	struct discovery discovery = {.to = sink};
	const struct hyp_vm_sink counting = {
		.size = sizeof(counting), .ctx = &discovery, .add = discover};
	int32_t rc = ask(engine, pipeline, &asked, err);

	if (rc == 0) {
		rc = look(engine, asked.provider.instance, &asked.resolved,
			  filter, &counting, err);
		note_answer(engine, &asked.resolved, rc);
	}
	if (rc < 0)
		note_error(engine, &asked.resolved, err);
	else if (is_whole(filter))
		note_discovery(engine, &asked.resolved, &discovery);
	ask_end(engine, &asked);
	return rc;
}

static int32_t show(struct hyp_instance *provider, const char *vm_path,
		    const struct hyp_vm_sink *vm,
		    const struct hyp_machine_sink *machine,
		    struct hyp_error *err)
{
	struct hyp_source_vm found;
	int32_t rc;

	memset(&found, 0, sizeof(found));
	rc = hyp_source_lookup(provider, vm_path, &found, err);
	if (rc == 0 && vm != NULL)
		rc = vm->add(vm->ctx, &found.vm, err);
	if (rc == 0 && machine != NULL)
		rc = hyp_provider_calls.machine(provider, found.vm.id, machine,
						err);
	hyp_source_vm_fini(&found);
	return rc;
}

int32_t hyp_engine_vm(struct hyp_engine *engine, const char *pipeline,
		      const char *vm_path, const struct hyp_vm_sink *vm,
		      const struct hyp_machine_sink *machine,
		      struct hyp_error *err)
{
	struct asked asked;
	int32_t rc = ask(engine, pipeline, &asked, err);

	if (rc == 0) {
		rc = show(asked.provider.instance, vm_path, vm, machine, err);
		note_answer(engine, &asked.resolved, rc);
	}
	if (rc < 0)
		note_error(engine, &asked.resolved, err);
	ask_end(engine, &asked);
	return rc;
}
