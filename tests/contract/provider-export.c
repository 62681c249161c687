/* SPDX-License-Identifier: Apache-2.0 */
/* Exports that go well: whole, twice, in parallel, and given up halfway. */
#include "tests/contract/provider.h"

#include <pthread.h>

START_TEST(cold)
{
	const struct pv_vm *vm;

	for (unsigned i = 0; i < 3; i++) {
		vm = i > 0 ? pv_pick(HYP_POWER_OFF, i)
			   : pv_need(HYP_POWER_OFF, 0);
		if (vm != NULL)
			pv_whole(vm, _i ? HYP_MODE_COLD : HYP_MODE_AUTO);
	}
}
END_TEST

START_TEST(hot)
{
	const struct pv_vm *vm;

	for (unsigned i = 0; i < 3; i++) {
		vm = i > 0 ? pv_pick(HYP_POWER_ON, i)
			   : pv_need(HYP_POWER_ON, 0);
		if (vm != NULL)
			pv_whole(vm, _i ? HYP_MODE_HOT : HYP_MODE_AUTO);
	}
}
END_TEST

/* Nothing of the first stands in the way of the second. */
START_TEST(again)
{
	const struct pv_vm *vm = pv_need(_i ? HYP_POWER_ON : HYP_POWER_OFF, 0);

	pv_whole(vm, HYP_MODE_AUTO);
	pv_whole(vm, HYP_MODE_AUTO);
}
END_TEST

/* stage: 0 right after open, 1 after files, 2 after the first file. */
START_TEST(aborted)
{
	const struct pv_vm *vm =
		pv_need(_i % 2 ? HYP_POWER_ON : HYP_POWER_OFF, 0);
	int stage = _i / 2;
	struct pv_export x;

	ck_ok(pv_open(&x, vm, HYP_MODE_AUTO, 0, &pv_err), &pv_err);
	if (stage >= 1)
		ck_ok(pv_files(&x, &pv_err), &pv_err);
	if (stage >= 2)
		ck_ok(pv_copy(&x, 0, &pv_err), &pv_err);
	x.ops->abort(x.raw);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
	pv_whole(vm, HYP_MODE_AUTO);
}
END_TEST

/* A file may be asked for again, from its start. */
START_TEST(copied_twice)
{
	const struct pv_vm *vm = pv_need(HYP_POWER_OFF, 0);
	struct pv_export x;

	ck_ok(pv_open(&x, vm, HYP_MODE_AUTO, 0, &pv_err), &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	ck_assert_uint_gt(x.count, 0);
	for (int i = 0; i < 2; i++)
		ck_ok(pv_copy(&x, 0, &pv_err), &pv_err);
	x.ops->abort(x.raw);
}
END_TEST

START_TEST(digests)
{
	static const uint32_t digest[] = {0, HYP_DIGEST_SHA1, HYP_DIGEST_SHA256,
					  HYP_DIGEST_SHA512};
	const struct hyp_open_args args = {
		.size = sizeof(args),
		.digest = digest[_i],
		.with_images = 1,
		.vm_id = pv_need(HYP_POWER_OFF, 0)->id,
	};
	void *exported = NULL;

	ck_ok(pv_ops()->open(pv->raw, &args, &exported, &pv_err), &pv_err);
	pv_ops()->abort(exported);
}
END_TEST

/* --- at once ---------------------------------------------------------------*/

struct job {
	pthread_t thread;
	struct pv_export *export;
	uint32_t index;
	int32_t rc;
	struct hyp_error err;
};

static void *copy_file(void *arg)
{
	struct job *j = arg;

	j->rc = pv_copy(j->export, j->index, &j->err);
	return NULL;
}

/* All files of some exports, each by a thread of its own. */
static void copy_all(struct pv_export *x, unsigned count)
{
	static struct job jobs[4 * PV_FILES];
	unsigned n = 0;

	for (unsigned k = 0; k < count; k++)
		for (uint32_t i = 0; i < x[k].count; i++) {
			jobs[n] = (struct job){.export = &x[k], .index = i};
			ck_assert_int_eq(pthread_create(&jobs[n].thread, NULL,
							copy_file, &jobs[n]),
					 0);
			n++;
		}
	for (unsigned i = 0; i < n; i++)
		pthread_join(jobs[i].thread, NULL);
	for (unsigned i = 0; i < n; i++)
		ck_assert_msg(jobs[i].rc == 0, "%s", jobs[i].err.text);
	ck_assert_uint_gt(n, 0);
}

START_TEST(parallel)
{
	static struct pv_export x;

	ck_ok(pv_open(&x, pv_need(HYP_POWER_OFF, 0), HYP_MODE_AUTO, 1, &pv_err),
	      &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	copy_all(&x, 1);
	ck_ok(x.ops->finish(x.raw, &pv_err), &pv_err);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* Two VMs of one instance. */
START_TEST(two_exports)
{
	static struct pv_export x[2];
	const struct pv_vm *a = pv_need(HYP_POWER_OFF, 0);
	const struct pv_vm *b =
		pv_need(_i ? HYP_POWER_ON : HYP_POWER_OFF, _i ? 0 : 1);

	ck_ok(pv_open(&x[0], a, HYP_MODE_AUTO, 1, &pv_err), &pv_err);
	ck_ok(pv_open(&x[1], b, HYP_MODE_AUTO, 1, &pv_err), &pv_err);
	ck_ok(pv_files(&x[0], &pv_err), &pv_err);
	ck_ok(pv_files(&x[1], &pv_err), &pv_err);
	copy_all(x, 2);
	x[0].ops->abort(x[0].raw);
	ck_ok(x[1].ops->finish(x[1].raw, &pv_err), &pv_err);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

START_TEST(leaves_nothing_in_the_process)
{
	unsigned fds, threads;
	struct pv_export x;

	contract_free(pv);
	fds = contract_count("/proc/self/fd");
	threads = contract_count("/proc/self/task");
	for (int i = 0; i < 3; i++) {
		pv = contract_new("plain");
		pv_whole(pv_need(HYP_POWER_OFF, 0), HYP_MODE_AUTO);
		ck_ok(pv_open(&x, pv_need(HYP_POWER_ON, 0), HYP_MODE_AUTO, 0,
			      &pv_err),
		      &pv_err);
		x.ops->abort(x.raw);
		contract_free(pv);
	}
	ck_assert_uint_eq(contract_count("/proc/self/fd"), fds);
	ck_assert_uint_eq(contract_count("/proc/self/task"), threads);
	pv = contract_new("plain");
}
END_TEST

void pv_add_export(Suite *suite)
{
	TCase *c = pv_tcase(suite, "export", "plain");

	tcase_add_loop_test(c, cold, 0, 2);
	if (!pv_cold_only())
		tcase_add_loop_test(c, hot, 0, 2);
	tcase_add_loop_test(c, again, 0, 2);
	tcase_add_loop_test(c, aborted, 0, 6);
	tcase_add_test(c, copied_twice);
	tcase_add_loop_test(c, digests, 0, 4);
	tcase_add_test(c, parallel);
	tcase_add_loop_test(c, two_exports, 0, 2);
	tcase_add_test(c, leaves_nothing_in_the_process);
}
