/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/ova-job.h"
#include "core/app/json.h"
#include "core/config/parts.h"
#include "core/app/terminal.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
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

static int32_t make_storage(struct hyp_ova_cli *cli, struct hyp_error *err)
{
	const char *roots[] = {cli->output.root};

	if (hyp_part_named(&cli->storage, "local", "command line", err) != 0)
		return err->code;
	return hyp_values_set_list(&cli->storage.values, "roots", roots, 1,
				   "command line", 0, err);
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
	if (hyp_output_resolve(dir, "ovf", "ovf", &cli->output, err) != 0 ||
	    hyp_strdup(name, &cli->name, err) != 0 ||
	    make_storage(cli, err) != 0)
		return err->code;
	hyp_uuid7(cli->id);
	cli->shows = hyp_terminal_is(STDERR_FILENO) &&
		     !hyp_args_has(app->args, "json");
	cli->job = (struct hyp_ova_job){
		.registry = registry,
		.storage = &cli->storage,
		.id = cli->id,
		.package = package,
		.dir = cli->output.dir,
		.name = cli->name,
		.cancel = app->cancel,
		.ctx = cli,
		.progress = on_progress,
		.warning = on_warning,
	};
	return 0;
}

int32_t hyp_ova_split(const char *path, char **dir, char **name,
		      struct hyp_error *err)
{
	size_t n = strlen(path);
	const char *base;

	while (n > 1 && path[n - 1] == '/')
		n--;
	base = memrchr(path, '/', n);
	base = base == NULL ? path : base + 1;
	n -= (size_t)(base - path);
	if (n == 0 || (n <= 2 && strncmp(base, "..", n) == 0))
		return hyp_error_set(
			err, HYP_E_USAGE, "unsafe_path", 0,
			"\"%s\" names no file or folder that could "
			"be made",
			path);
	if (base == path ? hyp_strdup(".", dir, err)
			 : hyp_asprintf(dir, err, "%.*s/",
					(int)(base - path - 1), path))
		return err->code;
	if (hyp_asprintf(name, err, "%.*s", (int)n, base) == 0)
		return 0;
	free(*dir);
	return err->code;
}

static struct json_object *file_json(const struct hyp_result_file *file)
{
	struct json_object *o = json_object_new_object();
	char hex[HYP_DIGEST_HEX_MAX];

	hyp_digest_hex(&file->digest, hex);
	hyp_json_string(o, "name", file->name);
	hyp_json_number(o, "size", file->bytes);
	hyp_json_string(o, hyp_digest_name(file->digest.algorithm), hex);
	return o;
}

static void print_json(const struct hyp_result *result)
{
	struct json_object *o = json_object_new_object();
	struct json_object *files = json_object_new_array();

	hyp_json_string(o, "output", result->output);
	hyp_json_string(o, "vm_name", result->vm_name);
	hyp_json_number(o, "size", result->package_bytes);
	for (size_t i = 0; i < result->file_count; i++)
		json_object_array_add(files, file_json(&result->files[i]));
	json_object_object_add(o, "files", files);
	hyp_json_timestamp(o);
	hyp_json_print(o);
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
		print_json(result);
	else if (rc == 0)
		print_line(result, did);
	hyp_result_fini(result);
	hyp_part_fini(&cli->packager);
	hyp_part_fini(&cli->storage);
	hyp_output_fini(&cli->output);
	free(cli->name);
	return rc;
}
