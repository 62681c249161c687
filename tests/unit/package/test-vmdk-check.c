/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/package/vmdk-image.h"

/* --- sound images --- */

START_TEST(test_sound)
{
	struct hyp_vmdk_summary sum = {0};
	uint64_t position, capacity;

	make(_i % 2, _i / 2, CAPACITY);
	for (size_t piece = 0; piece < 6; piece++)
		ck_ok(judge(im.bytes, im.len, piece), &err);
	ck_ok(judge(im.bytes, im.len, 4093), &err);
	ck_ok(hyp_vmdk_check_end(check, &sum, &err), &err);
	ck_assert_uint_eq(sum.capacity, CAPACITY);
	ck_assert_uint_eq(sum.grain_size, HYP_VMDK_GRAIN);
	ck_assert_uint_eq(sum.grains, 6);
	ck_assert_uint_eq(sum.bytes, im.len);
	ck_assert_uint_eq(sum.layout, _i % 2);
	hyp_vmdk_check_position(check, &position, &capacity);
	ck_assert_uint_eq(position, CAPACITY);
	ck_assert_uint_eq(capacity, CAPACITY);
	hyp_vmdk_check_reset(check);
	hyp_vmdk_check_position(check, &position, &capacity);
	ck_assert_uint_eq(position, 0);
	ck_assert_uint_eq(capacity, 0);
}
END_TEST

/* Level 0 has a fixed size, which the layout in front must foresee. */

/* --- cut short --- */

START_TEST(test_truncated)
{
	make(_i, 6, CAPACITY);
	for (size_t n = 0; n < im.len; n++) {
		int32_t rc = judge(im.bytes, n, 0);

		ck_assert_msg(rc == HYP_E_TRANSIENT, "%zu of %zu bytes: %d", n,
			      im.len, rc);
		ck_assert_str_eq(err.kind, "size_mismatch");
	}
	ck_ok(judge(im.bytes, im.len, 0), &err);
}
END_TEST

/* --- lies --- */

struct lie {
	const char *name;
	size_t offset, size; /* of the field in the header */
	uint64_t value;
};
#define FIELD(f)                                                               \
	offsetof(struct hyp_vmdk_header, f),                                   \
		sizeof(((struct hyp_vmdk_header *)0)->f)

static const struct lie lies[] = {
	{"magic", FIELD(magic), 0x44574f43},
	{"version 0", FIELD(version), 0},
	{"version 4", FIELD(version), 4},
	{"no markers", FIELD(flags), 0x10001},
	{"no compression", FIELD(flags), 0x20001},
	{"newlines", FIELD(newlines), 0x0a0a200a},
	{"algorithm 0", FIELD(compression), 0},
	{"algorithm 2", FIELD(compression), 2},
	{"capacity 0", FIELD(capacity), 0},
	{"capacity 2^63 bytes", FIELD(capacity), 1ULL << 54},
	{"capacity 2^63", FIELD(capacity), 1ULL << 63},
	{"capacity -1", FIELD(capacity), UINT64_MAX},
	{"another capacity", FIELD(capacity), 8 * GRAINS},
	{"one sector more", FIELD(capacity), CAPACITY / 512 + 1},
	{"grain 0", FIELD(grain_size), 0},
	{"grain 4", FIELD(grain_size), 4},
	{"grain 100", FIELD(grain_size), 100},
	{"grain 256", FIELD(grain_size), 256},
	{"grain 2^63", FIELD(grain_size), 1ULL << 63},
	{"tables of 0", FIELD(gtes), 0},
	{"tables of 511", FIELD(gtes), 511},
	{"tables of 256", FIELD(gtes), 256},
	{"tables of 2^31", FIELD(gtes), 1u << 31},
	{"descriptor at 0", FIELD(desc_offset), 0},
	{"descriptor at -1", FIELD(desc_offset), UINT64_MAX},
	{"descriptor at 2^55", FIELD(desc_offset), 1ULL << 55},
	{"descriptor beside", FIELD(desc_offset), 2},
	{"descriptor of 0", FIELD(desc_size), 0},
	{"descriptor of 2^55", FIELD(desc_size), 1ULL << 55},
	{"descriptor of -1", FIELD(desc_size), UINT64_MAX},
	{"descriptor of 129", FIELD(desc_size), 129},
	{"overhead 0", FIELD(overhead), 0},
	{"overhead 20", FIELD(overhead), 20},
	{"overhead 2^55", FIELD(overhead), 1ULL << 55},
	{"overhead -1", FIELD(overhead), UINT64_MAX},
	{"directory at 0", FIELD(gd_offset), 0},
	{"directory at 20", FIELD(gd_offset), 20},
	{"directory among grains", FIELD(gd_offset), 1000},
	{"directory at -2", FIELD(gd_offset), UINT64_MAX - 1},
	{"unclean 2", FIELD(unclean), 2},
};

