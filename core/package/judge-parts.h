/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a judgement; each tells what it finds to the same place. */
#ifndef HYP_PACKAGE_JUDGE_PARTS_H
#define HYP_PACKAGE_JUDGE_PARTS_H

#include "core/package/judge.h"

struct hyp_judge {
	const struct hyp_judge_args *args;
	const struct hyp_pkg *pkg;
	struct hyp_judge_counts counts;
};

__attribute__((format(printf, 6, 7))) void
hyp_judge_tell(struct hyp_judge *judge, uint32_t severity, const char *kind,
	       const char *where, const char *rule, const char *fmt, ...);

/* Archive, references, order, manifest's lines, certificate. */
void hyp_judge_structure(struct hyp_judge *judge);
/* The descriptor against the rules of OVF 1.x. */
void hyp_judge_descriptor(struct hyp_judge *judge);
/* What known importers would stumble over. */
void hyp_judge_portability(struct hyp_judge *judge);
/* Every byte: digests, sizes, disk images. HYP_E_CANCELLED, or what kept it
 * from reading. */
int32_t hyp_judge_bytes(struct hyp_judge *judge, struct hyp_error *err);

#endif
