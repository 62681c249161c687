/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <string.h>

void hyp_judge_tell(struct hyp_judge *judge, uint32_t severity,
		    const char *kind, const char *where, const char *rule,
		    const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX];
	struct hyp_judgement judgement = {.severity = severity,
					  .kind = kind,
					  .where = where,
					  .text = text,
					  .rule = rule};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	judge->errors += severity == HYP_SEVERITY_ERROR;
	judge->warnings += severity == HYP_SEVERITY_WARNING;
	judge->args->found(judge->args->ctx, &judgement);
}

const struct hyp_ovf_disk *hyp_judge_disk_of(const struct hyp_ovf *ovf,
					     const struct hyp_ovf_file *file)
{
	for (size_t i = 0; i < ovf->disk_count; i++)
		if (strcmp(ovf->disks[i].file_ref, file->id) == 0)
			return &ovf->disks[i];
	return NULL;
}

int32_t hyp_judge(const char *path, const struct hyp_judge_args *args,
		  uint32_t *errors, uint32_t *warnings, struct hyp_error *err)
{
	struct hyp_judge judge = {.args = args};
	struct hyp_pkg *pkg = NULL;
	int32_t rc = hyp_pkg_open(path, &pkg, err);

	if (rc == HYP_E_PERMANENT) {
		/* That it cannot be opened is the judgement. */
		hyp_judge_tell(&judge, HYP_SEVERITY_ERROR, err->kind, "",
			       "a package must be readable to be valid", "%s",
			       err->text);
		rc = 0;
	} else if (rc == 0) {
		judge.pkg = pkg;
		hyp_judge_structure(&judge);
		hyp_judge_descriptor(&judge);
		hyp_judge_portability(&judge);
		if (!args->structure_only)
			rc = hyp_judge_bytes(&judge, err);
	}
	hyp_pkg_close(pkg);
	if (rc != 0)
		return rc;
	*errors = judge.errors;
	*warnings = judge.warnings;
	return 0;
}
