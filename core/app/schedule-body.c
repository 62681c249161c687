/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/schedule-body.h"
#include "core/app/client-command.h"
#include "core/app/json.h"
#include "core/app/submit-body.h"
#include "core/base/cleanup.h"
#include "core/base/random.h"
#include "core/base/units.h"

#define BODY_MAX (1024 * 1024)

static const struct hyp_cli_option options[] = {
	{"schedule", 's', "EXPR",
	 "when: five fields of cron, @daily and its like, or \"@every 90m\""},
	{"zone", 'z', "ZONE",
	 "time zone of it, as in Europe/Berlin (default: the daemon's)"},
	{"name", 0, "NAME", "what it is called (default: its ID)"},
	{"description", 0, "TEXT", "a line for people"},
	{"tag", 0, "TAG", "a word for people; repeatable"},
	{"catch-up", 0, "WORD",
	 "what was missed while the daemon was down: once (default), skip or "
	 "all (10 at most)"},
	{"deadline", 0, "TIME",
	 "how late a missed run may begin, as in 6h (default: 12h)"},
	{"overlap", 0, "WORD",
	 "while an earlier run is not over: forbid (default), queue (one) or "
	 "allow"},
	{"file", 'f', "FILE",
	 "the schedule as JSON or YAML instead of these options; - is standard "
	 "input"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
const struct hyp_cli_group hyp_schedule_options = {"Options", options};

static const struct hyp_cli_option template_options[] = {
	{"vm", 0, "PATH",
	 "the virtual machine, by its inventory path; a folder (PATH/) or a "
	 "quoted pattern is one job per VM, as there are when it runs"},
	{"output", 'O', "DIR",
	 "folder beneath the daemon's storage.roots; may hold {vm}, "
	 "{schedule}, {date}, {time} and {id}; without one of the last three "
	 "each run gets a folder of its own in it"},
	{"pipeline", 0, "NAME", "pipeline to run in (default: the daemon's)"},
	{"format", 0, "ova|ovf",
	 "one OVA file, or a folder with an OVF and its disks"},
	{"parallel", 0, "N", "disks that are copied at once, 1 to 16"},
	{"bandwidth", 0, "RATE", "limit for a whole export, as in 50MiB/s"},
	{NULL, 0, NULL, NULL},
};
const struct hyp_cli_group hyp_template_options = {"What a run exports",
						   template_options};

static void add_texts(const struct hyp_args *args, struct json_object *o)
{
	static const char *const names[][2] = {
		{"schedule", "schedule"}, {"zone", "zone"},
		{"name", "name"},	  {"description", "description"},
		{"catch-up", "catch_up"}, {"deadline", "deadline"},
		{"overlap", "overlap"},
	};
	struct json_object *tags;
	const char *tag;
	size_t at = 0;

	for (size_t i = 0; i < HYP_COUNT(names); i++)
		if (hyp_args_has(args, names[i][0]))
			hyp_json_string(o, names[i][1],
					hyp_args_get(args, names[i][0]));
	if (!hyp_args_has(args, "tag"))
		return;
	tags = json_object_new_array();
	while ((tag = hyp_args_next(args, "tag", &at)) != NULL)
		json_object_array_add(tags, json_object_new_string(tag));
	json_object_object_add(o, "tags", tags);
}

/* options{} of the template, made where it is missing. */
static struct json_object *job_options(struct json_object *template)
{
	struct json_object *o = hyp_reply_member(template, "options");

	if (!json_object_is_type(o, json_type_object)) {
		o = json_object_new_object();
		json_object_object_add(template, "options", o);
	}
	return o;
}

static int32_t add_template(struct hyp_client *client,
			    const struct hyp_args *args,
			    struct json_object *template, struct hyp_error *err)
{
	const char *parallel = hyp_args_get(args, "parallel");
	const char *output = hyp_args_get(args, "output");
	int64_t n;

	if (hyp_args_has(args, "vm"))
		hyp_json_string(template, "vm_path", hyp_args_get(args, "vm"));
	if (hyp_args_has(args, "pipeline"))
		hyp_json_string(template, "pipeline",
				hyp_args_get(args, "pipeline"));
	if (hyp_args_has(args, "format")) {
		hyp_json_string(template, "format",
				hyp_args_get(args, "format"));
		json_object_object_del(job_options(template), "create_ova");
	}
	if (hyp_args_has(args, "bandwidth"))
		hyp_json_string(job_options(template), "bandwidth",
				hyp_args_get(args, "bandwidth"));
	if (parallel != NULL) {
		if (hyp_parse_integer(parallel, 1, 16, &n, err) != 0)
			return hyp_error_prefix(err, "--parallel: ");
		hyp_json_number(job_options(template), "parallel_downloads",
				(uint64_t)n);
	}
	return output != NULL ? hyp_body_output(client, output, template, err)
			      : 0;
}

static int has_template(const struct hyp_args *args)
{
	for (const struct hyp_cli_option *o = template_options; o->name; o++)
		if (hyp_args_has(args, o->name))
			return 1;
	return 0;
}

static int32_t from_options(struct hyp_client *client,
			    const struct hyp_args *args,
			    struct json_object *before, struct json_object *o,
			    struct hyp_error *err)
{
	struct json_object *template = hyp_reply_member(before, "job_template");

	add_texts(args, o);
	if (before != NULL && !has_template(args))
		return 0;
	template = template != NULL ? json_object_get(template)
				    : json_object_new_object();
	json_object_object_add(o, "job_template", template);
	return add_template(client, args, template, err);
}

int32_t hyp_schedule_body_make(struct hyp_client *client,
			       const struct hyp_args *args, const char *id,
			       struct json_object *before,
			       struct hyp_schedule_body *body,
			       struct hyp_error *err)
{
	const char *file = hyp_args_get(args, "file");
	struct json_object *o;
	int32_t rc;

	hyp_buf_init(&body->text, BODY_MAX);
	body->type = "application/json";
	if (file != NULL)
		return hyp_body_file_alone(args, "schedule", err) != 0
			       ? err->code
			       : hyp_body_read(file, &body->text, &body->type,
					       err);
	o = json_object_new_object();
	if (id != NULL)
		hyp_json_string(o, "id", id);
	rc = from_options(client, args, before, o, err);
	if (rc == 0 && json_object_object_length(o) == 0)
		rc = hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				   "what shall change? Give an option, or "
				   "--file");
	if (rc == 0)
		rc = hyp_buf_adds(&body->text,
				  json_object_to_json_string_ext(
					  o, JSON_C_TO_STRING_PLAIN),
				  err);
	json_object_put(o);
	return rc;
}

void hyp_schedule_body_fini(struct hyp_schedule_body *body)
{
	hyp_buf_wipe(&body->text);
}

int32_t hyp_schedule_body_send(struct hyp_client *client,
			       const struct hyp_args *args, const char *method,
			       const char *path,
			       const struct hyp_schedule_body *body,
			       struct hyp_error *err)
{
	char key[HYP_UUID_TEXT_MAX];
	const struct hyp_call call = {
		.method = method,
		.path = path,
		.body = hyp_buf_str(&body->text),
		.length = body->text.len,
		.type = body->type,
		.key = key,
		.again = 1,
	};
	struct json_object *reply;

	if (hyp_uuid7(key, err) != 0 ||
	    hyp_client_call(client, &call, &reply, err) != 0)
		return err->code;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		hyp_schedule_print(hyp_reply_member(reply, "schedule"));
	json_object_put(reply);
	return 0;
}

void hyp_schedule_print(struct json_object *schedule)
{
	static const char *const names[][2] = {
		{"id", "id"},
		{"name", "name"},
		{"about", "description"},
		{"schedule", "schedule"},
		{"zone", "zone"},
		{"owner", "owner"},
		{"catch up", "catch_up"},
		{"deadline", "deadline"},
		{"overlap", "overlap"},
		{"next run", "next_run"},
		{"last run", "last_run"},
	};
	struct json_object *template =
		hyp_reply_member(schedule, "job_template");
	struct json_object *advanced =
		hyp_reply_member(schedule, "advanced_config");

	for (size_t i = 0; i < HYP_COUNT(names); i++)
		hyp_field_print(names[i][0],
				hyp_reply_text(schedule, names[i][1]));
	hyp_field_print("enabled", json_object_get_boolean(hyp_reply_member(
					   schedule, "enabled"))
					   ? "yes"
					   : "no");
	hyp_field_printf("runs", "%lld",
			 (long long)hyp_reply_number(schedule, "run_count"));
	hyp_fields_print("tags", hyp_reply_member(schedule, "tags"));
	hyp_field_print("vm", hyp_reply_text(template, "vm_path"));
	hyp_field_print("output", hyp_reply_text(template, "output_path"));
	hyp_field_print("pipeline", hyp_reply_text(template, "pipeline"));
	if (advanced != NULL)
		hyp_field_print("more",
				json_object_to_json_string_ext(
					advanced, JSON_C_TO_STRING_PLAIN));
}
