/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/notice-body.h"

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/json-text.h"

#include <json-c/json.h>
#include <string.h>

#define TEXT_MAX 2800 /* Slack's limit of a section is 3,000 */

static int32_t envelope(const struct hyp_notice *notice, struct hyp_buf *out,
			struct hyp_error *err)
{
	char time[HYP_TIME_TEXT_MAX];

	hyp_time_format(notice->time_ms, time);
	return hyp_buf_addf(out, err,
			    "{\"event\":\"%s\",\"timestamp\":\"%s\","
			    "\"data\":%s}",
			    notice->type, time, notice->data_json);
}

static const char *member(json_object *data, const char *name)
{
	json_object *at = NULL;

	if (!json_object_object_get_ex(data, name, &at) || at == NULL)
		return "";
	return json_object_get_string(at);
}

/* Bytes of the character that text, UTF-8, begins with. */
static size_t character(const char *text)
{
	size_t n = 1;

	while (((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* '&', '<' and '>' are Slack's mark-up, and so is '`' in a line of code. Cut
 * between characters. */
static int32_t add_escaped(struct hyp_buf *out, const char *text,
			   struct hyp_error *err)
{
	int32_t rc = 0;
	size_t n;

	for (; rc == 0 && *text != '\0'; text += n) {
		n = character(text);
		if (out->len + n > TEXT_MAX)
			break;
		rc = *text == '&'   ? hyp_buf_adds(out, "&amp;", err)
		     : *text == '<' ? hyp_buf_adds(out, "&lt;", err)
		     : *text == '>' ? hyp_buf_adds(out, "&gt;", err)
		     : *text == '`' ? hyp_buf_adds(out, "'", err)
				    : hyp_buf_add(out, text, n, err);
	}
	return rc;
}

static int32_t add_line(struct hyp_buf *out, const char *title,
			const char *text, struct hyp_error *err)
{
	int32_t rc;

	if (text[0] == '\0')
		return 0;
	rc = hyp_buf_addf(out, err, "\n%s: ", title);
	return rc < 0 ? rc : add_escaped(out, text, err);
}

static int32_t slack_text(const struct hyp_notice *notice, json_object *data,
			  struct hyp_buf *out, struct hyp_error *err)
{
	static const char *const lines[][2] = {
		{"VM", "vm_path"},
		{"Job", "job_id"},
		{"Phase", "phase"},
		{"Percent", "percent_complete"},
		{"Output", "output_path"},
		{"OVF", "ovf_path"},
		{"Seconds", "duration_seconds"},
		{"Error", "error"},
	};
	int32_t rc = hyp_buf_addf(out, err, "*%s*", notice->type);

	if (rc == 0 && member(data, "job_name")[0] != '\0')
		rc = hyp_buf_adds(out, " ", err);
	if (rc == 0)
		rc = add_escaped(out, member(data, "job_name"), err);
	for (size_t i = 0; rc == 0 && i < sizeof(lines) / sizeof(lines[0]); i++)
		rc = add_line(out, lines[i][0], member(data, lines[i][1]), err);
	return rc;
}

/* {text, blocks}: text is for notifications, blocks for the channel. */
static int32_t slack_json(const char *text, size_t n, struct hyp_buf *out,
			  struct hyp_error *err)
{
	json_object *json = json_object_new_string_len(text, (int)n);
	const char *quoted = NULL;
	int32_t rc;

	if (json != NULL)
		quoted = hyp_json_to_string(
			json, JSON_C_TO_STRING_PLAIN |
				      JSON_C_TO_STRING_NOSLASHESCAPE);
	rc = quoted == NULL
		     ? hyp_error_nomem(err)
		     : hyp_buf_addf(out, err,
				    "{\"text\":%s,\"blocks\":[{\"type\":"
				    "\"section\",\"text\":{\"type\":\"mrkdwn\","
				    "\"text\":%s}}]}",
				    quoted, quoted);
	json_object_put(json);
	return rc;
}

static int32_t slack(const struct hyp_notice *notice, struct hyp_buf *out,
		     struct hyp_error *err)
{
	json_object *data = json_tokener_parse(notice->data_json);
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(2 * TEXT_MAX);
	int32_t rc = slack_text(notice, data, &text, err);

	if (rc == 0)
		rc = slack_json(hyp_buf_str(&text), text.len, out, err);
	json_object_put(data);
	return rc;
}

int32_t hyp_notice_body(const struct hyp_notice *notice, int for_slack,
			struct hyp_buf *out, struct hyp_error *err)
{
	return for_slack ? slack(notice, out, err) : envelope(notice, out, err);
}
