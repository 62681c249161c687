/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of stores. */
#include "tests/contract/store.h"

struct contract_instance *db;
const struct hyp_store_ops *const calls = &hyp_store_calls;
struct hyp_error db_err;

const char *db_path;

static char *folder, *path;

static void open_db(void)
{
	db = contract_store(path, 0, &db_err);
	ck_assert_msg(db != NULL, "create: %s", db_err.text);
}

void db_reopen(void)
{
	contract_free(db);
	open_db();
}

static void setup(void)
{
	folder = contract_folder();
	if (asprintf(&path, "%s/jobs.db", folder) < 0)
		abort();
	db_path = path;
	open_db();
}

static void teardown(void)
{
	contract_free(db);
	db_gotten_fini();
	free(folder);
	free(path);
}

static Suite *make(void)
{
	Suite *suite = suite_create("contract of stores");
	TCase *cases[] = {store_rows(),	  store_changes(), store_queries(),
			  store_claims(), store_threads(), store_care()};

	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		tcase_add_checked_fixture(cases[i], setup, teardown);
		tcase_set_timeout(cases[i], 60);
		suite_add_tcase(suite, cases[i]);
	}
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_STORE, make);
}
