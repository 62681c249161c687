/* SPDX-License-Identifier: Apache-2.0 */
/* What fails: the storage at every call in turn, wrong names, wrong totals,
 * missing entries; and that nothing is left open by it. */
#include "tests/contract/packager.h"
#include "core/base/digest.h"

#include <stdio.h>

#define FAILING_CALLS 400

/* A whole package until something fails: 0, or that code, with everything
 * freed as the header says. parallel: all entries open at once. */
static int32_t whole(struct pk_package *p, int parallel)
{
	void *entries[PK_ENTRIES] = {NULL}, *package = POISON;
	int32_t rc = pk_ops()->begin(pk->raw, &p->args, &package, &pk_err);

	if (rc != 0) {
		ck_assert_ptr_eq(package, POISON);
		return rc;
	}
	p->raw = package;
	for (uint32_t i = 0; i < PK_ENTRIES && rc == 0; i++) {
		void *entry = POISON;

		rc = pk_open(p, i, &entry);
		if (rc != 0)
			ck_assert_ptr_eq(entry, POISON);
		else
			entries[i] = entry;
		if (rc == 0 && i == 0) {
			rc = pk_ops()->entry_write(entry, "junk", 4, &pk_err);
			if (rc == 0)
				rc = pk_ops()->entry_restart(entry, &pk_err);
		}
		if (rc == 0 && !parallel)
			rc = pk_write_all(p, i, entry);
		if (rc == 0 && !parallel) {
			entries[i] = NULL;
			rc = pk_close(p, i, entry);
		}
	}
	for (uint32_t i = 0; i < PK_ENTRIES && rc == 0 && parallel; i++) {
		void *entry = entries[i];

		rc = pk_write_all(p, i, entry);
		if (rc == 0) {
			entries[i] = NULL;
			rc = pk_close(p, i, entry);
		}
	}
	if (rc == 0)
		return pk_finish(p, PK_DESCRIPTOR);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		if (entries[i] != NULL)
			pk_ops()->entry_abort(entries[i]);
	pk_ops()->abort(p->raw);
	return rc;
}

/* Fault 47: disk full at any byte. */
START_TEST(storage_fails_at_every_call)
{
	struct pk_package p;
	unsigned at = 0;
	int32_t rc;

	do {
		pk_init(&p, HYP_DIGEST_SHA256, _i ? PK_ENTRIES : 1);
		p.place.fail_at = ++at;
		memset(&pk_err, 0x7f, sizeof(pk_err));
		rc = whole(&p, _i);
		if (p.place.failures > 0) {
			ck_assert_msg(rc == HYP_E_RESOURCE, "call %u: %d", at,
				      rc);
			ck_assert(contract_error_proper(rc, &pk_err));
			ck_assert_str_eq(pk_err.kind, "insufficient_space");
		}
		pk_fini(&p);
		ck_assert_uint_lt(at, FAILING_CALLS);
	} while (rc != 0);
	ck_assert_uint_gt(at, 5);
}
END_TEST

/* stage: how many entries are there when it is given up; the last one open,
 * or not. */
START_TEST(aborted)
{
	uint32_t entries = (uint32_t)_i / 2;
	struct pk_package p;
	void *entry = NULL;

	pk_init(&p, HYP_DIGEST_SHA256, 2);
	pk_begin(&p);
	for (uint32_t i = 0; i < entries; i++)
		pk_put(&p, i);
	if (_i % 2) {
		ck_ok(pk_open(&p, entries, &entry), &pk_err);
		ck_ok(pk_ops()->entry_write(entry, "x", 1, &pk_err), &pk_err);
		pk_ops()->entry_abort(entry);
	}
	pk_ops()->abort(p.raw);
	pk_fini(&p);
}
END_TEST

