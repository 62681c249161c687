/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report on a package, not a yes: every reference, size and digest, the
 * descriptor against the OVF rules, the disks' structure, the signature, and
 * what known importers would say. Reads every byte once.
 */
#ifndef HYP_PACKAGE_JUDGE_H
#define HYP_PACKAGE_JUDGE_H

#include "core/package/package-read.h"

#define HYP_SEVERITY_ERROR 1u	/* the package is not valid */
#define HYP_SEVERITY_WARNING 2u /* valid, but somebody will stumble */
#define HYP_SEVERITY_INFO 3u

struct hyp_judgement {
	uint32_t severity;
	const char *kind;  /* stable word: "digest_mismatch", ... */
	const char *where; /* a file's name, an item's, or "": the package */
	const char *text;  /* what was found and expected */
	const char *rule;  /* what it rests on: a standard, an importer */
};

struct hyp_judge_args {
	int (*cancelled)(void *ctx); /* or NULL */
	void (*progress)(void *ctx, uint64_t done,
			 uint64_t total); /* or NULL */
	void (*found)(void *ctx, const struct hyp_judgement *judgement);
	void *ctx;
	const char *ca_file; /* PEM roots for the certificate, NULL: system's */
	uint32_t structure_only; /* 1: archive, manifest's lines, signature and
				  * descriptor; no disk, no importer */
	uint32_t deep;		 /* 1: inflate every grain of every image, not
				  * only some (vmdk.h) */
};

struct hyp_judge_counts {
	uint32_t errors, warnings;
};

/* path as for hyp_pkg_open; a package that cannot be opened is one finding of
 * severity ERROR. Returns 0 when the judgement is complete, whatever it
 * found. In the calling thread. */
int32_t hyp_judge(const char *path, const struct hyp_judge_args *args,
		  struct hyp_judge_counts *counts, struct hyp_error *err);
/* The same for a package that is open. */
int32_t hyp_judge_opened(const struct hyp_pkg *pkg,
			 const struct hyp_judge_args *args,
			 struct hyp_judge_counts *counts,
			 struct hyp_error *err);

#endif
