/* SPDX-License-Identifier: Apache-2.0 */
/* What the core makes of a provider's answers, right and wrong (fault 114). */
#include "core/base/log.h"
#include "tests/unit/plugin/fake-loaded.h"

#include <stdarg.h>

/* What the fake provider shall do next. */
static struct {
	int32_t rc;
	struct hyp_error error; /* what it leaves, if set_error */
	int set_error;
	int no_output;
	const void *element; /* what it adds: a vm, a file, ... */
	int times;
	int ignore_sink; /* succeeds although the sink refused */
	int go_on;	 /* writes again although the writer failed */
	int wrong_write; /* 1: no bytes, 2: from NULL */
} does;
static const struct hyp_writer *kept; /* a writer from an earlier call */
static unsigned created, destroyed, ended;
static char token;

static int32_t answer(struct hyp_error *err)
{
	if (does.set_error)
		*err = does.error;
	return does.rc;
}

/* What the sink said, or what was asked for. */
static int32_t answer_sink(int32_t rc, struct hyp_error *err)
{
	return rc != 0 && !does.ignore_sink ? rc : answer(err);
}

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	(void)host;
	(void)options;
	if (!does.no_output)
		*instance = &token;
	created++;
	return answer(err);
}

static void destroy(void *instance)
{
	ck_assert_ptr_eq(instance, &token);
	destroyed++;
}

