/* SPDX-License-Identifier: Apache-2.0 */
/* Draws into a small terminal of its own, which knows the few movements that
 * the bars use and fails on every other. */
#include "core/app/bars.h"
#include "core/base/text.h"
#include "tests/lib/unit.h"

#define ROWS 60
#define WIDTH 200

/* hyp_phase_name is the pipeline's, which this test does without. */
const char *hyp_phase_name(uint32_t phase)
{
	return phase == HYP_PHASE_TRANSFERRING ? "transferring" : "preparing";
}

static struct {
	char cells[ROWS][WIDTH * 4]; /* UTF-8 */
	unsigned row, columns, most;
	size_t used; /* bytes of the row in front of the cursor */
} screen;

static struct hyp_bars bars;
static struct hyp_bars_state state;

static void screen_escape(const char **text)
{
	const char *p = *text + 1;
	unsigned n;

	ck_assert_int_eq(*p, '[');
	n = (unsigned)atoi(p + 1);
	p += 1 + strspn(p + 1, "0123456789;");
	switch (*p) {
	case 'A':
		ck_assert_uint_le(n, screen.row);
		screen.row -= n;
		screen.used = 0;
		break;
	case 'J':
		for (unsigned r = screen.row; r < ROWS; r++)
			screen.cells[r][0] = '\0';
		break;
	case 'K':
		screen.cells[screen.row][screen.used] = '\0';
		break;
	case 'm':
		break;
	default:
		ck_abort_msg("unexpected escape %s", *text);
	}
	*text = p + 1;
}

static void screen_feed(const char *text)
{
	while (*text != '\0') {
		char *line = screen.cells[screen.row];

		ck_assert_uint_lt(screen.row, ROWS);
		if (*text == '\033') {
			screen_escape(&text);
		} else if (*text == '\n') {
			ck_assert_uint_lt(hyp_text_columns(line),
					  screen.columns);
			screen.row++;
			if (screen.row > screen.most)
				screen.most = screen.row;
			screen.used = 0;
			text++;
		} else if (*text == '\r') {
			screen.used = 0;
			text++;
		} else {
			if (line[screen.used] == '\0')
				line[screen.used + 1] = '\0';
			line[screen.used++] = *text++;
		}
	}
}

static void frame(uint64_t now, int draw)
{
	struct hyp_buf out = HYP_BUF_INIT(65536);

	hyp_bars_back(&bars, &out);
	if (draw)
		hyp_bars_draw(&bars, &state, now, &out);
	hyp_buf_adds(&out, HYP_BARS_CLEAR, NULL);
	screen_feed(hyp_buf_str(&out));
	hyp_buf_fini(&out);
}

static void set_size(unsigned columns, unsigned rows)
{
	bars.columns = screen.columns = columns;
	bars.rows = rows;
}

static void setup(void)
{
	memset(&screen, 0, sizeof(screen));
	memset(&state, 0, sizeof(state));
	hyp_bars_init(&bars, 0, 0);
	set_size(80, 24);
	strcpy(state.name, "web01");
	state.job_count = 1;
	state.phase = HYP_PHASE_TRANSFERRING;
	hyp_meter_init(&state.meter, 0);
}

static void update(size_t count, uint64_t now)
{
	struct hyp_export_file_state files[100];
	char names[100][32];

	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "web01-disk%zu.vmdk",
			 i + 1);
		files[i] = (struct hyp_export_file_state){
			names[i],	    512,   1024, 1536, 0,
			(uint32_t)(i == 1), i == 2};
	}
	hyp_bars_update(&state, files, count, now);
}

START_TEST(shows_files_and_the_whole)
{
	update(3, 4000);
	frame(4000, 1);
	ck_assert_str_eq(screen.cells[0], "web01: transferring");
	ck_assert_str_eq(screen.cells[1],
			 "  web01-disk1.vmdk  =======--------  50 %  1.5 KiB");
	ck_assert_str_eq(screen.cells[2],
			 "  web01-disk2.vmdk  =======--------  50 %  1.5 KiB, "
			 "restart 1");
	ck_assert_ptr_nonnull(strstr(screen.cells[3], "=============== 100 %"));
	ck_assert_ptr_nonnull(strstr(screen.cells[4], "  all "));
	ck_assert_ptr_nonnull(strstr(screen.cells[4], "/s  "));
	ck_assert_ptr_nonnull(strstr(screen.cells[4], " left"));
	ck_assert_uint_eq(screen.row, 5);
}
END_TEST

START_TEST(draws_over_itself_and_leaves_nothing)
{
	update(3, 1000);
	for (uint64_t t = 1000; t < 5000; t += 100)
		frame(t, 1);
	ck_assert_uint_eq(screen.most, 5);
	frame(5000, 0);
	ck_assert_uint_eq(screen.row, 0);
	for (unsigned r = 0; r < ROWS; r++)
		ck_assert_str_eq(screen.cells[r], "");
}
END_TEST

START_TEST(fits_every_size)
{
	update(100, 1000);
	for (unsigned columns = 1; columns < WIDTH; columns += 5)
		for (unsigned rows = 1; rows < 40; rows += 6) {
			memset(&screen, 0, sizeof(screen));
			hyp_bars_forget(&bars);
			set_size(columns, rows);
			frame(2000, 1);
			ck_assert_uint_lt(screen.most, rows < 5 ? 5 : rows);
		}
}
END_TEST

START_TEST(takes_back_lines_that_a_smaller_terminal_wrapped)
{
	struct hyp_buf out = HYP_BUF_INIT(65536);

	set_size(100, 24);
	update(1, 1000);
	frame(1000, 1);
	ck_assert_uint_eq(bars.drawn_count, 3);
	bars.drawn[1] = 99;
	bars.columns = 50;
	hyp_bars_back(&bars, &out);
	/* 1 row, 2 rows, and what the third one took */
	ck_assert(strcmp(hyp_buf_str(&out), "\r\033[4A") == 0 ||
		  strcmp(hyp_buf_str(&out), "\r\033[5A") == 0);
	hyp_buf_fini(&out);
}
END_TEST

START_TEST(colours_take_no_room)
{
	hyp_bars_init(&bars, 1, 1);
	set_size(80, 24);
	update(2, 1000);
	frame(1000, 1);
	ck_assert_uint_eq(screen.row, 4);
	for (size_t i = 0; i < bars.drawn_count; i++)
		ck_assert_uint_eq(bars.drawn[i],
				  hyp_text_columns(screen.cells[i]));
}
END_TEST

START_TEST(finished_files_make_room_first)
{
	update(20, 1000);
	set_size(80, 13);
	frame(1000, 1);
	for (unsigned r = 0; r < ROWS; r++)
		ck_assert_ptr_null(strstr(screen.cells[r], "disk3.vmdk"));
	ck_assert_ptr_nonnull(strstr(screen.cells[3], "disk4.vmdk"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bars");
	TCase *tc = tcase_create("bars");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, shows_files_and_the_whole);
	tcase_add_test(tc, draws_over_itself_and_leaves_nothing);
	tcase_add_test(tc, fits_every_size);
	tcase_add_test(tc, takes_back_lines_that_a_smaller_terminal_wrapped);
	tcase_add_test(tc, colours_take_no_room);
	tcase_add_test(tc, finished_files_make_room_first);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
