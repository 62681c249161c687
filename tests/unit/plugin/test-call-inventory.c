/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/fake-provider.h"

START_TEST(vm_good)
{
	does.element = &good_vm;
	does.times = 3;
	ck_ok(call_list(), &err);
	ck_assert_uint_eq(got, 3);
	ck_assert_str_eq(got_vm.name, "web");
	ck_assert_uint_eq(got_vm.size, sizeof(got_vm));
}
END_TEST

/* A VM struct of an older plugin, and of a newer one. */
START_TEST(vm_sizes)
{
	struct {
		struct hyp_vm vm;
		uint64_t later[8];
	} longer = {good_vm, {1, 2, 3}};
	struct hyp_vm shorter = good_vm;

	does.times = 1;
	does.element = &longer;
	longer.vm.size = sizeof(longer);
	ck_ok(call_list(), &err);
	ck_assert_uint_eq(got_vm.size, sizeof(got_vm));
	ck_assert_str_eq(got_vm.firmware, "efi");
	does.element = &shorter;
	shorter.size = offsetof(struct hyp_vm, guest_os);
	ck_ok(call_list(), &err);
	ck_assert_str_eq(got_vm.host, "h");
	ck_assert_str_eq(got_vm.guest_os, "");
	ck_assert_str_eq(got_vm.firmware, "");
	shorter.size = 4;
	ck_fault(call_list(), &err, "a struct of 4 bytes");
	shorter.size = 1u << 30;
	ck_fault(call_list(), &err, "a struct of 1073741824 bytes");
	does.element = NULL;
	ck_fault(call_list(), &err, "a struct of 0 bytes");
}
END_TEST

START_TEST(vm_wrong)
{
	struct hyp_vm vm = good_vm;

	does.times = 1;
	does.element = &vm;
	vm.id = NULL;
	ck_fault(call_list(), &err, "without id, name or power state");
	vm = good_vm;
	vm.name = "";
	ck_fault(call_list(), &err, "without id, name or power state");
	vm = good_vm;
	vm.power = HYP_POWER_ANY;
	ck_fault(call_list(), &err, "without id, name or power state");
	vm = good_vm;
	vm.guest_os = "\xff\xfe";
	ck_fault(call_list(), &err, "not UTF-8");
	ck_assert_uint_eq(got, 0);
	/* Even if the plugin does not mind. */
	does.ignore_sink = 1;
	does.times = 3;
	ck_fault(call_list(), &err, "not UTF-8");
	ck_assert_uint_eq(got, 0);
}
END_TEST

/* A sink that fails ends the call with its own error, whatever the plugin
 * makes of it. */
START_TEST(sink_fails)
{
	does.element = &good_vm;
	does.times = 3;
	sink_rc = HYP_E_RESOURCE;
	ck_fails(call_list(), &err, HYP_E_RESOURCE, "sink_full");
	ck_assert_uint_eq(got, 1);
	does.ignore_sink = 1;
	ck_fails(call_list(), &err, HYP_E_RESOURCE, "sink_full");
	ck_assert_int_eq(err.sys_errno, 7);
	ck_assert_uint_eq(got, 1);
	does.rc = HYP_E_TRANSIENT;
	leave(HYP_E_TRANSIENT, "net_timeout", "it was the net");
	ck_fails(call_list(), &err, HYP_E_RESOURCE, "sink_full");
	/* With the same code its own words are kept: they may add context. */
	does.rc = HYP_E_RESOURCE;
	leave(HYP_E_RESOURCE, "sink_full", "vm 3: the sink is full");
	ck_fails(call_list(), &err, HYP_E_RESOURCE, "sink_full");
	ck_assert_str_eq(err.text, "vm 3: the sink is full");
	sink_rc = 0;
}
END_TEST

START_TEST(lookup_finds_one)
{
	does.element = &good_vm;
	does.times = 1;
	ck_ok(calls->lookup(fake.instance, "x", &vm_sink, &err), &err);
	does.times = 0;
	ck_fault(calls->lookup(fake.instance, "x", &vm_sink, &err), &err,
		 "0 answers");
	does.times = 2;
	ck_fault(calls->lookup(fake.instance, "x", &vm_sink, &err), &err,
		 "2 answers");
}
END_TEST

