/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/local-kit.h"

#include "core/base/cleanup.h"

#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void kit_init(struct kit *kit)
{
	kit_init_in(kit, "/tmp");
}

void kit_init_in(struct kit *kit, const char *dir)
{
	memset(kit, 0, sizeof(*kit));
	fake_host_init(&kit->host);
	snprintf(kit->root, sizeof(kit->root), "%s/hyp-local.XXXXXX", dir);
	ck_assert_ptr_nonnull(mkdtemp(kit->root));
	kit->roots[0] = kit->root;
	kit->options.roots.items = kit->roots;
	kit->options.roots.count = 1;
	kit->ops = local_plugin.ops;
	ck_ok(kit->ops->create(&kit->host.table, &kit->options, NULL, NULL,
			       &kit->storage, &kit->err),
	      &kit->err);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void kit_fini(struct kit *kit)
{
	kit->ops->destroy(kit->storage);
	nftw(kit->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	fake_host_fini(&kit->host);
}

struct hyp_place_args kit_args(const struct kit *kit, uint32_t layout,
			       const char *name)
{
	return (struct hyp_place_args){
		.size = sizeof(struct hyp_place_args),
		.layout = layout,
		.attempt = 1,
		.job_id = "test-job",
		.dir = kit->root,
		.name = name,
	};
}

char *kit_path(const struct kit *kit, const char *name)
{
	char *path;

	ck_assert_int_eq(hyp_asprintf(&path, NULL, "%s/%s", kit->root, name),
			 0);
	return path;
}

void kit_make(const struct kit *kit, const char *name, const char *line)
{
	HYP_AUTO_FREE char *path = kit_path(kit, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s\n", line);
	fclose(f);
}

char *kit_receipt(const struct hyp_place_args *args, uint64_t bytes)
{
	char *text;

	ck_assert_int_eq(hyp_asprintf(&text, NULL,
				      "{\"format\": \"hypersdk-receipt/1\", "
				      "\"job\": \"%s\", \"attempt\": %u, "
				      "\"package_bytes\": %" PRIu64 "}",
				      args->job_id, args->attempt, bytes),
			 0);
	return text;
}

static void list_into(const char *dir, const char *prefix, struct hyp_buf *out)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		HYP_AUTO_FREE char *path = NULL;
		HYP_AUTO_FREE char *shown = NULL;
		const char *name = entries[i]->d_name;
		struct stat st;

		hyp_asprintf(&path, NULL, "%s/%s", dir, name);
		hyp_asprintf(&shown, NULL, "%s%s", prefix, name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode)) {
				hyp_buf_addf(out, NULL, "%s/\n", shown);
				free(HYP_STEAL(shown));
				hyp_asprintf(&shown, NULL, "%s%s/", prefix,
					     name);
				list_into(path, shown, out);
			} else if (S_ISLNK(st.st_mode)) {
				hyp_buf_addf(out, NULL, "%s ->\n", shown);
			} else if (strstr(name, "receipt.json") != NULL) {
				hyp_buf_addf(out, NULL, "%s\n", shown);
			} else {
				hyp_buf_addf(out, NULL, "%s %lld\n", shown,
					     (long long)st.st_size);
			}
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

char *kit_list(const char *dir)
{
	struct hyp_buf out = HYP_BUF_INIT(1 << 20);

	ck_assert_int_eq(hyp_buf_adds(&out, "", NULL), 0);
	list_into(dir, "", &out);
	return out.data;
}

void kit_expect(const struct kit *kit, const char *list)
{
	char *now = kit_list(kit->root);

	ck_assert_str_eq(now, list);
	free(now);
}

unsigned char kit_byte(uint64_t i)
{
	return (unsigned char)((i * 2654435761u) >> 13);
}

int32_t kit_put(struct kit *kit, void *place, const char *name, uint64_t n,
		uint64_t step)
{
	HYP_AUTO_FREE unsigned char *buf = malloc(step);
	struct hyp_error ignored;
	void *object;
	int32_t rc;

	rc = kit->ops->object_open(place, name, 0, &object, &kit->err);
	if (rc != 0)
		return rc;
	for (uint64_t at = 0; rc == 0 && at < n;) {
		uint64_t len = n - at < step ? n - at : step;

		for (uint64_t i = 0; i < len; i++)
			buf[i] = (unsigned char)(kit_byte(at + i) + kit->salt);
		rc = kit->ops->write(object, buf, len, &kit->err);
		at += len;
	}
	if (rc == 0)
		return kit->ops->object_close(object, &kit->err);
	kit->ops->object_close(object, &ignored);
	return rc;
}

int32_t kit_seal(struct kit *kit, void *place,
		 const struct hyp_place_args *args, uint64_t bytes)
{
	HYP_AUTO_FREE char *receipt = kit_receipt(args, bytes);

	return kit->ops->seal(place, receipt, strlen(receipt), &kit->err);
}

int32_t kit_export(struct kit *kit, const struct hyp_place_args *args,
		   uint64_t n)
{
	uint64_t bytes = n;
	void *place;
	int32_t rc;

	rc = kit->ops->place_open(kit->storage, args, &place, &kit->err);
	if (rc != 0)
		return rc;
	if (args->layout == HYP_LAYOUT_DIRECTORY) {
		bytes += 100;
		rc = kit_put(kit, place, "a.ovf", 100, 10);
	}
	if (rc == 0)
		rc = kit_put(kit, place, "a-disk1.vmdk", n, 4096);
	if (rc == 0)
		rc = kit_seal(kit, place, args, bytes);
	if (rc == 0)
		rc = kit->ops->publish(place, &kit->err);
	if (rc != 0)
		kit->ops->abort(place);
	return rc;
}
