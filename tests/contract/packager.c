/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/packager.h"
#include "core/base/digest.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct contract_instance *pk;
struct hyp_error pk_err;

const struct hyp_packager_ops *pk_ops(void)
{
	return contract_plugin->ops;
}

static void setup(void)
{
	pk = contract_new("plain");
}

static void teardown(void)
{
	contract_free(pk);
}

void pk_init(struct pk_package *p, uint32_t digest, uint32_t parallel)
{
	memset(p, 0, sizeof(*p));
	mem_place_init(&p->place);
	p->args = (struct hyp_package_args){
		.size = sizeof(p->args),
		.digest = digest,
		.entry_count = PK_ENTRIES,
		.parallel = parallel,
		.name = "web01",
		.descriptor_max = 65536,
		.storage = &mem_storage_ops,
		.place = &p->place,
	};
	p->seed = 1;
}

void pk_fini(struct pk_package *p)
{
	ck_assert_uint_eq(mem_place_open(&p->place), 0);
	mem_place_fini(&p->place);
}

void pk_begin(struct pk_package *p)
{
	ck_ok(pk_ops()->begin(pk->raw, &p->args, &p->raw, &pk_err), &pk_err);
	ck_assert_ptr_nonnull(p->raw);
}

static int32_t add(void *ctx, const struct hyp_file *file,
		   struct hyp_error *err)
{
	struct pk_package *p = ctx;

	if (p->add_rc != 0)
		return hyp_error_set(err, p->add_rc, "sink_full", 0,
				     "the test takes no more");
	ck_assert_uint_lt(p->file_count, PK_ENTRIES + 4);
	snprintf(p->files[p->file_count].name, 128, "%s", file->name);
	p->files[p->file_count].bytes = file->bytes;
	p->files[p->file_count].digest = file->digest;
	p->file_count++;
	return 0;
}

int32_t pk_finish(struct pk_package *p, const char *descriptor)
{
	return pk_ops()->finish(p->raw, descriptor, strlen(descriptor), add, p,
				&pk_err);
}

const char *pk_name(uint32_t i)
{
	static const char *const names[PK_ENTRIES] = {
		"web01-disk1.vmdk", "web01-disk2.vmdk", "web01-disk3.vmdk",
		"web01.nvram", "B_image-4.iso"};

	return names[i];
}

size_t pk_size(uint32_t i)
{
	static const size_t sizes[PK_ENTRIES] = {300001, 512, 70000, 0, 1};

	return sizes[i];
}

char *pk_bytes(const struct pk_package *p, uint32_t i)
{
	size_t n = pk_size(i);
	char *bytes = malloc(n + 1);
	uint32_t random = p->seed * 1000 + i + 1;

	for (size_t k = 0; k < n; k++)
		bytes[k] = (char)contract_random(&random);
	return bytes;
}

int32_t pk_open(struct pk_package *p, uint32_t i, void **entry)
{
	const struct hyp_entry_args args = {sizeof(args), i, pk_name(i),
					    i % 2 ? HYP_UNKNOWN : pk_size(i)};

	return pk_ops()->entry_open(p->raw, &args, entry, &pk_err);
}

int32_t pk_write_all(struct pk_package *p, uint32_t i, void *entry)
{
	char *bytes = pk_bytes(p, i);
	size_t n = pk_size(i), at = 0;
	int32_t rc = 0;

	while (at < n && rc == 0) {
		size_t step = n - at < 4099 ? n - at : 4099;

		rc = pk_ops()->entry_write(entry, bytes + at, step, &pk_err);
		at += step;
	}
	free(bytes);
	return rc;
}

int32_t pk_close(struct pk_package *p, uint32_t i, void *entry)
{
	char *bytes = pk_bytes(p, i);
	struct hyp_digest digest;

	ck_ok(hyp_digest_bytes(p->args.digest, bytes, pk_size(i), &digest,
			       &pk_err),
	      &pk_err);
	free(bytes);
	return pk_ops()->entry_close(entry, pk_size(i), &digest, &pk_err);
}

void pk_put(struct pk_package *p, uint32_t i)
{
	void *entry = NULL;

	ck_ok(pk_open(p, i, &entry), &pk_err);
	ck_ok(pk_write_all(p, i, entry), &pk_err);
	ck_ok(pk_close(p, i, entry), &pk_err);
}