static struct hyp_machine machine_of(const struct hyp_controller *controllers,
				     uint32_t stride,
				     const struct hyp_vdisk *disks)
{
	return (struct hyp_machine){
		.size = sizeof(struct hyp_machine),
		.num_cpu = 2,
		.memory_mb = 512,
		.name = "web",
		.controllers = controllers,
		.controller_stride = stride,
		.controller_count = 2,
		.disks = disks,
		.disk_stride = sizeof(*disks),
		.disk_count = 1,
	};
}

static int32_t call_machine(const struct hyp_machine *m)
{
	does.element = m;
	does.times = 1;
	return calls->machine(fake.instance, "vm-1", &machine_sink, &err);
}

START_TEST(machine_good)
{
	struct {
		struct hyp_controller c;
		uint64_t later;
	} controllers[2] = {
		{{sizeof(controllers[0]), HYP_CONTROLLER_IDE, 0, 0, NULL}, 9},
		{{sizeof(controllers[0]), HYP_CONTROLLER_SCSI, 1, 0, "lsi"},
		 9}};
	struct hyp_vdisk disk = {.size = sizeof(disk),
				 .controller = 1,
				 .unit = 3,
				 .capacity = 77};
	struct hyp_machine m =
		machine_of(&controllers[0].c, sizeof(controllers[0]), &disk);

	ck_ok(call_machine(&m), &err);
	ck_assert_uint_eq(got_machine.controller_stride,
			  sizeof(struct hyp_controller));
	ck_assert_uint_eq(got_controllers[1].type, HYP_CONTROLLER_SCSI);
	ck_assert_str_eq(got_controllers[1].subtype, "lsi");
	ck_assert_str_eq(got_controllers[0].subtype, "");
	ck_assert_uint_eq(got_disks[0].unit, 3);
	ck_assert_str_eq(got_disks[0].label, "");
	ck_assert_str_eq(got_machine.uuid, "");
	ck_assert_uint_eq(got_machine.nic_count, 0);
}
END_TEST

START_TEST(machine_wrong)
{
	struct hyp_controller controllers[2] = {
		{sizeof(controllers[0]), HYP_CONTROLLER_IDE, 0, 0, ""},
		{sizeof(controllers[0]), HYP_CONTROLLER_SCSI, 0, 0, ""}};
	struct hyp_vdisk disk = {.size = sizeof(disk), .controller = 2};
	struct hyp_machine m =
		machine_of(controllers, sizeof(controllers[0]), &disk);

	ck_fault(call_machine(&m), &err, "a disk on controller 2 of 2");
	disk.controller = 0;
	controllers[1].type = 99;
	ck_fault(call_machine(&m), &err, "a controller of type 99");
	controllers[1].type = HYP_CONTROLLER_SATA;
	m.controller_stride = 16;
	ck_fault(call_machine(&m), &err, "the next begins after 16");
	m.controller_stride = sizeof(controllers[0]);
	m.disk_stride = 0;
	ck_fault(call_machine(&m), &err, "1 devices of 0 bytes");
	m.disk_stride = sizeof(disk);
	m.nic_count = 1;
	ck_fault(call_machine(&m), &err, "1 devices of 0 bytes");
	m.nic_count = 100000;
	ck_fault(call_machine(&m), &err, "100000 devices");
	m.nic_count = 0;
	m.annotation = "\xc0";
	ck_fault(call_machine(&m), &err, "not UTF-8");
	m.annotation = NULL;
	ck_ok(call_machine(&m), &err);
	does.times = 0;
	ck_fault(calls->machine(fake.instance, "x", &machine_sink, &err), &err,
		 "0 answers");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call-inventory");
	TCase *c = tcase_create("call-inventory");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, vm_good);
	tcase_add_test(c, vm_sizes);
	tcase_add_test(c, vm_wrong);
	tcase_add_test(c, sink_fails);
	tcase_add_test(c, lookup_finds_one);
	tcase_add_test(c, machine_good);
	tcase_add_test(c, machine_wrong);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
