/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exporter/prometheus/prometheus.h"

int32_t prometheus_flush(struct prometheus_out *out)
{
	if (out->rc == 0 && out->n > 0)
		out->rc = out->to->write(out->to->ctx, out->piece, out->n,
					 out->err);
	out->n = 0;
	return out->rc;
}

void prometheus_put(struct prometheus_out *out, const char *bytes, size_t n)
{
	while (n > 0 && out->rc == 0) {
		size_t room = sizeof(out->piece) - out->n;
		size_t some = n < room ? n : room;

		memcpy(out->piece + out->n, bytes, some);
		out->n += (uint32_t)some;
		bytes += some;
		n -= some;
		if (out->n == sizeof(out->piece))
			prometheus_flush(out);
	}
}

void prometheus_puts(struct prometheus_out *out, const char *text)
{
	prometheus_put(out, text, strlen(text));
}

void prometheus_escape(struct prometheus_out *out, const char *text, int quotes)
{
	const char *special = quotes ? "\\\n\"" : "\\\n";

	for (;;) {
		size_t n = strcspn(text, special);

		prometheus_put(out, text, n);
		text += n;
		if (*text == '\0')
			return;
		prometheus_puts(out, *text == '\n'  ? "\\n"
				     : *text == '"' ? "\\\""
						    : "\\\\");
		text++;
	}
}
