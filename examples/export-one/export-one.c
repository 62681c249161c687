/* SPDX-License-Identifier: Apache-2.0 */
/* export-one CONFIG VM FOLDER: lists the VMs, exports one, tells its events. */
#include <hypersdk/hypersdk.h>
#include <stdio.h>

static int32_t print_vm(void *ctx, const struct hyp_vm *vm)
{
	(void)ctx;
	return printf("vm %s\n", vm->path) < 0;
}

static int32_t print_event(void *ctx, const struct hypersdk_event *event)
{
	(void)ctx;
	return printf("event %s\n", event->type) < 0;
}

static int fail(const struct hyp_error *err)
{
	fprintf(stderr, "export-one: %s (%s)\n", err->text, err->kind);
	return 1;
}

int main(int argc, char **argv)
{
	struct hypersdk_options options = {.size = sizeof(options)};
	struct hypersdk_export what = {.size = sizeof(what)};
	struct hypersdk_subscription *events = NULL;
	char id[HYPERSDK_ID_MAX];
	struct hyp_error err, why;
	struct hypersdk *h;
	uint32_t state = 0;
	int failed;

	if (argc != 4)
		return fputs("export-one CONFIG VM FOLDER\n", stderr), 2;
	options.config = argv[1], what.vm_path = argv[2], what.output = argv[3];
	if (hypersdk_open(&options, &h, &err) != 0)
		return fail(&err);
	failed = hypersdk_list_vms(h, NULL, NULL, print_vm, NULL, &err) ||
		 hypersdk_subscribe(h, NULL, HYPERSDK_NEW_EVENTS, print_event,
				    NULL, &events, &err) ||
		 hypersdk_export(h, &what, id, &err) ||
		 hypersdk_wait(h, id, HYPERSDK_FOREVER, &state, &why, &err);
	hypersdk_unsubscribe(events);
	hypersdk_close(h, 0);
	if (failed || state == HYPERSDK_FAILED)
		return fail(failed ? &err : &why);
	return state == HYPERSDK_COMPLETED ? 0 : 1;
}
