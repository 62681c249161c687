/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/xml-hush.h"

static void on_error(void *ctx, const char *fmt, ...)
{
	struct hyp_xml_hush *hush = ctx;

	(void)fmt;
	hush->failed = 1;
}

void hyp_xml_hush_begin(struct hyp_xml_hush *hush)
{
	hush->said = xmlGenericError;
	hush->said_ctx = xmlGenericErrorContext;
	hush->failed = 0;
	xmlSetGenericErrorFunc(hush, on_error);
}

void hyp_xml_hush_end(struct hyp_xml_hush *hush)
{
	xmlSetGenericErrorFunc(hush->said_ctx, hush->said);
}
