/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/package/cert.h"
#include "core/package/judge-parts.h"

#include <string.h>

#define RULE_MANIFEST                                                          \
	"DSP0243 1.1, OVF Package Structure: a manifest has "                  \
	"one line for every file"
#define RULE_SIGNATURE                                                         \
	"DSP0243 1.1, OVF Package Structure: the certificate "                 \
	"signs the manifest"

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

static void judge_lines_of(struct hyp_judge *judge, const char *name)
{
	const struct hyp_pkg *pkg = judge->pkg;

	judge_lines(judge);
	if (!same_base(name, pkg->entries[pkg->descriptor].name))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "manifest_name",
			       name,
			       "DSP0243 1.1, OVF Package Structure: it has the "
			       "descriptor's base name",
			       "is not named after the descriptor");
	if (pkg->manifest.algorithms == HYP_DIGEST_SHA1)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "sha1_only", name,
			       "NIST SP 800-131A: SHA-1 proves no origin",
			       "has SHA-1 digests only: they find accidents, "
			       "not forgeries");
}

static void tell_verdict(struct hyp_judge *judge, const char *name,
			 const struct hyp_cert_verdict *v)
{
	if (!v->signature_ok)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_signature", name,
			       RULE_SIGNATURE,
			       "the signature is not that of the manifest: one "
			       "of them was changed");
	else if (!v->chain_ok || !v->valid_now)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "untrusted_cert",
			       name, "RFC 5280, path validation",
			       "signed by %s, but %s", v->subject, v->reason);
	else
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "signed", name,
			       RULE_SIGNATURE, "signed by %s, valid until %s",
			       v->subject, v->not_after);
}

static void judge_certificate(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	struct hyp_cert_verdict v;
	struct hyp_error err;
	const char *name = pkg->entries[pkg->cert_index].name;

	if (pkg->manifest_index < 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_cert", name,
			       RULE_SIGNATURE,
			       "there is no manifest that it could sign");
	else if (hyp_cert_verify(hyp_buf_str(&pkg->cert_text),
				 pkg->cert_text.len,
				 pkg->entries[pkg->manifest_index].name,
				 hyp_buf_str(&pkg->manifest_text),
				 pkg->manifest_text.len, judge->args->ca_file,
				 hyp_clock_wall_ms(), &v, &err) != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, err.kind, name,
			       RULE_SIGNATURE, "%s", err.text);
	else
		tell_verdict(judge, name, &v);
}

void hyp_judge_manifest(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	if (pkg->manifest_index >= 0)
		judge_lines_of(judge, pkg->entries[pkg->manifest_index].name);
	else
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_manifest", "",
			       RULE_MANIFEST,
			       "there is no manifest: nothing proves the "
			       "bytes");
	if (pkg->cert_index >= 0)
		judge_certificate(judge);
}
