/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/parts.h"
#include "core/base/buf.h"
#include "core/config/url.h"

#include <stdlib.h>

int32_t hyp_part_named(struct hyp_part *to, const char *plugin,
		       const char *where, struct hyp_error *err)
{
	memset(to, 0, sizeof(*to));
	if (hyp_strdup(where, &to->file, err) != 0)
		return err->code;
	return hyp_strdup(plugin, &to->plugin, err);
}

int32_t hyp_part_copy(struct hyp_part *to, const struct hyp_part *from,
		      struct hyp_error *err)
{
	memset(to, 0, sizeof(*to));
	to->line = from->line;
	if (from->plugin != NULL &&
	    hyp_strdup(from->plugin, &to->plugin, err) != 0)
		return err->code;
	if (from->file != NULL && hyp_strdup(from->file, &to->file, err) != 0)
		return err->code;
	if (hyp_values_overlay(&to->values, &from->values, err) != 0)
		return err->code;
	if (from->inner == NULL)
		return 0;
	to->inner = calloc(1, sizeof(*to->inner));
	if (to->inner == NULL)
		return hyp_error_nomem(err);
	return hyp_part_copy(to->inner, from->inner, err);
}

struct hyp_part *hyp_part_innermost(struct hyp_part *part)
{
	while (part->inner != NULL)
		part = part->inner;
	return part;
}

int hyp_part_is_local(struct hyp_part *storage)
{
	const struct hyp_part *inner = hyp_part_innermost(storage);

	return inner->plugin != NULL && strcmp(inner->plugin, "local") == 0;
}

void hyp_part_fini(struct hyp_part *part)
{
	struct hyp_part *next;

	hyp_values_fini(&part->values);
	free(part->plugin);
	free(part->file);
	for (struct hyp_part *p = part->inner; p != NULL; p = next) {
		next = p->inner;
		hyp_values_fini(&p->values);
		free(p->plugin);
		free(p->file);
		free(p);
	}
	memset(part, 0, sizeof(*part));
}

int32_t hyp_part_set_from(struct hyp_part *part, const char *name,
			  const char *text, const char *where,
			  struct hyp_error *err)
{
	return hyp_values_set(&part->values, name, HYP_VALUE_TEXT, text, where,
			      0, err);
}

int32_t hyp_part_set(struct hyp_part *part, const char *name, const char *text,
		     struct hyp_error *err)
{
	return hyp_part_set_from(part, name, text, "command line", err);
}

int32_t hyp_part_set_url(struct hyp_part *part, const struct hyp_url *url,
			 const char *where, struct hyp_error *err)
{
	if (hyp_part_set_from(part, "url", url->url, where, err) != 0)
		return err->code;
	if (url->username == NULL)
		return 0;
	return hyp_part_set_from(part, "username", url->username, where, err);
}
