/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/submit-body.h"
#include "core/app/json.h"
#include "core/app/submit-vcenter.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"

#include <fcntl.h>
#include <stdlib.h>

#define BODY_MAX (1024 * 1024)
#define JSON_TYPE "application/json"
#define YAML_TYPE "application/x-yaml"

static const struct hyp_cli_option options[] = {
	{"vm", 0, "PATH",
	 "the virtual machine, by its inventory path; a folder or a quoted "
	 "pattern becomes one job per VM; repeatable"},
	{"output", 'O', "DIR",
	 "folder on the daemon's machine, beneath its storage.roots; may hold "
	 "{vm}, {date}, {time} and {id}"},
	{"file", 'f', "FILE",
	 "definitions as JSON or YAML instead of these options; - is standard "
	 "input"},
	{"name", 0, "NAME", "what the job is called (default: the VM's name)"},
	{"format", 0, "ova|ovf",
	 "one OVA file, or a folder with an OVF and its disks (default: the "
	 "pipeline's, else ova)"},
	{"parallel", 0, "N",
	 "disks that are copied at once, 1 to 16 (default: the pipeline's, "
	 "else 3)"},
	{"digest", 0, "NAME",
	 "of the manifest: sha256 (default), sha1 or sha512"},
	{"bandwidth", 0, "RATE", "limit for the whole export, as in 50MiB/s"},
	{"hot", 0, NULL, "by a snapshot of our own, whatever the power state"},
	{"cold", 0, NULL, "refuses a VM that runs"},
	{"with-images", 0, NULL, "CD-ROM and floppy images too"},
	{"force", 0, NULL, "replaces an output that an earlier export made"},
	{"wait", 'w', NULL, "watches the jobs to their end"},
	{"json", 'j', NULL,
	 "the server's answer, one JSON document; with --wait the jobs"},
	{NULL, 0, NULL, NULL},
};

const struct hyp_cli_group hyp_submit_options = {"Options", options};

/* --- --file ----------------------------------------------------------------
 */

static int has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
}

/* By its name; what comes without one, by its first character. */
static const char *type_of(const char *name, const char *text)
{
	if (has_suffix(name, ".yaml") || has_suffix(name, ".yml"))
		return YAML_TYPE;
	if (has_suffix(name, ".json"))
		return JSON_TYPE;
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[' ? JSON_TYPE : YAML_TYPE;
}

static int32_t read_bytes(const char *name, struct hyp_buf *text,
			  struct hyp_error *err)
{
	int is_stdin = strcmp(name, "-") == 0;
	HYP_AUTO_CLOSE int fd = -1;
	char part[65536];
	ssize_t n;

	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
		      : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", errno,
				     "--file %s: %s", name, strerror(errno));
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return hyp_error_set(err, HYP_E_USAGE, "usage", errno,
					     "--file %s: %s", name,
					     strerror(errno));
		if (hyp_buf_add(text, part, (size_t)n, err) != 0)
			return hyp_error_prefix(err, "--file %s: ", name);
	}
	explicit_bzero(part, sizeof(part));
	return 0;
}

int32_t hyp_body_read(const char *name, struct hyp_buf *text, const char **type,
		      struct hyp_error *err)
{
	if (read_bytes(name, text, err) != 0)
		return err->code;
	*type = type_of(name, hyp_buf_str(text));
	return 0;
}

static int is_in(const struct hyp_cli_group *group,
		 const struct hyp_cli_option *option)
{
	for (const struct hyp_cli_option *o = group->options; o->name; o++)
		if (o == option)
			return 1;
	return 0;
}

/* How it is sent and told, not what. */
static int goes_with_file(const struct hyp_cli_option *option)
{
	static const char *const names[] = {"file", "wait", "json"};

	for (size_t i = 0; i < HYP_COUNT(names); i++)
		if (strcmp(option->name, names[i]) == 0)
			return 1;
	return is_in(&hyp_global_options, option) ||
	       is_in(&hyp_client_options, option);
}

int32_t hyp_body_file_alone(const struct hyp_args *args, const char *what,
			    struct hyp_error *err)
{
	for (size_t i = 0; i < args->option_count; i++)
		if (!goes_with_file(args->options[i].option))
			return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
					     "--file has the whole %s: --%s "
					     "belongs into it",
					     what,
					     args->options[i].option->name);
	return 0;
}

static int32_t from_file(const struct hyp_args *args, const char *name,
			 struct hyp_submit_body *body, struct hyp_error *err)
{
	return hyp_body_file_alone(args, "definition", err) != 0
		       ? err->code
		       : hyp_body_read(name, &body->text, &body->type, err);
}

/* --- options ---------------------------------------------------------------
 */

int32_t hyp_body_output(struct hyp_client *client, const char *output,
			struct json_object *o, struct hyp_error *err)
{
	HYP_AUTO_FREE char *cwd = NULL;
	HYP_AUTO_FREE char *path = NULL;

