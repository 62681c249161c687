/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/lib/lib-kit.h"

static void on_log(void *ctx, const struct hypersdk_log_line *line)
{
	struct lib_kit *kit = ctx;
	size_t n = strlen(kit->log);

	snprintf(kit->log + n, sizeof(kit->log) - n, "%u %s %s\n", line->level,
		 line->job, line->text);
}

void lib_kit_init(struct lib_kit *kit)
{
	char text[2048];

	memset(kit, 0, sizeof(*kit));
	tree_init(&kit->tree);
	tree_mkdir(&kit->tree, "out", 0700);
	snprintf(kit->out, sizeof(kit->out), "%s/out", kit->tree.root);
	snprintf(kit->state, sizeof(kit->state), "%s/state", kit->tree.root);
	snprintf(text, sizeof(text),
		 "state_dir = \"%s\";\n"
		 "storage = { roots = [ \"%s\" ]; };\n"
		 "jobs = { stop_grace = \"60s\"; };\n"
		 "pipelines = ({ name = \"fast\"; default = true; provider = {"
		 " plugin = \"synthetic\"; vms = 2; disk_size = \"1MiB\"; }; },"
		 "{ name = \"slow\"; provider = { plugin = \"synthetic\";"
		 " vms = 2; disk_size = \"64MiB\"; rate = \"64KiB\"; }; });\n",
		 kit->state, kit->out);
	tree_write(&kit->tree, "hypersdk.conf", text, 0600);
	snprintf(kit->conf, sizeof(kit->conf), "%s",
		 tree_path(&kit->tree, "hypersdk.conf"));
}

void lib_kit_fini(struct lib_kit *kit)
{
	tree_fini(&kit->tree);
}

struct hypersdk_options lib_kit_options(struct lib_kit *kit)
{
	return (struct hypersdk_options){
		.size = sizeof(struct hypersdk_options),
		.config = kit->conf,
		.program = getenv("HYPERSDK"),
		.log = on_log,
		.log_ctx = kit,
	};
}

struct hypersdk *lib_kit_open(struct lib_kit *kit)
{
	struct hypersdk_options options = lib_kit_options(kit);
	struct hypersdk *h = NULL;
	struct hyp_error err;

	ck_ok(hypersdk_open(&options, &h, &err), &err);
	return h;
}

void lib_kit_export(struct lib_kit *kit, struct hypersdk *h, const char *vm,
		    const char *pipeline, char *id)
{
	const struct hypersdk_export what = {.size = sizeof(what),
					     .vm_path = vm,
					     .output = kit->out,
					     .pipeline = pipeline};
	struct hyp_error err;

	ck_ok(hypersdk_export(h, &what, id, &err), &err);
	ck_assert_str_ne(id, "");
}

int lib_kit_holds(char *json, const char *text)
{
	int holds = json != NULL && strstr(json, text) != NULL;

	if (!holds)
		fprintf(stderr, "no %s in: %s\n", text,
			json != NULL ? json : "(null)");
	hypersdk_free(json);
	return holds;
}
