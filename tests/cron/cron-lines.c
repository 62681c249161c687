/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cron-lines: what cron expressions fire, for judges that are written in other
 * languages. Reads lines "N<TAB>ZONE<TAB>AFTER_S<TAB>EXPRESSION", answers each
 * with "S S ..." (N instants in Unix seconds, fewer if there are no more) or
 * "!KIND TEXT".
 *	cron-lines --bench EXPRESSION ZONE AFTER_S: nanoseconds per instant
 */
#include "core/base/clock.h"
#include "core/base/cron.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE 8192

struct last {
	struct hyp_cron *cron; /* NULL: expression has an error */
	struct hyp_error err;
	char key[LINE]; /* zone and expression */
};

/* Many lines in a row ask the same expression: parsed once. */
static void parse(struct last *last, const char *zone, const char *expression)
{
	char key[LINE];

	snprintf(key, sizeof(key), "%s\t%s", zone, expression);
	if (strcmp(key, last->key) == 0)
		return;
	strcpy(last->key, key);
	hyp_cron_free(last->cron);
	last->cron = NULL;
	hyp_cron_parse(expression, zone, &last->cron, &last->err);
}

static void answer(struct last *last, unsigned n, int64_t after_s)
{
	int64_t at = after_s * 1000;

	if (last->cron == NULL) {
		printf("!%s %s\n", last->err.kind, last->err.text);
		return;
	}
	for (unsigned i = 0; i < n && hyp_cron_next(last->cron, at, &at); i++)
		printf("%s%" PRId64, i ? " " : "", at / 1000);
	putchar('\n');
}

static int bench(char **argv)
{
	struct hyp_cron *cron = NULL;
	struct hyp_error err;
	int64_t after = strtoll(argv[4], NULL, 10) * 1000, next = 0;
	uint64_t start;
	unsigned rounds = 2000;

	if (hyp_cron_parse(argv[2], argv[3], &cron, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	start = hyp_clock_boot_ns();
	for (unsigned i = 0; i < rounds; i++)
		hyp_cron_next(cron, after + i, &next);
	printf("%" PRIu64 "\n", (hyp_clock_boot_ns() - start) / rounds);
	hyp_cron_free(cron);
	return 0;
}

int main(int argc, char **argv)
{
	static struct last last;
	char line[LINE], *save;

	if (argc == 5 && strcmp(argv[1], "--bench") == 0)
		return bench(argv);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		const char *n, *zone, *after, *expression;

		line[strcspn(line, "\n")] = '\0';
		n = strtok_r(line, "\t", &save);
		zone = strtok_r(NULL, "\t", &save);
		after = strtok_r(NULL, "\t", &save);
		expression = strtok_r(NULL, "", &save);
		if (after == NULL) {
			puts("!line what is this?");
			continue;
		}
		parse(&last, zone, expression != NULL ? expression : "");
		answer(&last, (unsigned)atoi(n), strtoll(after, NULL, 10));
	}
	hyp_cron_free(last.cron);
	return 0;
}
