/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/record.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *word;
	size_t offset, size;
} fields[] = {
#define FIELD(member)                                                          \
	{                                                                      \
#member, offsetof(struct vs_record, member),                   \
			sizeof(((struct vs_record *)0)->member)                \
	}
	FIELD(endpoint), FIELD(cookie),	       FIELD(vm),
	FIELD(lease),	 FIELD(snapshot_name), FIELD(snapshot),
#undef FIELD
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

int32_t vs_record_write(const struct vs_record *record, struct hyp_buf *out,
			struct hyp_error *err)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *value = (const char *)record + fields[i].offset;
		int32_t rc;

		if (strchr(value, '\n') != NULL)
			return hyp_error_set(err, HYP_E_PERMANENT, "bad_record",
					     0, "%s holds a line break",
					     fields[i].word);
		rc = hyp_buf_addf(out, err, "%s %s\n", fields[i].word, value);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int take_line(const char *line, size_t n, struct vs_record *out)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		size_t k = strlen(fields[i].word);
		char *value = (char *)out + fields[i].offset;

		if (n <= k || memcmp(line, fields[i].word, k) != 0 ||
		    line[k] != ' ')
			continue;
		n -= k + 1;
		if (n >= fields[i].size || memchr(line + k + 1, 0, n) != NULL)
			return 0;
		memcpy(value, line + k + 1, n);
		value[n] = '\0';
		return 1;
	}
	return 1; /* a word of a later version */
}

int32_t vs_record_read(const void *bytes, uint64_t n, struct vs_record *out,
		       struct hyp_error *err)
{
	const char *at = bytes, *end = at + n;
	struct vs_record record = {.endpoint = ""};
	int ok = 1;

	while (ok && at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		ok = eol != NULL && take_line(at, (size_t)(eol - at), &record);
		at = eol != NULL ? eol + 1 : end;
	}
	if (!ok || record.endpoint[0] == '\0' || record.vm[0] == '\0')
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "the undo record cannot be read");
	*out = record;
	explicit_bzero(record.cookie, sizeof(record.cookie));
	return 0;
}
