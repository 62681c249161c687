/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ova on a storage in memory: order, restarts, failures, threads. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/package/manifest.h"
#include "core/package/tar-header.h"
#include "plugins/packager/ova/ova.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/memory-storage.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#define FILES 4
#define ROOM 2048

static const struct hyp_packager_ops *ova;
static struct fake_host host;
static struct memory_place place;
static struct hyp_package_args args;
static void *instance, *package;
static struct hyp_error err;
static const char text[] = "<Envelope/>";

/* What each file holds: its length and every byte follow from its index. */
static const uint64_t sizes[FILES] = {1500, 0, 512, 3 << 20};
static unsigned char *content[FILES];
static struct hyp_digest digests[FILES];

static void setup(void)
{
	ova = ova_plugin.ops;
	fake_host_init(&host);
	memory_place_init(&place);
	for (unsigned i = 0; i < FILES; i++) {
		content[i] = malloc(sizes[i] + 1);
		for (uint64_t b = 0; b < sizes[i]; b++)
			content[i][b] = (unsigned char)(b * 31 + i + (b >> 9));
		ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, content[i], sizes[i],
				       &digests[i], &err),
		      &err);
	}
	args = (struct hyp_package_args){
		.size = sizeof(args),
		.digest = HYP_DIGEST_SHA256,
		.entry_count = FILES,
		.parallel = FILES,
		.name = "vm",
		.descriptor_max = ROOM,
		.storage = &memory_storage_ops,
		.place = &place,
	};
	ck_ok(ova->create(&host.table, NULL, &instance, &err), &err);
}

static void teardown(void)
{
	ova->destroy(instance);
	for (unsigned i = 0; i < FILES; i++)
		free(content[i]);
	memory_place_fini(&place);
	fake_host_fini(&host);
}

static int32_t begin(void)
{
	return ova->begin(instance, &args, &package, &err);
}

static int32_t open_entry(unsigned i, void **entry)
{
	char name[32];
	struct hyp_entry_args e = {
		.size = sizeof(e),
		.index = i,
		.name = name,
		.size_hint = HYP_UNKNOWN,
	};

	snprintf(name, sizeof(name), "vm-disk%u.vmdk", i + 1);
	return ova->entry_open(package, &e, entry, &err);
}

static int32_t write_entry(unsigned i, void *entry, uint64_t from, uint64_t to)
{
	int32_t rc = 0;

	for (uint64_t at = from; rc == 0 && at < to;) {
		uint64_t n = to - at > 1 << 20 ? 1 << 20 : to - at;

		rc = ova->entry_write(entry, content[i] + at, n, &err);
		at += n;
	}
	return rc;
}

static int32_t close_entry(unsigned i, void *entry)
{
	return ova->entry_close(entry, sizes[i], &digests[i], &err);
}

struct seen {
	unsigned count;
	char names[FILES + 2][64];
	uint64_t bytes[FILES + 2];
};

static int32_t add(void *ctx, const struct hyp_file *file, struct hyp_error *e)
{
	struct seen *seen = ctx;

	(void)e;
	ck_assert_uint_lt(seen->count, FILES + 2);
	snprintf(seen->names[seen->count], 64, "%s", file->name);
	seen->bytes[seen->count++] = file->bytes;
	return 0;
}

static int32_t finish(struct seen *seen)
{
	seen->count = 0;
	return ova->finish(package, text, strlen(text), add, seen, &err);
}

/* One member of the archive; *at moves on. */
static const unsigned char *member(const struct memory_object *o, uint64_t *at,
				   struct hyp_tar_header *header)
{
	const unsigned char *body = o->data + *at + HYP_TAR_BLOCK;

	ck_assert_uint_le(*at + HYP_TAR_BLOCK, o->len);
	ck_ok(hyp_tar_header_parse(o->data + *at, header, &err), &err);
	if (!header->is_zero)
		*at += header->size + hyp_tar_padding(header->size);
	*at += HYP_TAR_BLOCK;
	return body;
}

