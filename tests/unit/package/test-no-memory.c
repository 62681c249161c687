/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation fails in turn: each time the answer is "no_memory", the
 * output is untouched, and nothing crashes; or the result is the same as
 * ever, as the allocation did not matter. Under a sanitizer, which has its
 * own malloc, none fails and the calls succeed.
 */
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/package/manifest.h"
#include "core/package/ovf.h"
#include "core/package/xml.h"
#include "tests/lib/unit.h"
#include "tests/unit/package/machines.h"

#include <errno.h>
#include <libxml/xmlerror.h>
#include <string.h>

static unsigned long countdown; /* 0: none fails; 1: the next does */
static int failed;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 1
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&         \
	!defined(OWN_MALLOC)
static int fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return 0;
	failed = 1;
	errno = ENOMEM;
	return 1;
}

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

__attribute__((visibility("default"))) void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
#endif

static struct hyp_error err;
static char *text;
static size_t text_n;
static char result[65536]; /* of a deed that went well */

/* Each does one thing whole; 0, or the code it got. */
static int32_t do_buf(void)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1u << 20);
	int32_t rc = 0;

	for (int i = 0; i < 2000 && rc == 0; i++) {
		size_t before = b.len;

		rc = hyp_buf_addf(&b, &err, "%d, and a hundred bytes: %90d", i,
				  i);
		if (rc != 0)
			ck_assert_uint_eq(b.len, before);
	}
	return rc;
}

static int32_t do_strings(void)
{
	HYP_AUTO_FREE char *a = NULL;
	HYP_AUTO_FREE char *b = NULL;
	int32_t rc = hyp_strdup("text", &a, &err);

	return rc != 0 ? rc : hyp_asprintf(&b, &err, "%s %200d", a, 1);
}

static int32_t do_file(void)
{
	HYP_AUTO_FREE char *whole = NULL;
	size_t n;

	return hyp_file_read_small("/etc/passwd", 1u << 20, &whole, &n, &err);
}

static int32_t do_digest(void)
{
	struct hyp_digest d;
	int32_t rc = hyp_digest_bytes(HYP_DIGEST_SHA256, "abc", 3, &d, &err);

	if (rc == 0)
		hyp_digest_hex(&d, result);
	return rc;
}

static int32_t do_manifest(void)
{
	static const char lines[] =
		"SHA1(a)= da39a3ee5e6b4b0d3255bfef95601890afd80709\n"
		"SHA1(b)= da39a3ee5e6b4b0d3255bfef95601890afd80709\n";
	struct hyp_manifest m = {.count = 77};
	int32_t rc = hyp_manifest_parse(lines, sizeof(lines) - 1, &m, &err);

	if (rc != 0)
		ck_assert_uint_eq(m.count, 77);
	else
		hyp_manifest_fini(&m);
	return rc;
}

static void keep_document(xmlDocPtr doc)
{
	unsigned long counted = countdown;
	xmlChar *dump;
	int n;

	countdown = 0;
	xmlDocDumpMemory(doc, &dump, &n);
	ck_assert_int_lt(n, (int)sizeof(result));
	memcpy(result, dump, (size_t)n);
	xmlFree(dump);
	countdown = counted;
}

static int32_t do_xml(void)
{
	static const struct hyp_xml_limits limits = HYP_XML_LIMITS_DEFAULT;
	xmlDocPtr doc = NULL;
	int32_t rc = hyp_xml_parse(text, text_n, &limits, "x", &doc, &err);

	if (rc != 0)
		ck_assert_ptr_null(doc);
	else
		keep_document(doc);
	xmlFreeDoc(doc);
	return rc;
}

static void keep_ovf(struct hyp_ovf *ovf)
{
	size_t n = 0;

	for (size_t i = 0; i < ovf->file_count; i++)
		n += (size_t)snprintf(result + n, sizeof(result) - n, "%s,%s;",
				      ovf->files[i].id, ovf->files[i].href);
	for (size_t i = 0; i < ovf->item_count; i++)
		n += (size_t)snprintf(
			result + n, sizeof(result) - n, "%s,%s,%s,%s,%s,%llu;",
			ovf->items[i].instance_id, ovf->items[i].parent,
			ovf->items[i].name, ovf->items[i].host_resource,
			ovf->items[i].connection,
			(unsigned long long)ovf->items[i].quantity);
	snprintf(result + n, sizeof(result) - n, "%s,%s,%s,%s,%zu,%zu",
		 ovf->name, ovf->os, ovf->firmware, ovf->hardware,
		 ovf->disk_count, ovf->network_count);
	hyp_ovf_fini(ovf);
}

static int32_t do_read(void)
{
	struct hyp_ovf ovf = {.systems = 77};
	int32_t rc = hyp_ovf_read(text, text_n, "x", &ovf, &err);

	if (rc != 0)
		ck_assert_uint_eq(ovf.systems, 77);
	else
		keep_ovf(&ovf);
	return rc;
}

static int32_t do_write(void)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1u << 20);
	static struct test_machine t;
	int32_t rc;

	test_machine_make(&t, 1);
	rc = hyp_ovf_write(&t.machine, t.files, sizeof(t.files[0]),
			   t.file_count, &b, &err);
	if (rc != 0)
		ck_assert_str_eq(hyp_buf_str(&b), "");
	else
		snprintf(result, sizeof(result), "%s", b.data);
	return rc;
}

static void load(void)
{
	HYP_AUTO_FREE char *path = NULL;

	ck_ok(hyp_asprintf(&path, &err,
			   "%s/tests/unit/package/fixtures/vcenter67.ovf",
			   getenv("top_srcdir")),
	      &err);
	ck_ok(hyp_file_read_small(path, HYP_OVF_MAX, &text, &text_n, &err),
	      &err);
}

static int32_t (*const deeds[])(void) = {
	do_buf,	     do_strings, do_file, do_digest,
	do_manifest, do_xml,	 do_read, do_write,
};

START_TEST(test_each)
{
	static char want[sizeof(result)];
	unsigned long n = 1;
	int32_t rc;

	load();
	memset(result, 0, sizeof(result));
	/* What is set up once, for the process, is set up before. */
	ck_ok(deeds[_i](), &err);
	memcpy(want, result, sizeof(want));
	do {
		failed = 0;
		memset(result, 0, sizeof(result));
		memset(&err, 0, sizeof(err));
		countdown = n;
		rc = deeds[_i]();
		countdown = 0;
		if (rc != 0)
			ck_assert_msg(failed && rc == HYP_E_TRANSIENT &&
					      strcmp(err.kind, "no_memory") ==
						      0,
				      "allocation %lu: %d %s: %s", n, rc,
				      err.kind, err.text);
		else
			ck_assert_msg(memcmp(result, want, sizeof(want)) == 0,
				      "allocation %lu: another result", n);
		n++;
	} while (failed);
	ck_assert_int_eq(rc, 0);
	free(text);
}
END_TEST

/* libxml2 says on stderr that memory fails, where it has no better place. */
static void quiet(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
}

int main(void)
{
	Suite *suite = suite_create("no-memory");
	TCase *t = tcase_create("no-memory");

	xmlSetGenericErrorFunc(NULL, quiet);
	tcase_add_loop_test(t, test_each, 0, (int)HYP_COUNT(deeds));
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
