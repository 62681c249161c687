/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stddef.h>

#define DAY_MS INT64_C(86400000)
#define TIME_MIN INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define TIME_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Days since 1970-01-01 and back, by H. Hinnant's civil calendar: eras of 400
 * years that begin in March. gmtime_r is ten times slower. */
static void civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void digits(char *out, size_t n, unsigned value)
{
	for (size_t i = n; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
}

void time_to_text(int64_t ms, char out[TIME_TEXT])
{
	unsigned month, day, rest;
	int64_t days, year;

	ms = ms < TIME_MIN ? TIME_MIN : ms > TIME_MAX ? TIME_MAX : ms;
	days = ms / DAY_MS - (ms % DAY_MS < 0);
	rest = (unsigned)(ms - days * DAY_MS);
	civil_from_days(days, &year, &month, &day);
	memcpy(out, "0000-00-00T00:00:00.000Z", TIME_TEXT);
	digits(out, 4, (unsigned)year);
	digits(out + 5, 2, month);
	digits(out + 8, 2, day);
	digits(out + 11, 2, rest / 3600000);
	digits(out + 14, 2, rest / 60000 % 60);
	digits(out + 17, 2, rest / 1000 % 60);
	digits(out + 20, 3, rest % 1000);
}

static unsigned number(const char *text, size_t n)
{
	unsigned value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	return value;
}

int64_t time_from_text(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	if (text == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return 0;
	return days_from_civil(number(text, 4), number(text + 5, 2),
			       number(text + 8, 2)) *
		       DAY_MS +
	       number(text + 11, 2) * INT64_C(3600000) +
	       number(text + 14, 2) * INT64_C(60000) +
	       number(text + 17, 2) * INT64_C(1000) + number(text + 20, 3);
}

static int bind_text(sqlite3_stmt *stmt, int at, const char *text, int null)
{
	if (null && text[0] == '\0')
		return sqlite3_bind_null(stmt, at);
	return sqlite3_bind_text64(stmt, at, text, strlen(text), SQLITE_STATIC,
				   SQLITE_UTF8);
}

static int bind_time(sqlite3_stmt *stmt, int at, int64_t ms, int null)
{
	char text[TIME_TEXT];

	if (null && ms == 0)
		return sqlite3_bind_null(stmt, at);
	time_to_text(ms, text);
	return sqlite3_bind_text(stmt, at, text, TIME_TEXT - 1,
				 SQLITE_TRANSIENT);
}

static int bind_bytes(sqlite3_stmt *stmt, int at, const void *row,
		      const struct hyp_store_column *c)
{
	uint64_t n;
	const void *bytes = hyp_row_bytes(row, c, &n);

	return sqlite3_bind_blob64(stmt, at, bytes != NULL ? bytes : "", n,
				   SQLITE_STATIC);
}

int bind_column(sqlite3_stmt *stmt, const struct hyp_store_table *table,
		uint32_t i, const void *row)
{
	const struct hyp_store_column *c = &table->columns[i];
	int null = (c->flags & HYP_COL_NULL) != 0, at = (int)i + 1;
	int64_t ms;

	switch (c->type) {
	case HYP_COL_U32:
		return sqlite3_bind_int64(stmt, at, hyp_row_u32(row, c));
	case HYP_COL_U64:
		return sqlite3_bind_int64(stmt, at,
					  (int64_t)hyp_row_u64(row, c));
	case HYP_COL_TIME:
		return bind_time(stmt, at, hyp_row_i64(row, c), null);
	case HYP_COL_SECONDS:
		ms = hyp_row_i64(row, c);
		return null && ms == 0 ? sqlite3_bind_null(stmt, at)
				       : sqlite3_bind_double(stmt, at,
							     (double)ms / 1000);
	case HYP_COL_BYTES:
		return bind_bytes(stmt, at, row, c);
	case HYP_COL_STATUS:
		return bind_text(stmt, at,
				 hyp_job_status_name(hyp_row_u32(row, c)), 0);
	case HYP_COL_PHASE:
		return bind_text(stmt, at,
				 hyp_job_phase_name(hyp_row_u32(row, c)), 0);
	default:
		return bind_text(stmt, at, hyp_row_text(row, c), null);
	}
}

static void read_number(sqlite3_stmt *stmt, int at, uint32_t type, char *to)
{
	int64_t n = sqlite3_column_int64(stmt, at);
	uint32_t n32 = (uint32_t)n;

	if (type == HYP_COL_SECONDS) {
		double ms = sqlite3_column_double(stmt, at) * 1000;

		n = (int64_t)(ms + (ms < 0 ? -0.5 : 0.5));
	}
	if (type == HYP_COL_U32)
		memcpy(to, &n32, sizeof(n32));
	else
		memcpy(to, &n, sizeof(n));
}

static void read_text(sqlite3_stmt *stmt, int at, char *to)
{
	const char *text =
		(const char *)(const void *)sqlite3_column_text(stmt, at);

	text = text != NULL ? text : "";
	memcpy(to, &text, sizeof(text));
}

static void read_bytes(sqlite3_stmt *stmt, int at, char *to)
{
	const void *bytes = sqlite3_column_blob(stmt, at);
	uint64_t n = (uint64_t)sqlite3_column_bytes(stmt, at);

	memcpy(to, &bytes, sizeof(bytes));
	memcpy(to + sizeof(bytes), &n, sizeof(n));
}

void read_row(sqlite3_stmt *stmt, const struct hyp_store_table *table,
	      void *row)
{
	memset(row, 0, table->size);
	memcpy(row, &table->size, sizeof(table->size));
	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_store_column *c = &table->columns[i];
		char *to = (char *)row + c->offset;
		int64_t ms;

		switch (c->type) {
		case HYP_COL_TEXT:
			read_text(stmt, (int)i, to);
			break;
		case HYP_COL_TIME:
			ms = time_from_text(
				(const char *)(const void *)sqlite3_column_text(
					stmt, (int)i));
			memcpy(to, &ms, sizeof(ms));
			break;
		case HYP_COL_BYTES:
			read_bytes(stmt, (int)i, to);
			break;
		case HYP_COL_STATUS:
		case HYP_COL_PHASE:
			break;
		default:
			read_number(stmt, (int)i, c->type, to);
		}
	}
}
