/* SPDX-License-Identifier: Apache-2.0 */
/* The names of an attempt, made and taken apart. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/units.h"

#include <limits.h>
#include <string.h>

#define PREFIX ".hyp-"
#define SUFFIX ".part"
#define JOB_MAX 128

static int is_job(const char *job, size_t n)
{
	if (n == 0 || n > JOB_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"
			   "z0123456789._-",
			   job[i]) == NULL)
			return 0;
	return 1;
}

static int32_t check(const struct hyp_place_args *args, struct hyp_error *err)
{
	size_t room = NAME_MAX - strlen(LOCAL_RECEIPT_SUFFIX);
	char shown[300];

	hyp_text_printable(args->name, shown, sizeof(shown));
	if (args->layout != HYP_LAYOUT_FILE &&
	    args->layout != HYP_LAYOUT_DIRECTORY)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "%s: there is no layout %u", shown,
				     args->layout);
	if (!hyp_text_is_plain_name(args->name, room))
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "%s is no name for an output: a plain one "
				     "of at most %zu bytes is needed, not "
				     "beginning with a dot",
				     shown, room);
	if (!is_job(args->job_id, strlen(args->job_id)))
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "%s: a job's id is 1 to %d of "
				     "[A-Za-z0-9._-]",
				     shown, JOB_MAX);
	return 0;
}

int32_t local_names_init(struct local_names *names,
			 const struct hyp_place_args *args,
			 struct hyp_error *err)
{
	int32_t rc;

	memset(names, 0, sizeof(*names));
	rc = check(args, err);
	if (rc == 0)
		rc = hyp_asprintf(&names->temp, err, PREFIX "%s-%u" SUFFIX,
				  args->job_id, args->attempt);
	if (rc == 0)
		rc = hyp_strdup(args->name, &names->final, err);
	if (rc == 0 && args->layout == HYP_LAYOUT_FILE)
		rc = hyp_asprintf(&names->receipt, err,
				  "%s" LOCAL_RECEIPT_SUFFIX, args->name);
	if (rc != 0)
		local_names_fini(names);
	return rc;
}

void local_names_fini(struct local_names *names)
{
	free(HYP_STEAL(names->temp));
	free(HYP_STEAL(names->final));
	free(HYP_STEAL(names->receipt));
}

int local_name_parse(const char *temp, char *job, uint32_t *attempt)
{
	size_t n = strlen(temp), pre = strlen(PREFIX), suf = strlen(SUFFIX);
	char digits[16] = "";
	const char *dash;
	int64_t value;
	size_t len;

	if (n <= pre + suf || strncmp(temp, PREFIX, pre) != 0 ||
	    strcmp(temp + n - suf, SUFFIX) != 0)
		return 0;
	n -= suf;
	dash = memrchr(temp, '-', n);
	len = (size_t)(temp + n - dash) - 1;
	if (dash < temp + pre || len == 0 || len > 10 || dash[1] == '+' ||
	    dash[1] == '0')
		return 0;
	memcpy(digits, dash + 1, len);
	if (hyp_parse_integer(digits, 1, UINT32_MAX, &value, NULL) != 0)
		return 0;
	len = (size_t)(dash - temp) - pre;
	if (!is_job(temp + pre, len))
		return 0;
	memcpy(job, temp + pre, len);
	job[len] = '\0';
	*attempt = (uint32_t)value;
	return 1;
}
