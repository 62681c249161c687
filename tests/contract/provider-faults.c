/* SPDX-License-Identifier: Apache-2.0 */
/* Exports that do not go well: cancelled, broken, refused, crashed. */
#include "tests/contract/provider.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(unknown_vm)
{
	static const struct pv_vm none = {.id = "no-such-id"};
	struct pv_export x;

	ct_fails_with(pv_open(&x, &none, (uint32_t)_i, 0, &pv_err), &pv_err,
		      HYP_E_NOT_FOUND);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* The writer's failure ends the copy, with that code and no further write. */
static struct {
	unsigned calls, fail_at;
	struct fake_host *cancel; /* cancelled at the first call */
} sink;

static int32_t take(void *ctx, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	(void)ctx;
	(void)buf;
	(void)n;
	sink.calls++;
	if (sink.cancel != NULL && sink.calls == 1)
		fake_host_cancel(sink.cancel);
	if (sink.fail_at > 0 && sink.calls >= sink.fail_at)
		return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space",
				     28, "the test's disk is full");
	return 0;
}
static const struct hyp_writer writer = {sizeof(writer), 0, NULL, take};

START_TEST(writer_fails)
{
	struct pv_export x;

	ck_ok(pv_open(&x, pv_need(HYP_POWER_OFF, 0), HYP_MODE_AUTO, 0, &pv_err),
	      &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	memset(&sink, 0, sizeof(sink));
	sink.fail_at = _i ? 2 : 1;
	ct_fails_with(x.ops->copy(x.raw, 0, &writer, &pv_err), &pv_err,
		      HYP_E_RESOURCE);
	ck_assert_uint_eq(sink.calls, sink.fail_at);
	x.ops->abort(x.raw);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* One that cannot remember must not begin what could not be undone. */
START_TEST(cannot_remember)
{
	const struct pv_vm *vm = pv_need(_i ? HYP_POWER_ON : HYP_POWER_OFF, 0);
	struct pv_export x;
	int32_t rc;

	pv->host.fake.fail_remember = 1;
	memset(&pv_err, 0x7f, sizeof(pv_err));
	rc = pv_open(&x, vm, HYP_MODE_AUTO, 0, &pv_err);
	pv->host.fake.fail_remember = 0;
	if (rc == 0) {
		ck_assert_uint_eq(pv->host.remembered, 0);
		x.ops->abort(x.raw);
	} else {
		ck_assert_msg(contract_error_proper(rc, &pv_err), "%d", rc);
		ck_assert_uint_gt(pv->host.remembered, 0);
	}
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
	pv_whole(vm, HYP_MODE_AUTO);
}
END_TEST

/* Cancelled from the start: it says so, or was done before it looked. */
START_TEST(cancelled_before)
{
	static struct pv_list list;
	const struct pv_vm vm = *pv_need(HYP_POWER_OFF, 0);
	struct hyp_vm_sink vms = pv_sink(&list);
	struct pv_export x;
	int32_t rc;

	memset(&list, 0, sizeof(list));
	fake_host_cancel(&pv->host.fake);
	rc = pv_ops()->list(pv->raw, NULL, &vms, &pv_err);
	ck_assert(rc == 0 || rc == HYP_E_CANCELLED);
	rc = pv_open(&x, &vm, HYP_MODE_AUTO, 0, &pv_err);
	ck_assert(rc == 0 || rc == HYP_E_CANCELLED);
	if (rc == 0)
		x.ops->abort(x.raw);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* --- slow ------------------------------------------------------------------*/

/* It would take longer than the test may: that it returns is the proof. */
START_TEST(cancelled)
{
	struct pv_export x;

	ck_ok(pv_open(&x, pv_role("slow"), HYP_MODE_AUTO, 0, &pv_err), &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	memset(&sink, 0, sizeof(sink));
	sink.cancel = &pv->host.fake;
	ct_fails_with(x.ops->copy(x.raw, 0, &writer, &pv_err), &pv_err,
		      HYP_E_CANCELLED);
	/* Clean-up goes on regardless. */
	x.ops->abort(x.raw);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

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

/* Several copies at once, cancelled by somebody else. */
START_TEST(cancelled_in_parallel)
{
	static struct job jobs[PV_FILES];
	static struct pv_export x;
	uint32_t slow = 0;

	ck_ok(pv_open(&x, pv_role("slow"), HYP_MODE_AUTO, 1, &pv_err), &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	for (uint32_t i = 0; i < x.count; i++) {
		jobs[i] = (struct job){.export = &x, .index = i};
		pthread_create(&jobs[i].thread, NULL, copy_file, &jobs[i]);
	}
	fake_host_cancel(&pv->host.fake);
	for (uint32_t i = 0; i < x.count; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (x.files[i].role != HYP_ROLE_DISK)
			continue;
		slow++;
		ck_assert_msg(jobs[i].rc == HYP_E_CANCELLED, "%d %s",
			      jobs[i].rc, jobs[i].err.text);
	}
	ck_assert_uint_gt(slow, 0);
	x.ops->abort(x.raw);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* --- restart ---------------------------------------------------------------*/

START_TEST(restarted)
{
	struct pv_export x;

	ck_ok(pv_open(&x, pv_role("restart"), HYP_MODE_AUTO, 0, &pv_err),
	      &pv_err);
	ck_ok(pv_files(&x, &pv_err), &pv_err);
	ct_fails_with(pv_copy(&x, 0, &pv_err), &pv_err, HYP_E_TRANSIENT);
	for (uint32_t i = 0; i < x.count; i++)
		ck_ok(pv_copy(&x, i, &pv_err), &pv_err);
	ck_ok(x.ops->finish(x.raw, &pv_err), &pv_err);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* --- down ------------------------------------------------------------------*/

START_TEST(nobody_answers)
{
	static struct pv_list list;
	static const struct pv_vm some = {.id = "vm-1"};
	struct hyp_vm_sink vms = pv_sink(&list);
	struct pv_export x;

	ct_fails(pv_ops()->list(pv->raw, NULL, &vms, &pv_err), &pv_err);
	ct_fails(pv_ops()->lookup(pv->raw, "/a/b", &vms, &pv_err), &pv_err);
	ct_fails(pv_open(&x, &some, HYP_MODE_AUTO, 0, &pv_err), &pv_err);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* --- after a crash ---------------------------------------------------------*/

/* A child opens an export and ends without a word; what it was told to
 * remember comes back through a pipe. */
static void crash_open(const struct pv_vm *vm, struct contract_host *out)
{
	int ends[2], status = 0;
	struct pv_export x;
	size_t n = 0;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct contract_instance *mine = contract_new("plain");
		const char *at = (const char *)mine->host.records;

		pv = mine;
		if (pv_open(&x, vm, HYP_MODE_AUTO, 0, &pv_err) != 0)
			_exit(1);
		while (n < sizeof(mine->host.records)) {
			ssize_t w = write(ends[1], at + n,
					  sizeof(mine->host.records) - n);
			n += w > 0 ? (size_t)w : 0;
		}
		_exit(42);
	}
	close(ends[1]);
	while (n < sizeof(out->records)) {
		ssize_t r = read(ends[0], (char *)out->records + n,
				 sizeof(out->records) - n);
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(ends[0]);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
	ck_assert_uint_eq(n, sizeof(out->records));
}

static void undo_all(const struct contract_host *records)
{
	for (int i = 0; i < RECORDS; i++) {
		const struct contract_record *r = &records->records[i];

		if (r->used)
			ck_ok(pv_ops()->undo(pv->raw, r->key, r->bytes, r->n,
					     &pv_err),
			      &pv_err);
	}
}

START_TEST(undone)
{
	const struct pv_vm vm = *pv_need(_i ? HYP_POWER_ON : HYP_POWER_OFF, 0);
	struct contract_host *host = calloc(1, sizeof(*host));

	contract_host_init(host);
	crash_open(&vm, host);
	if (contract_host_records(host) > 0) {
		ck_assert(pv_ops()->undo != NULL);
		undo_all(host);
		/* Undone is undone: to try again is no error. */
		undo_all(host);
	}
	/* As if nothing had been. */
	pv_whole(&vm, HYP_MODE_AUTO);
	fake_host_fini(&host->fake);
	free(host);
}
END_TEST

/* Bytes that nobody remembered: refused, or found to name nothing. */
START_TEST(undo_of_junk)
{
	static const char *const junk[] = {"", "x", "{}", "{\"a\":1}",
					   "\xff\xff\xff\xff\xff\xff\xff\xff"};
	static const char *const keys[] = {"x", "lease", "snapshot", "export"};
	int32_t rc;

	if (pv_ops()->undo == NULL)
		return;
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 4; k++) {
			memset(&pv_err, 0x7f, sizeof(pv_err));
			rc = pv_ops()->undo(pv->raw, keys[k], junk[i],
					    strlen(junk[i]), &pv_err);
			ck_assert(rc == 0 ||
				  contract_error_proper(rc, &pv_err));
		}
}
END_TEST

void pv_add_faults(Suite *suite)
{
	TCase *c = pv_tcase(suite, "faults", "plain");

	tcase_add_loop_test(c, unknown_vm, 0, 3);
	tcase_add_loop_test(c, writer_fails, 0, 2);
	tcase_add_loop_test(c, cannot_remember, 0, 2);
	tcase_add_test(c, cancelled_before);
	tcase_add_loop_test(c, undone, 0, 2);
	tcase_add_test(c, undo_of_junk);
	if (contract_has("slow")) {
		c = pv_tcase(suite, "slow", "slow");
		tcase_add_test(c, cancelled);
		tcase_add_test(c, cancelled_in_parallel);
	}
	if (contract_has("restart"))
		tcase_add_test(pv_tcase(suite, "restart", "restart"),
			       restarted);
	if (contract_has("down"))
		tcase_add_test(pv_tcase(suite, "down", "down"), nobody_answers);
}
