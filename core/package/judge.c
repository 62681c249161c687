/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

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
	judge->counts.errors += severity == HYP_SEVERITY_ERROR;
	judge->counts.warnings += severity == HYP_SEVERITY_WARNING;
	judge->args->found(judge->args->ctx, &judgement);
}

int32_t hyp_judge_opened(const struct hyp_pkg *pkg,
			 const struct hyp_judge_args *args,
			 struct hyp_judge_counts *counts, struct hyp_error *err)
{
	struct hyp_judge judge = {.args = args, .pkg = pkg};
	int32_t rc = 0;

	hyp_judge_archive(&judge);
	hyp_judge_manifest(&judge);
	hyp_judge_descriptor(&judge);
	hyp_judge_hardware(&judge);
	if (!args->structure_only) {
		hyp_judge_vsphere(&judge);
		hyp_judge_virtualbox(&judge);
		hyp_judge_virt_v2v(&judge);
		rc = hyp_judge_bytes(&judge, err);
	}
	if (rc == 0)
		*counts = judge.counts;
	return rc;
}

int32_t hyp_judge(const char *path, const struct hyp_judge_args *args,
		  struct hyp_judge_counts *counts, struct hyp_error *err)
{
	struct hyp_judge judge = {.args = args};
	struct hyp_pkg *pkg = NULL;
	int32_t rc = hyp_pkg_open(path, &pkg, err);

	if (rc == HYP_E_PERMANENT) {
		/* That it cannot be opened is the judgement. */
		hyp_judge_tell(&judge, HYP_SEVERITY_ERROR, err->kind, "",
			       "what cannot be read safely is not valid", "%s",
			       err->text);
		*counts = judge.counts;
		return 0;
	}
	if (rc == 0)
		rc = hyp_judge_opened(pkg, args, counts, err);
	hyp_pkg_close(pkg);
	return rc;
}
