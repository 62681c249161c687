/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/view.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/units.h"

static const struct {
	const char *word, *meaning;
} proofs[] = {
	{HYP_PROOF_NONE, "none: the source gave neither digests nor sizes"},
	{HYP_PROOF_STRUCTURE,
	 "every disk image is complete; the source gave neither digests nor "
	 "sizes"},
	{HYP_PROOF_SIZE,
	 "every size equals the source's; the source gave no digests"},
	{HYP_PROOF_SHA1, "every byte equals the source's own SHA-1"},
	{HYP_PROOF_SHA256, "every byte equals the source's own SHA-256"},
	{HYP_PROOF_SHA512, "every byte equals the source's own SHA-512"},
};

static const struct {
	const char *word, *meaning;
} consistencies[] = {
	{"powered-off", "powered off: the disks stood still"},
	{"quiesced", "quiesced: the guest was asked to flush its files"},
	{"crash-consistent",
	 "crash-consistent: as after a power cut at that moment"},
};

static const char *proof_text(const char *word)
{
	for (size_t i = 0; word != NULL && i < HYP_COUNT(proofs); i++)
		if (strcmp(word, proofs[i].word) == 0)
			return proofs[i].meaning;
	return word;
}

static const char *consistency_text(const char *word)
{
	for (size_t i = 0; word != NULL && i < HYP_COUNT(consistencies); i++)
		if (strcmp(word, consistencies[i].word) == 0)
			return consistencies[i].meaning;
	return word;
}

static void print_line(const char *name, const char *text)
{
	char safe[2048];

	if (text == NULL || text[0] == '\0')
		return;
	hyp_text_printable(text, safe, sizeof(safe));
	printf("  %-12s %s\n", name, safe);
}

static void print_size(const struct hyp_result *result)
{
	char size[HYP_UNITS_TEXT_MAX], disks[HYP_UNITS_TEXT_MAX];
	char took[HYP_UNITS_TEXT_MAX], rate[HYP_UNITS_TEXT_MAX];

	hyp_format_bytes(result->package_bytes, size);
	hyp_format_bytes(result->capacity, disks);
	hyp_format_duration(result->duration_ms, took);
	hyp_format_rate(result->duration_ms == 0 ? 0
						 : result->transferred * 1000 /
							   result->duration_ms,
			rate);
	printf("  %-12s %s in %zu files, from disks of %s; %s, %s\n", "size",
	       size, result->file_count, disks, took, rate);
}

static void print_warnings(const struct hyp_result *result)
{
	for (size_t i = 0; i < result->warning_count; i++)
		print_line(i == 0 ? "warnings" : "", result->warnings[i]);
}

static void print_done(const struct hyp_view_job *job,
		       const struct hyp_result *result)
{
	char path[1024];

	hyp_text_printable(job->job->vm, path, sizeof(path));
	printf("Exported %s\n", path);
	print_line("to", result->output);
	print_size(result);
	print_line("proof", proof_text(result->proof));
	print_line("consistency", consistency_text(result->consistency));
	print_line("receipt", result->receipt);
	print_warnings(result);
}

static void print_dry(const struct hyp_view_job *job,
		      const struct hyp_result *result)
{
	char path[1024], disks[HYP_UNITS_TEXT_MAX];

	hyp_text_printable(job->job->vm, path, sizeof(path));
	hyp_format_bytes(result->capacity, disks);
	printf("Dry run: %s can be exported; nothing was changed\n", path);
	print_line("to", result->output);
	print_line("disks", result->capacity > 0 ? disks : "");
	print_warnings(result);
}

void hyp_finding_print(const struct hyp_finding *finding)
{
	static const char *const levels[] = {"", "error", "warning", "note"};
	char safe[2 * HYP_ERROR_TEXT_MAX];

	hyp_text_printable(finding->text, safe, sizeof(safe));
	printf("%s: %s\n",
	       finding->level < HYP_COUNT(levels) ? levels[finding->level]
						  : "note",
	       safe);
}

void hyp_summary_print(const struct hyp_view_job *job,
		       const struct hyp_result *result,
		       const struct hyp_error *why)
{
	struct hyp_error err;

	if (why == NULL && job->job->dry_run)
		print_dry(job, result);
	else if (why == NULL)
		print_done(job, result);
	else {
		err = *why;
		if (job->count > 1)
			hyp_error_prefix(&err, "%s: ", job->job->vm);
		hyp_app_fail(&err);
	}
	fflush(stdout);
}

const char *hyp_view_name(const struct hyp_export_job *job)
{
	const char *slash = strrchr(job->vm, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : job->vm;
}
