/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a package, in whatever order its entries came. */
#include "tests/contract/packager.h"
#include "core/base/digest.h"

#include <pthread.h>
#include <stdio.h>

static const uint32_t digests[] = {HYP_DIGEST_SHA1, HYP_DIGEST_SHA256,
				   HYP_DIGEST_SHA512};
static const uint32_t orders[][PK_ENTRIES] = {
	{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}};
#define DIGESTS 3
#define ORDERS 3

/* One after the other. */
START_TEST(in_turn)
{
	const uint32_t *order = orders[_i / DIGESTS];
	struct pk_package p;

	pk_init(&p, digests[_i % DIGESTS], 1);
	pk_begin(&p);
	for (int i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, order[i]);
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	pk_check(&p, PK_DESCRIPTOR);
	/* In their own order each byte is written once. */
	if (order == orders[0])
		ck_assert_uint_eq(p.place.scratches, 0);
	pk_fini(&p);
}
END_TEST

/* All open at once, written by turns, closed in another order. */
START_TEST(interleaved)
{
	const uint32_t *opened = orders[_i], *closed = orders[2 - _i];
	void *entries[PK_ENTRIES] = {NULL};
	char *bytes[PK_ENTRIES];
	struct pk_package p;
	int more = 1;

	pk_init(&p, HYP_DIGEST_SHA256, PK_ENTRIES);
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++) {
		ck_ok(pk_open(&p, opened[i], &entries[opened[i]]), &pk_err);
		bytes[i] = pk_bytes(&p, i);
	}
	for (size_t at = 0; more; at += 10000) {
		more = 0;
		for (uint32_t i = 0; i < PK_ENTRIES; i++) {
			size_t n = pk_size(i);

			if (at >= n)
				continue;
			n = n - at < 10000 ? n - at : 10000;
			ck_ok(pk_ops()->entry_write(entries[i], bytes[i] + at,
						    n, &pk_err),
			      &pk_err);
			more = 1;
		}
	}
	for (uint32_t i = 0; i < PK_ENTRIES; i++) {
		ck_ok(pk_close(&p, closed[i], entries[closed[i]]), &pk_err);
		free(bytes[i]);
	}
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	pk_check(&p, PK_DESCRIPTOR);
	pk_fini(&p);
}
END_TEST

/* Each entry begins anew three times, having got more bytes than it will
 * have; the first alone, then all at once. */
START_TEST(restarted)
{
	void *entries[PK_ENTRIES] = {NULL};
	static char junk[400000];
	struct pk_package p;

	memset(junk, 'j', sizeof(junk));
	pk_init(&p, HYP_DIGEST_SHA256, _i ? PK_ENTRIES : 1);
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++) {
		ck_ok(pk_open(&p, i, &entries[i]), &pk_err);
		for (int k = 0; k < 3; k++) {
			ck_ok(pk_ops()->entry_write(entries[i], junk,
						    sizeof(junk), &pk_err),
			      &pk_err);
			ck_ok(pk_ops()->entry_restart(entries[i], &pk_err),
			      &pk_err);
		}
		/* Twice at once is once. */
		ck_ok(pk_ops()->entry_restart(entries[i], &pk_err), &pk_err);
		if (_i)
			continue;
		ck_ok(pk_write_all(&p, i, entries[i]), &pk_err);
		ck_ok(pk_close(&p, i, entries[i]), &pk_err);
	}
	for (uint32_t i = 0; i < PK_ENTRIES && _i; i++) {
		ck_ok(pk_write_all(&p, i, entries[i]), &pk_err);
		ck_ok(pk_close(&p, i, entries[i]), &pk_err);
	}
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	pk_check(&p, PK_DESCRIPTOR);
	pk_fini(&p);
}
END_TEST

START_TEST(nothing_but_a_descriptor)
{
	struct pk_package p;
	size_t n = 0;
	char *got;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.entry_count = 0;
	pk_begin(&p);
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	ck_assert_uint_eq(p.file_count, 2);
	got = pk_file(&p, "web01.ovf", &n);
	ck_assert_ptr_nonnull(got);
	free(got);
	pk_fini(&p);
}
END_TEST

static char *descriptor_of(size_t n)
{
	char *text = malloc(n + 1);

	memset(text, 'd', n);
	text[n] = '\0';
	return text;
}

/* A descriptor of exactly the announced length stays as it is. */
START_TEST(descriptor_exact)
{
	static const size_t sizes[] = {1, 511, 512, 513, 65536};
	char *descriptor = descriptor_of(sizes[_i]);
	struct pk_package p;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.descriptor_max = sizes[_i];
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, i);
	ck_ok(pk_finish(&p, descriptor), &pk_err);
	ck_assert_uint_eq(p.files[0].bytes, sizes[_i]);
	pk_check(&p, descriptor);
	pk_fini(&p);
	free(descriptor);
}
END_TEST

