/* SPDX-License-Identifier: Apache-2.0 */
/* What the shared object shows: the tables, create and destroy, the inventory.
 */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	const struct options *o = (const struct options *)options;
	struct directory *d;

	if (o->path[0] != '/')
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "path: %s is not absolute", o->path);
	d = (struct directory *)calloc(1, sizeof(*d));
	if (d == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	d->host = host;
	d->options = o;
	*instance = d;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

static int passes(const struct machine *m, const char *path,
		  const struct hyp_vm_filter *filter)
{
	if (filter == NULL)
		return 1;
	if (filter->power != HYP_POWER_ANY && filter->power != HYP_POWER_OFF)
		return 0;
	if (filter->glob == NULL || filter->glob[0] == '\0')
		return 1;
	return fnmatch(filter->glob,
		       strchr(filter->glob, '/') != NULL ? path : m->name,
		       0) == 0;
}

static int32_t add(const struct machine *m, const struct hyp_vm_filter *filter,
		   const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	char path[NAME_MAX_ + 1];
	struct hyp_vm vm = {
		.size = sizeof(vm),
		.power = HYP_POWER_OFF,
		.num_cpu = m->cpus,
		.memory_mb = m->memory_mb,
		.id = m->name,
		.name = m->name,
		.path = path,
		.endpoint = "localhost",
		.host = "",
		.guest_os = "",
		.firmware = "bios",
	};

	snprintf(path, sizeof(path), "/%s", m->name);
	for (uint32_t i = 0; i < m->count; i++) {
		vm.storage_bytes += m->disks[i].bytes;
		vm.capacity_bytes += m->disks[i].capacity;
	}
	return passes(m, path, filter) ? sink->add(sink->ctx, &vm, err) : 0;
}

/* Folders that are no VMs, and those that cannot be read, are left out. */
static int32_t list(void *instance, const struct hyp_vm_filter *filter,
		    const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	const struct directory *d = (const struct directory *)instance;
	DIR *dir = opendir(d->options->path);
	struct machine m;
	struct dirent *e;
	int32_t rc = 0;

	if (dir == NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", errno,
				     "%s: %s", d->options->path,
				     strerror(errno));
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		rc = directory_cancelled(d, err);
		if (rc == 0 && machine_read(d, e->d_name, &m, err) == 0)
			rc = add(&m, filter, sink, err);
	}
	closedir(dir);
	return rc;
}

static int32_t lookup(void *instance, const char *path,
		      const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	const struct directory *d = (const struct directory *)instance;
	struct machine m;
	int32_t rc = directory_cancelled(d, err);

	if (rc == 0)
		rc = machine_read(d, path + (path[0] == '/'), &m, err);
	return rc != 0 ? rc : add(&m, NULL, sink, err);
}

static int32_t machine(void *instance, const char *vm_id,
		       const struct hyp_machine_sink *sink,
		       struct hyp_error *err)
{
	const struct directory *d = (const struct directory *)instance;
	const struct hyp_controller scsi = {sizeof(scsi), HYP_CONTROLLER_SCSI,
					    0, 0, "lsilogic"};
	struct hyp_vdisk disks[DISKS_MAX];
	char labels[DISKS_MAX][32];
	struct hyp_machine hw = {.size = sizeof(hw)};
	struct machine m;
	int32_t rc = directory_cancelled(d, err);

	if (rc == 0)
		rc = machine_read(d, vm_id, &m, err);
	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < m.count; i++) {
		snprintf(labels[i], sizeof(labels[i]), "Hard disk %u", i + 1);
		/* Unit 7 is the controller's own. */
		disks[i] = (struct hyp_vdisk){sizeof(disks[i]),
					      0,
					      i + (i >= 7),
					      0,
					      m.disks[i].capacity,
					      m.disks[i].file,
					      labels[i]};
	}
	hw.num_cpu = m.cpus;
	hw.memory_mb = m.memory_mb;
	hw.name = m.name;
	hw.guest_id = "otherGuest64";
	hw.guest_name = "Other (64-bit)";
	hw.firmware = "bios";
	hw.hardware = hw.annotation = hw.uuid = "";
	hw.controllers = &scsi;
	hw.controller_stride = sizeof(scsi);
	hw.controller_count = 1;
	hw.disks = disks;
	hw.disk_stride = sizeof(disks[0]);
	hw.disk_count = m.count;
	return sink->set(sink->ctx, &hw, err);
}

/* What open would say. */
static int32_t preflight(void *instance, const struct hyp_open_args *args,
			 const struct hyp_finding_sink *sink,
			 struct hyp_error *err)
{
	const struct directory *d = (const struct directory *)instance;
	struct hyp_finding finding = {.size = sizeof(finding)};
	struct machine m;
	int32_t rc = directory_cancelled(d, err);

	if (rc == 0)
		rc = machine_read(d, args->vm_id, &m, err);
	if (rc != HYP_E_PERMANENT && rc != HYP_E_UNSUPPORTED && rc != 0)
		return rc;
	if (rc == 0 && args->mode != HYP_MODE_HOT)
		return 0;
	finding.level = HYP_FINDING_ERROR;
	finding.code = rc != 0 ? rc : HYP_E_UNSUPPORTED;
	finding.kind = rc != 0 ? err->kind : "no_snapshots";
	finding.text = rc != 0 ? err->text : "files have no snapshots";
	return sink->add(sink->ctx, &finding, err);
}

static const struct hyp_option option_table[] = {
	HYP_OPT_STRING(struct options, path, "path", NULL, HYP_OPT_REQUIRED,
		       "folder whose folders are the VMs, absolute"),
};

static const struct hyp_provider_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.list = list,
	.lookup = lookup,
	.machine = machine,
	.preflight = preflight,
	.open = export_open,
	.files = export_files,
	.copy = export_copy,
	.proof = export_proof,
	.finish = export_finish,
	.abort = export_abort,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PROVIDER,
	.threads = HYP_THREADS_PARALLEL,
	.options_size = sizeof(struct options),
	.name = "directory",
	.version = "1.0",
	.summary = "VMs from a folder of disk images and OVF files",
	.options = option_table,
	.option_stride = sizeof(option_table[0]),
	.option_count = sizeof(option_table) / sizeof(option_table[0]),
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
