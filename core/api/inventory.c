/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/base/cleanup.h"

/* One VM as text, with what it is sorted by. */
struct entry {
	char *path, *json;
};

struct inventory {
	struct entry *at;
	size_t count, room;
};

static const char *power_name(uint32_t power)
{
	switch (power) {
	case HYP_POWER_OFF:
		return "poweredOff";
	case HYP_POWER_ON:
		return "poweredOn";
	case HYP_POWER_SUSPENDED:
		return "suspended";
	default:
		return "unknown";
	}
}

static const char *text(const char *s)
{
	return s != NULL ? s : "";
}

/* Readers of JSON take larger numbers for others. */
static void write_number(struct hyp_out *out, const char *name, uint64_t n)
{
	if (n > INT64_MAX)
		hyp_out_null(out, name);
	else
		hyp_out_number(out, name, (int64_t)n);
}

static void write_vm(struct hyp_out *out, const struct hyp_vm *vm)
{
	hyp_out_text(out, "name", text(vm->name));
	hyp_out_text(out, "path", text(vm->path));
	hyp_out_text(out, "power_state", power_name(vm->power));
	hyp_out_text(out, "guest_os", text(vm->guest_os));
	write_number(out, "memory_mb", vm->memory_mb);
	hyp_out_number(out, "num_cpu", vm->num_cpu);
	write_number(out, "storage_bytes", vm->storage_bytes);
	hyp_out_text(out, "id", text(vm->id));
	hyp_out_text(out, "endpoint", text(vm->endpoint));
	hyp_out_text(out, "host", text(vm->host));
	write_number(out, "capacity_bytes", vm->capacity_bytes);
	hyp_out_bool(out, "template", (vm->flags & HYP_VM_TEMPLATE) != 0);
	hyp_out_bool(out, "encrypted", (vm->flags & HYP_VM_ENCRYPTED) != 0);
	hyp_out_bool(out, "connected", (vm->flags & HYP_VM_DISCONNECTED) == 0);
}

static int32_t grow(struct inventory *inventory, struct hyp_error *err)
{
	size_t room = inventory->room ? 2 * inventory->room : 64;
	struct entry *at;

	if (inventory->count < inventory->room)
		return 0;
	at = reallocarray(inventory->at, room, sizeof(*at));
	if (at == NULL)
		return hyp_error_nomem(err);
	inventory->at = at;
	inventory->room = room;
	return 0;
}

static int32_t add(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf json = HYP_BUF_INIT(65536);
	struct inventory *inventory = ctx;
	struct hyp_out out;
	struct entry e;

	hyp_out_init(&out, &json, err);
	hyp_out_open(&out, NULL, '{');
	write_vm(&out, vm);
	hyp_out_text(&out, "firmware", text(vm->firmware));
	hyp_out_close(&out, '}');
	if (out.rc != 0 || grow(inventory, err) != 0 ||
	    hyp_strdup(text(vm->path), &e.path, err) != 0)
		return err->code;
	e.json = HYP_STEAL(json.data);
	inventory->at[inventory->count++] = e;
	return 0;
}

/* Numbers in names as numbers: vm2 before vm10. */
static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strverscmp(x->path, y->path);
}

static void inventory_fini(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->at[i].path);
		free(inventory->at[i].json);
	}
	free(inventory->at);
}

static int32_t write_inventory(struct hyp_request *request,
			       const struct inventory *inventory,
			       struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "vms", '[');
	for (size_t i = 0; i < inventory->count; i++)
		hyp_out_json(&out, NULL, inventory->at[i].json);
	hyp_out_close(&out, ']');
	hyp_out_number(&out, "total", (int64_t)inventory->count);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static uint32_t power_of(const char *name)
{
	for (uint32_t p = HYP_POWER_OFF; name && p <= HYP_POWER_SUSPENDED; p++)
		if (strcmp(power_name(p), name) == 0)
			return p;
	return HYP_POWER_ANY;
}

int32_t hyp_get_vms(struct hyp_request *request, struct hyp_error *err)
{
	struct inventory inventory = {NULL, 0, 0};
	struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = &inventory, .add = add};
	struct hyp_vm_filter filter = {
		.size = sizeof(filter),
		.power = power_of(hyp_request_text(request, "power")),
		.glob = hyp_request_text(request, "match")};
	int32_t rc = hyp_engine_vms(request->engine,
				    hyp_request_text(request, "pipeline"),
				    &filter, &sink, err);

	if (rc == 0 && inventory.count > 0)
		qsort(inventory.at, inventory.count, sizeof(*inventory.at),
		      by_path);
	if (rc == 0)
		rc = write_inventory(request, &inventory, err);
	inventory_fini(&inventory);
	return rc;
}

static int32_t info_vm(void *ctx, const struct hyp_vm *vm,
		       struct hyp_error *err)
{
	struct hyp_out *out = ctx;

	(void)err;
	write_vm(out, vm);
	return out->rc;
}

static void write_disks(struct hyp_out *out, const struct hyp_machine *m)
{
	hyp_out_open(out, "disks", '[');
	for (uint32_t i = 0; i < m->disk_count; i++) {
		const struct hyp_vdisk *d =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);

		hyp_out_open(out, NULL, '{');
		hyp_out_text(out, "label", text(d->label));
		hyp_out_text(out, "device_id", text(d->device_id));
		write_number(out, "capacity_bytes", d->capacity);
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, ']');
}

static void write_nics(struct hyp_out *out, const struct hyp_machine *m)
{
	hyp_out_open(out, "networks", '[');
	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct hyp_nic *n =
			HYP_AT(struct hyp_nic, m->nics, m->nic_stride, i);

		hyp_out_open(out, NULL, '{');
		hyp_out_text(out, "label", text(n->label));
		hyp_out_text(out, "type", text(n->subtype));
		hyp_out_text(out, "network", text(n->network));
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, ']');
}

static int32_t info_machine(void *ctx, const struct hyp_machine *m,
			    struct hyp_error *err)
{
	struct hyp_out *out = ctx;

	(void)err;
	hyp_out_text(out, "firmware", text(m->firmware));
	hyp_out_bool(out, "secure_boot", m->secure_boot != 0);
	hyp_out_text(out, "hardware", text(m->hardware));
	hyp_out_text(out, "uuid", text(m->uuid));
	hyp_out_text(out, "annotation", text(m->annotation));
	write_disks(out, m);
	write_nics(out, m);
	return out->rc;
}

static const char *member(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

int32_t hyp_post_vm_info(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_out out;
	struct hyp_vm_sink vm = {
		.size = sizeof(vm), .ctx = &out, .add = info_vm};
	struct hyp_machine_sink machine = {
		.size = sizeof(machine), .ctx = &out, .set = info_machine};

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_bool(&out, "success", 1);
	hyp_out_open(&out, "vm_info", '{');
	if (hyp_engine_vm(request->engine, member(request->json, "pipeline"),
			  member(request->json, "vm_path"), &vm, &machine,
			  err) != 0)
		return err->code;
	hyp_out_close(&out, '}');
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}
