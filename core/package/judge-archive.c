/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <string.h>

#define RULE_ORDER                                                             \
	"DSP0243 1.1, Distribution as a Single File: descriptor, then the "    \
	"files in the order of References; manifest and certificate "          \
	"together after the descriptor or at the end"
#define RULE_USTAR                                                             \
	"DSP0243 1.1, Distribution as a Single File: the archive is ustar"
#define RULE_FILE "DSP0243 1.1, File References"

static void judge_order(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	int32_t last = -1;
	uint32_t last_chunk = 0;

	for (size_t i = 0; i < pkg->entry_count; i++) {
		const struct hyp_pkg_entry *e = &pkg->entries[i];

		if (e->ref < 0)
			continue;
		if (e->ref < last ||
		    (e->ref == last && e->chunk < last_chunk)) {
			hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_order",
				       e->name, RULE_ORDER,
				       "stands after a file that References "
				       "names later: importers that read as "
				       "a stream fail");
			return;
		}
		last = e->ref;
		last_chunk = e->chunk;
	}
}

/* Manifest and certificate follow the descriptor, or end the archive. */
static void judge_places(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	int32_t mf = pkg->manifest_index, cert = pkg->cert_index;
	int32_t end = (int32_t)pkg->entry_count;
	int32_t count = cert < 0 ? 1 : 2;

	if (mf < 0)
		return;
	if ((mf == 1 || mf == end - count) && (cert < 0 || cert == mf + 1))
		return;
	hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "manifest_place",
		       pkg->entries[mf].name, RULE_ORDER,
		       "stands among the files, or apart from its "
		       "certificate");
}

static void judge_dialect(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	if (pkg->has_gnu)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "gnu_long_name", "",
			       RULE_USTAR,
			       "a GNU long name; ustar has names of up to 100 "
			       "bytes");
	else if (pkg->is_gnu)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "gnu_tar", "",
			       RULE_USTAR, "headers of GNU tar's own form");
	if (pkg->has_base256)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "base256_size", "",
			       "GNU tar manual, Basic Tar Format",
			       "a file of 8 GiB or more, whose size only "
			       "base-256 can say");
	if (pkg->end_blocks < 2)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "short_end", "",
			       "POSIX.1, ustar: two zero blocks end an archive",
			       "only %u zero block ends the archive",
			       pkg->end_blocks);
}

static int is_beside(const struct hyp_pkg *pkg, size_t i)
{
	return i == pkg->descriptor || (int32_t)i == pkg->manifest_index ||
	       (int32_t)i == pkg->cert_index;
}

/* Bytes that a piece must have; HYP_UNKNOWN if nothing says so. *most: 1 if
 * it may have fewer. */
static uint64_t piece_size(const struct hyp_pkg *pkg, size_t i, int *most)
{
	const struct hyp_pkg_entry *e = &pkg->entries[i];
	const struct hyp_ovf_file *file = &pkg->ovf.files[e->ref];
	uint64_t from = e->chunk * file->chunk_size;

	*most = 0;
	if (file->chunk_size == 0)
		return file->bytes;
	if (file->bytes != HYP_UNKNOWN)
		return file->bytes - from < file->chunk_size
			       ? file->bytes - from
			       : file->chunk_size;
	/* Only the last piece may be short; which it is, nobody says. */
	*most = 1;
	for (size_t k = 0; k < pkg->entry_count; k++)
		if (pkg->entries[k].ref == e->ref &&
		    pkg->entries[k].chunk > e->chunk)
			*most = 0;
	return file->chunk_size;
}

static void judge_size(struct hyp_judge *judge, size_t i)
{
	const struct hyp_pkg_entry *e = &judge->pkg->entries[i];
	int most;
	uint64_t want = piece_size(judge->pkg, i, &most);

	if (want == HYP_UNKNOWN || e->bytes == want ||
	    (most && e->bytes < want))
		return;
	hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "size_mismatch", e->name,
		       RULE_FILE ": ovf:size is the file's length",
		       "has %llu bytes, the descriptor says %llu",
		       (unsigned long long)e->bytes, (unsigned long long)want);
}

void hyp_judge_archive(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	if (pkg->is_ova) {
		judge_order(judge);
		judge_places(judge);
		judge_dialect(judge);
	}
	for (size_t i = 0; i < pkg->entry_count; i++) {
		if (pkg->entries[i].ref >= 0)
			judge_size(judge, i);
		else if (!is_beside(pkg, i))
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "unreferenced_file",
				       pkg->entries[i].name, RULE_FILE,
				       "no reference names it: importers leave "
				       "it out, or refuse the package");
	}
}
