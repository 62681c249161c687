/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of hypersdk/store.h as data: which members a record has, and the
 * column that each is kept in. The core checks rows by it; stores that speak
 * SQL make their statements of it. The columns' names are for ever:
 * hypersdk's users know them.
 */
#ifndef HYP_BASE_STORE_TABLE_H
#define HYP_BASE_STORE_TABLE_H

#include <hypersdk/store.h>

/* The member's type in C, and what the column holds. */
#define HYP_COL_U32 1u	   /* uint32_t */
#define HYP_COL_U64 2u	   /* uint64_t */
#define HYP_COL_TIME 3u	   /* int64_t, ms: a time */
#define HYP_COL_SECONDS 4u /* int64_t, ms: seconds with a fraction */
#define HYP_COL_TEXT 5u	   /* const char * */
#define HYP_COL_BYTES 6u   /* const void *, then uint64_t: how many */
#define HYP_COL_STATUS 7u  /* of the uint32_t job state: written only */
#define HYP_COL_PHASE 8u   /* likewise */

#define HYP_COL_KEY 1u	  /* names the row */
#define HYP_COL_GIVEN 2u  /* by the store */
#define HYP_COL_KEEP 4u	  /* UPDATE leaves it as it is */
#define HYP_COL_NULL 8u	  /* NULL where there is nothing ("" or 0) */
#define HYP_COL_UPTO 32u  /* DELETE with it set: rows up to this one */
#define HYP_COL_GROUP 16u /* DELETE with only this key takes all of them */

struct hyp_store_column {
	const char *name;
	uint32_t type;	/* HYP_COL_* of the first list */
	uint32_t flags; /* HYP_COL_* of the second */
	uint32_t offset;
};

struct hyp_store_table {
	const char *name; /* in SQL */
	const char *what; /* in messages: "job" */
	uint32_t verbs;	  /* 1u << HYP_OP_* that it takes */
	uint32_t size;	  /* of the record's struct */
	uint32_t count;
	const struct hyp_store_column *columns;
};

/* No record is larger. */
#define HYP_ROW_MAX 512

/* HYP_TABLE_*; NULL if there is none of this number. */
const struct hyp_store_table *hyp_store_table(uint32_t table);

/* A record of another version's size to this one's: cut, or filled up with
 * zeros. HYP_E_USAGE "bad_request" if its size is absurd. to holds
 * HYP_ROW_MAX. */
int32_t hyp_store_row_copy(const struct hyp_store_table *table, void *to,
			   const void *row, struct hyp_error *err);

/* Members of a record of this version's size. Text is never NULL. */
const char *hyp_row_text(const void *row, const struct hyp_store_column *c);
uint32_t hyp_row_u32(const void *row, const struct hyp_store_column *c);
uint64_t hyp_row_u64(const void *row, const struct hyp_store_column *c);
int64_t hyp_row_i64(const void *row, const struct hyp_store_column *c);
const void *hyp_row_bytes(const void *row, const struct hyp_store_column *c,
			  uint64_t *n);

#endif