	if (output[0] == '/' || output[0] == '{') {
		hyp_json_string(o, "output_path", output);
		return 0;
	}
	if (!hyp_client_is_local(client))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--output %s: give an absolute path on "
				     "the daemon's machine",
				     output);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", errno,
				     "current folder: %s", strerror(errno));
	if (hyp_asprintf(&path, err, "%s/%s", cwd, output) != 0)
		return err->code;
	hyp_json_string(o, "output_path", path);
	return 0;
}

static int32_t add_parallel(const struct hyp_args *args, struct json_object *o,
			    struct hyp_error *err)
{
	const char *text = hyp_args_get(args, "parallel");
	int64_t n;

	if (text == NULL)
		return 0;
	if (hyp_parse_integer(text, 1, 16, &n, err) != 0)
		return hyp_error_prefix(err, "--parallel: ");
	hyp_json_number(o, "parallel_downloads", (uint64_t)n);
	return 0;
}

static int32_t make_options(const struct hyp_args *args, struct json_object *o,
			    struct hyp_error *err)
{
	static const char *const texts[] = {"digest", "bandwidth"};
	int hot = hyp_args_has(args, "hot"), cold = hyp_args_has(args, "cold");

	if (hot && cold)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--hot and --cold exclude each other");
	if (hot || cold)
		hyp_json_string(o, "mode", hot ? "hot" : "cold");
	for (size_t i = 0; i < HYP_COUNT(texts); i++)
		if (hyp_args_has(args, texts[i]))
			hyp_json_string(o, texts[i],
					hyp_args_get(args, texts[i]));
	if (hyp_args_has(args, "with-images"))
		hyp_json_bool(o, "remove_cdrom", 0);
	if (hyp_args_has(args, "force"))
		hyp_json_bool(o, "force", 1);
	return add_parallel(args, o, err);
}

/* A definition without its VM. */
static int32_t make_definition(struct hyp_client *client,
			       const struct hyp_args *args,
			       struct json_object *o, struct hyp_error *err)
{
	static const char *const texts[] = {"name", "format", "pipeline",
					    "provider"};
	const char *output = hyp_args_get(args, "output");
	struct json_object *vcenter, *opts = json_object_new_object();

	json_object_object_add(o, "options", opts);
	if (output == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "where to? Give --output DIR");
	if (hyp_body_output(client, output, o, err) != 0 ||
	    make_options(args, opts, err) != 0)
		return err->code;
	for (size_t i = 0; i < HYP_COUNT(texts); i++)
		if (hyp_args_has(args, texts[i]))
			hyp_json_string(o, texts[i],
					hyp_args_get(args, texts[i]));
	if (hyp_submit_vcenter(client, args, &vcenter, err) != 0)
		return err->code;
	if (vcenter != NULL)
		json_object_object_add(o, "vcenter", vcenter);
	return 0;
}

static int32_t list_vms(const struct hyp_args *args,
			struct hyp_submit_body *body, struct hyp_error *err)
{
	const char *vm;
	size_t at = 0;

	body->vms = calloc(args->option_count + 1, sizeof(*body->vms));
	if (body->vms == NULL)
		return hyp_error_nomem(err);
	while ((vm = hyp_args_next(args, "vm", &at)) != NULL)
		body->vms[body->vm_count++] = vm;
	if (body->vm_count == 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "which virtual machine? Give --vm PATH, "
				     "or --file");
	if (body->vm_count > 1 && hyp_args_has(args, "name"))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--name is for one --vm");
	return 0;
}

/* The same definition for each VM, into body->text. */
static int32_t write_all(struct json_object *definition,
			 struct hyp_submit_body *body, struct hyp_error *err)
{
	int many = body->vm_count > 1;
	int32_t rc = many ? hyp_buf_adds(&body->text, "{\"jobs\":[", err) : 0;

	for (size_t i = 0; rc == 0 && i < body->vm_count; i++) {
		hyp_json_string(definition, "vm_path", body->vms[i]);
		rc = hyp_buf_addf(&body->text, err, "%s%s", i > 0 ? "," : "",
				  json_object_to_json_string_ext(
					  definition, JSON_C_TO_STRING_PLAIN));
	}
	if (rc == 0 && many)
		rc = hyp_buf_adds(&body->text, "]}", err);
	return rc;
}

static int32_t from_options(struct hyp_client *client,
			    const struct hyp_args *args,
			    struct hyp_submit_body *body, struct hyp_error *err)
{
	struct json_object *definition;
	int32_t rc = list_vms(args, body, err);

	if (rc != 0)
		return rc;
	definition = json_object_new_object();
	rc = make_definition(client, args, definition, err);
	if (rc == 0)
		rc = write_all(definition, body, err);
	json_object_put(definition);
	body->type = JSON_TYPE;
	return rc;
}

int32_t hyp_submit_body_make(struct hyp_client *client,
			     const struct hyp_args *args,
			     struct hyp_submit_body *body,
			     struct hyp_error *err)
{
	const char *file = hyp_args_get(args, "file");

	memset(body, 0, sizeof(*body));
	hyp_buf_init(&body->text, BODY_MAX);
	return file != NULL ? from_file(args, file, body, err)
			    : from_options(client, args, body, err);
}

void hyp_submit_body_fini(struct hyp_submit_body *body)
{
	hyp_buf_wipe(&body->text);
	free(body->vms);
}
