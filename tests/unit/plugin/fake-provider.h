/* SPDX-License-Identifier: Apache-2.0 */
/* A provider whose every answer a test sets, and sinks that keep what arrives.
 */
#ifndef HYP_TEST_FAKE_PROVIDER_H
#define HYP_TEST_FAKE_PROVIDER_H

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

static inline int32_t answer(struct hyp_error *err)
{
	if (does.set_error)
		*err = does.error;
	return does.rc;
}

/* What the sink said, or what was asked for. */
static inline int32_t answer_sink(int32_t rc, struct hyp_error *err)
{
	return rc != 0 && !does.ignore_sink ? rc : answer(err);
}

static inline int32_t create(const struct hyp_host *host, const void *options,
			     void **instance, struct hyp_error *err)
{
	(void)host;
	(void)options;
	if (!does.no_output)
		*instance = &token;
	created++;
	return answer(err);
}

static inline void destroy(void *instance)
{
	ck_assert_ptr_eq(instance, &token);
	destroyed++;
}

static inline int32_t add_vms(const struct hyp_vm_sink *sink,
			      struct hyp_error *err)
{
	int32_t rc = 0;

	for (int i = 0; i < does.times && (rc == 0 || does.ignore_sink); i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static inline int32_t list(void *instance, const struct hyp_vm_filter *filter,
			   const struct hyp_vm_sink *sink,
			   struct hyp_error *err)
{
	(void)instance;
	(void)filter;
	return add_vms(sink, err);
}

static inline int32_t lookup(void *instance, const char *path,
			     const struct hyp_vm_sink *sink,
			     struct hyp_error *err)
{
	(void)instance;
	(void)path;
	return add_vms(sink, err);
}

static inline int32_t machine(void *instance, const char *vm_id,
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

static inline int32_t preflight(void *instance,
				const struct hyp_open_args *args,
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

static inline int32_t open_vm(void *instance, const struct hyp_open_args *args,
			      void **exported, struct hyp_error *err)
{
	(void)instance;
	(void)args;
	if (!does.no_output)
		*exported = &token;
	return answer(err);
}

static inline int32_t files(void *exported, const struct hyp_file_sink *sink,
			    struct hyp_error *err)
{
	int32_t rc = 0;

	ck_assert_ptr_eq(exported, &token);
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static inline int32_t write_some(const struct hyp_writer *out,
				 struct hyp_error *err)
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

static inline int32_t copy(void *exported, uint32_t index,
			   const struct hyp_writer *out, struct hyp_error *err)
{
	(void)exported;
	(void)index;
	return write_some(out, err);
}

static inline int32_t proof(void *exported, const struct hyp_proof_sink *sink,
			    struct hyp_error *err)
{
	int32_t rc = 0;

	(void)exported;
	for (int i = 0; i < does.times && rc == 0; i++)
		rc = sink->add(sink->ctx, does.element, err);
	return answer_sink(rc, err);
}

static inline int32_t describe(void *exported, const struct hyp_file *files_,
			       uint32_t stride, uint32_t count,
			       const struct hyp_writer *out,
			       struct hyp_error *err)
{
	(void)exported;
	(void)files_;
	(void)stride;
	(void)count;
	return write_some(out, err);
}

static inline int32_t finish(void *exported, struct hyp_error *err)
{
	(void)exported;
	ended++;
	return answer(err);
}

static inline void abort_export(void *exported)
{
	(void)exported;
	ended++;
}

static inline int32_t undo(void *instance, const char *key, const void *bytes,
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

static inline void start(void)
{
	fake_loaded_init(&fake, HYP_KIND_PROVIDER, HYP_THREADS_SERIAL, 0, &ops);
	fake.instance = fake_instance(&fake, NULL);
}

static inline void setup(void)
{
	memset(&does, 0, sizeof(does));
	created = destroyed = ended = 0;
	start();
}

static inline void teardown(void)
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

static inline int32_t take(struct hyp_error *e)
{
	got++;
	if (sink_rc != 0)
		return hyp_error_set(e, sink_rc, "sink_full", 7,
				     "the sink is full");
	return 0;
}

static inline int32_t take_vm(void *ctx, const struct hyp_vm *vm,
			      struct hyp_error *e)
{
	(void)ctx;
	got_vm = *vm;
	return take(e);
}

static inline int32_t take_file(void *ctx, const struct hyp_file *f,
				struct hyp_error *e)
{
	(void)ctx;
	got_file = *f;
	return take(e);
}

static inline int32_t take_proof(void *ctx, const struct hyp_proof *p,
				 struct hyp_error *e)
{
	(void)ctx;
	got_proof = *p;
	return take(e);
}

static inline int32_t take_finding(void *ctx, const struct hyp_finding *f,
				   struct hyp_error *e)
{
	(void)ctx;
	got_finding = *f;
	return take(e);
}

static inline int32_t take_bytes(void *ctx, const void *buf, uint64_t n,
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

static inline int32_t take_machine(void *ctx, const struct hyp_machine *m,
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

static inline int32_t call_list(void)
{
	got = 0;
	return calls->list(fake.instance, NULL, &vm_sink, &err);
}

static inline void *opened(uint32_t file_count)
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

static inline void leave(int32_t code, const char *kind, const char *text)
{
	hyp_error_set(&does.error, code, kind, 5, "%s", text);
	does.set_error = 1;
}

#endif
