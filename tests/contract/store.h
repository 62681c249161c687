/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of contract-store share: a fresh store for each test, rows
 * with something in every member, and one line for a change. */
#ifndef HYP_TEST_CONTRACT_STORE_H
#define HYP_TEST_CONTRACT_STORE_H

#include "core/base/cleanup.h"
#include "core/base/store-table.h"
#include "tests/contract/contract.h"

extern struct contract_instance *db;
extern const struct hyp_store_ops *const calls;
extern struct hyp_error db_err;

extern const char *db_path; /* where it is */

/* The same database, opened anew. */
void db_reopen(void);

struct hyp_job_row db_job(const char *id, uint32_t state);
struct hyp_store_op db_op(uint32_t verb, uint32_t table, const void *row);
int32_t db_change(const struct hyp_store_op *ops, uint32_t count,
		  uint32_t flags);
int32_t db_do(uint32_t verb, uint32_t table, const void *row);
/* It must go well. */
void db_put(uint32_t table, const void *row);

/* Rows that were told, copied. */
#define ROWS_MAX 64
struct db_rows {
	uint32_t table;
	size_t count;
	_Alignas(8) unsigned char at[ROWS_MAX][HYP_ROW_MAX];
	char *texts[ROWS_MAX * 32];
	size_t text_count;
};
int32_t db_list(uint32_t table, const struct hyp_store_query *query,
		struct db_rows *out);
void db_rows_fini(struct db_rows *rows);
size_t db_count(uint32_t table, const struct hyp_store_query *query);
/* The job as it is now; its texts live until the test ends. */
struct hyp_job_row db_get(const char *id);
void db_gotten_fini(void);
/* Every member alike, but for what the store gives. */
void db_same(uint32_t table, const void *got, const void *want);

TCase *store_rows(void);
TCase *store_changes(void);
TCase *store_queries(void);
TCase *store_claims(void);
TCase *store_threads(void);
TCase *store_care(void);

#endif