static int32_t add_vms(const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	int32_t rc = 0;

	for (int i = 0; i < does.times && (rc == 0 || does.ignore_sink); i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static int32_t list(void *instance, const struct hyp_vm_filter *filter,
		    const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	(void)instance;
	(void)filter;
	return add_vms(sink, err);
}

static int32_t lookup(void *instance, const char *path,
		      const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	(void)instance;
	(void)path;
	return add_vms(sink, err);
}

static int32_t machine(void *instance, const char *vm_id,
		       const struct hyp_machine_sink *sink,
		       struct hyp_error *err)
{
	int32_t rc = 0;

	(void)instance;
	(void)vm_id;
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->set(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static int32_t preflight(void *instance, const struct hyp_open_args *args,
			 const struct hyp_finding_sink *sink,
			 struct hyp_error *err)
{
	int32_t rc = 0;

	(void)instance;
	(void)args;
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static int32_t open_vm(void *instance, const struct hyp_open_args *args,
		       void **exported, struct hyp_error *err)
{
	(void)instance;
	(void)args;
	if (!does.no_output)
		*exported = &token;
	return answer(err);
}

static int32_t files(void *exported, const struct hyp_file_sink *sink,
		     struct hyp_error *err)
{
	int32_t rc = 0;

	ck_assert_ptr_eq(exported, &token);
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static int32_t write_some(const struct hyp_writer *out, struct hyp_error *err)
{
	int32_t rc = 0;

	kept = out;
	if (does.wrong_write != 0)
		rc = out->write(out->ctx, does.wrong_write == 1 ? "x" : NULL,
				does.wrong_write == 1 ? 0 : 1, err);
	for (int i = 0; i < does.times && (rc == 0 || does.go_on); i++)
		rc = out->write(out->ctx, "abc", 3, err);
	return answer_sink(rc, err);
}

static int32_t copy(void *exported, uint32_t index,
		    const struct hyp_writer *out, struct hyp_error *err)
{
	(void)exported;
	(void)index;
	return write_some(out, err);
}

static int32_t proof(void *exported, const struct hyp_proof_sink *sink,
		     struct hyp_error *err)
{
	int32_t rc = 0;

	(void)exported;
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static int32_t describe(void *exported, const struct hyp_file *files_,
			uint32_t stride, uint32_t count,
			const struct hyp_writer *out, struct hyp_error *err)
{
	(void)exported;
	(void)files_;
	(void)stride;
	(void)count;
	return write_some(out, err);
}

static int32_t finish(void *exported, struct hyp_error *err)
{
	(void)exported;
	ended++;
	return answer(err);
}

static void abort_export(void *exported)
{
	(void)exported;
	ended++;
}

static int32_t undo(void *instance, const char *key, const void *bytes,
		    uint64_t n, struct hyp_error *err)
{
	(void)instance;
	ck_assert_str_eq(key, "lease");
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(memcmp(bytes, "abc", 3), 0);
	return answer(err);
}

static struct hyp_provider_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.list = list,
	.lookup = lookup,
	.machine = machine,
	.preflight = preflight,
	.open = open_vm,
	.files = files,
	.copy = copy,
	.proof = proof,
	.describe = describe,
	.finish = finish,
	.abort = abort_export,
	.undo = undo,
};

static const struct hyp_provider_ops *const calls = &hyp_provider_calls;
static struct fake_loaded fake;
static struct hyp_error err;

static void start(void)
{
	fake_loaded_init(&fake, HYP_KIND_PROVIDER, HYP_THREADS_SERIAL, 0, &ops);
	fake.instance = fake_instance(&fake, NULL);
}

static void setup(void)
{
	memset(&does, 0, sizeof(does));
	created = destroyed = ended = 0;
	start();
}

static void teardown(void)
{
	fake_loaded_fini(&fake);
	ck_assert_uint_eq(created, destroyed);
}

/* The last element a sink of the core's got, and how often. */
static struct hyp_vm got_vm;
static struct hyp_file got_file;
static struct hyp_proof got_proof;
static struct hyp_finding got_finding;
static unsigned got;
static int32_t sink_rc;

static int32_t take(struct hyp_error *e)
{
	got++;
	if (sink_rc != 0)
		return hyp_error_set(e, sink_rc, "sink_full", 7,
				     "the sink is full");
	return 0;
}

static int32_t take_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *e)
{
	(void)ctx;
	got_vm = *vm;
	return take(e);
}

static int32_t take_file(void *ctx, const struct hyp_file *f,
			 struct hyp_error *e)
{
	(void)ctx;
	got_file = *f;
	return take(e);
}

static int32_t take_proof(void *ctx, const struct hyp_proof *p,
			  struct hyp_error *e)
{
	(void)ctx;
	got_proof = *p;
	return take(e);
}

static int32_t take_finding(void *ctx, const struct hyp_finding *f,
			    struct hyp_error *e)
{
	(void)ctx;
	got_finding = *f;
	return take(e);
}

static int32_t take_bytes(void *ctx, const void *buf, uint64_t n,
			  struct hyp_error *e)
{
	(void)ctx;
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(memcmp(buf, "abc", 3), 0);
	return take(e);
}

/* What the core's sink saw of a machine, copied while it is valid. */
static struct hyp_machine got_machine;
static struct hyp_controller got_controllers[4];
static struct hyp_vdisk got_disks[4];

static int32_t take_machine(void *ctx, const struct hyp_machine *m,
			    struct hyp_error *e)
{
	(void)ctx;
	got_machine = *m;
	for (uint32_t i = 0; i < m->controller_count; i++)
		got_controllers[i] =
			*HYP_AT(struct hyp_controller, m->controllers,
				m->controller_stride, i);
	for (uint32_t i = 0; i < m->disk_count; i++)
		got_disks[i] =
			*HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);
	return take(e);
}

static const struct hyp_vm_sink vm_sink = {sizeof(vm_sink), 0, NULL, take_vm};
static const struct hyp_file_sink file_sink = {sizeof(file_sink), 0, NULL,
					       take_file};
static const struct hyp_proof_sink proof_sink = {sizeof(proof_sink), 0, NULL,
						 take_proof};
static const struct hyp_finding_sink finding_sink = {sizeof(finding_sink), 0,
						     NULL, take_finding};
static const struct hyp_machine_sink machine_sink = {sizeof(machine_sink), 0,
						     NULL, take_machine};
static const struct hyp_writer writer = {sizeof(writer), 0, NULL, take_bytes};

static const struct hyp_vm good_vm = {
	.size = sizeof(good_vm),
	.power = HYP_POWER_ON,
	.id = "vm-1",
	.name = "web",
	.path = "/a/web",
	.endpoint = "e",
	.host = "h",
	.guest_os = "g",
	.firmware = "efi",
};
static const struct hyp_file good_file = {
	.size = sizeof(good_file),
	.role = HYP_ROLE_DISK,
	.format = HYP_FORMAT_STREAM_OPTIMIZED,
	.device_id = "disk-0",
	.bytes = HYP_UNKNOWN,
	.capacity = 1 << 20,
};

static int32_t call_list(void)
{
	got = 0;
	return calls->list(fake.instance, NULL, &vm_sink, &err);
}

static void *opened(uint32_t file_count)
{
	void *exported = NULL;

	ck_ok(calls->open(fake.instance, NULL, &exported, &err), &err);
	ck_assert_ptr_nonnull(exported);
	does.element = &good_file;
	does.times = (int)file_count;
	ck_ok(calls->files(exported, &file_sink, &err), &err);
	does.times = 0;
	got = 0;
	return exported;
}

static void leave(int32_t code, const char *kind, const char *text)
{
	hyp_error_set(&does.error, code, kind, 5, "%s", text);
	does.set_error = 1;
}

START_TEST(errors_pass)
{
	does.rc = HYP_E_BUSY;
	leave(HYP_E_BUSY, "vm_busy", "somebody else exports it");
	does.error.retry_after_ms = 1500;
	ck_fails(call_list(), &err, HYP_E_BUSY, "vm_busy");
	ck_assert_str_eq(err.text, "somebody else exports it");
	ck_assert_int_eq(err.sys_errno, 5);
	ck_assert_uint_eq(err.retry_after_ms, 1500);
	ck_assert_int_eq(calls->list(fake.instance, NULL, &vm_sink, NULL),
			 HYP_E_BUSY);
}
END_TEST

START_TEST(no_result)
{
	static const int32_t codes[] = {1, 42, INT32_MAX, HYP_E_LAST - 1,
					INT32_MIN};

	does.rc = codes[_i];
	leave(codes[_i], "well_named", "well said");
	ck_fault(call_list(), &err, "which is no result");
}
END_TEST

START_TEST(improper_errors)
{
	does.rc = HYP_E_BUSY;
	ck_fault(call_list(), &err, "without saying properly why");
	leave(HYP_E_AUTH, "auth_failed", "another code");
	ck_fault(call_list(), &err, "properly why: another code");
	leave(HYP_E_BUSY, "Not A Word", "text");
	ck_fault(call_list(), &err, "properly why");
	leave(HYP_E_BUSY, "", "text");
	ck_fault(call_list(), &err, "properly why");
	leave(HYP_E_BUSY, "kind", "");
	ck_fault(call_list(), &err, "properly why");
	memset(&does.error, 'x', sizeof(does.error));
	does.error.code = HYP_E_BUSY;
	ck_fails(call_list(), &err, HYP_E_BUSY,
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	ck_assert_uint_lt(strlen(err.text), sizeof(err.text));
}
END_TEST

/* An error of an earlier call, still in the buffer, is not this one's. */
START_TEST(stale_error)
{
	does.rc = HYP_E_BUSY;
	hyp_error_set(&err, HYP_E_BUSY, "stale", 0, "from an earlier call");
	ck_fault(call_list(), &err, "without saying properly why");
}
END_TEST

START_TEST(error_text_is_made_safe)
{
	does.rc = HYP_E_BUSY;
	leave(HYP_E_BUSY, "kind", "two\nlines \033[31mhunter22");
	hyp_redact_add("hunter22");
	ck_fails(call_list(), &err, HYP_E_BUSY, "kind");
	ck_assert_ptr_null(strpbrk(err.text, "\n\033"));
	ck_assert_ptr_null(strstr(err.text, "hunter22"));
	hyp_redact_clear();
}
END_TEST

START_TEST(create_fails)
{
	struct hyp_instance *instance = NULL;

	does.rc = HYP_E_USAGE;
	leave(HYP_E_USAGE, "bad_url", "no such scheme");
	ck_fails(hyp_instance_new(&fake.loaded, NULL, &fake.host.table, NULL,
				  &instance, &err),
		 &err, HYP_E_USAGE, "bad_url");
	created--;
	does.rc = 0;
	does.no_output = 1;
	ck_fault(hyp_instance_new(&fake.loaded, NULL, &fake.host.table, NULL,
				  &instance, &err),
		 &err, "succeeds without an instance");
	created--;
	ck_assert_ptr_null(instance);
	ck_fails(hyp_instance_new(&fake.loaded, NULL, &fake.host.table,
				  fake.instance, &instance, &err),
		 &err, HYP_E_USAGE, "unexpected_inner");
}
END_TEST

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

START_TEST(findings)
{
	struct hyp_finding f = {.size = sizeof(f),
				.level = HYP_FINDING_ERROR,
				.code = HYP_E_PERMANENT,
				.kind = "vm_encrypted",
				.text = "it is encrypted"};

	does.element = &f;
	does.times = 1;
	ck_ok(calls->preflight(fake.instance, NULL, &finding_sink, &err), &err);
	ck_assert_str_eq(got_finding.kind, "vm_encrypted");
	f.level = 0;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.level = HYP_FINDING_INFO;
	f.code = 3;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.code = 0;
	f.kind = "No Word";
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
	f.kind = "word";
	f.text = NULL;
	ck_fault(calls->preflight(fake.instance, NULL, &finding_sink, &err),
		 &err, "a finding without proper");
}
END_TEST

START_TEST(open_without_export)
{
	void *exported = &fake;

	does.no_output = 1;
	ck_fault(calls->open(fake.instance, NULL, &exported, &err), &err,
		 "succeeds without an export");
	ck_assert_ptr_eq(exported, &fake);
	does.no_output = 0;
	does.rc = HYP_E_NOT_FOUND;
	leave(HYP_E_NOT_FOUND, "vm_not_found", "no such VM");
	ck_fails(calls->open(fake.instance, NULL, &exported, &err), &err,
		 HYP_E_NOT_FOUND, "vm_not_found");
	ck_assert_ptr_eq(exported, &fake);
}
END_TEST

START_TEST(whole_export)
{
	void *exported = opened(2);
	struct hyp_proof p = {.size = sizeof(p), .index = 1};

	does.times = 4;
	ck_ok(calls->copy(exported, 1, &writer, &err), &err);
	ck_assert_uint_eq(got, 4);
	does.element = &p;
	does.times = 1;
	ck_ok(calls->proof(exported, &proof_sink, &err), &err);
	ck_ok(calls->describe(exported, &good_file, sizeof(good_file), 1,
			      &writer, &err),
	      &err);
	ck_ok(calls->finish(exported, &err), &err);
	ck_assert_uint_eq(ended, 1);
	calls->abort(opened(0));
	ck_assert_uint_eq(ended, 2);
	exported = opened(0);
	does.rc = HYP_E_TRANSIENT;
	leave(HYP_E_TRANSIENT, "net_timeout", "too late");
	ck_fails(calls->finish(exported, &err), &err, HYP_E_TRANSIENT,
		 "net_timeout");
}
END_TEST

START_TEST(files_wrong)
{
	void *exported = opened(0);
	struct hyp_file f = good_file;

	does.element = &f;
	does.times = 1;
	f.role = 0;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "role 0");
	f.role = 6;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "role 6");
	f.role = HYP_ROLE_DISK;
	f.format = 3;
	ck_fault(calls->files(exported, &file_sink, &err), &err, "format 3");
	f.format = HYP_FORMAT_PLAIN;
	f.device_id = "\xff";
	ck_fault(calls->files(exported, &file_sink, &err), &err, "UTF-8");
	f.device_id = NULL;
	ck_ok(calls->files(exported, &file_sink, &err), &err);
	ck_assert_str_eq(got_file.device_id, "");
	calls->abort(exported);
}
END_TEST

START_TEST(copy_wrong)
{
	void *exported = opened(1);

	ck_bad_call(calls->copy(exported, 1, &writer, &err), &err);
	does.wrong_write = 1;
	does.ignore_sink = 1;
	ck_fault(calls->copy(exported, 0, &writer, &err), &err, "writes 0 byt");
	does.wrong_write = 2;
	ck_fault(calls->copy(exported, 0, &writer, &err), &err, "from nowhere");
	does.wrong_write = 0;
	sink_rc = HYP_E_RESOURCE;
	does.times = 5;
	does.go_on = 1;
	got = 0;
	ck_fails(calls->copy(exported, 0, &writer, &err), &err, HYP_E_RESOURCE,
		 "sink_full");
	ck_assert_uint_eq(got, 1);
	sink_rc = 0;
	calls->abort(exported);
}
END_TEST

/* Fault 114: a plugin that calls back when its time is over. */
START_TEST(late_write)
{
	void *exported = opened(1);
	struct hyp_error late;

	does.times = 1;
	ck_ok(calls->copy(exported, 0, &writer, &err), &err);
	got = 0;
	ck_fault(kept->write(kept->ctx, "abc", 3, &late), &late,
		 "calls back after it returned");
	calls->abort(exported);
	ck_fault(kept->write(kept->ctx, "abc", 3, &late), &late,
		 "calls back after it returned");
	ck_assert_uint_eq(got, 0);
}
END_TEST

START_TEST(proof_wrong)
{
	void *exported = opened(2);
	struct hyp_proof p = {.size = sizeof(p), .index = 2};

	does.element = &p;
	does.times = 1;
	ck_fault(calls->proof(exported, &proof_sink, &err), &err,
		 "speaks of file 2, but there are 2");
	p.index = 1;
	p.digest = (struct hyp_digest){HYP_DIGEST_SHA256, 20, {0}};
	ck_fault(calls->proof(exported, &proof_sink, &err), &err,
		 "a digest of algorithm 2 with 20 bytes");
	p.digest.algorithm = HYP_DIGEST_SHA1;
	ck_ok(calls->proof(exported, &proof_sink, &err), &err);
	calls->abort(exported);
}
END_TEST

START_TEST(describe_wrong)
{
	void *exported = opened(1);

	ck_bad_call(calls->describe(exported, NULL, 0, 1, &writer, &err), &err);
	ck_bad_call(calls->describe(exported, &good_file, 8, 1, &writer, &err),
		    &err);
	ck_ok(calls->describe(exported, NULL, 0, 0, &writer, &err), &err);
	calls->abort(exported);
}
END_TEST

START_TEST(undo_passes)
{
	ck_ok(calls->undo(fake.instance, "lease", "abc", 3, &err), &err);
}
END_TEST

START_TEST(optional_members)
{
	void *exported;

	fake_loaded_fini(&fake);
	ops.proof = NULL;
	ops.describe = NULL;
	ops.undo = NULL;
	start();
	exported = opened(0);
	ck_fails(calls->proof(exported, &proof_sink, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->describe(exported, NULL, 0, 0, &writer, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->undo(fake.instance, "lease", "abc", 3, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	calls->abort(exported);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call-provider");
	TCase *c = tcase_create("call-provider");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, errors_pass);
	tcase_add_loop_test(c, no_result, 0, 5);
	tcase_add_test(c, improper_errors);
	tcase_add_test(c, stale_error);
	tcase_add_test(c, error_text_is_made_safe);
	tcase_add_test(c, create_fails);
	tcase_add_test(c, vm_good);
	tcase_add_test(c, vm_sizes);
	tcase_add_test(c, vm_wrong);
	tcase_add_test(c, sink_fails);
	tcase_add_test(c, lookup_finds_one);
	tcase_add_test(c, machine_good);
	tcase_add_test(c, machine_wrong);
	tcase_add_test(c, findings);
	tcase_add_test(c, open_without_export);
	tcase_add_test(c, whole_export);
	tcase_add_test(c, files_wrong);
	tcase_add_test(c, copy_wrong);
	tcase_add_test(c, late_write);
	tcase_add_test(c, proof_wrong);
	tcase_add_test(c, describe_wrong);
	tcase_add_test(c, undo_passes);
	tcase_add_test(c, optional_members);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
