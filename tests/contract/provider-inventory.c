/* SPDX-License-Identifier: Apache-2.0 */
/* Finding VMs: lists, filters, lookups, hardware, and what a preflight says. */
#include "tests/contract/provider.h"
#include "core/base/text.h"

#include <stdio.h>

START_TEST(list_all)
{
	static struct pv_list list, again;

	pv_list_all(&list, NULL);
	ck_assert_uint_ge(list.count, 2);
	for (size_t i = 0; i < list.count; i++) {
		const struct pv_vm *vm = &list.at[i];

		ck_assert_str_ne(vm->id, "");
		ck_assert_str_ne(vm->name, "");
		ck_assert_int_eq(vm->path[0], '/');
		ck_assert(vm->power >= HYP_POWER_OFF &&
			  vm->power <= HYP_POWER_SUSPENDED);
		ck_assert_ptr_eq(pv_by_id(&list, vm->id), vm);
	}
	pv_list_all(&again, &(struct hyp_vm_filter){
				    .size = sizeof(struct hyp_vm_filter)});
	ck_assert_uint_eq(again.count, list.count);
	for (size_t i = 0; i < list.count; i++)
		ck_assert_ptr_nonnull(pv_by_id(&again, list.at[i].id));
}
END_TEST

START_TEST(list_by_power)
{
	static struct pv_list list, some;
	struct hyp_vm_filter filter = {.size = sizeof(filter)};
	size_t sum = 0;

	pv_list_all(&list, NULL);
	for (filter.power = HYP_POWER_OFF; filter.power <= HYP_POWER_SUSPENDED;
	     filter.power++) {
		pv_list_all(&some, &filter);
		sum += some.count;
		for (size_t i = 0; i < some.count; i++) {
			ck_assert_uint_eq(some.at[i].power, filter.power);
			ck_assert_ptr_nonnull(pv_by_id(&list, some.at[i].id));
		}
	}
	ck_assert_uint_eq(sum, list.count);
}
END_TEST

/* Exactly those that the pattern matches, on path or name. */
static void check_glob(const struct pv_list *list, const char *glob)
{
	static struct pv_list some;
	const struct hyp_vm_filter filter = {sizeof(filter), HYP_POWER_ANY,
					     glob};
	size_t want = 0;

	pv_list_all(&some, &filter);
	for (size_t i = 0; i < list->count; i++) {
		const struct pv_vm *vm = &list->at[i];
		int match = hyp_text_glob(glob, strchr(glob, '/') ? vm->path
								  : vm->name);

		want += (size_t)match;
		ck_assert_msg((pv_by_id(&some, vm->id) != NULL) == match,
			      "%s and %s", glob, vm->path);
	}
	ck_assert_uint_eq(some.count, want);
}

START_TEST(list_by_glob)
{
	static struct pv_list list;
	char glob[1024];

	pv_list_all(&list, NULL);
	check_glob(&list, "*");
	check_glob(&list, "/**");
	check_glob(&list, "no-such-vm-*");
	check_glob(&list, "/no/such/folder/*");
	for (size_t i = 0; i < list.count && i < 4; i++) {
		if (strpbrk(list.at[i].path, "*?[]\\") != NULL)
			continue;
		check_glob(&list, list.at[i].name);
		check_glob(&list, list.at[i].path);
		snprintf(glob, sizeof(glob), "%c*", list.at[i].name[0]);
		check_glob(&list, glob);
		snprintf(glob, sizeof(glob), "*%s",
			 list.at[i].name + strlen(list.at[i].name) - 1);
		check_glob(&list, glob);
		snprintf(glob, sizeof(glob), "?%s", list.at[i].name + 1);
		check_glob(&list, glob);
	}
}
END_TEST

