/* SPDX-License-Identifier: Apache-2.0 */
/* Packages as JSON: what "hypersdk ova ... --json" prints and libhypersdk
 * gives. Each is the caller's to put. */
#ifndef HYP_LIB_PACKAGE_JSON_H
#define HYP_LIB_PACKAGE_JSON_H

#include "core/package/judge.h"
#include "core/package/package-read.h"
#include "core/pipeline/export.h"
#include <json-c/json.h>

/* What is in it. */
struct json_object *hyp_package_json(const struct hyp_pkg *pkg);
/* What was packed, or extracted. */
struct json_object *hyp_package_made_json(const struct hyp_result *result);

/* "error", "warning" or "info". */
const char *hyp_severity_name(uint32_t severity);
/* One finding, for the array of them. */
struct json_object *hyp_package_finding_json(const struct hyp_judgement *found);
/* The verdict with its findings, a reference of which it takes over. */
struct json_object *
hyp_package_verdict_json(const char *path,
			 const struct hyp_judge_counts *counts,
			 struct json_object *findings);

#endif
