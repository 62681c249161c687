/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/ova-job.h"
#include "core/app/json.h"
#include "core/lib/package-json.h"
#include "core/app/terminal.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAW_MS 100

static void on_progress(void *ctx, const char *file, uint64_t done,
			uint64_t total)
{
	struct hyp_ova_cli *cli = ctx;
	uint64_t now = hyp_clock_boot_ms();
	char have[HYP_UNITS_TEXT_MAX], all[HYP_UNITS_TEXT_MAX];
	char name[64];

	if (!cli->shows || now - cli->shown_ms < DRAW_MS ||
	    !hyp_terminal_is_ours(STDERR_FILENO))
		return;
	cli->shown_ms = now;
	hyp_format_bytes(done, have);
	hyp_format_bytes(total, all);
	hyp_text_printable(file, name, sizeof(name));
	fprintf(stderr, "\r\033[K%3u%%  %s of %s  %.40s",
		total == 0 ? 100 : (unsigned)(done / (total / 100.0)), have,
		all, name);
	fflush(stderr);
}

static void clear_line(struct hyp_ova_cli *cli)
{
	if (cli->shows && cli->shown_ms != 0)
		fputs("\r\033[K", stderr);
	cli->shown_ms = 0;
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	char safe[2048];

	clear_line(ctx);
	hyp_text_printable(text, safe, sizeof(safe));
	fprintf(stderr, "hypersdk: warning: %s (%s)\n", safe, kind);
}

int32_t hyp_ova_cli_init(struct hyp_app *app, struct hyp_ova_cli *cli,
			 const char *package, const char *dir, const char *name,
			 struct hyp_error *err)
{
	struct hyp_registry *registry = hyp_app_registry(app);

	memset(cli, 0, sizeof(*cli));
	if (registry == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
				     "the configuration has mistakes");
	if (hyp_packing_init(&cli->packing, registry, package, dir, name,
			     err) != 0)
		return err->code;
	cli->shows = hyp_terminal_is(STDERR_FILENO) &&
		     !hyp_args_has(app->args, "json");
	cli->packing.job.cancel = app->cancel;
	cli->packing.job.ctx = cli;
	cli->packing.job.progress = on_progress;
	cli->packing.job.warning = on_warning;
	return 0;
}

static void print_line(const struct hyp_result *result, const char *did)
{
	char size[HYP_UNITS_TEXT_MAX];

	hyp_format_bytes(result->package_bytes, size);
	printf("%s %s: %s in %zu file%s\n", did, result->output, size,
	       result->file_count, result->file_count == 1 ? "" : "s");
}

int32_t hyp_ova_cli_end(struct hyp_app *app, struct hyp_ova_cli *cli,
			struct hyp_result *result, const char *did, int32_t rc)
{
	clear_line(cli);
	if (rc == 0 && hyp_args_has(app->args, "json"))
		hyp_json_print(hyp_package_made_json(result));
	else if (rc == 0)
		print_line(result, did);
	hyp_result_fini(result);
	hyp_packing_fini(&cli->packing);
	return rc;
}