START_TEST(test_header_lies)
{
	const struct lie *lie = &lies[_i / 2];

	make(_i % 2, 6, CAPACITY);
	for (size_t i = 0; i < lie->size; i++)
		im.bytes[lie->offset + i] = (uint8_t)(lie->value >> 8 * i);
	for (size_t piece = 0; piece < 2; piece++) {
		int32_t rc = judge(im.bytes, im.len, piece);

		ck_assert_msg(rc == HYP_E_PERMANENT, "%s: %d", lie->name, rc);
		ck_assert_str_eq(err.kind, "unsafe_image");
	}
}
END_TEST

START_TEST(test_layout_end_claimed)
{
	make(HYP_VMDK_LAYOUT_FRONT, 6, CAPACITY);
	header()->gd_offset = htole64(HYP_VMDK_GD_AT_END);
	ck_fails(judge(im.bytes, im.len, 0), &err, HYP_E_TRANSIENT,
		 "size_mismatch");
}
END_TEST

START_TEST(test_grain_lies)
{
	make(_i % 2, 6, CAPACITY);
	switch (_i / 2) {
	case 0:
		set_lba(2, 64);
		break;
	case 1: /* out of order */
		set_lba(2, 128);
		break;
	case 2: /* twice the same */
		set_lba(1, 0);
		break;
	case 3: /* the last one, beyond the capacity */
		set_lba(5, (uint64_t)GRAINS * 128);
		break;
	case 4:
		set_lba(5, UINT64_MAX - 127);
		break;
	case 5: /* in order, but not where the table says */
		set_lba(2, 299 * 128);
		break;
	case 6: /* size that cannot be */
		memset(im.bytes + grain_at(5) + 8, 0xff, 4);
		break;
	case 7:
		im.bytes[grain_at(3) + 8] = 3;
		im.bytes[grain_at(3) + 9] = 0;
		break;
	case 8: /* not zlib */
		im.bytes[grain_at(3) + 12] ^= 1;
		break;
	case 9: /* zlib, but not deflate */
		im.bytes[grain_at(3) + 12] = 0x70;
		im.bytes[grain_at(3) + 13] = 0x03;
		break;
	}
	for (size_t piece = 0; piece < 2; piece++)
		ck_fails(judge(im.bytes, im.len, piece), &err, HYP_E_PERMANENT,
			 "unsafe_image");
	/* Once refused it stays so. */
	if (_i != 11) /* which only the end shows */
		ck_fails(hyp_vmdk_check_feed(check, "", 1, &err), &err,
			 HYP_E_PERMANENT, "unsafe_image");
}
END_TEST

/*
 * Which bytes a reader believes: everything but the descriptor (its own test),
 * grain data, padding, fields without meaning here, and the lowest byte of a
 * grain's size, which need not change where the next marker stands.
 */
static uint8_t *believed;

static void believe(size_t at, size_t n)
{
	ck_assert_uint_le(at + n, im.len);
	memset(believed + at, 1, n);
}

static void doubt(size_t at, size_t n)
{
	memset(believed + at, 0, n);
}

#define FIELD_AT(f) offsetof(struct hyp_vmdk_header, f)

static void map_header(int end)
{
	believe(0, FIELD_AT(pad));
	doubt(FIELD_AT(flags) + 1, 1);
	doubt(FIELD_AT(flags) + 3, 1);
	doubt(FIELD_AT(rgd_offset), sizeof(uint64_t));
	doubt(FIELD_AT(overhead), 1); /* a sector of zeros more */
	if (end)
		doubt(FIELD_AT(flags), 1);
	else
		believe(21 * HYP_VMDK_SECTOR, 3 * sizeof(uint32_t));
	if (!end)
		believe(22 * HYP_VMDK_SECTOR, 3 * 4 * HYP_VMDK_SECTOR);
}

static size_t map_marker(size_t at)
{
	struct hyp_vmdk_marker m;
	uint32_t type;

	memcpy(&m, im.bytes + at, sizeof(m));
	type = le32toh(m.type);
	if (m.size != 0) {
		believe(at, 14);
		doubt(at + 8, 1);
		return hyp_vmdk_div_up(12 + le32toh(m.size), HYP_VMDK_SECTOR);
	}
	believe(at, sizeof(m));
	if (type == HYP_VMDK_MARK_GT)
		believe(at + HYP_VMDK_SECTOR, 4 * HYP_VMDK_SECTOR);
	else if (type == HYP_VMDK_MARK_GD)
		believe(at + HYP_VMDK_SECTOR, 3 * sizeof(uint32_t));
	else if (type == HYP_VMDK_MARK_FOOTER)
		believe(at + HYP_VMDK_SECTOR, 4);
	return 1 + le64toh(m.value);
}

