/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/descriptor.h"
#include "core/package/ovf.h"

#include <stdlib.h>

/* A size as long as any in decimal digits, for the dry run of our own. */
#define LONG_SIZE INT64_MAX

/* Our own descriptor, with sizes as they are or (dry) of full length. */
static int32_t build(const struct hyp_machine *machine,
		     const struct hyp_source_files *files, int dry,
		     struct hyp_buf *out, struct hyp_error *err)
{
	struct hyp_source_files copy = *files;
	size_t n = files->count;
	int32_t rc;

	copy.at = calloc(n + 1, sizeof(*copy.at));
	if (copy.at == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		copy.at[i] = files->at[i];
		if (!dry)
			continue;
		copy.at[i].file.bytes = LONG_SIZE;
		if (copy.at[i].file.role == HYP_ROLE_DISK)
			copy.at[i].file.populated = LONG_SIZE;
		if (copy.at[i].file.role == HYP_ROLE_DISK &&
		    copy.at[i].file.capacity == 0)
			copy.at[i].file.capacity = 1u << 30;
	}
	rc = hyp_ovf_write(machine, &copy.at->file, sizeof(*copy.at),
			   (uint32_t)n, out, err);
	free(copy.at);
	return rc;
}

static int32_t ask(void *exported, const struct hyp_source_files *files,
		   uint32_t count, struct hyp_buf *out, struct hyp_error *err)
{
	struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};

	return hyp_provider_calls.describe(
		exported, files->count > 0 ? &files->at->file : NULL,
		sizeof(*files->at), count, &writer, err);
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int32_t hyp_descriptor_dry(void *exported, const struct hyp_machine *machine,
			   const struct hyp_source_files *files, uint64_t *max,
			   struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf theirs = HYP_BUF_INIT(HYP_OVF_MAX);
	HYP_AUTO_BUF struct hyp_buf own = HYP_BUF_INIT(HYP_OVF_MAX);
	int32_t asked = HYP_E_UNSUPPORTED, built;

	if (exported != NULL)
		asked = ask(exported, files, 0, &theirs, err);
	if (asked < 0 && asked != HYP_E_UNSUPPORTED)
		return asked;
	built = build(machine, files, 1, &own, err);
	/* where the provider can, ours is only the fallback */
	if (built < 0 && asked < 0)
		return built;
	*max = longer(theirs.len, built < 0 ? 0 : own.len) * 2 +
	       1024 * files->count;
	*max = longer(*max, HYP_DESCRIPTOR_MIN);
	return 0;
}

/* The provider's descriptor, judged. */
static int32_t take_theirs(void *exported, const struct hyp_source_files *files,
			   uint64_t max, struct hyp_buf *out,
			   struct hyp_error *err)
{
	int32_t rc = ask(exported, files, (uint32_t)files->count, out, err);

	if (rc < 0)
		return rc;
	if (out->len > max)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "it has %zu bytes where %llu were kept",
				     out->len, (unsigned long long)max);
	return hyp_descriptor_check(out->data, out->len, files, err);
}

int32_t hyp_descriptor_make(void *exported, const struct hyp_machine *machine,
			    const struct hyp_source_files *files, uint64_t max,
			    struct hyp_notes *notes, struct hyp_buf *out,
			    struct hyp_error *err)
{
	int32_t rc = take_theirs(exported, files, max, out, err);

	if (rc == 0 || rc == HYP_E_CANCELLED || rc == HYP_E_FENCED)
		return rc;
	if (rc != HYP_E_UNSUPPORTED)
		hyp_notes_warn(notes, "descriptor_replaced",
			       "the source's own descriptor was not used: %s; "
			       "one built from the VM's hardware is in the "
			       "package",
			       err->text);
	hyp_buf_reset(out);
	rc = build(machine, files, 0, out, err);
	if (rc == 0)
		rc = hyp_descriptor_check(out->data, out->len, files, err);
	if (rc == 0 && out->len > max)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				   "the descriptor has %zu bytes where %llu "
				   "were kept",
				   out->len, (unsigned long long)max);
	return rc;
}