/* One that is longer is refused, or right all the same; never cut, and nothing
 * behind its place is overwritten. (The core's calls refuse it.) */
START_TEST(descriptor_too_long)
{
	char *descriptor = descriptor_of(_i ? 100000 : 1001);
	struct pk_package p;
	int32_t rc;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.descriptor_max = 1000;
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, i);
	memset(&pk_err, 0x7f, sizeof(pk_err));
	rc = pk_finish(&p, descriptor);
	ck_assert(rc == 0 || contract_error_proper(rc, &pk_err));
	if (rc == 0)
		pk_check(&p, descriptor);
	pk_fini(&p);
	free(descriptor);
}
END_TEST

/* The certificate follows the manifest, which the signer sees as it is. */
static struct {
	char manifest[8192];
	uint64_t n;
	unsigned calls;
	int32_t rc;
} signer;

static int32_t sign(void *ctx, const char *manifest_name, const void *manifest,
		    uint64_t n, const struct hyp_writer *out,
		    struct hyp_error *err)
{
	ck_assert_ptr_eq(ctx, &signer);
	ck_assert_str_eq(manifest_name, "web01.mf");
	ck_assert_uint_lt(n, sizeof(signer.manifest));
	memcpy(signer.manifest, manifest, n);
	signer.n = n;
	signer.calls++;
	if (signer.rc != 0)
		return hyp_error_set(err, signer.rc, "no_key", 0, "no key");
	return out->write(out->ctx, "CERTIFICATE", 11, err);
}

START_TEST(signature)
{
	struct pk_package p;
	size_t n = 0;
	char *got;

	memset(&signer, 0, sizeof(signer));
	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.sign = sign;
	p.args.sign_ctx = &signer;
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, i);
	ck_assert_uint_eq(signer.calls, 0);
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	ck_assert_uint_eq(signer.calls, 1);
	pk_check(&p, PK_DESCRIPTOR);
	ck_assert_uint_eq(p.file_count, PK_ENTRIES + 3);
	ck_assert_str_eq(p.files[PK_ENTRIES + 2].name, "web01.cert");
	got = pk_file(&p, "web01.cert", &n);
	ck_assert_uint_eq(n, 11);
	ck_assert_int_eq(memcmp(got, "CERTIFICATE", 11), 0);
	free(got);
	got = pk_file(&p, "web01.mf", &n);
	ck_assert_uint_eq(n, signer.n);
	ck_assert_int_eq(memcmp(got, signer.manifest, n), 0);
	free(got);
	pk_fini(&p);
}
END_TEST

START_TEST(signature_fails)
{
	struct pk_package p;

	memset(&signer, 0, sizeof(signer));
	signer.rc = HYP_E_USAGE;
	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.sign = sign;
	p.args.sign_ctx = &signer;
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, i);
	ct_fails_with(pk_finish(&p, PK_DESCRIPTOR), &pk_err, HYP_E_USAGE);
	pk_fini(&p);
}
END_TEST

/* What space says is never less than what it came to. */
START_TEST(space_is_enough)
{
	uint64_t sizes[PK_ENTRIES], bytes = 0;
	void *entries[PK_ENTRIES];
	struct pk_package p;

	pk_init(&p, HYP_DIGEST_SHA512, _i ? PK_ENTRIES : 1);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		sizes[i] = pk_size(i);
	ck_ok(pk_ops()->space(pk->raw, &p.args, sizes, PK_ENTRIES, &bytes,
			      &pk_err),
	      &pk_err);
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++) {
		if (_i)
			ck_ok(pk_open(&p, i, &entries[i]), &pk_err);
		else
			pk_put(&p, i);
	}
	for (uint32_t i = 0; i < PK_ENTRIES && _i; i++) {
		ck_ok(pk_write_all(&p, i, entries[i]), &pk_err);
		ck_ok(pk_close(&p, i, entries[i]), &pk_err);
	}
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	ck_assert_uint_le(p.place.peak, bytes);
	pk_fini(&p);
}
END_TEST