START_TEST(list_sink_fails)
{
	static struct pv_list list;
	struct hyp_vm_sink sink = pv_sink(&list);

	memset(&list, 0, sizeof(list));
	list.add_rc = HYP_E_RESOURCE;
	list.after = 1;
	ct_fails_with(pv_ops()->list(pv->raw, NULL, &sink, &pv_err), &pv_err,
		      HYP_E_RESOURCE);
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

static int32_t lookup(const char *path, struct pv_list *found)
{
	struct hyp_vm_sink sink = pv_sink(found);

	memset(found, 0, sizeof(*found));
	return pv_ops()->lookup(pv->raw, path, &sink, &pv_err);
}

static size_t named(const struct pv_list *list, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += strcmp(list->at[i].name, name) == 0;
	return n;
}

START_TEST(lookups)
{
	static struct pv_list list, found;

	pv_list_all(&list, NULL);
	for (size_t i = 0; i < list.count && i < 16; i++) {
		const struct pv_vm *vm = &list.at[i];

		ck_ok(lookup(vm->path, &found), &pv_err);
		ck_assert_uint_eq(found.count, 1);
		ck_assert_str_eq(found.at[0].id, vm->id);
		ck_assert_str_eq(found.at[0].path, vm->path);
		if (strchr(vm->name, '/') != NULL)
			continue;
		if (named(&list, vm->name) == 1) {
			ck_ok(lookup(vm->name, &found), &pv_err);
			ck_assert_uint_eq(found.count, 1);
			ck_assert_str_eq(found.at[0].id, vm->id);
		} else {
			ct_fails_with(lookup(vm->name, &found), &pv_err,
				      HYP_E_USAGE);
			ck_assert_uint_eq(found.count, 0);
		}
	}
}
END_TEST

static const char *const nowhere[] = {"no-such-vm", "/no/such/vm", "/",
				      "*",	    "no such vm/", "\xc3\xbc"};

START_TEST(lookup_of_nothing)
{
	static struct pv_list found;

	ct_fails_with(lookup(nowhere[_i], &found), &pv_err, HYP_E_NOT_FOUND);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

static struct {
	unsigned calls;
	uint32_t disks;
	char name[256];
	int32_t rc;
} machine;

static int32_t set_machine(void *ctx, const struct hyp_machine *m,
			   struct hyp_error *err)
{
	(void)ctx;
	machine.calls++;
	machine.disks = m->disk_count;
	snprintf(machine.name, sizeof(machine.name), "%s", m->name);
	ck_assert_uint_gt(m->num_cpu, 0);
	ck_assert_uint_gt(m->memory_mb, 0);
	for (uint32_t i = 0; i < m->disk_count; i++) {
		const struct hyp_vdisk *d =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);

		ck_assert_uint_lt(d->controller, m->controller_count);
		ck_assert_uint_gt(d->capacity, 0);
	}
	if (machine.rc != 0)
		return hyp_error_set(err, machine.rc, "sink_full", 0, "no");
	return 0;
}

static int32_t call_machine(const char *id)
{
	const struct hyp_machine_sink sink = {sizeof(sink), 0, NULL,
					      set_machine};

	machine.calls = 0;
	return pv_ops()->machine(pv->raw, id, &sink, &pv_err);
}

START_TEST(machines)
{
	const struct pv_vm *vm;

	for (unsigned i = 0; i < 4 && (vm = pv_pick(0, i)) != NULL; i++) {
		ck_ok(call_machine(vm->id), &pv_err);
		ck_assert_uint_eq(machine.calls, 1);
		ck_assert_str_eq(machine.name, vm->name);
	}
	ct_fails_with(call_machine("no-such-id"), &pv_err, HYP_E_NOT_FOUND);
	ck_assert_uint_eq(machine.calls, 0);
	machine.rc = HYP_E_RESOURCE;
	ct_fails_with(call_machine(pv_need(0, 0)->id), &pv_err, HYP_E_RESOURCE);
}
END_TEST

static struct {
	unsigned errors, calls;
	int32_t code;
} findings;

static int32_t add_finding(void *ctx, const struct hyp_finding *f,
			   struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	findings.calls++;
	ck_assert(f->level >= HYP_FINDING_ERROR &&
		  f->level <= HYP_FINDING_INFO);
	ck_assert_str_ne(f->kind, "");
	ck_assert_str_ne(f->text, "");
	ck_assert_int_eq(f->code < 0, f->level == HYP_FINDING_ERROR);
	if (f->level == HYP_FINDING_ERROR && findings.errors++ == 0)
		findings.code = f->code;
	return 0;
}

static void call_preflight(const struct pv_vm *vm, uint32_t mode)
{
	const struct hyp_finding_sink sink = {sizeof(sink), 0, NULL,
					      add_finding};
	const struct hyp_open_args args = {
		.size = sizeof(args),
		.mode = mode,
		.digest = HYP_DIGEST_SHA256,
		.vm_id = vm->id,
	};

	memset(&findings, 0, sizeof(findings));
	ck_ok(pv_ops()->preflight(pv->raw, &args, &sink, &pv_err), &pv_err);
}

START_TEST(preflight_changes_nothing)
{
	static struct pv_list before, after;
	const struct pv_vm *vm;

	pv_list_all(&before, NULL);
	for (unsigned i = 0; i < 4 && (vm = pv_pick(0, i)) != NULL; i++)
		call_preflight(vm, HYP_MODE_AUTO);
	pv_list_all(&after, NULL);
	ck_assert_uint_eq(after.count, before.count);
	for (size_t i = 0; i < before.count; i++) {
		vm = pv_by_id(&after, before.at[i].id);
		ck_assert_ptr_nonnull(vm);
		ck_assert_uint_eq(vm->power, before.at[i].power);
	}
	ck_assert_uint_eq(pv->host.remembered, 0);
}
END_TEST

/* What a preflight calls an error, open fails with; what it finds right,
 * opens. */
START_TEST(preflight_is_right)
{
	static const uint32_t modes[] = {HYP_MODE_AUTO, HYP_MODE_COLD,
					 HYP_MODE_HOT};
	struct pv_export x;
	const struct pv_vm *vm;

	for (unsigned i = 0; i < 4 && (vm = pv_pick(0, i)) != NULL; i++) {
		call_preflight(vm, modes[_i]);
		if (findings.errors == 0) {
			ck_ok(pv_open(&x, vm, modes[_i], 0, &pv_err), &pv_err);
			x.ops->abort(x.raw);
			continue;
		}
		ct_fails_with(pv_open(&x, vm, modes[_i], 0, &pv_err), &pv_err,
			      findings.code);
	}
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

/* A running VM is not exported cold. */
START_TEST(cold_refuses_a_running_vm)
{
	const struct pv_vm *vm = pv_pick(HYP_POWER_ON, 0);
	struct pv_export x;

	if (vm == NULL)
		return;
	call_preflight(vm, HYP_MODE_COLD);
	ck_assert_uint_gt(findings.errors, 0);
	ct_fails(pv_open(&x, vm, HYP_MODE_COLD, 0, &pv_err), &pv_err);
	ck_assert_uint_eq(contract_host_records(&pv->host), 0);
}
END_TEST

START_TEST(leaves_nothing_in_the_process)
{
	static struct pv_list list;
	unsigned fds, threads;

	contract_free(pv);
	fds = contract_count("/proc/self/fd");
	threads = contract_count("/proc/self/task");
	for (int i = 0; i < 5; i++) {
		pv = contract_new("plain");
		if (i % 2)
			pv_list_all(&list, NULL);
		contract_free(pv);
	}
	ck_assert_uint_eq(contract_count("/proc/self/fd"), fds);
	ck_assert_uint_eq(contract_count("/proc/self/task"), threads);
	pv = contract_new("plain");
}
END_TEST

void pv_add_inventory(Suite *suite)
{
	TCase *c = pv_tcase(suite, "inventory", "plain");

	tcase_add_test(c, list_all);
	tcase_add_test(c, list_by_power);
	tcase_add_test(c, list_by_glob);
	tcase_add_test(c, list_sink_fails);
	tcase_add_test(c, lookups);
	tcase_add_loop_test(c, lookup_of_nothing, 0,
			    (int)(sizeof(nowhere) / sizeof(nowhere[0])));
	tcase_add_test(c, machines);
	tcase_add_test(c, preflight_changes_nothing);
	tcase_add_loop_test(c, preflight_is_right, 0, 3);
	if (!pv_cold_only())
		tcase_add_test(c, cold_refuses_a_running_vm);
	tcase_add_test(c, leaves_nothing_in_the_process);
}
