/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.json: what was exported, from where, how it was proven. Written by
 * the storage with the package; recovery and "force" know by it what is ours.
 */
#ifndef HYP_PIPELINE_RECEIPT_H
#define HYP_PIPELINE_RECEIPT_H

#include "core/pipeline/export.h"

#define HYP_RECEIPT_FORMAT "hypersdk-receipt/1"

/*
 * {
 *   "format": "hypersdk-receipt/1", "hypersdk": "0.2.0",
 *   "job": "...", "attempt": 1, "created": "2026-11-25T21:38:00Z",
 *   "vm": {"name": "...", "path": "..."}, "source": "vc:443/DC0/vm/web01",
 *   "tls": "ca", "mode": "hot", "consistency": "quiesced",
 *   "proof": "host-sha256", "package_bytes": 123, "digest": "sha256",
 *   "files": [{"name": "web01-disk1.vmdk", "size": 100, "sha256": "hex",
 *              "proof": "host-sha256"}, ...],
 *   "warnings": ["quiesce_failed: ..."]
 * }
 * The digest's member has the algorithm's name. A file without "proof" came
 * from no source: descriptor and manifest. *out: malloc'd text, NUL not
 * counted.
 */
int32_t hyp_receipt_write(const struct hyp_export_job *job,
			  const struct hyp_result *result, int64_t created_ms,
			  char **out, size_t *len, struct hyp_error *err);

#endif
