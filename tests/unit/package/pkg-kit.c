/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/package/pkg-kit.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/package/tar-header.h"
#include "core/package/vmdk.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#define MAX (64u << 20)

/* One grain, of which every bit counts: nothing repeats. */
static int grain(void *ctx, uint64_t index, void *out)
{
	uint8_t *bytes = out;
	uint32_t x = 1;

	(void)ctx;
	for (size_t i = 0; i < HYP_VMDK_GRAIN; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 28);
	}
	return index == 0;
}

static int has_grain(void *ctx, uint64_t index)
{
	(void)ctx;
	return index == 0;
}

void pkg_kit_init(struct pkg_kit *kit)
{
	struct hyp_vmdk_write_args args = {.capacity = 1u << 20,
					   .layout = HYP_VMDK_LAYOUT_END,
					   .level = 1,
					   .grain = grain,
					   .has_grain = has_grain};
	struct hyp_writer writer = {.size = sizeof(writer),
				    .ctx = &kit->image,
				    .write = hyp_buf_write};
	const char *tmp = getenv("TMPDIR");

	memset(kit, 0, sizeof(*kit));
	snprintf(kit->dir, sizeof(kit->dir), "%s/hyp-pkg.XXXXXX",
		 tmp != NULL && strlen(tmp) < 32 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(kit->dir));
	snprintf(kit->path, sizeof(kit->path), "%s/x.ova", kit->dir);
	hyp_buf_init(&kit->bytes, MAX);
	hyp_buf_init(&kit->image, MAX);
	ck_ok(hyp_vmdk_write(&args, &writer, &kit->err), &kit->err);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void pkg_kit_fini(struct pkg_kit *kit)
{
	nftw(kit->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	hyp_buf_fini(&kit->bytes);
	hyp_buf_fini(&kit->image);
}

void pkg_kit_zeros(struct pkg_kit *kit, size_t n)
{
	HYP_AUTO_FREE char *zeros = calloc(1, n + 1);

	ck_ok(hyp_buf_add(&kit->bytes, zeros, n, &kit->err), &kit->err);
}

void pkg_kit_sum(struct pkg_kit *kit, size_t at)
{
	char *block = kit->bytes.data + at;
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < HYP_TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	block[155] = ' ';
}

void pkg_kit_header(struct pkg_kit *kit, const char *name, uint64_t size,
		    char type)
{
	uint8_t block[HYP_TAR_BLOCK];
	size_t at = kit->bytes.len;

	ck_ok(hyp_tar_header_build(block, "name", size, 0, &kit->err),
	      &kit->err);
	ck_assert_uint_le(strlen(name), 100);
	memset(block, 0, 100);
	memcpy(block, name, strlen(name));
	block[156] = (uint8_t)type;
	ck_ok(hyp_buf_add(&kit->bytes, block, sizeof(block), &kit->err),
	      &kit->err);
	pkg_kit_sum(kit, at);
}

void pkg_kit_entry(struct pkg_kit *kit, const char *name, const void *data,
		   size_t n)
{
	pkg_kit_header(kit, name, n, '0');
	ck_ok(hyp_buf_add(&kit->bytes, data, n, &kit->err), &kit->err);
	pkg_kit_zeros(kit, (size_t)hyp_tar_padding(n));
}

void pkg_kit_text(struct pkg_kit *kit, const char *name, const char *text)
{
	pkg_kit_entry(kit, name, text, strlen(text));
}

static void write_file(const char *path, const void *data, size_t n,
		       uint64_t hole)
{
	HYP_AUTO_CLOSE int fd = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, n), (ssize_t)n);
	ck_assert_int_eq(ftruncate(fd, (off_t)(n + hole)), 0);
}

void pkg_kit_write(struct pkg_kit *kit, uint64_t hole)
{
	write_file(kit->path, hyp_buf_str(&kit->bytes), kit->bytes.len, hole);
	hyp_buf_reset(&kit->bytes);
}

void pkg_kit_file(struct pkg_kit *kit, const char *name, const void *data,
		  size_t n)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", kit->dir, name);
	write_file(path, data, n, 0);
}

static void add_line(struct pkg_kit *kit, uint32_t algorithm, const char *name,
		     const void *data, size_t n, struct hyp_buf *lines)
{
	struct hyp_digest digest;

	ck_ok(hyp_digest_bytes(algorithm, data, n, &digest, &kit->err),
	      &kit->err);
	ck_ok(hyp_manifest_add(lines, name, &digest, &kit->err), &kit->err);
}

void pkg_kit_manifest(struct pkg_kit *kit, uint32_t algorithm)
{
	HYP_AUTO_BUF struct hyp_buf lines = HYP_BUF_INIT(MAX);
	struct hyp_tar_header header;

	for (size_t at = 0; at < kit->bytes.len;) {
		const uint8_t *block = (const uint8_t *)kit->bytes.data + at;

		ck_ok(hyp_tar_header_parse(block, &header, &kit->err),
		      &kit->err);
		add_line(kit, algorithm, header.name, block + HYP_TAR_BLOCK,
			 header.size, &lines);
		at += HYP_TAR_BLOCK + header.size +
		      hyp_tar_padding(header.size);
	}
	pkg_kit_entry(kit, "vm.mf", lines.data, lines.len);
}

void pkg_kit_package(struct pkg_kit *kit, const char *descriptor)
{
	pkg_kit_text(kit, "vm.ovf", descriptor);
	pkg_kit_entry(kit, "d.vmdk", kit->image.data, kit->image.len);
}
