/* SPDX-License-Identifier: Apache-2.0 */
/* A machine as the provider describes it, with its three arrays, brought to
 * this core's sizes and checked. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/plugin/call.h"

#define DEVICES_MAX 1024

struct machine_guard {
	struct hyp_guard guard;
	struct hyp_machine_sink sink;
	const struct hyp_machine_sink *to;
};

/* An array of theirs into a new one of ours, count elements of size bytes. */
static int32_t copy_array(const struct hyp_guard *g, const void *from,
			  uint32_t stride, uint32_t count, size_t size,
			  void *out, struct hyp_error *err)
{
	char *copy;
	int32_t rc = 0;

	if (count > DEVICES_MAX || (count > 0 && (from == NULL || stride < 8)))
		return hyp_call_fault(g->instance, g->member, err,
				      "states %u devices of %u bytes", count,
				      stride);
	copy = calloc(count + 1u, size);
	if (copy == NULL)
		return hyp_error_nomem(err);
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		const char *theirs = HYP_AT(char, from, stride, i);
		uint32_t length;

		memcpy(&length, theirs, sizeof(length));
		if (length > stride)
			rc = hyp_call_fault(g->instance, g->member, err,
					    "states a device of %u bytes, and "
					    "that the next begins after %u",
					    length, stride);
		else
			rc = hyp_guard_copy(g, copy + i * size, size, theirs,
					    err);
	}
	if (rc != 0)
		free(copy);
	else
		memcpy(out, &copy, sizeof(copy));
	return rc;
}

static int32_t check_controllers(const struct hyp_guard *g,
				 struct hyp_controller *at, uint32_t n,
				 struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		uint32_t type = at[i].type;

		rc = hyp_guard_text(g, "controller's type", &at[i].subtype,
				    err);
		if (rc == 0 && type != HYP_CONTROLLER_IDE &&
		    type != HYP_CONTROLLER_SCSI &&
		    type != HYP_CONTROLLER_SATA && type != HYP_CONTROLLER_NVME)
			rc = hyp_call_fault(g->instance, g->member, err,
					    "states a controller of type %u",
					    type);
	}
	return rc;
}

static int32_t check_disks(const struct hyp_guard *g, struct hyp_vdisk *at,
			   uint32_t n, uint32_t controllers,
			   struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		rc = hyp_guard_text(g, "device id", &at[i].device_id, err);
		if (rc == 0)
			rc = hyp_guard_text(g, "label", &at[i].label, err);
		if (rc == 0 && at[i].controller >= controllers)
			rc = hyp_call_fault(g->instance, g->member, err,
					    "puts a disk on controller %u of "
					    "%u",
					    at[i].controller, controllers);
	}
	return rc;
}

static int32_t check_nics(const struct hyp_guard *g, struct hyp_nic *at,
			  uint32_t n, struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		rc = hyp_guard_text(g, "card's type", &at[i].subtype, err);
		if (rc == 0)
			rc = hyp_guard_text(g, "network", &at[i].network, err);
		if (rc == 0)
			rc = hyp_guard_text(g, "label", &at[i].label, err);
	}
	return rc;
}

static int32_t check_texts(const struct hyp_guard *g, struct hyp_machine *m,
			   struct hyp_error *err)
{
	const char **texts[] = {&m->name,     &m->guest_id, &m->guest_name,
				&m->firmware, &m->hardware, &m->annotation,
				&m->uuid};
	int32_t rc = 0;

	for (size_t i = 0; i < HYP_COUNT(texts) && rc == 0; i++)
		rc = hyp_guard_text(g, "machine's text", texts[i], err);
	return rc;
}

static int32_t hand_on(struct machine_guard *g, struct hyp_machine *m,
		       struct hyp_error *err)
{
	HYP_AUTO_FREE struct hyp_controller *controllers = NULL;
	HYP_AUTO_FREE struct hyp_vdisk *disks = NULL;
	HYP_AUTO_FREE struct hyp_nic *nics = NULL;
	const struct hyp_guard *b = &g->guard;
	int32_t rc = check_texts(b, m, err);

	if (rc == 0)
		rc = copy_array(b, m->controllers, m->controller_stride,
				m->controller_count, sizeof(*controllers),
				&controllers, err);
	if (rc == 0)
		rc = copy_array(b, m->disks, m->disk_stride, m->disk_count,
				sizeof(*disks), &disks, err);
	if (rc == 0)
		rc = copy_array(b, m->nics, m->nic_stride, m->nic_count,
				sizeof(*nics), &nics, err);
	if (rc == 0)
		rc = check_controllers(b, controllers, m->controller_count,
				       err);
	if (rc == 0)
		rc = check_disks(b, disks, m->disk_count, m->controller_count,
				 err);
	if (rc == 0)
		rc = check_nics(b, nics, m->nic_count, err);
	if (rc != 0)
		return rc;
	m->controllers = controllers;
	m->controller_stride = sizeof(*controllers);
	m->disks = disks;
	m->disk_stride = sizeof(*disks);
	m->nics = nics;
	m->nic_stride = sizeof(*nics);
	return g->to->set(g->to->ctx, m, err);
}

static int32_t set_machine(void *ctx, const struct hyp_machine *machine,
			   struct hyp_error *err)
{
	struct machine_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_machine mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), machine, err);
	if (rc == 0)
		rc = hand_on(g, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_guard_machine(struct hyp_instance *instance,
			  const struct hyp_machine_sink *to,
			  const struct hyp_machine_sink **out,
			  struct hyp_guard **guard, struct hyp_error *err)
{
	struct machine_guard *g;
	int32_t rc = hyp_guard_new(instance, "machine", sizeof(*g), &g, err);

	if (rc != 0)
		return rc;
	g->sink = (struct hyp_machine_sink){sizeof(g->sink), 0, g, set_machine};
	g->to = to;
	*out = &g->sink;
	*guard = &g->guard;
	return 0;
}
