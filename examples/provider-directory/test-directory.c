/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's operations, called as the core calls them. */
#include "directory.h"
#include <hypersdk/fake-host.h>

#include <assert.h>
#include <sys/stat.h>

static char top[] = "/tmp/test-directory.XXXXXX";
static unsigned found;
static uint64_t got;

static void write_file(const char *name, const void *bytes, size_t n)
{
	char path[300];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	out = fopen(path, "w");
	if (out == NULL || fwrite(bytes, 1, n, out) != n || fclose(out) != 0)
		abort();
}

static int32_t on_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	(void)ctx;
	(void)err;
	found++;
	return strcmp(vm->name, "web01") == 0 && vm->num_cpu == 4 &&
			       vm->memory_mb == 512 &&
			       vm->capacity_bytes == 2048 * 512
		       ? 0
		       : HYP_E_PERMANENT;
}

static int32_t on_bytes(void *ctx, const void *buf, uint64_t n,
			struct hyp_error *err)
{
	(void)ctx;
	(void)buf;
	(void)err;
	got += n;
	return 0;
}

static void make_vms(void)
{
	unsigned char disk[4096] = "KDMV";
	static const char ovf[] =
		"<Item><rasd:ResourceType>3</rasd:ResourceType>"
		"<rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>"
		"<Item><rasd:ResourceType>4</rasd:ResourceType>"
		"<rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>";
	char path[300];

	disk[10] = 3;	 /* flags 0x30000 */
	disk[13] = 0x08; /* 2,048 sectors */
	if (mkdtemp(top) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/web01", top);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/empty", top);
	mkdir(path, 0700);
	write_file("web01/a.vmdk", disk, sizeof(disk));
	write_file("web01/web01.ovf", ovf, strlen(ovf));
}

int main(void)
{
	const struct hyp_provider_ops *ops =
		(const struct hyp_provider_ops *)hypersdk_plugin_v1()->ops;
	const struct options options = {top};
	const struct hyp_vm_sink vms = {sizeof(vms), 0, NULL, on_vm};
	const struct hyp_writer out = {sizeof(out), 0, NULL, on_bytes};
	const struct hyp_open_args args = {.size = sizeof(args),
					   .vm_id = "web01"};
	struct hyp_fake_host host;
	struct hyp_error err;
	void *instance, *exported;
	int32_t rc;

	make_vms();
	hyp_fake_host_init(&host);
	rc = ops->create(&host.table, &options, &instance, &err);
	assert(rc == 0);
	rc = ops->list(instance, NULL, &vms, &err);
	assert(rc == 0 && found == 1);
	rc = ops->lookup(instance, "/../etc", &vms, &err);
	assert(rc == HYP_E_NOT_FOUND);
	rc = ops->open(instance, &args, &exported, &err);
	assert(rc == 0);
	assert(strcmp(hyp_fake_host_find(&host, "fact", "consistency"),
		      "powered-off") == 0);
	rc = ops->copy(exported, 0, &out, &err);
	assert(rc == 0 && got == 4096);
	write_file("web01/a.vmdk", "x", 1);
	rc = ops->finish(exported, &err);
	assert(rc < 0); /* it changed meanwhile */
	hyp_fake_host_cancel(&host);
	rc = ops->list(instance, NULL, &vms, &err);
	assert(rc == HYP_E_CANCELLED);
	ops->destroy(instance);
	hyp_fake_host_fini(&host);
	return 0;
}