static void map_image(void)
{
	int end = header()->gd_offset == HYP_VMDK_GD_AT_END;
	size_t at = le64toh(header()->overhead) * HYP_VMDK_SECTOR;

	believed = calloc(1, im.len);
	ck_assert_ptr_nonnull(believed);
	map_header(end);
	while (at < im.len)
		at += map_marker(at) * HYP_VMDK_SECTOR;
}

static int refused(void)
{
	return judge(im.bytes, im.len, 0) < 0 &&
	       (strcmp(err.kind, "unsafe_image") == 0 ||
		strcmp(err.kind, "size_mismatch") == 0);
}

START_TEST(test_every_byte)
{
	make(_i, 6, CAPACITY);
	map_image();
	for (size_t at = 0; at < im.len; at++) {
		im.bytes[at] ^= 0xff;
		if (believed[at])
			ck_assert_msg(refused(), "byte %zu of %zu", at, im.len);
		im.bytes[at] ^= 0xff;
	}
	ck_ok(judge(im.bytes, im.len, 0), &err);
	free(believed);
}
END_TEST

/* Every entry of directory and tables, set to one that exists. */
START_TEST(test_every_entry)
{
	make(_i, 6, CAPACITY);
	map_image();
	for (size_t at = 21 * HYP_VMDK_SECTOR; at + 4 <= im.len; at += 4) {
		uint32_t other = htole32(22), was;

		memcpy(&was, im.bytes + at, 4);
		if (was == other)
			other = htole32(26);
		memcpy(im.bytes + at, &other, 4);
		if (believed[at] && was != 0)
			ck_assert_msg(refused(), "at byte %zu", at);
		memcpy(im.bytes + at, &was, 4);
	}
	ck_ok(judge(im.bytes, im.len, 0), &err);
	free(believed);
}
END_TEST

/* --- whatever comes --- */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Mutations never crash, whatever the verdict, and the division of the input
 * does not change it. Run it under the sanitizers. */
START_TEST(test_mutations)
{
	uint64_t seed = 1 + (uint64_t)_i;
	uint8_t *copy;

	make(_i % 2, 6, CAPACITY);
	copy = malloc(im.len);
	ck_assert_ptr_nonnull(copy);
	for (int round = 0; round < 1000; round++) {
		size_t n = im.len;
		int32_t rc;

		memcpy(copy, im.bytes, n);
		for (uint64_t k = next_random(&seed) % 6; k < 6; k++) {
			size_t at = next_random(&seed) % n;

			if (next_random(&seed) % 2 == 0)
				at %= 80;
			copy[at] = (uint8_t)(next_random(&seed) % 4 == 0
						     ? 0xff
						     : next_random(&seed));
		}
		if (next_random(&seed) % 8 == 0)
			n = next_random(&seed) % n;
		rc = judge(copy, n, 0);
		ck_assert_int_eq(rc,
				 judge(copy, n, 1 + next_random(&seed) % 5000));
	}
	free(copy);
}
END_TEST

START_TEST(test_noise)
{
	uint8_t noise[8192];
	uint64_t seed = 42;

	for (int round = 0; round < 2000; round++) {
		size_t n = next_random(&seed) % sizeof(noise);

		for (size_t i = 0; i < n; i++)
			noise[i] = (uint8_t)next_random(&seed);
		if (round % 2 == 0 && n >= 4)
			memcpy(noise, HYP_VMDK_MAGIC, 4);
		ck_assert_int_lt(judge(noise, n, 0), 0);
	}
}
END_TEST

/* --- from another thread --- */

static void *watch(void *arg)
{
	uint64_t last = 0, position = 0, capacity;

	while (position < CAPACITY) {
		hyp_vmdk_check_position(arg, &position, &capacity);
		if (position < last || (capacity != 0 && capacity != CAPACITY))
			return arg;
		last = position;
	}
	return NULL;
}

START_TEST(test_position)
{
	pthread_t thread;
	void *wrong;

	make(HYP_VMDK_LAYOUT_END, 6, CAPACITY);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch, check), 0);
	ck_ok(judge(im.bytes, im.len, 1), &err);
	pthread_join(thread, &wrong);
	ck_assert_ptr_null(wrong);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("package/vmdk-check");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, test_sound, 0, 4);
	tcase_add_loop_test(tc, test_truncated, 0, 2);
	tcase_add_loop_test(tc, test_header_lies, 0,
			    2 * (int)(sizeof(lies) / sizeof(lies[0])));
	tcase_add_test(tc, test_layout_end_claimed);
	tcase_add_loop_test(tc, test_grain_lies, 0, 20);
	tcase_add_loop_test(tc, test_every_byte, 0, 2);
	tcase_add_loop_test(tc, test_every_entry, 0, 2);
	tcase_add_loop_test(tc, test_mutations, 0, 4);
	tcase_add_test(tc, test_noise);
	tcase_add_test(tc, test_position);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
