/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/endpoint.h"
#include "core/app/request.h"
#include "core/app/targets.h"
#include "core/app/terminal.h"
#include "core/app/view.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/pipeline/undo-dir.h"

#include <unistd.h>

#define RECOVER_MS 5000 /* for what interrupted runs have left */

struct runner {
	struct hyp_app *app;
	struct hyp_request request;
	struct hyp_targets targets;
	struct hyp_plan plan;
	struct hyp_undo_dir *undo;
	struct hyp_view *view;
	char id[HYP_UUID_TEXT_MAX]; /* of the export that runs */
};

static void on_phase(void *ctx, uint32_t phase)
{
	struct hyp_view *view = ((struct runner *)ctx)->view;

	view->ops->phase(view, phase);
}

static void on_finding(void *ctx, const struct hyp_finding *finding)
{
	struct hyp_view *view = ((struct runner *)ctx)->view;

	view->ops->finding(view, finding);
}

static void on_progress(void *ctx, const struct hyp_export_file_state *files,
			size_t count)
{
	struct hyp_view *view = ((struct runner *)ctx)->view;

	view->ops->progress(view, files, count);
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	struct hyp_view *view = ((struct runner *)ctx)->view;

	view->ops->warning(view, kind, text);
}

static void on_restart(void *ctx, const char *file, uint32_t restart,
		       const struct hyp_error *why)
{
	struct hyp_view *view = ((struct runner *)ctx)->view;

	view->ops->restart(view, file, restart, why);
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *err)
{
	struct runner *r = ctx;
	const struct hyp_part *part = strncmp(origin, "storage/", 8) == 0
					      ? &r->request.storage
					      : &r->request.provider;

	return hyp_undo_dir_put(r->undo, r->id, 1, origin, part, key, bytes, n,
				err);
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *err)
{
	struct runner *r = ctx;

	(void)origin;
	return hyp_undo_dir_drop(r->undo, r->id, key, err);
}

static int export_one(struct runner *r, const char *path, size_t index,
		      size_t count)
{
	const struct hyp_observer observer = {
		.ctx = r,
		.phase = on_phase,
		.finding = on_finding,
		.progress = on_progress,
		.warning = on_warning,
		.restart = on_restart,
		.remember = on_remember,
		.forget = on_forget,
	};
	struct hyp_export_job job = r->request.job;
	const struct hyp_view_job shown = {&job, r->request.output.format,
					   index, count};
	struct hyp_result result;
	struct hyp_error err;
	int32_t rc = hyp_uuid7(r->id, &err);

	memset(&result, 0, sizeof(result));
	job.id = r->id;
	job.vm = path;
	job.cancel = r->app->cancel;
	r->view->ops->begin(r->view, &shown);
	if (rc == 0)
		rc = hyp_export_run(&r->plan, &job, &observer, &result, &err);
	r->view->ops->end(r->view, &result, rc != 0 ? &err : NULL);
	hyp_result_fini(&result);
	return rc != 0 ? hyp_exit_code(&err) : HYP_EXIT_DONE;
}

/* Cancelled, maybe too late for one VM, and in time for those from i on. */
static int not_begun(const struct hyp_targets *targets, size_t i)
{
	char path[256];

	hyp_text_printable(targets->paths[i], path, sizeof(path));
	fprintf(stderr, "hypersdk: %zu of %zu VMs were not begun, from %s on\n",
		targets->count - i, targets->count, path);
	return HYP_EXIT_CANCELLED;
}

/* One after the other; one that fails does not stop the others. */
static int export_all(struct runner *r)
{
	const struct hyp_targets *targets = &r->targets;
	int first = HYP_EXIT_DONE, code;

	for (size_t i = 0; i < targets->count; i++) {
		int stop = i > 0 && hyp_cancel_is_set(r->app->cancel);

		code = stop ? not_begun(targets, i)
			    : export_one(r, targets->paths[i], i,
					 targets->count);
		if (first == HYP_EXIT_DONE)
			first = code;
		if (stop)
			break;
	}
	return first;
}

static int32_t make_view(struct runner *r, struct hyp_error *err)
{
	if (hyp_args_has(r->app->args, "json"))
		return hyp_view_json_new(&r->view, err);
	if (hyp_terminal_is(STDERR_FILENO))
		return hyp_view_tty_new(r->app->cancel, &r->view, err);
	return hyp_view_plain_new(&r->view, err);
}

/* Leases, snapshots and places of runs that died. */
static int32_t recover(struct runner *r, struct hyp_error *err)
{
	uint32_t undone = 0, left = 0;

	if (hyp_undo_dir_open(NULL, &r->undo, err) != 0)
		return err->code;
	if (r->request.job.dry_run)
		return 0;
	if (hyp_undo_dir_recover(r->undo, r->plan.registry, RECOVER_MS, &undone,
				 &left, err) != 0)
		return err->code;
	if (undone > 0)
		fprintf(stderr,
			"hypersdk: undid %u leftover%s of interrupted "
			"exports\n",
			undone, undone == 1 ? "" : "s");
	if (left > 0)
		fprintf(stderr,
			"hypersdk: %u leftover%s of interrupted exports could "
			"not be undone yet; the next export tries again\n",
			left, left == 1 ? "" : "s");
	return 0;
}

static int32_t prepare(struct runner *r, struct hyp_error *err)
{
	if (hyp_request_make(r->app, &r->request, err) != 0)
		return err->code;
	r->plan.provider = &r->request.provider;
	r->plan.packager = &r->request.packager;
	r->plan.storage = &r->request.storage;
	r->plan.registry = hyp_app_registry(r->app);
	if (r->plan.registry == NULL)
		return hyp_app_told(err);
	if (hyp_targets_find(r->app, &r->targets, err) != 0 ||
	    hyp_request_check(&r->request, r->targets.count, err) != 0 ||
	    make_view(r, err) != 0 || recover(r, err) != 0)
		return err->code;
	return hyp_request_makes_folder(&r->request)
		       ? hyp_output_make(&r->request.output, err)
		       : 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct runner r = {.app = app};
	struct hyp_error err;
	int code;

	(void)args;
	code = prepare(&r, &err) == 0 ? export_all(&r) : hyp_app_fail(&err);
	if (r.view != NULL)
		r.view->ops->free(r.view);
	hyp_undo_dir_close(r.undo);
	hyp_output_unmake(&r.request.output); /* unless it is in use */
	hyp_targets_fini(&r.targets);
	hyp_request_fini(&r.request);
	return code;
}

const struct hyp_command hyp_cmd_export = {
	.name = "export",
	.operands = "PATH...",
	.summary = "Exports virtual machines, proven byte by byte",
	.details =
		"PATH is an inventory path, a bare name that only one VM has, "
		"or a quoted pattern\nfor all that match ('/DC0/vm/web/*'; * "
		"stays within a folder, ** does not).\nSeveral are exported "
		"one after the other; one that fails does not stop the\n"
		"others, and the exit code is the first failure's.\n\n"
		"By default a running VM is exported hot, by a snapshot that "
		"is removed afterwards,\nand a stopped one cold. Nothing is "
		"visible at the output before it is complete.\nCtrl-C cancels "
		"and leaves nothing behind.",
	.min = 1,
	.max = 10000,
	.groups = {&hyp_export_options, &hyp_endpoint_options},
	.run = run,
};
