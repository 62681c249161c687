/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/provider.h"

#include <stdio.h>

struct contract_instance *pv;
struct hyp_error pv_err;

static struct pv_list everything;

const struct hyp_provider_ops *pv_ops(void)
{
	return contract_plugin->ops;
}

static void copy_text(char *to, size_t max, const char *from)
{
	snprintf(to, max, "%s", from != NULL ? from : "");
}

static int32_t add_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	struct pv_list *list = ctx;
	struct pv_vm *to = &list->at[list->count];

	if (list->add_rc != 0 && list->count == list->after)
		return hyp_error_set(err, list->add_rc, "sink_full", 0,
				     "the test takes no more");
	if (list->count == PV_VMS) {
		fprintf(stderr,
			"the suite takes %d VMs at the most: let its pipelines "
			"show fewer\n",
			PV_VMS);
		abort();
	}
	copy_text(to->id, sizeof(to->id), vm->id);
	copy_text(to->name, sizeof(to->name), vm->name);
	copy_text(to->path, sizeof(to->path), vm->path);
	to->power = vm->power;
	to->flags = vm->flags;
	list->count++;
	return 0;
}

struct hyp_vm_sink pv_sink(struct pv_list *list)
{
	return (struct hyp_vm_sink){sizeof(struct hyp_vm_sink), 0, list,
				    add_vm};
}

void pv_list_all(struct pv_list *list, const struct hyp_vm_filter *filter)
{
	struct hyp_vm_sink sink = pv_sink(list);

	memset(list, 0, sizeof(*list));
	ck_ok(pv_ops()->list(pv->raw, filter, &sink, &pv_err), &pv_err);
}

const struct pv_vm *pv_by_id(const struct pv_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].id, id) == 0)
			return &list->at[i];
	return NULL;
}

/* One that plays a part is for that part alone. */
static int has_role(const struct pv_vm *vm)
{
	return strcmp(vm->name, "slow") == 0 ||
	       strcmp(vm->name, "restart") == 0;
}

static const struct pv_list *all(void)
{
	if (everything.count == 0)
		pv_list_all(&everything, NULL);
	ck_assert_uint_gt(everything.count, 0);
	return &everything;
}

static const struct pv_vm *pick(uint32_t power, unsigned nth)
{
	const struct pv_list *list = all();

	for (size_t i = 0; i < list->count; i++) {
		const struct pv_vm *vm = &list->at[i];

		if ((power == HYP_POWER_ANY || vm->power == power) &&
		    (vm->flags & (HYP_VM_ENCRYPTED | HYP_VM_DISCONNECTED)) ==
			    0 &&
		    !has_role(vm) && nth-- == 0)
			return vm;
	}
	return NULL;
}

int pv_cold_only(void)
{
	return contract_has("cold-only");
}

const struct pv_vm *pv_pick(uint32_t power, unsigned nth)
{
	const struct pv_vm *vm;

	if (power != HYP_POWER_ON || !pv_cold_only())
		return pick(power, nth);
	vm = pick(HYP_POWER_ANY, nth + 1);
	return vm != NULL ? vm : pick(HYP_POWER_ANY, 0);
}

const struct pv_vm *pv_need(uint32_t power, unsigned nth)
{
	const struct pv_vm *vm = pv_pick(power, nth);

	if (power == HYP_POWER_ON)
		ck_assert_msg(vm != NULL,
			      "the suite needs a VM that runs; if none ever "
			      "does, add a pipeline \"cold-only\"");
	ck_assert_msg(vm != NULL, "the suite needs %u VMs%s", nth + 1,
		      power == HYP_POWER_OFF ? " that are stopped" : "");
	return vm;
}

const struct pv_vm *pv_role(const char *role)
{
	const struct pv_list *list = all();

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].name, role) == 0)
			return &list->at[i];
	return pv_need(HYP_POWER_ANY, 0);
}

static void setup_plain(void)
{
	everything.count = 0;
	pv = contract_new("plain");
}

static void setup_slow(void)
{
	everything.count = 0;
	pv = contract_new("slow");
}

static void setup_restart(void)
{
	everything.count = 0;
	pv = contract_new("restart");
}

static void setup_down(void)
{
	pv = contract_new("down");
}

static void teardown(void)
{
	contract_free(pv);
}

TCase *pv_tcase(Suite *suite, const char *name, const char *pipeline)
{
	TCase *c = tcase_create(name);
	SFun setup = setup_plain;

	if (strcmp(pipeline, "slow") == 0)
		setup = setup_slow;
	else if (strcmp(pipeline, "restart") == 0)
		setup = setup_restart;
	else if (strcmp(pipeline, "down") == 0)
		setup = setup_down;
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(suite, c);
	return c;
}

static Suite *make(void)
{
	Suite *suite = suite_create("contract-provider");

	pv_add_inventory(suite);
	pv_add_export(suite);
	pv_add_faults(suite);
	return suite;
}

int main(int argc, char **argv)
{
	return contract_main(argc, argv, HYP_KIND_PROVIDER, make);
}
