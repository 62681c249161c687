/* SPDX-License-Identifier: Apache-2.0 */
/* What must be undone if the process dies: host->remember's bytes. */
#ifndef VSPHERE_RECORD_H
#define VSPHERE_RECORD_H

#include "core/base/buf.h"
#include "plugins/provider/vsphere/snapshot.h"

struct vs_record {
	char endpoint[272]; /* HOST:PORT */
	char cookie[VS_COOKIE_MAX];
	char vm[256];
	char lease[256];			  /* "" if not known */
	char snapshot_name[VS_SNAPSHOT_NAME_MAX]; /* "" if cold */
	char snapshot[256];			  /* "" if not known */
};

/* Lines "word value". */
int32_t vs_record_write(const struct vs_record *record, struct hyp_buf *out,
			struct hyp_error *err);
/* HYP_E_PERMANENT "bad_record". */
int32_t vs_record_read(const void *bytes, uint64_t n, struct vs_record *out,
		       struct hyp_error *err);

/* The provider's undo. */
int32_t vs_undo(void *instance, const char *key, const void *bytes, uint64_t n,
		struct hyp_error *err);

#endif