START_TEST(entries_missing)
{
	struct pk_package p;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		if (i != (uint32_t)_i)
			pk_put(&p, i);
	ct_fails(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	pk_fini(&p);
}
END_TEST

/* Faults 29, 76: other bytes than were announced. */
START_TEST(wrong_total)
{
	struct hyp_digest digest;
	struct pk_package p;
	void *entry = NULL;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	pk_begin(&p);
	ck_ok(pk_open(&p, 0, &entry), &pk_err);
	ck_ok(pk_ops()->entry_write(entry, "four", 4, &pk_err), &pk_err);
	hyp_digest_bytes(HYP_DIGEST_SHA256, "four", 4, &digest, &pk_err);
	ct_fails(pk_ops()->entry_close(entry, _i ? 3 : 5, &digest, &pk_err),
		 &pk_err);
	pk_ops()->abort(p.raw);
	pk_fini(&p);
}
END_TEST

START_TEST(add_fails)
{
	struct pk_package p;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	pk_begin(&p);
	for (uint32_t i = 0; i < PK_ENTRIES; i++)
		pk_put(&p, i);
	p.add_rc = HYP_E_TRANSIENT;
	ct_fails_with(pk_finish(&p, PK_DESCRIPTOR), &pk_err, HYP_E_TRANSIENT);
	pk_fini(&p);
}
END_TEST

static int32_t open_named(struct pk_package *p, uint32_t index,
			  const char *name, void **entry)
{
	const struct hyp_entry_args args = {sizeof(args), index, name,
					    HYP_UNKNOWN};

	return pk_ops()->entry_open(p->raw, &args, entry, &pk_err);
}

/* Names that would be two files of one name somewhere: of another entry, also
 * in other letters, of the descriptor, the manifest, the certificate. */
static const char *const taken[] = {"web01-disk1.vmdk", "WEB01-DISK1.VMDK",
				    "web01.ovf",	"web01.mf",
				    "web01.cert",	"Web01.OVF"};

START_TEST(name_taken)
{
	struct pk_package p;
	void *entry = POISON;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	pk_begin(&p);
	pk_put(&p, 0);
	ct_fails(open_named(&p, 1, taken[_i], &entry), &pk_err);
	ck_assert_ptr_eq(entry, POISON);
	pk_ops()->abort(p.raw);
	pk_fini(&p);
}
END_TEST

START_TEST(index_wrong)
{
	struct pk_package p;
	void *entry = POISON;

	pk_init(&p, HYP_DIGEST_SHA256, 2);
	pk_begin(&p);
	pk_put(&p, 0);
	ct_fails(open_named(&p, 0, "other.vmdk", &entry), &pk_err);
	ct_fails(open_named(&p, PK_ENTRIES, "other.vmdk", &entry), &pk_err);
	ct_fails(open_named(&p, UINT32_MAX, "other.vmdk", &entry), &pk_err);
	ck_assert_ptr_eq(entry, POISON);
	pk_ops()->abort(p.raw);
	pk_fini(&p);
}
END_TEST

static const char *const hostile[] = {"",    ".",    "..",	"../x", "/x",
				      "a/b", ".hid", "a\nb",	"a\\b", "a:b",
				      "a*",  "a%2f", "\xff\xfe"};

/* By the core's checked calls: that is who a plugin may rely on. */
START_TEST(names_hostile)
{
	const struct hyp_entry_args args = {sizeof(args), 0, hostile[_i],
					    HYP_UNKNOWN};
	struct pk_package p;
	void *entry = POISON;

	pk_init(&p, HYP_DIGEST_SHA256, 1);
	ck_ok(hyp_packager_calls.begin(pk->checked, &p.args, &p.raw, &pk_err),
	      &pk_err);
	ct_fails(hyp_packager_calls.entry_open(p.raw, &args, &entry, &pk_err),
		 &pk_err);
	hyp_packager_calls.abort(p.raw);
	p.args.name = hostile[_i];
	p.raw = POISON;
	ct_fails(
		hyp_packager_calls.begin(pk->checked, &p.args, &p.raw, &pk_err),
		&pk_err);
	ck_assert_ptr_eq(p.raw, POISON);
	ck_assert_ptr_eq(entry, POISON);
	pk_fini(&p);
}
END_TEST

/* The longest name that is allowed, in a package that GNU tar still reads. */
START_TEST(name_longest)
{
	char name[128];
	struct hyp_digest digest;
	struct pk_package p;
	void *entry = NULL;
	size_t n = 0;
	char *got;

	memset(name, 'n', 100);
	strcpy(name + 95, ".vmdk");
	pk_init(&p, HYP_DIGEST_SHA256, 1);
	p.args.entry_count = 1;
	pk_begin(&p);
	ck_ok(open_named(&p, 0, name, &entry), &pk_err);
	ck_ok(pk_ops()->entry_write(entry, "four", 4, &pk_err), &pk_err);
	hyp_digest_bytes(HYP_DIGEST_SHA256, "four", 4, &digest, &pk_err);
	ck_ok(pk_ops()->entry_close(entry, 4, &digest, &pk_err), &pk_err);
	ck_ok(pk_finish(&p, PK_DESCRIPTOR), &pk_err);
	got = pk_file(&p, name, &n);
	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, 4);
	free(got);
	pk_fini(&p);
}
END_TEST

START_TEST(leaves_nothing_in_the_process)
{
	unsigned fds, threads;
	struct pk_package p;

	contract_free(pk);
	fds = contract_count("/proc/self/fd");
	threads = contract_count("/proc/self/task");
	for (int round = 0; round < 10; round++) {
		pk = contract_new("plain");
		pk_init(&p, HYP_DIGEST_SHA256, 3);
		if (round % 2)
			p.place.fail_at = 5 + (unsigned)round;
		whole(&p, round % 3);
		pk_fini(&p);
		contract_free(pk);
	}
	ck_assert_uint_eq(contract_count("/proc/self/fd"), fds);
	ck_assert_uint_eq(contract_count("/proc/self/task"), threads);
	pk = contract_new("plain");
}
END_TEST

START_TEST(constants)
{
	const char *suffix = pk_ops()->suffix;

	ck_assert(pk_ops()->layout == HYP_LAYOUT_FILE ||
		  pk_ops()->layout == HYP_LAYOUT_DIRECTORY);
	/* A folder is called as its VM; a file says what it is. */
	ck_assert_int_eq(pk_ops()->layout == HYP_LAYOUT_FILE, suffix[0] == '.');
	ck_assert_uint_eq(hyp_packager_layout(pk->checked), pk_ops()->layout);
	ck_assert_str_eq(hyp_packager_suffix(pk->checked), suffix);
}
END_TEST

void pk_add_faults(Suite *suite)
{
	TCase *c = pk_tcase(suite, "faults");

	tcase_add_loop_test(c, storage_fails_at_every_call, 0, 2);
	tcase_add_loop_test(c, aborted, 0, 2 * PK_ENTRIES);
	tcase_add_loop_test(c, entries_missing, 0, PK_ENTRIES);
	tcase_add_loop_test(c, wrong_total, 0, 2);
	tcase_add_test(c, add_fails);
	tcase_add_loop_test(c, name_taken, 0,
			    (int)(sizeof(taken) / sizeof(taken[0])));
	tcase_add_test(c, index_wrong);
	tcase_add_loop_test(c, names_hostile, 0,
			    (int)(sizeof(hostile) / sizeof(hostile[0])));
	tcase_add_test(c, name_longest);
	tcase_add_test(c, leaves_nothing_in_the_process);
	tcase_add_test(c, constants);
}
