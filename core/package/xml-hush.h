/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libxml2's errors that belong to no document: that memory failed, mostly. It
 * would print them, and where stderr cannot be written to, errno would then be
 * that of write and no longer ENOMEM.
 */
#ifndef HYP_PACKAGE_XML_HUSH_H
#define HYP_PACKAGE_XML_HUSH_H

#include <libxml/xmlerror.h>

struct hyp_xml_hush {
	xmlGenericErrorFunc said; /* of this thread before */
	void *said_ctx;
	int begun;
	int failed; /* libxml2 has said an error, or could not be begun */
};

/* From begin to end, which are called in one thread and may be nested. begin
 * comes before any other call of libxml2: -1 and failed if there is no memory
 * for what it keeps of a thread, and then nothing else of it may be called.
 * end does nothing then. */
int hyp_xml_hush_begin(struct hyp_xml_hush *hush);
void hyp_xml_hush_end(struct hyp_xml_hush *hush);

#endif
