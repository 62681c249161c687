/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the VMDK scripts:
 *	vmdk-tool write RAW OUT end|front LEVEL
 *	vmdk-tool check FILE [BYTES_AT_A_TIME]
 * check prints "ok capacity grains bytes layout" or "CODE kind: text".
 */
#include "core/package/vmdk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t zeros[HYP_VMDK_GRAIN];

static int grain(void *ctx, uint64_t index, void *out)
{
	memset(out, 0, HYP_VMDK_GRAIN);
	if (fseeko(ctx, (off_t)(index * HYP_VMDK_GRAIN), SEEK_SET) != 0 ||
	    fread(out, 1, HYP_VMDK_GRAIN, ctx) == 0)
		exit(2);
	return memcmp(out, zeros, HYP_VMDK_GRAIN) != 0;
}

static int has_grain(void *ctx, uint64_t index)
{
	static uint8_t buf[HYP_VMDK_GRAIN];

	return grain(ctx, index, buf);
}

static int32_t to_file(void *ctx, const void *buf, uint64_t n,
		       struct hyp_error *err)
{
	if (fwrite(buf, 1, n, ctx) == n)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "io_error", 0, "fwrite");
}

static int say(int32_t rc, const struct hyp_error *err)
{
	printf("%d %s: %s\n", rc, err->kind, err->text);
	return 1;
}

static int write_image(char **argv)
{
	FILE *in = fopen(argv[2], "rb"), *out = fopen(argv[3], "wb");
	struct hyp_vmdk_write_args args = {
		.layout = strcmp(argv[4], "front") == 0,
		.level = atoi(argv[5]),
		.grain = grain,
		.has_grain = has_grain,
		.ctx = in,
	};
	struct hyp_writer writer = {sizeof(writer), 0, out, to_file};
	struct hyp_error err;
	int32_t rc;

	if (in == NULL || out == NULL || fseeko(in, 0, SEEK_END) != 0)
		return 2;
	args.capacity = (uint64_t)ftello(in);
	rc = hyp_vmdk_write(&args, &writer, &err);
	fclose(in);
	if (fclose(out) != 0)
		return 2;
	return rc == 0 ? 0 : say(rc, &err);
}

static int check_image(const char *path, size_t at_a_time)
{
	FILE *in = fopen(path, "rb");
	struct hyp_vmdk_check *check;
	struct hyp_vmdk_summary s;
	struct hyp_error err;
	char *buf = malloc(at_a_time);
	int32_t rc;
	size_t n;

	if (in == NULL || buf == NULL || hyp_vmdk_check_new(&check, &err) != 0)
		return 2;
	rc = 0;
	while (rc == 0 && (n = fread(buf, 1, at_a_time, in)) > 0)
		rc = hyp_vmdk_check_feed(check, buf, n, &err);
	if (rc == 0)
		rc = hyp_vmdk_check_end(check, &s, &err);
	hyp_vmdk_check_free(check);
	free(buf);
	fclose(in);
	if (rc != 0)
		return say(rc, &err);
	printf("ok %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", s.capacity,
	       s.grains, s.bytes, s.layout == 0 ? "end" : "front");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "write") == 0)
		return write_image(argv);
	if (argc >= 3 && argc <= 4 && strcmp(argv[1], "check") == 0)
		return check_image(argv[2],
				   argc == 4 ? strtoul(argv[3], 0, 10) : 65536);
	return 2;
}