/* The archive is what it should be, byte for byte. */
static void check_archive(void)
{
	const struct memory_object *o = memory_find(&place, "vm.ova");
	struct hyp_buf manifest HYP_AUTO_BUF = HYP_BUF_INIT(65536);
	struct hyp_tar_header h;
	struct hyp_digest digest;
	const unsigned char *body;
	char name[32];
	uint64_t at = 0;

	body = member(o, &at, &h);
	ck_assert_str_eq(h.name, "vm.ovf");
	ck_assert_uint_eq(h.size, ROOM);
	ck_assert_mem_eq(body, text, strlen(text));
	for (uint64_t i = strlen(text); i < ROOM; i++)
		ck_assert_int_eq(body[i], ' ');
	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, body, ROOM, &digest, &err),
	      &err);
	hyp_manifest_add(&manifest, "vm.ovf", &digest, &err);
	for (unsigned i = 0; i < FILES; i++) {
		body = member(o, &at, &h);
		snprintf(name, sizeof(name), "vm-disk%u.vmdk", i + 1);
		ck_assert_str_eq(h.name, name);
		ck_assert_uint_eq(h.size, sizes[i]);
		ck_assert_int_eq(memcmp(body, content[i], sizes[i]), 0);
		for (uint64_t b = 0; b < hyp_tar_padding(sizes[i]); b++)
			ck_assert_int_eq(body[sizes[i] + b], 0);
		hyp_manifest_add(&manifest, name, &digests[i], &err);
	}
	body = member(o, &at, &h);
	ck_assert_str_eq(h.name, "vm.mf");
	ck_assert_uint_eq(h.size, manifest.len);
	ck_assert_mem_eq(body, manifest.data, manifest.len);
	for (unsigned i = 0; i < 2; i++) {
		member(o, &at, &h);
		ck_assert_int_eq(h.is_zero, 1);
	}
	ck_assert_uint_eq(at, o->len);
	ck_assert_uint_eq(memory_open(&place), 0);
}

static void check_seen(const struct seen *seen)
{
	ck_assert_uint_eq(seen->count, FILES + 2);
	ck_assert_str_eq(seen->names[0], "vm.ovf");
	ck_assert_uint_eq(seen->bytes[0], ROOM);
	ck_assert_str_eq(seen->names[1], "vm-disk1.vmdk");
	ck_assert_uint_eq(seen->bytes[4], sizes[3]);
	ck_assert_str_eq(seen->names[5], "vm.mf");
}

/* Permutation number n of the entries. */
static void permutation(unsigned n, unsigned *order)
{
	unsigned left[FILES] = {0, 1, 2, 3}, count = FILES;

	for (unsigned i = 0; i < FILES; i++) {
		unsigned pick = n % count;

		order[i] = left[pick];
		n /= count--;
		/* valgrind takes a fortified memmove for memcpy */
		for (unsigned j = pick; j < count; j++)
			left[j] = left[j + 1];
	}
}

START_TEST(one_after_the_other_writes_nothing_twice)
{
	struct seen seen;
	void *entry;

	args.parallel = 1;
	ck_ok(begin(), &err);
	for (unsigned i = 0; i < FILES; i++) {
		ck_ok(open_entry(i, &entry), &err);
		ck_ok(write_entry(i, entry, 0, sizes[i]), &err);
		ck_ok(close_entry(i, entry), &err);
	}
	ck_ok(finish(&seen), &err);
	check_archive();
	check_seen(&seen);
	ck_assert_uint_eq(place.scratch, 0);
	ck_assert_uint_eq(place.written, memory_find(&place, "vm.ova")->len);
}
END_TEST

/* All 24 orders of opening, each with all 24 of closing. */
START_TEST(any_order_of_open_and_close)
{
	unsigned opening[FILES], closing[FILES];
	void *entries[FILES];
	struct seen seen;

	permutation((unsigned)_i, opening);
	for (unsigned n = 0; n < 24; n++) {
		permutation(n, closing);
		ck_ok(begin(), &err);
		for (unsigned i = 0; i < FILES; i++)
			ck_ok(open_entry(opening[i], &entries[opening[i]]),
			      &err);
		for (unsigned i = 0; i < FILES; i++)
			ck_ok(write_entry(i, entries[i], 0, sizes[i] / 2),
			      &err);
		for (unsigned i = 0; i < FILES; i++)
			ck_ok(write_entry(i, entries[i], sizes[i] / 2,
					  sizes[i]),
			      &err);
		for (unsigned i = 0; i < FILES; i++)
			ck_ok(close_entry(closing[i], entries[closing[i]]),
			      &err);
		ck_ok(finish(&seen), &err);
		check_archive();
		check_seen(&seen);
		memory_place_fini(&place);
		memory_place_init(&place);
	}
}
END_TEST

