/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: makes a package through a packager and storage/local.
 *	make-package DIR ova|ovf sha1|sha256|sha512 PARALLEL SIZE...
 * The files are disk1.bin, disk2.bin, ... of deterministic bytes; PARALLEL of
 * them are open at once, the last first, and written in turns. Files of 64 MiB
 * and more are holes and get no true digest.
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/units.h"
#include "plugins/packager/ova/ova.h"
#include "plugins/packager/ovf/ovf.h"
#include "plugins/storage/local/local.h"
#include "tests/lib/fake-host.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK (1u << 20)
#define SPARSE (64u << 20)
#define ENTRIES 64

static unsigned char zeros[BLOCK];

/* Zeros become holes: the file is longer after the next write. */
static ssize_t sparse_pwrite(void *ctx, int fd, const void *buf, size_t n,
			     off_t at)
{
	const struct hyp_file_ops *sys = hyp_file_system_ops();

	(void)ctx;
	return buf == zeros ? (ssize_t)n : sys->pwrite(NULL, fd, buf, n, at);
}

static void die(const struct hyp_error *err)
{
	fprintf(stderr, "%s: %s\n", err->kind, err->text);
	exit(1);
}

struct disk {
	struct hyp_entry_args args;
	char name[32];
	uint64_t size, written;
	struct hyp_hasher *hasher;
	void *entry;
};

static struct disk disks[ENTRIES];
static struct fake_host host;
static const struct hyp_packager_ops *packer;
static const struct hyp_storage_ops *store;
static void *package, *packager, *storage, *place;
static struct hyp_package_args pack_args;
static struct hyp_place_args place_args;
static struct hyp_error err;
static uint64_t package_bytes;

static void open_disk(struct disk *d)
{
	if (hyp_hasher_new(pack_args.digest, &d->hasher, &err) != 0 ||
	    packer->entry_open(package, &d->args, &d->entry, &err) != 0)
		die(&err);
}

/* One block; 0 when there is none left and the entry was closed. */
static int write_some(struct disk *d)
{
	static unsigned char block[BLOCK];
	uint64_t n =
		d->size - d->written < BLOCK ? d->size - d->written : BLOCK;
	struct hyp_digest digest;

	if (n == 0) {
		if (hyp_hasher_final(d->hasher, &digest, &err) != 0 ||
		    packer->entry_close(d->entry, d->size, &digest, &err) != 0)
			die(&err);
		hyp_hasher_free(HYP_STEAL(d->hasher));
		return 0;
	}
	for (uint64_t i = 0; d->size < SPARSE && i < n; i++)
		block[i] = (unsigned char)(((d->written + i) * 2654435761u +
					    d->args.index) >>
					   11);
	if (d->size < SPARSE &&
	    hyp_hasher_update(d->hasher, block, n, &err) != 0)
		die(&err);
	if (packer->entry_write(d->entry, d->size < SPARSE ? block : zeros, n,
				&err) != 0)
		die(&err);
	d->written += n;
	return 1;
}

/* Disks first .. first + n - 1 at once. */
static void write_group(uint32_t first, uint32_t n)
{
	uint32_t open = n;

	for (uint32_t i = n; i > 0; i--)
		open_disk(&disks[first + i - 1]);
	while (open > 0)
		for (uint32_t i = 0; i < n; i++)
			if (disks[first + i].hasher != NULL)
				open -= write_some(&disks[first + i]) == 0;
}

static int32_t add(void *ctx, const struct hyp_file *file, struct hyp_error *e)
{
	char hex[HYP_DIGEST_HEX_MAX];

	(void)ctx;
	(void)e;
	hyp_digest_hex(&file->digest, hex);
	printf("%s %" PRIu64 " %s\n", file->name, file->bytes, hex);
	package_bytes += file->bytes;
	if (pack_args.parallel > 0 && packer->layout == HYP_LAYOUT_FILE)
		package_bytes += 512 + (512 - file->bytes % 512) % 512;
	return 0;
}

static void publish(void)
{
	HYP_AUTO_FREE char *receipt = NULL;

	if (packer->layout == HYP_LAYOUT_FILE)
		package_bytes += 1024;
	if (hyp_asprintf(&receipt, &err,
			 "{\"format\":\"hypersdk-receipt/1\",\"job\":\"%s\","
			 "\"attempt\":1,\"package_bytes\":%" PRIu64 "}",
			 place_args.job_id, package_bytes) != 0 ||
	    store->seal(place, receipt, strlen(receipt), &err) != 0 ||
	    store->publish(place, &err) != 0)
		die(&err);
}

static void start(char **argv, uint32_t count)
{
	static struct local_options options;
	static const char *roots[1];
	const struct hyp_plugin *plugin =
		strcmp(argv[2], "ova") == 0 ? &ova_plugin : &ovf_plugin;

	packer = plugin->ops;
	store = local_plugin.ops;
	roots[0] = argv[1];
	options.roots = (struct hyp_list){roots, 1};
	pack_args = (struct hyp_package_args){
		.size = sizeof(pack_args),
		.digest = hyp_digest_by_name(argv[3]),
		.entry_count = count,
		.parallel = (uint32_t)atoi(argv[4]),
		.name = "demo",
		.descriptor_max = 4000,
		.storage = store,
	};
	place_args = (struct hyp_place_args){
		.size = sizeof(place_args),
		.layout = packer->layout,
		.attempt = 1,
		.job_id = "make-package",
		.dir = argv[1],
		.name = packer->layout == HYP_LAYOUT_FILE ? "demo.ova" : "demo",
	};
	if (store->create(&host.table, &options, NULL, NULL, &storage, &err) ||
	    packer->create(&host.table, NULL, &packager, &err) ||
	    store->place_open(storage, &place_args, &place, &err))
		die(&err);
	pack_args.place = place;
	if (packer->begin(packager, &pack_args, &package, &err) != 0)
		die(&err);
}

int main(int argc, char **argv)
{
	static const char text[] = "<Envelope>demo</Envelope>\n";
	struct hyp_file_ops ops = *hyp_file_system_ops();
	uint32_t count = (uint32_t)(argc - 5);

	if (argc < 5 || count > ENTRIES)
		return 2;
	ops.pwrite = sparse_pwrite;
	hyp_file_set_ops(&ops);
	fake_host_init(&host);
	start(argv, count);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(disks[i].name, sizeof(disks[i].name), "disk%u.bin",
			 i + 1);
		if (hyp_parse_bytes(argv[5 + i], &disks[i].size, &err) != 0)
			die(&err);
		disks[i].args = (struct hyp_entry_args){
			.size = sizeof(disks[i].args),
			.index = i,
			.name = disks[i].name,
			.size_hint = HYP_UNKNOWN,
		};
	}
	for (uint32_t i = 0; i < count; i += pack_args.parallel)
		write_group(i, count - i < pack_args.parallel
				       ? count - i
				       : pack_args.parallel);
	if (packer->finish(package, text, strlen(text), add, NULL, &err) != 0)
		die(&err);
	publish();
	packer->destroy(packager);
	store->destroy(storage);
	fake_host_fini(&host);
	return 0;
}
