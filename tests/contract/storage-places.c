/* SPDX-License-Identifier: Apache-2.0 */
/* Places: hidden until published, and then whole; refused where something is
 * already; gone without a trace when aborted. */
#include "tests/contract/storage.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYOUTS 2
static const struct {
	uint32_t layout;
	const char *name;
} layouts[LAYOUTS] = {{HYP_LAYOUT_FILE, "web01.ova"},
		      {HYP_LAYOUT_DIRECTORY, "web01"}};

static struct hyp_place_args args_of(int i)
{
	return st_args(layouts[i].layout, layouts[i].name);
}

static void is_published(const struct hyp_place_args *args, const char *want)
{
	size_t n = 0;
	char *got = st_published(args, "a", &n);

	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, strlen(want));
	ck_assert_int_eq(memcmp(got, want, n), 0);
	free(got);
}

/* At no step before publish is anything to be seen. */
START_TEST(hidden_until_published)
{
	struct hyp_place_args args = args_of(_i);
	void *place = st_place(&args), *object;

	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	object = st_object(place, "a", 0);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	ck_ok(st_ops()->write(object, "content", 7, &st_err), &st_err);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	ck_ok(st_ops()->object_close(object, &st_err), &st_err);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	st_seal(place, &args, 7);
	ck_assert_uint_eq(contract_entries(st_dir, 1), 0);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	is_published(&args, "content");
	/* Nothing hidden stays. */
	ck_assert_uint_eq(contract_entries(st_dir, 0),
			  contract_entries(st_dir, 1));
}
END_TEST

START_TEST(without_receipt)
{
	struct hyp_place_args args = args_of(_i);
	void *place = st_place(&args);

	st_put(place, "a", "content");
	ck_ok(st_ops()->seal(place, NULL, 0, &st_err), &st_err);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	is_published(&args, "content");
	ck_assert_uint_eq(contract_entries(st_dir, 0), 1);
}
END_TEST

/* stage: how far it gets before it is aborted. */
static void get_to(int stage, const struct hyp_place_args *args, void *place)
{
	void *object;

	if (stage >= 1) {
		object = st_object(place, "a", 0);
		if (stage >= 2)
			ck_ok(st_ops()->write(object, "content", 7, &st_err),
			      &st_err);
		ck_ok(st_ops()->object_close(object, &st_err), &st_err);
	}
	if (stage >= 3)
		st_seal(place, args, 7);
}

START_TEST(abort_leaves_nothing)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS);
	void *place;

	contract_write_file(st_dir, "foreign", "x");
	contract_write_file(st_dir, ".hyp-foreign", "x");
	place = st_place(&args);
	get_to(_i / LAYOUTS, &args, place);
	st_ops()->abort(place);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 2);
}
END_TEST

static void make_something(int what, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", st_dir, name);
	if (what == 0)
		contract_write_file(st_dir, name, "theirs");
	else if (what == 1)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else if (what == 2)
		ck_assert_int_eq(symlink("nowhere", path), 0);
	else
		ck_assert_int_eq(mkfifo(path, 0600), 0);
}

/* Fault 51: before a byte is written. */
START_TEST(refuses_what_is_there)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS);
	void *place = POISON;

	make_something(_i / LAYOUTS, args.name);
	ct_fails_with(st_ops()->place_open(st->raw, &args, &place, &st_err),
		      &st_err, HYP_E_EXISTS);
	ck_assert_str_eq(st_err.kind, "output_exists");
	ck_assert_ptr_eq(place, POISON);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 1);
	args.force = 1; /* it is not ours */
	ct_fails(st_ops()->place_open(st->raw, &args, &place, &st_err),
		 &st_err);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 1);
}
END_TEST

/* Somebody was faster: nothing of theirs is replaced. */
START_TEST(publish_replaces_nothing)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS);
	void *place = st_place(&args);
	char *got;
	size_t n;

	st_put(place, "a", "ours");
	st_seal(place, &args, 4);
	make_something(_i / LAYOUTS, args.name);
	ct_fails_with(st_ops()->publish(place, &st_err), &st_err, HYP_E_EXISTS);
	st_ops()->abort(place);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 1);
	if (_i / LAYOUTS == 0) {
		got = contract_read_file(st_dir, args.name, &n);
		ck_assert_uint_eq(n, 6);
		ck_assert_int_eq(memcmp(got, "theirs", 6), 0);
		free(got);
	}
}
END_TEST

/* Two places of one name: one is published, the other is refused. */
START_TEST(one_winner)
{
	struct hyp_place_args args = args_of(_i), other = args_of(_i);
	void *first, *second;

	other.job_id = "job-2";
	first = st_place(&args);
	second = st_place(&other);
	st_put(first, "a", "first");
	st_put(second, "a", "second");
	st_seal(first, &args, 5);
	st_seal(second, &other, 6);
	ck_ok(st_ops()->publish(second, &st_err), &st_err);
	ct_fails_with(st_ops()->publish(first, &st_err), &st_err, HYP_E_EXISTS);
	st_ops()->abort(first);
	is_published(&args, "second");
	ck_assert_uint_eq(contract_entries(st_dir, 0),
			  contract_entries(st_dir, 1));
}
END_TEST

