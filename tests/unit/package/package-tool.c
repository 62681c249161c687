/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package-tool tar-write OUT NAME:SIZE...  an archive of files full of holes
 * package-tool tar-list ARCHIVE            type, size, time, name of entries
 * package-tool manifest-write ALGORITHM OUT FILE...
 * package-tool manifest-read FILE          digest and name of each line
 * package-tool ovf-write NUMBER OUT        test machine of that number
 * package-tool ovf-read FILE
 * package-tool xml-read FILE               "ok", or the error's kind
 */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/package/manifest.h"
#include "core/package/ovf.h"
#include "core/package/tar-header.h"
#include "core/package/xml.h"
#include "tests/unit/package/machines.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

static int fail(const struct hyp_error *err)
{
	fprintf(stderr, "%s: %s\n", err->kind, err->text);
	return 1;
}

static int write_archive(int fd, int count, char **entries)
{
	uint8_t block[HYP_TAR_BLOCK];
	struct hyp_error err;
	off_t at = 0;

	for (int i = 0; i < count; i++) {
		char *colon = strrchr(entries[i], ':');
		uint64_t size = strtoull(colon + 1, NULL, 10);

		*colon = '\0';
		if (hyp_tar_header_build(block, entries[i], size, 1700000000,
					 &err) != 0)
			return fail(&err);
		if (hyp_file_pwrite_all(fd, block, sizeof(block), at) != 0)
			return 1;
		at += (off_t)(sizeof(block) + size + hyp_tar_padding(size));
	}
	return ftruncate(fd, at + HYP_TAR_END) != 0;
}

static int list_archive(int fd)
{
	uint8_t block[HYP_TAR_BLOCK];
	struct hyp_tar_header h = {0};
	struct hyp_error err;
	off_t at = 0;

	while (hyp_file_pread_all(fd, block, sizeof(block), at) ==
	       sizeof(block)) {
		if (hyp_tar_header_parse(block, &h, &err) != 0)
			return fail(&err);
		if (h.is_zero)
			return 0;
		printf("%c %" PRIu64 " %" PRId64 " %s\n", h.type, h.size,
		       h.mtime, h.name);
		at += (off_t)(sizeof(block) + h.size + hyp_tar_padding(h.size));
	}
	return 1;
}

static int tar_write(int argc, char **argv)
{
	HYP_AUTO_CLOSE int fd =
		open(argv[0], O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? 1 : write_archive(fd, argc - 1, argv + 1);
}

static int tar_list(int argc, char **argv)
{
	HYP_AUTO_CLOSE int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	return fd < 0 ? 1 : list_archive(fd);
}

static int add_file(struct hyp_buf *out, uint32_t algorithm, const char *name)
{
	HYP_AUTO_FREE char *text = NULL;
	struct hyp_digest digest;
	struct hyp_error err;
	size_t n;

	if (hyp_file_read_small(name, 1u << 20, &text, &n, &err) != 0 ||
	    hyp_digest_bytes(algorithm, text, n, &digest, &err) != 0 ||
	    hyp_manifest_add(out, name, &digest, &err) != 0)
		return fail(&err);
	return 0;
}

static int put_file(const char *name, const struct hyp_buf *text)
{
	HYP_AUTO_CLOSE int fd =
		open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 || hyp_file_pwrite_all(fd, text->data, text->len, 0) != 0;
}

static int manifest_write(int argc, char **argv)
{
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(1u << 20);
	uint32_t algorithm = hyp_digest_by_name(argv[0]);

	for (int i = 2; i < argc; i++)
		if (add_file(&out, algorithm, argv[i]) != 0)
			return 1;
	return put_file(argv[1], &out);
}

static int manifest_read(int argc, char **argv)
{
	HYP_AUTO_FREE char *text = NULL;
	char hex[HYP_DIGEST_HEX_MAX];
	struct hyp_manifest m;
	struct hyp_error err;
	size_t n;

	(void)argc;
	if (hyp_file_read_small(argv[0], HYP_MANIFEST_MAX, &text, &n, &err) !=
		    0 ||
	    hyp_manifest_parse(text, n, &m, &err) != 0)
		return fail(&err);
	for (size_t i = 0; i < m.count; i++) {
		hyp_digest_hex(&m.lines[i].digest, hex);
		printf("%s %s\n", hex, m.lines[i].name);
	}
	hyp_manifest_fini(&m);
	return 0;
}

static int ovf_write(int argc, char **argv)
{
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(1u << 20);
	unsigned number = (unsigned)strtoul(argv[0], NULL, 10);
	static struct test_machine t;
	struct hyp_error err;

	(void)argc;
	if (number >= TEST_MACHINES)
		return 1;
	test_machine_make(&t, number);
	if (hyp_ovf_write(&t.machine, t.files, sizeof(t.files[0]), t.file_count,
			  &out, &err) != 0)
		return fail(&err);
	puts(t.what);
	return put_file(argv[1], &out);
}

static int ovf_read(int argc, char **argv)
{
	HYP_AUTO_FREE char *text = NULL;
	struct hyp_error err;
	struct hyp_ovf ovf;
	size_t n;

	(void)argc;
	if (hyp_file_read_small(argv[0], HYP_OVF_MAX, &text, &n, &err) != 0 ||
	    hyp_ovf_read(text, n, argv[0], &ovf, &err) != 0)
		return fail(&err);
	hyp_ovf_fini(&ovf);
	return 0;
}

static int xml_read(int argc, char **argv)
{
	static const struct hyp_xml_limits limits = HYP_XML_LIMITS_DEFAULT;
	HYP_AUTO_FREE char *text = NULL;
	struct hyp_error err;
	xmlDocPtr doc = NULL;
	size_t n;

	(void)argc;
	if (hyp_file_read_small(argv[0], 64u << 20, &text, &n, &err) != 0)
		return fail(&err);
	if (hyp_xml_parse(text, n, &limits, argv[0], &doc, &err) != 0)
		puts(err.kind);
	else
		puts("ok");
	xmlFreeDoc(doc);
	return 0;
}

static const struct {
	const char *name;
	int least;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"tar-write", 2, tar_write},
	{"tar-list", 1, tar_list},
	{"manifest-write", 3, manifest_write},
	{"manifest-read", 1, manifest_read},
	{"ovf-write", 2, ovf_write},
	{"ovf-read", 1, ovf_read},
	{"xml-read", 1, xml_read},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < HYP_COUNT(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0 &&
		    argc - 2 >= verbs[i].least)
			return verbs[i].run(argc - 2, argv + 2);
	return 2;
}
