/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/packing.h"
#include "core/base/buf.h"
#include "core/config/parts.h"

#include <stdlib.h>
#include <string.h>

static int32_t make_parts(struct hyp_packing *p, struct hyp_error *err)
{
	const char *roots[] = {p->output.root};

	if (hyp_part_named(&p->packager, "ova", "command line", err) != 0 ||
	    hyp_part_named(&p->storage, "local", "command line", err) != 0)
		return err->code;
	return hyp_values_set_list(&p->storage.values, "roots", roots, 1,
				   "command line", 0, err);
}

int32_t hyp_packing_init(struct hyp_packing *p, struct hyp_registry *registry,
			 const char *package, const char *dir, const char *name,
			 struct hyp_error *err)
{
	memset(p, 0, sizeof(*p));
	if (hyp_output_resolve(dir, "ovf", "ovf", &p->output, err) != 0 ||
	    hyp_strdup(name, &p->name, err) != 0 || make_parts(p, err) != 0 ||
	    hyp_uuid7(p->id, err) != 0)
		return err->code;
	p->job = (struct hyp_ova_job){
		.registry = registry,
		.packager = &p->packager,
		.storage = &p->storage,
		.id = p->id,
		.package = package,
		.dir = p->output.dir,
		.name = p->name,
	};
	return 0;
}

void hyp_packing_fini(struct hyp_packing *p)
{
	hyp_part_fini(&p->packager);
	hyp_part_fini(&p->storage);
	hyp_output_fini(&p->output);
	free(p->name);
}

int32_t hyp_packing_split(const char *path, char **dir, char **name,
			  struct hyp_error *err)
{
	size_t n = strlen(path);
	const char *base;

	while (n > 1 && path[n - 1] == '/')
		n--;
	base = memrchr(path, '/', n);
	base = base == NULL ? path : base + 1;
	n -= (size_t)(base - path);
	if (n == 0 || (n <= 2 && strncmp(base, "..", n) == 0))
		return hyp_error_set(
			err, HYP_E_USAGE, "unsafe_path", 0,
			"\"%s\" names no file or folder that could "
			"be made",
			path);
	if (base == path ? hyp_strdup(".", dir, err)
			 : hyp_asprintf(dir, err, "%.*s/",
					(int)(base - path - 1), path))
		return err->code;
	if (hyp_asprintf(name, err, "%.*s", (int)n, base) == 0)
		return 0;
	free(*dir);
	return err->code;
}

int32_t hyp_packing_check_ova(const char *path, const char *name,
			      struct hyp_error *err)
{
	size_t n = strlen(name);

	if (n >= 5 && strcmp(name + n - 4, ".ova") == 0)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
			     "%s: the name of an OVA ends in .ova", path);
}