/* Entry number _i breaks and begins anew while all others are open. */
START_TEST(restart_of_any_entry)
{
	void *entries[FILES];
	struct seen seen;

	ck_ok(begin(), &err);
	for (unsigned i = 0; i < FILES; i++) {
		ck_ok(open_entry(i, &entries[i]), &err);
		ck_ok(write_entry(i, entries[i], 0, sizes[i] / 3), &err);
	}
	for (unsigned n = 0; n < 3; n++) {
		ck_ok(ova->entry_restart(entries[_i], &err), &err);
		ck_ok(write_entry((unsigned)_i, entries[_i], 0,
				  sizes[_i] * n / 3),
		      &err);
	}
	ck_ok(ova->entry_restart(entries[_i], &err), &err);
	ck_ok(write_entry((unsigned)_i, entries[_i], 0, sizes[_i] / 3), &err);
	for (unsigned i = FILES; i > 0; i--) {
		ck_ok(write_entry(i - 1, entries[i - 1], sizes[i - 1] / 3,
				  sizes[i - 1]),
		      &err);
		ck_ok(close_entry(i - 1, entries[i - 1]), &err);
	}
	ck_ok(finish(&seen), &err);
	check_archive();
}
END_TEST

/* A whole run with an order that spools; entries are aborted on failure as
 * the core would. Returns the first error. */
static int32_t run(struct seen *seen)
{
	void *entries[FILES] = {NULL};
	int32_t rc = begin();

	if (rc != 0)
		return rc;
	for (unsigned i = FILES; rc == 0 && i > 0; i--)
		rc = open_entry(i - 1, &entries[i - 1]);
	for (unsigned i = 0; rc == 0 && i < FILES; i++)
		rc = write_entry(i, entries[i], 0, sizes[i]);
	if (rc == 0)
		rc = ova->entry_restart(entries[2], &err);
	if (rc == 0)
		rc = write_entry(2, entries[2], 0, sizes[2]);
	for (unsigned i = FILES; rc == 0 && i > 0; i--)
		rc = close_entry(i - 1, HYP_STEAL(entries[i - 1]));
	if (rc == 0)
		return finish(seen);
	for (unsigned i = 0; i < FILES; i++)
		if (entries[i] != NULL)
			ova->entry_abort(entries[i]);
	ova->abort(package);
	return rc;
}

START_TEST(any_storage_call_fails)
{
	struct seen seen;
	uint64_t n = 0;
	int32_t rc;

	do {
		memory_place_fini(&place);
		memory_place_init(&place);
		place.fail_at = ++n;
		rc = run(&seen);
		ck_assert_uint_eq(memory_open(&place), 0);
		if (rc != 0) {
			ck_assert_int_eq(rc, HYP_E_RESOURCE);
			ck_assert_str_eq(err.kind, "insufficient_space");
		} else if (place.failures > 0) {
			/* Only the end of a scratch may fail unheard. */
			check_archive();
		}
	} while (place.failures > 0);
	ck_assert_uint_gt(n, 30);
	check_archive();
}
END_TEST

