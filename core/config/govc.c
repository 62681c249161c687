/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/govc.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/config/parts.h"
#include "core/config/url.h"

#define URL_PASSWORD "HYPERSDK_GOVC_URL_PASSWORD"
#define WHERE "environment"

int hyp_govc_is_set(void)
{
	const char *url = getenv("GOVC_URL");

	return url != NULL && url[0] != '\0';
}

int32_t hyp_govc_prepare(struct hyp_error *err)
{
	struct hyp_url url;
	int32_t rc = 0;

	/* A wrong one matters to who needs it, and is told then. */
	if (!hyp_govc_is_set() ||
	    hyp_url_parse(getenv("GOVC_URL"), "/sdk", &url, err) != 0)
		return 0;
	if (url.password != NULL) {
		hyp_redact_add(url.password);
		if (setenv(URL_PASSWORD, url.password, 1) != 0)
			rc = hyp_error_nomem(err);
	}
	hyp_url_fini(&url);
	return rc;
}

/* Go's strconv.ParseBool, which govc uses. */
static int32_t set_insecure(struct hyp_part *part, struct hyp_error *err)
{
	static const char *const yes[] = {"1",	  "t",	  "T",
					  "true", "TRUE", "True"};
	static const char *const no[] = {"0",	  "f",	   "F", "false",
					 "FALSE", "False", ""};
	const char *value = getenv("GOVC_INSECURE");

	for (size_t i = 0; value != NULL && i < HYP_COUNT(no); i++)
		if (strcmp(value, no[i]) == 0)
			return 0;
	for (size_t i = 0; value != NULL && i < HYP_COUNT(yes); i++)
		if (strcmp(value, yes[i]) == 0)
			return hyp_part_set_from(part, "insecure", "true",
						 WHERE, err);
	if (value == NULL)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
			     "GOVC_INSECURE=%s: give 1 or 0", value);
}

static int32_t set_user(struct hyp_part *part, const struct hyp_url *url,
			struct hyp_error *err)
{
	const char *username = getenv("GOVC_USERNAME");
	const char *reference = NULL;

	if (getenv("GOVC_PASSWORD") != NULL)
		reference = "env:GOVC_PASSWORD";
	else if (url->password != NULL)
		reference = "env:" URL_PASSWORD;
	if (username != NULL && username[0] != '\0' &&
	    hyp_part_set_from(part, "username", username, WHERE, err) != 0)
		return err->code;
	if (reference == NULL)
		return 0;
	return hyp_part_set_from(part, "password", reference, WHERE, err);
}

int32_t hyp_govc_part(struct hyp_part *part, struct hyp_error *err)
{
	struct hyp_url url;
	int32_t rc;

	if (hyp_url_parse(getenv("GOVC_URL"), "/sdk", &url, err) != 0)
		return hyp_error_prefix(err, "GOVC_URL: ");
	rc = hyp_part_named(part, "vsphere", WHERE, err);
	if (rc == 0)
		rc = hyp_part_set_url(part, &url, WHERE, err);
	if (rc == 0)
		rc = set_user(part, &url, err);
	if (rc == 0)
		rc = set_insecure(part, err);
	hyp_url_fini(&url);
	return rc;
}
