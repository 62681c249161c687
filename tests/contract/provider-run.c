/* SPDX-License-Identifier: Apache-2.0 */
/* An export from open to finish, with every byte judged as it comes. */
#include "tests/contract/provider.h"
#include "core/base/digest.h"
#include "core/package/vmdk.h"

#include <stdio.h>

int32_t pv_open(struct pv_export *x, const struct pv_vm *vm, uint32_t mode,
		int checked, struct hyp_error *err)
{
	const struct hyp_open_args args = {
		.size = sizeof(args),
		.mode = mode,
		.digest = HYP_DIGEST_SHA256,
		.vm_id = vm->id,
	};
	int32_t rc;

	memset(x, 0, sizeof(*x));
	x->ops = checked ? &hyp_provider_calls : pv_ops();
	x->raw = POISON;
	rc = x->ops->open(checked ? pv->checked : pv->raw, &args, &x->raw, err);
	if (rc != 0)
		ck_assert_ptr_eq(x->raw, POISON);
	return rc;
}

static int32_t add_file(void *ctx, const struct hyp_file *file,
			struct hyp_error *err)
{
	struct pv_export *x = ctx;
	struct pv_file *to = &x->files[x->count];

	(void)err;
	if (x->count == PV_FILES)
		abort();
	snprintf(to->device_id, sizeof(to->device_id), "%s",
		 file->device_id != NULL ? file->device_id : "");
	to->role = file->role;
	to->format = file->format;
	to->bytes = file->bytes;
	to->capacity = file->capacity;
	to->populated = file->populated;
	x->count++;
	return 0;
}

int32_t pv_files(struct pv_export *x, struct hyp_error *err)
{
	const struct hyp_file_sink sink = {sizeof(sink), 0, x, add_file};

	x->count = 0;
	return x->ops->files(x->raw, &sink, err);
}

/* Where copy's bytes go. */
struct judge {
	struct hyp_hasher *hashers[3];
	struct hyp_vmdk_check *vmdk; /* NULL: a file without a structure */
	uint64_t got;
};

static int32_t take(void *ctx, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	struct judge *j = ctx;
	int32_t rc = 0;

	if (buf == NULL || n == 0)
		abort();
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = hyp_hasher_update(j->hashers[i], buf, n, err);
	if (rc == 0 && j->vmdk != NULL)
		rc = hyp_vmdk_check_feed(j->vmdk, buf, n, err);
	j->got += n;
	return rc;
}

static void judge_start(struct judge *j, const struct pv_file *file)
{
	static const uint32_t algorithms[] = {
		HYP_DIGEST_SHA1, HYP_DIGEST_SHA256, HYP_DIGEST_SHA512};
	struct hyp_error err;

	memset(j, 0, sizeof(*j));
	for (int i = 0; i < 3; i++)
		if (hyp_hasher_new(algorithms[i], &j->hashers[i], &err) != 0)
			abort();
	if (file->format == HYP_FORMAT_STREAM_OPTIMIZED &&
	    (hyp_vmdk_check_new(&j->vmdk, &err) != 0 ||
	     hyp_vmdk_check_inflate(j->vmdk, HYP_VMDK_INFLATE_ALL, &err) != 0))
		abort();
}

static int32_t judge_end(struct judge *j, struct pv_file *file,
			 struct hyp_error *err)
{
	struct hyp_vmdk_summary summary;
	int32_t rc = 0;

	if (j->vmdk != NULL) {
		rc = hyp_vmdk_check_end(j->vmdk, &summary, err);
		if (rc == 0 && summary.capacity != file->capacity)
			rc = hyp_error_set(err, HYP_E_PERMANENT, "capacity", 0,
					   "the image has another capacity "
					   "than files said");
	}
	hyp_hasher_final(j->hashers[0], &file->sha1, err);
	hyp_hasher_final(j->hashers[1], &file->sha256, err);
	hyp_hasher_final(j->hashers[2], &file->sha512, err);
	file->got = j->got;
	file->copied = 1;
	return rc;
}

int32_t pv_copy(struct pv_export *x, uint32_t index, struct hyp_error *err)
{
	struct judge j;
	const struct hyp_writer out = {sizeof(out), 0, &j, take};
	int32_t rc;

	judge_start(&j, &x->files[index]);
	rc = x->ops->copy(x->raw, index, &out, err);
	if (rc == 0)
		rc = judge_end(&j, &x->files[index], err);
	for (int i = 0; i < 3; i++)
		hyp_hasher_free(j.hashers[i]);
	hyp_vmdk_check_free(j.vmdk);
	return rc;
}

/* Disks first; each with an id of its own; sizes that can be. */
static void check_files(const struct pv_export *x)
{
	int others = 0;

	for (uint32_t i = 0; i < x->count; i++) {
		const struct pv_file *f = &x->files[i];

		ck_assert(f->role >= HYP_ROLE_DISK &&
			  f->role <= HYP_ROLE_OTHER);
		if (f->role == HYP_ROLE_DISK) {
			ck_assert_msg(!others, "a disk after other files");
			ck_assert_str_ne(f->device_id, "");
			ck_assert_uint_gt(f->capacity, 0);
			ck_assert_uint_eq(f->format,
					  HYP_FORMAT_STREAM_OPTIMIZED);
		} else {
			others = 1;
			ck_assert_uint_eq(f->capacity, 0);
		}
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(x->files[k].device_id, f->device_id);
	}
}

