/* SPDX-License-Identifier: Apache-2.0 */
/* export-one CONFIG VM FOLDER: lists the VMs, exports one, tells its events. */
#include <hypersdk/hypersdk.h>
#include <stdio.h>

static int32_t print_vm(void *ctx, const struct hyp_vm *vm)
{
	(void)ctx;
	printf("vm %s\n", vm->path);
	return 0;
}

static int32_t print_event(void *ctx, const struct hypersdk_event *event)
{
	(void)ctx;
	printf("event %s\n", event->type);
	return 0;
}

/* What failed, if anything did. */
static int fail(const struct hyp_error *err)
{
	fprintf(stderr, "export-one: %s (%s)\n", err->text, err->kind);
	return 1;
}

static int export_one(struct hypersdk *h, const char *vm, const char *folder)
{
	struct hypersdk_export what = {
		.size = sizeof(what), .vm_path = vm, .output = folder};
	struct hypersdk_subscription *events = NULL;
	char id[HYPERSDK_ID_MAX];
	struct hyp_error err, why;
	uint32_t state = 0;
	int rc;

	rc = hypersdk_list_vms(h, NULL, NULL, print_vm, NULL, &err) ||
	     hypersdk_subscribe(h, NULL, HYPERSDK_NEW_EVENTS, print_event, NULL,
				&events, &err) ||
	     hypersdk_export(h, &what, id, &err) ||
	     hypersdk_wait(h, id, HYPERSDK_FOREVER, &state, &why, &err);
	hypersdk_unsubscribe(events);
	if (rc != 0)
		return fail(&err);
	return state == HYPERSDK_FAILED ? fail(&why)
					: state != HYPERSDK_COMPLETED;
}

int main(int argc, char **argv)
{
	struct hypersdk_options options = {.size = sizeof(options),
					   .config = argv[1]};
	struct hypersdk *h;
	struct hyp_error err;
	int code;

	if (argc != 4)
		return fputs("export-one CONFIG VM FOLDER\n", stderr), 2;
	if (hypersdk_open(&options, &h, &err) != 0)
		return fail(&err);
	code = export_one(h, argv[2], argv[3]);
	hypersdk_close(h, 0);
	return code;
}