START_TEST(cancelled_while_appending)
{
	void *entries[2];

	args.entry_count = 2;
	ck_ok(begin(), &err);
	ck_ok(open_entry(0, &entries[0]), &err);
	ck_ok(open_entry(1, &entries[1]), &err);
	ck_ok(write_entry(0, entries[0], 0, sizes[0]), &err);
	ck_ok(write_entry(1, entries[1], 0, sizes[1]), &err);
	ck_ok(close_entry(1, entries[1]), &err);
	fake_host_cancel(&host);
	ck_fails(close_entry(0, entries[0]), &err, HYP_E_CANCELLED,
		 "cancelled");
	ova->abort(package);
	ck_assert_uint_eq(memory_open(&place), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	HYP_AUTO_FREE char *large = calloc(1, ROOM + 1);
	struct hyp_entry_args e = {.size = sizeof(e), .name = "VM.OVF"};
	struct seen seen;
	void *entry;
	char name[120];

	memset(large, 'x', ROOM + 1);
	args.entry_count = 0;
	ck_ok(begin(), &err);
	ck_fails(ova->finish(package, large, ROOM + 1, add, &seen, &err), &err,
		 HYP_E_PERMANENT, "too_large");
	memory_place_fini(&place);
	memory_place_init(&place);

	args.entry_count = 2;
	ck_ok(begin(), &err);
	ck_fails(ova->entry_open(package, &e, &entry, &err), &err, HYP_E_USAGE,
		 "bad_call"); /* the descriptor's, after case folding */
	e.name = "../x";
	ck_fails(ova->entry_open(package, &e, &entry, &err), &err, HYP_E_USAGE,
		 "unsafe_path");
	e.index = 2;
	e.name = "a.vmdk";
	ck_fails(ova->entry_open(package, &e, &entry, &err), &err, HYP_E_USAGE,
		 "bad_call");
	e.index = 0;
	e.name = name;
	memset(name, 'n', sizeof(name));
	name[101] = '\0';
	ck_fails(ova->entry_open(package, &e, &entry, &err), &err, HYP_E_USAGE,
		 "unsafe_path");
	name[100] = '\0';
	ck_ok(ova->entry_open(package, &e, &entry, &err), &err);
	ck_fails(ova->entry_close(entry, 1, &digests[0], &err), &err,
		 HYP_E_PERMANENT, "size_mismatch");
	ck_fails(finish(&seen), &err, HYP_E_USAGE, "entry_missing");
	ck_assert_uint_eq(memory_open(&place), 0);
}
END_TEST

START_TEST(wrong_digest_is_refused)
{
	void *entry;

	ck_ok(begin(), &err);
	ck_ok(open_entry(0, &entry), &err);
	ck_ok(write_entry(0, entry, 0, sizes[0]), &err);
	digests[0].algorithm = HYP_DIGEST_SHA1;
	ck_fails(close_entry(0, entry), &err, HYP_E_USAGE, "bad_digest");
	ova->abort(package);
	ck_assert_uint_eq(memory_open(&place), 0);
}
END_TEST

START_TEST(space_is_enough_and_not_much_more)
{
	struct seen seen;
	uint64_t bytes;

	ck_ok(ova->space(instance, &args, sizes, FILES, &bytes, &err), &err);
	ck_ok(run(&seen), &err);
	ck_assert_uint_ge(bytes, place.written);
	args.parallel = 1;
	ck_ok(ova->space(instance, &args, sizes, FILES, &bytes, &err), &err);
	ck_assert_uint_ge(bytes, memory_find(&place, "vm.ova")->len);
	ck_assert_uint_le(bytes, memory_find(&place, "vm.ova")->len + 4096 +
					 HYP_PACK_CERTIFICATE_MAX);
}
END_TEST

static void *copy_in_thread(void *arg)
{
	unsigned i = *(unsigned *)arg;
	void *entry;
	struct hyp_error e;
	char name[32];
	struct hyp_entry_args a = {.size = sizeof(a), .index = i, .name = name};

	snprintf(name, sizeof(name), "vm-disk%u.vmdk", i + 1);
	if (ova->entry_open(package, &a, &entry, &e) != 0)
		return arg; /* failed */
	for (uint64_t at = 0; at < sizes[i]; at += 4096)
		if (ova->entry_write(entry, content[i] + at,
				     sizes[i] - at < 4096 ? sizes[i] - at
							  : 4096,
				     &e) != 0)
			return arg;
	if (ova->entry_close(entry, sizes[i], &digests[i], &e) != 0)
		return arg;
	return NULL;
}

START_TEST(threads_at_once)
{
	static unsigned index[FILES] = {0, 1, 2, 3};
	pthread_t threads[FILES];
	struct seen seen;
	void *failed;

	for (unsigned round = 0; round < 50; round++) {
		ck_ok(begin(), &err);
		for (unsigned i = 0; i < FILES; i++)
			pthread_create(&threads[i], NULL, copy_in_thread,
				       &index[(i + round) % FILES]);
		for (unsigned i = 0; i < FILES; i++) {
			pthread_join(threads[i], &failed);
			ck_assert_ptr_null(failed);
		}
		ck_ok(finish(&seen), &err);
		check_archive();
		memory_place_fini(&place);
		memory_place_init(&place);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packager/ova");
	TCase *tc = tcase_create("ova");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_after_the_other_writes_nothing_twice);
	tcase_add_loop_test(tc, any_order_of_open_and_close, 0, 24);
	tcase_add_loop_test(tc, restart_of_any_entry, 0, FILES);
	tcase_add_test(tc, any_storage_call_fails);
	tcase_add_test(tc, cancelled_while_appending);
	tcase_add_test(tc, what_does_not_fit_is_refused);
	tcase_add_test(tc, wrong_digest_is_refused);
	tcase_add_test(tc, space_is_enough_and_not_much_more);
	tcase_add_test(tc, threads_at_once);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
