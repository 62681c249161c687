/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/storage.h"

#include <stdio.h>

struct contract_instance *st;
char *st_dir;
struct hyp_error st_err;

const struct hyp_storage_ops *st_ops(void)
{
	return contract_plugin->ops;
}

static void setup(void)
{
	st_dir = contract_folder();
	st = contract_new("plain");
}

static void teardown(void)
{
	contract_free(st);
	free(st_dir);
}

struct hyp_place_args st_args(uint32_t layout, const char *name)
{
	return (struct hyp_place_args){
		.size = sizeof(struct hyp_place_args),
		.layout = layout,
		.attempt = 2,
		.job_id = "job-1",
		.dir = st_dir,
		.name = name,
	};
}

void *st_place(const struct hyp_place_args *args)
{
	void *place = NULL;

	ck_ok(st_ops()->place_open(st->raw, args, &place, &st_err), &st_err);
	ck_assert_ptr_nonnull(place);
	return place;
}

void *st_object(void *place, const char *name, uint32_t flags)
{
	void *object = NULL;

	ck_ok(st_ops()->object_open(place, name, flags, &object, &st_err),
	      &st_err);
	ck_assert_ptr_nonnull(object);
	return object;
}

void st_put(void *place, const char *name, const char *content)
{
	void *object = st_object(place, name, 0);

	ck_ok(st_ops()->write(object, content, strlen(content), &st_err),
	      &st_err);
	ck_ok(st_ops()->object_close(object, &st_err), &st_err);
}

void st_seal(void *place, const struct hyp_place_args *args,
	     uint64_t package_bytes)
{
	char receipt[512];
	int n = snprintf(receipt, sizeof(receipt),
			 "{\"format\":\"hypersdk-receipt/1\",\"job\":\"%s\","
			 "\"attempt\":%u,\"package_bytes\":%llu}",
			 args->job_id, args->attempt,
			 (unsigned long long)package_bytes);

	ck_ok(st_ops()->seal(place, receipt, (uint64_t)n, &st_err), &st_err);
}

void st_publish_one(const struct hyp_place_args *args, const char *content)
{
	void *place = st_place(args);

	st_put(place, "a", content);
	st_seal(place, args, strlen(content));
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
}

char *st_published(const struct hyp_place_args *args, const char *name,
		   size_t *n)
{
	char dir[4096];

	if (args->layout == HYP_LAYOUT_FILE)
		return contract_read_file(args->dir, args->name, n);
	snprintf(dir, sizeof(dir), "%s/%s", args->dir, args->name);
	return contract_read_file(dir, name, n);
}

void st_model_init(struct st_model *m, void *object, uint32_t seed)
{
	memset(m, 0, sizeof(*m));
	m->object = object;
	m->random = seed;
	m->bytes = malloc(MODEL_MAX);
}

void st_model_fini(struct st_model *m)
{
	free(m->bytes);
}

static uint32_t below(struct st_model *m, uint32_t limit)
{
	return contract_random(&m->random) % limit;
}

static void random_bytes(struct st_model *m, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->bytes[at + i] = (char)contract_random(&m->random);
}

static void step_write(struct st_model *m)
{
	size_t n = 1 + below(m, 100000);

	if (m->n + n > MODEL_MAX)
		return;
	random_bytes(m, m->n, n);
	ck_ok(st_ops()->write(m->object, m->bytes + m->n, n, &st_err), &st_err);
	m->n += n;
}

static void step_reserve(struct st_model *m)
{
	size_t n = below(m, 5) == 0 ? 0 : below(m, 70000);
	uint64_t id;

	if (m->n + n > MODEL_MAX || m->slot_count == MODEL_SLOTS)
		return;
	ck_ok(st_ops()->reserve(m->object, n, &id, &st_err), &st_err);
	m->slots[m->slot_count].id = id;
	m->slots[m->slot_count].at = m->n;
	m->slots[m->slot_count].n = n;
	m->slots[m->slot_count].filled = 0;
	m->slot_count++;
	m->n += n;
}

static void fill(struct st_model *m, int i)
{
	if (m->slots[i].filled)
		return;
	random_bytes(m, m->slots[i].at, m->slots[i].n);
	ck_ok(st_ops()->fill(m->object, m->slots[i].id,
			     m->bytes + m->slots[i].at, m->slots[i].n, &st_err),
	      &st_err);
	m->slots[i].filled = 1;
}

/* To the newest unfilled slot; filled ones behind it are gone with it. */
static void step_rewind(struct st_model *m)
{
	int i = m->slot_count - 1;

	while (i >= 0 && m->slots[i].filled)
		i--;
	if (i < 0)
		return;
	ck_ok(st_ops()->rewind(m->object, m->slots[i].id, &st_err), &st_err);
	m->n = m->slots[i].at + m->slots[i].n;
	m->slot_count = i + 1;
}

void st_model_step(struct st_model *m)
{
	switch (below(m, 8)) {
	case 0:
		step_rewind(m);
		break;
	case 1:
	case 2:
		step_reserve(m);
		break;
	case 3:
		if (m->slot_count > 0)
			fill(m, (int)below(m, (uint32_t)m->slot_count));
		break;
	default:
		step_write(m);
	}
}

void st_model_fill_all(struct st_model *m)
{
	for (int i = 0; i < m->slot_count; i++)
		fill(m, i);
}

TCase *st_tcase(Suite *suite, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(suite, c);
	return c;
}

static Suite *make(void)
{
	Suite *suite = suite_create("contract-storage");

	st_add_objects(suite);
	st_add_places(suite);
	st_add_recovery(suite);
	st_add_threads(suite);
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_STORAGE, make);
}
