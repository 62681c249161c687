/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/fakes.h"
#include "core/base/buf.h"
#include "core/package/vmdk.h"
#include "tests/unit/pipeline/fakes-parts.h"

#include <stdlib.h>
#include <string.h>

struct fakes fakes = {.lock = PTHREAD_MUTEX_INITIALIZER};

void fakes_reset(void)
{
	struct fakes fresh = {.lock = PTHREAD_MUTEX_INITIALIZER,
			      .fail_code = HYP_E_PERMANENT,
			      .disks = 2,
			      .nvram = 8684,
			      .proof = HYP_DIGEST_SHA256};

	fakes_fini();
	fakes = fresh;
}

void fakes_fini(void)
{
	free(fakes.receipt);
	fakes.receipt = NULL;
}

void fake_note(const char *name, int live)
{
	pthread_mutex_lock(&fakes.lock);
	if (fakes.log_count < FAKES_LOG)
		snprintf(fakes.log[fakes.log_count++], sizeof(fakes.log[0]),
			 "%s", name);
	fakes.live += live;
	pthread_mutex_unlock(&fakes.lock);
}

int32_t fake_call(const char *name, struct hyp_error *err)
{
	int fails;

	fake_note(name, 0);
	pthread_mutex_lock(&fakes.lock);
	fakes.calls++;
	fails = fakes.calls == fakes.fail_at ||
		(fakes.fail_name != NULL && strcmp(fakes.fail_name, name) == 0);
	if (fails)
		snprintf(fakes.failed, sizeof(fakes.failed), "%s", name);
	if (fakes.calls == fakes.cancel_at)
		hyp_cancel_set(fakes.cancel);
	pthread_mutex_unlock(&fakes.lock);
	return fails ? hyp_error_set(err, fakes.fail_code, "fake_failure", 0,
				     "%s was made to fail", name)
		     : 0;
}

unsigned fakes_count(const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fakes.log_count; i++)
		n += strcmp(fakes.log[i], name) == 0;
	return n;
}

int fakes_index(const char *name)
{
	for (unsigned i = 0; i < fakes.log_count; i++)
		if (strcmp(fakes.log[i], name) == 0)
			return (int)i;
	return -1;
}

struct fake_options {
	const char *text;
};

static const struct hyp_option fake_option_list[] = {
	HYP_OPT_STRING(struct fake_options, text, "text", "default", 0,
		       "seen again at undo"),
};

const char *fake_option_text(const void *options)
{
	return ((const struct fake_options *)options)->text;
}

#define FAKE(k, op)                                                            \
	{                                                                      \
		.plugin =                                                      \
			{                                                      \
				.size = sizeof(struct hyp_plugin),             \
				.abi = HYP_ABI_VERSION,                        \
				.kind = (k),                                   \
				.threads = HYP_THREADS_PARALLEL,               \
				.options_size = sizeof(struct fake_options),   \
				.name = "fake",                                \
				.version = "1",                                \
				.summary = "for tests",                        \
				.options = fake_option_list,                   \
				.option_stride = sizeof(struct hyp_option),    \
				.option_count = 1,                             \
				.ops = (op),                                   \
			},                                                     \
		.options = HYP_OPTION_TABLE(fake_option_list,                  \
					    struct fake_options),              \
		.ops = (op), .path = NULL                                      \
	}

static const struct hyp_loaded loaded[] = {
	FAKE(HYP_KIND_PROVIDER, &fake_provider),
	FAKE(HYP_KIND_PACKAGER, &fake_packager),
	FAKE(HYP_KIND_STORAGE, &fake_storage),
};

/* In place of core/plugin's. */
int32_t hyp_registry_find(struct hyp_registry *registry, uint32_t kind,
			  const char *name, const struct hyp_loaded **out,
			  struct hyp_error *err)
{
	(void)registry;
	if (strcmp(name, "fake") != 0)
		return hyp_error_set(err, HYP_E_USAGE, "plugin_unknown", 0,
				     "no plugin %s", name);
	*out = &loaded[kind - 1];
	return 0;
}

const struct hyp_plan *fakes_plan(void)
{
	static char name[] = "fake";
	static struct hyp_part part = {.plugin = name};
	static const struct hyp_plan plan = {
		.provider = &part, .packager = &part, .storage = &part};

	return &plan;
}

struct hyp_export_job fakes_job(void)
{
	return (struct hyp_export_job){
		.id = "job-1",
		.attempt = 1,
		.vm = "/dc/vm/web 01",
		.digest = HYP_DIGEST_SHA256,
		.parallel = 2,
		.output_dir = "/out",
		.cancel = fakes.cancel,
	};
}
