/* SPDX-License-Identifier: Apache-2.0 */
/* libhypersdk of a later version: built with a header in which every struct has
 * grown (later.py), it takes those of programs that were built for today's. */
#include <hypersdk/hypersdk.h>

#include <stddef.h>

#define TODAYS(st) ((uint32_t)offsetof(struct st, later))

/* 0 if it says what is wrong in the struct, and not that it is too short. */
static int told(const struct hyp_error *err, const char *what)
{
	if (strcmp(err->kind, "bad_argument") == 0 &&
	    strstr(err->text, what) != NULL)
		return 0;
	fprintf(stderr, "%s: %s\n", what, err->text);
	return 1;
}

int main(void)
{
	struct hypersdk_options options = {.size = TODAYS(hypersdk_options),
					   .flags = 1u << 31};
	struct hypersdk_export what = {.size = TODAYS(hypersdk_export)};
	struct hypersdk_ova ova = {.size = TODAYS(hypersdk_ova)};
	struct hypersdk *h = (void *)&ova; /* none gets so far as to look */
	struct hyp_error err = {.kind = ""};
	int wrong;

	hypersdk_open(&options, &h, &err);
	wrong = told(&err, "unknown flag");
	options.flags = 0;
	options.reserved = 1;
	hypersdk_open(&options, &h, &err);
	wrong += told(&err, "must be 0");
	hypersdk_export(h, &what, NULL, &err);
	wrong += told(&err, "vm_path");
	hypersdk_ova_show(h, &ova, NULL, &err);
	return wrong + told(&err, "package");
}
