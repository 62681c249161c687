/* SPDX-License-Identifier: Apache-2.0 */
/* Between the fakes' own files. */
#ifndef HYP_TEST_PIPELINE_FAKES_PARTS_H
#define HYP_TEST_PIPELINE_FAKES_PARTS_H

#include <hypersdk/packager.h>
#include <hypersdk/provider.h>

extern const struct hyp_provider_ops fake_provider;
extern const struct hyp_packager_ops fake_packager;
extern const struct hyp_storage_ops fake_storage;

/* Notes a call; live: +1 for what begins, -1 for what ends. */
void fake_note(const char *name, int live);
/* Notes a call that may fail now: 0, or its failure. */
int32_t fake_call(const char *name, struct hyp_error *err);
const char *fake_option_text(const void *options);

#endif