START_TEST(space_of_anything)
{
	uint64_t unknown[2] = {HYP_UNKNOWN, HYP_UNKNOWN}, bytes = 0, none = 0;
	uint64_t huge[2] = {UINT64_MAX - 1, UINT64_MAX - 1};
	struct pk_package p;

	pk_init(&p, HYP_DIGEST_SHA256, 3);
	ck_ok(pk_ops()->space(pk->raw, &p.args, NULL, 0, &none, &pk_err),
	      &pk_err);
	ck_ok(pk_ops()->space(pk->raw, &p.args, unknown, 2, &bytes, &pk_err),
	      &pk_err);
	ck_assert_uint_ge(bytes, none);
	ck_assert_uint_lt(bytes, 1u << 30);
	/* No sum wraps around. */
	ck_ok(pk_ops()->space(pk->raw, &p.args, huge, 2, &bytes, &pk_err),
	      &pk_err);
	ck_assert_uint_ge(bytes, huge[0]);
	pk_fini(&p);
}
END_TEST

/* --- at once ---------------------------------------------------------------*/

static const struct hyp_packager_ops *const calls = &hyp_packager_calls;

struct job {
	pthread_t thread;
	struct pk_package *package;
	void *entry;
	uint32_t i;
	int failed;
	struct hyp_error err;
};

static void *write_entry(void *arg)
{
	struct job *j = arg;
	char *bytes = pk_bytes(j->package, j->i);
	size_t n = pk_size(j->i), at;
	struct hyp_digest digest;

	for (at = 0; at < n && !j->failed; at += 1000)
		j->failed = calls->entry_write(j->entry, bytes + at,
					       n - at < 1000 ? n - at : 1000,
					       &j->err) != 0;
	hyp_digest_bytes(j->package->args.digest, bytes, n, &digest, &j->err);
	if (calls->entry_close(j->entry, n, &digest, &j->err) != 0)
		j->failed = 1;
	free(bytes);
	return NULL;
}

static void start_jobs(struct pk_package *p, struct job *jobs)
{
	for (uint32_t k = 0; k < PK_ENTRIES; k++) {
		uint32_t i = orders[2][k];
		const struct hyp_entry_args args = {sizeof(args), i, pk_name(i),
						    pk_size(i)};

		jobs[i].package = p;
		jobs[i].i = i;
		ck_ok(calls->entry_open(p->raw, &args, &jobs[i].entry, &pk_err),
		      &pk_err);
	}
	for (int i = 0; i < PK_ENTRIES; i++)
		pthread_create(&jobs[i].thread, NULL, write_entry, &jobs[i]);
}

static int32_t add_checked(void *ctx, const struct hyp_file *file,
			   struct hyp_error *err)
{
	struct pk_package *p = ctx;

	(void)err;
	snprintf(p->files[p->file_count].name, 128, "%s", file->name);
	p->files[p->file_count].bytes = file->bytes;
	p->files[p->file_count].digest = file->digest;
	p->file_count++;
	return 0;
}

/* Two packages of one instance, all their entries by threads of their own. */
START_TEST(threads)
{
	static struct job jobs[2][PK_ENTRIES];
	static struct pk_package p[2];

	memset(jobs, 0, sizeof(jobs));
	for (int k = 0; k < 2; k++) {
		pk_init(&p[k], HYP_DIGEST_SHA256, PK_ENTRIES);
		p[k].seed = 7 + (uint32_t)k;
		ck_ok(calls->begin(pk->checked, &p[k].args, &p[k].raw, &pk_err),
		      &pk_err);
	}
	for (int k = 0; k < 2; k++)
		start_jobs(&p[k], jobs[k]);
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < PK_ENTRIES; i++) {
			pthread_join(jobs[k][i].thread, NULL);
			ck_assert_msg(!jobs[k][i].failed, "%s",
				      jobs[k][i].err.text);
		}
		ck_ok(calls->finish(p[k].raw, PK_DESCRIPTOR,
				    strlen(PK_DESCRIPTOR), add_checked, &p[k],
				    &pk_err),
		      &pk_err);
		pk_check(&p[k], PK_DESCRIPTOR);
		pk_fini(&p[k]);
	}
}
END_TEST

void pk_add_content(Suite *suite)
{
	TCase *c = pk_tcase(suite, "content");

	tcase_add_loop_test(c, in_turn, 0, DIGESTS * ORDERS);
	tcase_add_loop_test(c, interleaved, 0, ORDERS);
	tcase_add_loop_test(c, restarted, 0, 2);
	tcase_add_test(c, nothing_but_a_descriptor);
	tcase_add_loop_test(c, descriptor_exact, 0, 5);
	tcase_add_loop_test(c, descriptor_too_long, 0, 2);
	tcase_add_test(c, signature);
	tcase_add_test(c, signature_fails);
	tcase_add_loop_test(c, space_is_enough, 0, 2);
	tcase_add_test(c, space_of_anything);
	tcase_add_test(c, threads);
}
