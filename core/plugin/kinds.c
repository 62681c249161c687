/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/kinds.h"
#include "core/plugin/registry.h"
#include <hypersdk/notifier.h>
#include <hypersdk/exporter.h>
#include <hypersdk/packager.h>
#include <hypersdk/provider.h>
#include <hypersdk/storage.h>
#include <hypersdk/store.h>

#define OP(st, m)                                                              \
	{                                                                      \
#m, offsetof(struct st, m), 0                                  \
	}
#define OPTIONAL(st, m)                                                        \
	{                                                                      \
#m, offsetof(struct st, m), 1                                  \
	}

static const struct hyp_operation provider[] = {
	OP(hyp_provider_ops, create),	      OP(hyp_provider_ops, destroy),
	OP(hyp_provider_ops, list),	      OP(hyp_provider_ops, lookup),
	OP(hyp_provider_ops, machine),	      OP(hyp_provider_ops, preflight),
	OP(hyp_provider_ops, open),	      OP(hyp_provider_ops, files),
	OP(hyp_provider_ops, copy),	      OPTIONAL(hyp_provider_ops, proof),
	OPTIONAL(hyp_provider_ops, describe), OP(hyp_provider_ops, finish),
	OP(hyp_provider_ops, abort),	      OPTIONAL(hyp_provider_ops, undo),
};

static const struct hyp_operation packager[] = {
	OP(hyp_packager_ops, create),	     OP(hyp_packager_ops, destroy),
	OP(hyp_packager_ops, space),	     OP(hyp_packager_ops, begin),
	OP(hyp_packager_ops, entry_open),    OP(hyp_packager_ops, entry_write),
	OP(hyp_packager_ops, entry_restart), OP(hyp_packager_ops, entry_close),
	OP(hyp_packager_ops, entry_abort),   OP(hyp_packager_ops, finish),
	OP(hyp_packager_ops, abort),
};

static const struct hyp_operation storage[] = {
	OP(hyp_storage_ops, create),	   OP(hyp_storage_ops, destroy),
	OP(hyp_storage_ops, space),	   OP(hyp_storage_ops, place_open),
	OP(hyp_storage_ops, object_open),  OP(hyp_storage_ops, write),
	OP(hyp_storage_ops, reserve),	   OP(hyp_storage_ops, fill),
	OP(hyp_storage_ops, rewind),	   OP(hyp_storage_ops, read),
	OP(hyp_storage_ops, object_close), OP(hyp_storage_ops, seal),
	OP(hyp_storage_ops, publish),	   OP(hyp_storage_ops, abort),
	OPTIONAL(hyp_storage_ops, state),  OPTIONAL(hyp_storage_ops, resume),
	OPTIONAL(hyp_storage_ops, sweep),
};

static const struct hyp_operation store[] = {
	OP(hyp_store_ops, create), OP(hyp_store_ops, destroy),
	OP(hyp_store_ops, apply),  OP(hyp_store_ops, claim),
	OP(hyp_store_ops, list),   OP(hyp_store_ops, get),
	OP(hyp_store_ops, counts), OP(hyp_store_ops, prune),
	OP(hyp_store_ops, backup), OP(hyp_store_ops, check),
};

static const struct hyp_operation notifier[] = {
	OP(hyp_notifier_ops, create),
	OP(hyp_notifier_ops, destroy),
	OP(hyp_notifier_ops, deliver),
};

static const struct hyp_operation exporter[] = {
	OP(hyp_exporter_ops, create),
	OP(hyp_exporter_ops, destroy),
	OP(hyp_exporter_ops, content_types),
	OP(hyp_exporter_ops, render),
};

#define END(st, m) (offsetof(struct st, m) + sizeof(((struct st *)0)->m))
#define KIND(id, text, st, last, table)                                        \
	{                                                                      \
		id, text, sizeof(struct st), END(st, last), table,             \
			sizeof(table) / sizeof((table)[0])                     \
	}

static const struct hyp_kind_info kinds[] = {
	KIND(HYP_KIND_PROVIDER, "provider", hyp_provider_ops, abort, provider),
	KIND(HYP_KIND_PACKAGER, "packager", hyp_packager_ops, abort, packager),
	KIND(HYP_KIND_STORAGE, "storage", hyp_storage_ops, abort, storage),
	KIND(HYP_KIND_STORE, "store", hyp_store_ops, check, store),
	KIND(HYP_KIND_NOTIFIER, "notifier", hyp_notifier_ops, deliver,
	     notifier),
	KIND(HYP_KIND_EXPORTER, "exporter", hyp_exporter_ops, render, exporter),
};

const struct hyp_kind_info *hyp_kind_at(size_t i)
{
	return i < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[i] : NULL;
}

const struct hyp_kind_info *hyp_kind_info(uint32_t kind)
{
	const struct hyp_kind_info *info;

	for (size_t i = 0; (info = hyp_kind_at(i)) != NULL; i++)
		if (info->kind == kind)
			return info;
	return NULL;
}

const char *hyp_kind_name(uint32_t kind)
{
	const struct hyp_kind_info *info = hyp_kind_info(kind);

	return info != NULL ? info->name : NULL;
}

uint32_t hyp_kind_by_name(const char *name)
{
	const struct hyp_kind_info *info;

	for (size_t i = 0; (info = hyp_kind_at(i)) != NULL; i++)
		if (strcmp(info->name, name) == 0)
			return info->kind;
	return 0;
}

int hyp_ops_has(const void *ops, const struct hyp_operation *operation)
{
	void (*member)(void);

	memcpy(&member, (const char *)ops + operation->offset, sizeof(member));
	return member != NULL;
}