/* An archive is unpacked by GNU tar, into a folder of its own. */
static char *unpack(const struct mem_object *archive)
{
	static char tar[] = "tar", x[] = "-xf", c[] = "-C";
	char *folder = contract_folder(), path[4096];
	char *argv[] = {tar, x, path, c, folder, NULL};
	int status = -1;
	FILE *out;
	pid_t pid;

	snprintf(path, sizeof(path), "%s.tar", folder);
	out = fopen(path, "we");
	if (out == NULL ||
	    fwrite(archive->bytes, 1, archive->n, out) != archive->n)
		abort();
	fclose(out);
	ck_assert_int_eq(posix_spawnp(&pid, "tar", NULL, NULL, argv, environ),
			 0);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	return folder;
}

char *pk_file(struct pk_package *p, const char *name, size_t *n)
{
	const struct mem_object *o;
	char archive[64], *folder, *bytes;

	if (pk_ops()->layout == HYP_LAYOUT_DIRECTORY) {
		o = mem_place_find(&p->place, name);
		if (o == NULL)
			return NULL;
		*n = o->n;
		bytes = malloc(o->n + 1);
		memcpy(bytes, o->bytes != NULL ? o->bytes : "", o->n);
		return bytes;
	}
	snprintf(archive, sizeof(archive), "web01%s", pk_ops()->suffix);
	o = mem_place_find(&p->place, archive);
	ck_assert_ptr_nonnull(o);
	folder = unpack(o);
	bytes = contract_read_file(folder, name, n);
	free(folder);
	return bytes;
}

static void check_file(struct pk_package *p, unsigned at, const char *name,
		       const char *want, size_t size)
{
	struct hyp_digest digest;
	size_t n = 0;
	char *got = pk_file(p, name, &n);

	ck_assert_str_eq(p->files[at].name, name);
	ck_assert_msg(got != NULL, "%s is not in the package", name);
	ck_assert_uint_eq(p->files[at].bytes, n);
	hyp_digest_bytes(p->args.digest, got, n, &digest, &pk_err);
	ck_assert(hyp_digest_equal(&digest, &p->files[at].digest));
	if (want != NULL) {
		ck_assert_uint_ge(n, size);
		ck_assert_int_eq(memcmp(got, want, size), 0);
		/* Only blanks may follow, and only the descriptor. */
		ck_assert(at == 0 || n == size);
		for (size_t i = size; i < n; i++)
			ck_assert_ptr_nonnull(memchr(" \n", got[i], 2));
	}
	free(got);
}

/* Each line of the manifest: "SHA256(NAME)= HEX". */
static void check_manifest(struct pk_package *p)
{
	char line[512], hex[HYP_DIGEST_HEX_MAX], want[8192] = "";
	size_t n = 0;
	char *got = pk_file(p, "web01.mf", &n);

	for (unsigned i = 0; i < PK_ENTRIES + 1; i++) {
		hyp_digest_hex(&p->files[i].digest, hex);
		snprintf(line, sizeof(line), "%s(%s)= %s\n",
			 hyp_digest_label(p->args.digest), p->files[i].name,
			 hex);
		strcat(want, line);
	}
	ck_assert_uint_eq(n, strlen(want));
	ck_assert_int_eq(memcmp(got, want, n), 0);
	free(got);
}

void pk_check(struct pk_package *p, const char *descriptor)
{
	char *want;

	ck_assert_uint_ge(p->file_count, PK_ENTRIES + 2);
	check_file(p, 0, "web01.ovf", descriptor, strlen(descriptor));
	for (uint32_t i = 0; i < PK_ENTRIES; i++) {
		want = pk_bytes(p, i);
		check_file(p, 1 + i, pk_name(i), want, pk_size(i));
		free(want);
	}
	check_file(p, 1 + PK_ENTRIES, "web01.mf", NULL, 0);
	check_manifest(p);
}

TCase *pk_tcase(Suite *suite, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(suite, c);
	return c;
}

static Suite *make(void)
{
	Suite *suite = suite_create("contract-packager");

	pk_add_content(suite);
	pk_add_faults(suite);
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_PACKAGER, make);
}
