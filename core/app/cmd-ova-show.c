/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/json.h"
#include "core/lib/package-json.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/package/package-read.h"

#include <unistd.h>

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static const struct hyp_table_column columns[] = {
	{"FILE", HYP_TABLE_SHRINK},
	{"SIZE", HYP_TABLE_RIGHT},
	{"DISK", HYP_TABLE_RIGHT},
	{"DIGEST", HYP_TABLE_SHRINK},
};

/* "SHA256 1f2e3d...", or why there is none. */
static void digest_text(const struct hyp_pkg *pkg, const char *name, char *out,
			size_t max)
{
	const struct hyp_digest *d = hyp_manifest_find(&pkg->manifest, name);
	char hex[HYP_DIGEST_HEX_MAX];

	if (d == NULL) {
		snprintf(out, max, "-");
		return;
	}
	hyp_digest_hex(d, hex);
	snprintf(out, max, "%s %s", hyp_digest_label(d->algorithm), hex);
}

static int32_t add_row(struct hyp_table *table, const struct hyp_pkg *pkg,
		       const struct hyp_pkg_entry *e, struct hyp_error *err)
{
	const struct hyp_ovf_disk *disk = hyp_pkg_disk(pkg, e);
	char size[HYP_UNITS_TEXT_MAX], capacity[HYP_UNITS_TEXT_MAX] = "";
	char digest[HYP_DIGEST_HEX_MAX + 16];
	const char *const cells[] = {e->name, size, capacity, digest};

	hyp_format_bytes(e->bytes, size);
	if (disk != NULL)
		hyp_format_bytes(disk->capacity, capacity);
	digest_text(pkg, e->name, digest, sizeof(digest));
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static int32_t print_files(const struct hyp_pkg *pkg, struct hyp_error *err)
{
	struct hyp_table *table;
	int32_t rc = 0;

	if (hyp_table_new(columns, HYP_COUNT(columns), &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < pkg->entry_count; i++)
		rc = add_row(table, pkg, &pkg->entries[i], err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	return rc;
}

static void print_line(const char *name, const char *text)
{
	char safe[2048];

	hyp_text_printable(text, safe, sizeof(safe));
	if (safe[0] != '\0')
		printf("%-10s %s\n", name, safe);
}

static void print_machine(const struct hyp_pkg *pkg)
{
	const struct hyp_ovf *ovf = &pkg->ovf;
	char memory[HYP_UNITS_TEXT_MAX];

	hyp_format_bytes(hyp_mul_sat(ovf->memory_mb, 1024 * 1024), memory);
	print_line("name", ovf->name);
	if (ovf->systems > 1)
		printf("%-10s %u VMs; of the first:\n", "holds", ovf->systems);
	print_line("guest", ovf->os);
	printf("%-10s %u\n%-10s %s\n", "CPUs", ovf->num_cpu, "memory", memory);
	print_line("firmware", ovf->firmware);
	print_line("hardware", ovf->hardware);
	for (size_t i = 0; i < ovf->network_count; i++)
		print_line(i == 0 ? "networks" : "", ovf->networks[i]);
	print_line("manifest", pkg->manifest_index < 0 ? "none" : "present");
	print_line("signature", pkg->cert_index < 0
					? "none"
					: "present (ova validate checks it)");
	printf("\n");
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_pkg *pkg = NULL;
	struct hyp_error err;
	int32_t rc;

	(void)app;
	rc = hyp_pkg_open(args->operands[0], &pkg, &err);
	if (rc == 0 && hyp_args_has(args, "json")) {
		hyp_json_print(hyp_package_json(pkg));
	} else if (rc == 0) {
		print_machine(pkg);
		rc = print_files(pkg, &err);
	}
	hyp_pkg_close(pkg);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_ova_show = {
	.name = "ova show",
	.operands = "IN.ova|DIR|FILE.ovf",
	.summary = "Shows what is inside a package, without reading the disks",
	.min = 1,
	.max = 1,
	.groups = {&group},
	.run = run,
};
