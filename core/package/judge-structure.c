/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/package/cert.h"
#include "core/package/judge-parts.h"

#include <string.h>

#define RULE_ORDER "DSP0243 5.2: descriptor first, then References order"
#define RULE_MANIFEST "DSP0243 5.1: a manifest names every file"
#define RULE_SIGNATURE "DSP0243 5.1: the certificate signs the manifest"

/* Manifest and certificate may follow the descriptor or end the archive; the
 * files between stand in the order of References. */
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
				       "names later: streaming importers fail");
			return;
		}
		last = e->ref;
		last_chunk = e->chunk;
	}
}

static void judge_archive(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	judge_order(judge);
	if (pkg->has_gnu)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "gnu_long_name", "",
			       "DSP0243 5.2: the archive is ustar",
			       "a GNU long name; ustar has names of up to 100 "
			       "bytes");
	if (pkg->has_base256)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "base256_size", "",
			       "GNU tar manual, \"Basic Tar Format\"",
			       "a file of 8 GiB or more: its size is in "
			       "base-256, which importers from 2012 on read");
	if (pkg->end_blocks < 2)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "short_end", "",
			       "POSIX.1 ustar: two zero blocks end an archive",
			       "only %u zero block ends the archive",
			       pkg->end_blocks);
}

static int is_beside(const struct hyp_pkg *pkg, size_t i)
{
	return i == pkg->descriptor || (int32_t)i == pkg->manifest_index ||
	       (int32_t)i == pkg->cert_index;
}

static void judge_references(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	for (size_t i = 0; i < pkg->entry_count; i++) {
		const struct hyp_pkg_entry *e = &pkg->entries[i];
		const struct hyp_ovf_file *file;
		uint64_t want;

		if (e->ref < 0) {
			if (!is_beside(pkg, i))
				hyp_judge_tell(
					judge, HYP_SEVERITY_WARNING,
					"unreferenced_file", e->name,
					"DSP0243 7.1: References names the "
					"package's files",
					"no reference names it: importers "
					"leave it out, or refuse the package");
			continue;
		}
		file = &pkg->ovf.files[e->ref];
		want = file->bytes;
		if (want == HYP_UNKNOWN)
			continue;
		if (file->chunk_size != 0) {
			uint64_t from = e->chunk * file->chunk_size;

			want = want - from < file->chunk_size
				       ? want - from
				       : file->chunk_size;
		}
		if (want != e->bytes)
			hyp_judge_tell(judge, HYP_SEVERITY_ERROR,
				       "size_mismatch", e->name,
				       "DSP0243 7.1: ovf:size is the file's "
				       "length",
				       "has %llu bytes, the descriptor says "
				       "%llu",
				       (unsigned long long)e->bytes,
				       (unsigned long long)want);
	}
}

static void judge_lines(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	for (size_t i = 0; i < pkg->manifest.count; i++)
		if (hyp_pkg_find(pkg, pkg->manifest.lines[i].name) < 0)
			hyp_judge_tell(
				judge, HYP_SEVERITY_ERROR, "corrupt_archive",
				pkg->manifest.lines[i].name, RULE_MANIFEST,
				"the manifest has a line for it, but it "
				"is not in the package");
	for (size_t i = 0; i < pkg->entry_count; i++)
		if ((pkg->entries[i].ref >= 0 || i == pkg->descriptor) &&
		    hyp_manifest_find(&pkg->manifest, pkg->entries[i].name) ==
			    NULL)
			hyp_judge_tell(judge, HYP_SEVERITY_ERROR,
				       "corrupt_archive", pkg->entries[i].name,
				       RULE_MANIFEST,
				       "the manifest has no line for it: "
				       "nothing proves its bytes");
}

/* Both names without their last suffix. */
static int same_base(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '.') - a);

	return n == (size_t)(strrchr(b, '.') - b) && memcmp(a, b, n) == 0;
}

static void judge_manifest(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	const char *name;

	if (pkg->manifest_index < 0) {
		hyp_judge_tell(
			judge, HYP_SEVERITY_WARNING, "no_manifest", "",
			RULE_MANIFEST,
			"there is no manifest: nothing proves the bytes");
		return;
	}
	name = pkg->entries[pkg->manifest_index].name;
	judge_lines(judge);
	if (!same_base(name, pkg->entries[pkg->descriptor].name))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "manifest_name",
			       name, "DSP0243 5.1: NAME.mf beside NAME.ovf",
			       "is not named after the descriptor");
	if (pkg->manifest.algorithms == HYP_DIGEST_SHA1)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "sha1_only", name,
			       "NIST SP 800-131A: SHA-1 proves no origin",
			       "has SHA-1 digests only: they find accidents, "
			       "not forgeries");
}

static void judge_certificate(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	struct hyp_cert_verdict v;
	struct hyp_error err;
	const char *name;

	if (pkg->cert_index < 0)
		return;
	name = pkg->entries[pkg->cert_index].name;
	if (pkg->manifest_index < 0) {
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_cert", name,
			       RULE_SIGNATURE,
			       "there is no manifest that it could sign");
		return;
	}
	if (hyp_cert_verify(hyp_buf_str(&pkg->cert_text), pkg->cert_text.len,
			    pkg->entries[pkg->manifest_index].name,
			    hyp_buf_str(&pkg->manifest_text),
			    pkg->manifest_text.len, judge->args->ca_file,
			    hyp_clock_wall_ms(), &v, &err) != 0) {
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, err.kind, name,
			       RULE_SIGNATURE, "%s", err.text);
		return;
	}
	if (!v.signature_ok)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_signature", name,
			       RULE_SIGNATURE,
			       "the signature is not that of the manifest: one "
			       "of them was changed");
	else if (!v.chain_ok || !v.valid_now)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "untrusted_cert",
			       name, "RFC 5280: path and validity",
			       "signed by %s, but %s", v.subject, v.reason);
	else
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "signed", name,
			       RULE_SIGNATURE, "signed by %s, until %s",
			       v.subject, v.not_after);
}

void hyp_judge_structure(struct hyp_judge *judge)
{
	if (judge->pkg->is_ova)
		judge_archive(judge);
	judge_references(judge);
	judge_manifest(judge);
	judge_certificate(judge);
}
