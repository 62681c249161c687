/* SPDX-License-Identifier: Apache-2.0 */
/* What a receipt says, as far as a storage cares. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/json-read.h"
#include "core/base/json-text.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/openat2.h>
#include <string.h>

#define FORMAT "hypersdk-receipt/1"
#define INODE "storage_inode"

static void put_json(struct json_object **json)
{
	json_object_put(*json);
}
#define AUTO_JSON __attribute__((cleanup(put_json)))

static int32_t parse(const void *text, size_t n, struct json_object **out,
		     struct hyp_error *err)
{
	int32_t rc = HYP_E_USAGE;

	if (n <= LOCAL_RECEIPT_MAX)
		rc = hyp_json_read(text, n, out, err);
	if (rc == HYP_E_USAGE)
		return hyp_error_set(err, HYP_E_USAGE, "bad_receipt", 0,
				     "the receipt is no JSON object");
	return rc;
}

static int get_text(struct json_object *json, const char *name, char *out,
		    size_t max)
{
	struct json_object *v;

	if (!json_object_object_get_ex(json, name, &v) ||
	    !json_object_is_type(v, json_type_string) ||
	    (size_t)json_object_get_string_len(v) >= max ||
	    strlen(json_object_get_string(v)) !=
		    (size_t)json_object_get_string_len(v))
		return 0;
	strcpy(out, json_object_get_string(v));
	return 1;
}

static int get_uint(struct json_object *json, const char *name, uint64_t max,
		    uint64_t *out)
{
	struct json_object *v;
	uint64_t value;

	if (!json_object_object_get_ex(json, name, &v) ||
	    !json_object_is_type(v, json_type_int) ||
	    (json_object_get_int64(v) < 0))
		return 0;
	value = json_object_get_uint64(v);
	if (value > max)
		return 0;
	*out = value;
	return 1;
}

/* What is wrong with it, or NULL. */
static const char *take(struct json_object *json, struct local_receipt *out)
{
	struct local_receipt r = {.inode = 0};
	char format[sizeof(FORMAT)];
	uint64_t attempt;

	if (!json_object_is_type(json, json_type_object))
		return "is no JSON object";
	if (!get_text(json, "format", format, sizeof(format)) ||
	    strcmp(format, FORMAT) != 0)
		return "lacks \"format\": \"" FORMAT "\"";
	if (!get_text(json, "job", r.job, sizeof(r.job)))
		return "lacks the text \"job\"";
	if (!get_uint(json, "attempt", UINT32_MAX, &attempt))
		return "lacks the number \"attempt\"";
	if (!get_uint(json, "package_bytes", INT64_MAX, &r.package_bytes))
		return "lacks the number \"package_bytes\"";
	get_uint(json, INODE, UINT64_MAX, &r.inode);
	r.attempt = (uint32_t)attempt;
	*out = r;
	return NULL;
}

int32_t local_receipt_parse(const void *text, size_t n,
			    struct local_receipt *out, struct hyp_error *err)
{
	AUTO_JSON struct json_object *json = NULL;
	const char *fault;
	int32_t rc = parse(text, n, &json, err);

	if (rc != 0)
		return rc;
	fault = take(json, out);
	if (fault == NULL)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_receipt", 0,
			     "the receipt %s", fault);
}

int32_t local_receipt_add_inode(const void *text, size_t n, uint64_t inode,
				char **out, struct hyp_error *err)
{
	AUTO_JSON struct json_object *json = NULL;
	struct json_object *number;
	const char *made;
	int32_t rc = parse(text, n, &json, err);

	if (rc != 0)
		return rc;
	number = json_object_new_uint64(inode);
	if (number == NULL)
		return hyp_error_nomem(err);
	if (json_object_object_add(json, INODE, number) != 0) {
		json_object_put(number);
		return hyp_error_nomem(err);
	}
	made = hyp_json_to_string(json, JSON_C_TO_STRING_PRETTY |
						JSON_C_TO_STRING_SPACED |
						JSON_C_TO_STRING_NOSLASHESCAPE);
	if (made == NULL)
		return hyp_error_nomem(err);
	return hyp_asprintf(out, err, "%s\n", made);
}

int32_t local_receipt_read(int dir, const char *path, const char *name,
			   struct local_receipt *out, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	HYP_AUTO_FREE char *text = NULL;
	struct stat st;
	ssize_t n;
	int32_t rc;

	fd = hyp_file_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return local_error(err, errno, "open", path, name);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_size > LOCAL_RECEIPT_MAX)
		return 0;
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return hyp_error_nomem(err);
	n = hyp_file_pread_all(fd, text, (size_t)st.st_size, 0);
	if (n < 0)
		return local_error(err, errno, "read", path, name);
	rc = local_receipt_parse(text, (size_t)n, out, err);
	return rc == HYP_E_USAGE ? 0 : rc == 0 ? 1 : rc;
}
