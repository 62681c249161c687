/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/xml-hush.h"

#include <stdlib.h>

static void on_error(void *ctx, const char *fmt, ...)
{
	struct hyp_xml_hush *hush = ctx;

	(void)fmt;
	hush->failed = 1;
}

/* Before 2.12 libxml2 crashes if it has no memory (968 bytes) for a thread's
 * state. So more than that is asked for first and given back: more than what
 * glibc puts aside for a malloc of that size, which calloc would not look at.
 */
#define ROOM 4096

static int has_room(void)
{
	void *volatile room = malloc(ROOM);
	int yes = room != NULL;

	free(room);
	return yes;
}

int hyp_xml_hush_begin(struct hyp_xml_hush *hush)
{
	*hush = (struct hyp_xml_hush){.failed = !has_room()};
	if (hush->failed)
		return -1;
	hush->begun = 1;
	hush->said = xmlGenericError;
	hush->said_ctx = xmlGenericErrorContext;
	xmlSetGenericErrorFunc(hush, on_error);
	return 0;
}

void hyp_xml_hush_end(struct hyp_xml_hush *hush)
{
	if (hush->begun)
		xmlSetGenericErrorFunc(hush->said_ctx, hush->said);
}
