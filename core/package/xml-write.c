/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/xml-write.h"
#include "core/base/cleanup.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <string.h>

#define XSTR(s) ((const xmlChar *)(s))
#define REPLACEMENT "\xef\xbf\xbd"

static int to_buf(void *ctx, const char *bytes, int n)
{
	struct hyp_xmlw *x = ctx;

	if (x->rc == 0)
		x->rc = hyp_buf_add(x->out, bytes, (size_t)n, x->err);
	return n; /* libxml2 would print a failure on stderr */
}

/* Before each call of libxml2: 1 if there is still anything to do. */
static int ready(const struct hyp_xmlw *x)
{
	errno = 0;
	return x->rc == 0;
}

/* After it. It fails for lack of memory alone, and not always says so: 2.9
 * leaves a text out and goes on. malloc's errno tells, or the buffer. */
static void check(struct hyp_xmlw *x, int result)
{
	if ((result < 0 || errno == ENOMEM || x->hush.failed ||
	     (x->io != NULL && x->io->error != 0)) &&
	    x->rc == 0)
		x->rc = hyp_error_nomem(x->err);
}

void hyp_xmlw_begin(struct hyp_xmlw *x, struct hyp_buf *out, int indented,
		    struct hyp_error *err)
{
	*x = (struct hyp_xmlw){.out = out, .start = out->len, .err = err};
	errno = 0;
	if (hyp_xml_hush_begin(&x->hush) == 0)
		x->io = xmlOutputBufferCreateIO(to_buf, NULL, x, NULL);
	if (x->io != NULL)
		x->writer = xmlNewTextWriter(x->io);
	if (x->writer == NULL) {
		if (x->io != NULL)
			xmlOutputBufferClose(x->io);
		x->io = NULL;
		check(x, -1);
		return;
	}
	check(x, xmlTextWriterSetIndent(x->writer, indented));
	check(x, xmlTextWriterSetIndentString(x->writer, XSTR("  ")));
	check(x, xmlTextWriterStartDocument(x->writer, NULL, "UTF-8", NULL));
}

int32_t hyp_xmlw_end(struct hyp_xmlw *x)
{
	if (ready(x))
		check(x, xmlTextWriterEndDocument(x->writer));
	if (ready(x))
		check(x, xmlTextWriterFlush(x->writer));
	errno = 0;
	if (x->writer != NULL)
		xmlFreeTextWriter(x->writer); /* frees io */
	x->io = NULL;
	x->writer = NULL;
	check(x, 0);
	hyp_xml_hush_end(&x->hush);
	if (x->rc != 0 && x->out->data != NULL) {
		x->out->len = x->start;
		x->out->data[x->start] = '\0';
	}
	return x->rc;
}

void hyp_xmlw_open(struct hyp_xmlw *x, const char *name)
{
	if (ready(x))
		check(x, xmlTextWriterStartElement(x->writer, XSTR(name)));
}

void hyp_xmlw_close(struct hyp_xmlw *x)
{
	if (ready(x))
		check(x, xmlTextWriterEndElement(x->writer));
}

static int is_xml(uint32_t c)
{
	return (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') &&
	       c != 0xfffe && c != 0xffff;
}

int hyp_xmlw_can_hold(const char *text)
{
	size_t n = strlen(text), used = 1;
	uint32_t c = 0;

	for (; n > 0 && used > 0; text += used, n -= used) {
		used = hyp_utf8_next(text, n, &c);
		if (used > 0 && !is_xml(c))
			return 0;
	}
	return n == 0;
}

static void clean(struct hyp_xmlw *x, const char *text, struct hyp_buf *out)
{
	size_t n = strlen(text);
	uint32_t c = 0;

	x->rc = hyp_buf_add(out, "", 0, x->err);
	while (n > 0 && x->rc == 0) {
		size_t used = hyp_utf8_next(text, n, &c);

		if (used > 0 && is_xml(c))
			x->rc = hyp_buf_add(out, text, used, x->err);
		else
			x->rc = hyp_buf_adds(out, REPLACEMENT, x->err);
		used = used == 0 ? 1 : used;
		text += used;
		n -= used;
	}
}

typedef int put_fn(xmlTextWriterPtr writer, const xmlChar *name,
		   const xmlChar *value);

static int put_content(xmlTextWriterPtr writer, const xmlChar *name,
		       const xmlChar *value)
{
	(void)name;
	return xmlTextWriterWriteString(writer, value);
}

static void put_clean(struct hyp_xmlw *x, put_fn *put, const char *name,
		      const char *value)
{
	struct hyp_buf text;

	if (x->rc != 0)
		return;
	hyp_buf_init(&text, x->out->max);
	clean(x, value, &text);
	if (ready(x))
		check(x, put(x->writer, XSTR(name), XSTR(text.data)));
	hyp_buf_wipe(&text); /* a password, maybe */
}

void hyp_xmlw_attr(struct hyp_xmlw *x, const char *name, const char *value)
{
	put_clean(x, xmlTextWriterWriteAttribute, name, value);
}

void hyp_xmlw_text(struct hyp_xmlw *x, const char *name, const char *value)
{
	put_clean(x, xmlTextWriterWriteElement, name, value);
}

__attribute__((format(printf, 4, 0))) static void
put_format(struct hyp_xmlw *x, put_fn *put, const char *name, const char *fmt,
	   va_list ap)
{
	HYP_AUTO_FREE char *value = NULL;

	if (x->rc != 0)
		return;
	if (vasprintf(&value, fmt, ap) < 0) {
		value = NULL;
		check(x, -1);
		return;
	}
	put_clean(x, put, name, value);
}

void hyp_xmlw_attrf(struct hyp_xmlw *x, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(x, xmlTextWriterWriteAttribute, name, fmt, ap);
	va_end(ap);
}

void hyp_xmlw_textf(struct hyp_xmlw *x, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(x, xmlTextWriterWriteElement, name, fmt, ap);
	va_end(ap);
}

void hyp_xmlw_contentf(struct hyp_xmlw *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(x, put_content, "", fmt, ap);
	va_end(ap);
}