static int is_one_of(const char *value, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (value != NULL && strcmp(value, words[i]) == 0)
			return 1;
	return 0;
}

static void check_facts(const struct pv_vm *vm, uint32_t mode)
{
	static const char *const modes[] = {"hot", "cold", NULL};
	static const char *const states[] = {"powered-off", "quiesced",
					     "crash-consistent", NULL};
	static const char *const tls[] = {"ca", "pinned", "insecure", "none",
					  NULL};
	struct fake_host *host = &pv->host.fake;
	const char *told = fake_host_find(host, "fact", "mode");
	const char *source = fake_host_find(host, "fact", "source");
	const char *state = fake_host_find(host, "fact", "consistency");
	int hot = mode == HYP_MODE_HOT ||
		  (mode == HYP_MODE_AUTO && vm->power == HYP_POWER_ON);

	ck_assert(is_one_of(told, modes));
	ck_assert_str_eq(told, hot ? "hot" : "cold");
	ck_assert_msg(is_one_of(state, states), "consistency: %s", state);
	ck_assert_int_eq(strcmp(state, "powered-off") == 0,
			 vm->power != HYP_POWER_ON);
	ck_assert(is_one_of(fake_host_find(host, "fact", "tls"), tls));
	ck_assert_ptr_nonnull(source);
	ck_assert_ptr_nonnull(strstr(source, vm->name));
}

static const struct hyp_digest *digest_of(const struct pv_file *f,
					  uint32_t algorithm)
{
	if (algorithm == HYP_DIGEST_SHA1)
		return &f->sha1;
	return algorithm == HYP_DIGEST_SHA512 ? &f->sha512 : &f->sha256;
}

static int32_t add_proof(void *ctx, const struct hyp_proof *proof,
			 struct hyp_error *err)
{
	struct pv_export *x = ctx;
	const struct pv_file *f;

	(void)err;
	ck_assert_uint_lt(proof->index, x->count);
	f = &x->files[proof->index];
	ck_assert(f->copied);
	ck_assert(proof->bytes == HYP_UNKNOWN || proof->bytes == f->got);
	ck_assert(proof->capacity == 0 || proof->capacity == f->capacity);
	if (proof->digest.length > 0)
		ck_assert(hyp_digest_equal(
			&proof->digest, digest_of(f, proof->digest.algorithm)));
	return 0;
}

static int32_t take_text(void *ctx, const void *buf, uint64_t n,
			 struct hyp_error *err)
{
	char *text = ctx;
	size_t have = strlen(text);

	(void)err;
	if (have + n >= 65536)
		abort();
	memcpy(text + have, buf, n);
	text[have + n] = '\0';
	return 0;
}

/* The descriptor, dry and with all files named by us. */
static void check_describe(struct pv_export *x)
{
	static char text[65536], names[PV_FILES][32];
	const struct hyp_writer out = {sizeof(out), 0, text, take_text};
	struct hyp_file files[PV_FILES];
	int32_t rc;

	if (pv_ops()->describe == NULL)
		return;
	text[0] = '\0';
	rc = x->ops->describe(x->raw, NULL, 0, 0, &out, &pv_err);
	if (rc == HYP_E_UNSUPPORTED)
		return;
	ck_ok(rc, &pv_err);
	for (uint32_t i = 0; i < x->count; i++) {
		snprintf(names[i], sizeof(names[i]), "contract-file-%u", i);
		files[i] = (struct hyp_file){
			.size = sizeof(files[i]),
			.role = x->files[i].role,
			.format = x->files[i].format,
			.device_id = x->files[i].device_id,
			.name = names[i],
			.bytes = x->files[i].got,
			.capacity = x->files[i].capacity,
			.populated = HYP_UNKNOWN,
			.digest = x->files[i].sha256,
		};
	}
	text[0] = '\0';
	ck_ok(x->ops->describe(x->raw, files, sizeof(files[0]), x->count, &out,
			       &pv_err),
	      &pv_err);
	ck_assert_ptr_nonnull(
		strstr(text, "http://schemas.dmtf.org/ovf/envelope/1"));
	for (uint32_t i = 0; i < x->count; i++)
		ck_assert_msg(strstr(text, names[i]) != NULL,
			      "the descriptor does not name %s", names[i]);
}

void pv_whole(const struct pv_vm *vm, uint32_t mode)
{
	struct pv_export x;
	const struct hyp_proof_sink sink = {sizeof(sink), 0, &x, add_proof};
	int32_t rc;

	ck_ok(pv_open(&x, vm, mode, 0, &pv_err), &pv_err);
	check_facts(vm, mode);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	check_files(&x);
	for (uint32_t i = 0; i < x.count; i++) {
		ck_ok(pv_copy(&x, i, &pv_err), &pv_err);
		ck_assert(x.files[i].bytes == HYP_UNKNOWN ||
			  x.files[i].bytes == x.files[i].got);
	}
	if (pv_ops()->proof != NULL) {
		rc = x.ops->proof(x.raw, &sink, &pv_err);
		if (rc != HYP_E_UNSUPPORTED)
			ck_ok(rc, &pv_err);
	}
	check_describe(&x);
	ck_ok(x.ops->finish(x.raw, &pv_err), &pv_err);
	/* What it created at the source is gone, and forgotten. */
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
