/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/scrape.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

static const char *const offered[] = {
	"text/plain; version=0.0.4; charset=utf-8",
	"application/openmetrics-text; version=1.0.0; charset=utf-8"};

START_TEST(the_best_liked_is_chosen)
{
	static const struct {
		const char *accept;
		size_t want;
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{"*/*", 0},
		{"text/html, */*;q=0.1", 0},
		/* Prometheus 2.42 */
		{"application/openmetrics-text;version=1.0.0,application/"
		 "openmetrics-text;version=0.0.1;q=0.75,text/plain;version="
		 "0.0.4;q=0.5,*/*;q=0.1",
		 1},
		/* Prometheus 3 */
		{"application/openmetrics-text;version=1.0.0;escaping=allow-"
		 "utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q="
		 "0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		 1},
		/* a version that we do not speak */
		{"application/openmetrics-text;version=0.0.1,text/plain;q=0.5",
		 0},
		{"application/openmetrics-text", 1},
		{"APPLICATION/OpenMetrics-Text ; Q=0.9 , text/plain;q=0.5", 1},
		{"application/*", 1},
		{"text/*;q=0.2, application/*;q=0.3", 1},
		/* what is named closely has that weight, not the wildcard's */
		{"*/*, text/plain;q=0.1", 1},
		{"application/openmetrics-text;q=0, */*", 0},
		{"text/plain;q=0.5, application/openmetrics-text;q=0.500", 0},
		{"text/plain;q=0.4, application/openmetrics-text;q=0.41", 1},
		/* nothing of that: some metrics all the same */
		{"image/png", 0},
		{"text/plain;q=0, application/openmetrics-text;q=0", 0},
		/* no header of anybody's */
		{",,;;q=;=,/", 0},
		{"application/openmetrics-text;q=bad", 1},
		{";", 0},
		{"/", 0},
	};

	for (size_t i = 0; i < HYP_COUNT(cases); i++)
		ck_assert_msg(hyp_accept_choose(cases[i].accept, offered, 2) ==
				      cases[i].want,
			      "%s", cases[i].accept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tc = tcase_create("accept");

	tcase_add_test(tc, the_best_liked_is_chosen);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