START_TEST(force_replaces_ours)
{
	struct hyp_place_args args = args_of(_i);
	void *place = POISON;

	st_publish_one(&args, "old");
	args.job_id = "job-2";
	ct_fails_with(st_ops()->place_open(st->raw, &args, &place, &st_err),
		      &st_err, HYP_E_EXISTS);
	args.force = 1;
	place = st_place(&args);
	is_published(&args, "old");
	st_put(place, "a", "newer");
	st_seal(place, &args, 5);
	is_published(&args, "old");
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	is_published(&args, "newer");
	ck_assert_uint_eq(contract_entries(st_dir, 0),
			  contract_entries(st_dir, 1));
}
END_TEST

START_TEST(force_aborted)
{
	struct hyp_place_args args = args_of(_i);
	unsigned before;
	void *place;

	st_publish_one(&args, "old");
	before = contract_entries(st_dir, 0);
	args.force = 1;
	place = st_place(&args);
	st_put(place, "a", "newer");
	st_seal(place, &args, 5);
	st_ops()->abort(place);
	is_published(&args, "old");
	ck_assert_uint_eq(contract_entries(st_dir, 0), before);
}
END_TEST

/* Fault 47: more than there is room for, before a byte is written. */
START_TEST(no_space)
{
	struct hyp_place_args args = args_of(_i);
	uint64_t available = 0;
	void *place = POISON;

	ck_ok(st_ops()->space(st->raw, st_dir, &available, &st_err), &st_err);
	if (available == HYP_UNKNOWN)
		return;
	args.expected = available + (available >> 4);
	ct_fails_with(st_ops()->place_open(st->raw, &args, &place, &st_err),
		      &st_err, HYP_E_RESOURCE);
	ck_assert_str_eq(st_err.kind, "insufficient_space");
	args.expected = UINT64_MAX - 1;
	ct_fails_with(st_ops()->place_open(st->raw, &args, &place, &st_err),
		      &st_err, HYP_E_RESOURCE);
	ck_assert_ptr_eq(place, POISON);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 0);
}
END_TEST

START_TEST(expected_is_no_limit_below)
{
	struct hyp_place_args args = args_of(_i);
	void *place;

	args.expected = 1 << 20;
	place = st_place(&args);
	st_put(place, "a", "far less");
	st_seal(place, &args, 8);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	is_published(&args, "far less");
}
END_TEST

/* A directory that is missing beneath a root is made; outside it is not. */
START_TEST(makes_the_directory)
{
	struct hyp_place_args args = args_of(_i);
	char deep[4096];

	snprintf(deep, sizeof(deep), "%s/a/b/c", st_dir);
	args.dir = deep;
	st_publish_one(&args, "deep");
	is_published(&args, "deep");
}
END_TEST

static const char *const outside[] = {"/", "/proc/1", "/no-such-root/x",
				      "relative/x", "../x"};

START_TEST(outside_of_every_root)
{
	struct hyp_place_args args = args_of(_i % LAYOUTS);
	void *place = POISON;

	args.dir = outside[_i / LAYOUTS];
	ct_fails(st_ops()->place_open(st->raw, &args, &place, &st_err),
		 &st_err);
	ck_assert_ptr_eq(place, POISON);
	ck_assert_int_ne(access("/no-such-root", F_OK), 0);
}
END_TEST

START_TEST(up_and_out)
{
	struct hyp_place_args args = args_of(_i);
	char dir[4096];
	void *place = POISON;

	snprintf(dir, sizeof(dir), "%s/../../../../../../tmp", st_dir);
	args.dir = dir;
	ct_fails(st_ops()->place_open(st->raw, &args, &place, &st_err),
		 &st_err);
	ck_assert_ptr_eq(place, POISON);
}
END_TEST

START_TEST(space_is_told)
{
	uint64_t available = 0;

	ck_ok(st_ops()->space(st->raw, st_dir, &available, &st_err), &st_err);
	ck_assert_uint_gt(available, 0);
	available = 4711;
	ct_fails(st_ops()->space(st->raw, "/no-such-root/x", &available,
				 &st_err),
		 &st_err);
	ck_assert_uint_eq(available, 4711);
}
END_TEST

void st_add_places(Suite *suite)
{
	TCase *c = st_tcase(suite, "places");

	tcase_add_loop_test(c, hidden_until_published, 0, LAYOUTS);
	tcase_add_loop_test(c, without_receipt, 0, LAYOUTS);
	tcase_add_loop_test(c, abort_leaves_nothing, 0, 4 * LAYOUTS);
	tcase_add_loop_test(c, refuses_what_is_there, 0, 4 * LAYOUTS);
	tcase_add_loop_test(c, publish_replaces_nothing, 0, 4 * LAYOUTS);
	tcase_add_loop_test(c, one_winner, 0, LAYOUTS);
	tcase_add_loop_test(c, force_replaces_ours, 0, LAYOUTS);
	tcase_add_loop_test(c, force_aborted, 0, LAYOUTS);
	tcase_add_loop_test(c, no_space, 0, LAYOUTS);
	tcase_add_loop_test(c, expected_is_no_limit_below, 0, LAYOUTS);
	tcase_add_loop_test(c, makes_the_directory, 0, LAYOUTS);
	tcase_add_loop_test(
		c, outside_of_every_root, 0,
		LAYOUTS * (int)(sizeof(outside) / sizeof(outside[0])));
	tcase_add_loop_test(c, up_and_out, 0, LAYOUTS);
	tcase_add_test(c, space_is_told);
}
