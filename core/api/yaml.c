/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/body.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/json-read.h"
#include "core/base/text.h"

#include <math.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	yaml_document_t document;
	size_t values, text; /* so far, with what aliases repeat */
	struct hyp_error *err;
};

__attribute__((format(printf, 3, 4))) static int32_t
bad(struct reader *r, const yaml_mark_t *mark, const char *fmt, ...)
{
	char text[256], printable[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_text_printable(text, printable, sizeof(printable));
	return hyp_error_set(r->err, HYP_E_USAGE, "bad_request", 0,
			     "YAML line %zu, column %zu: %s", mark->line + 1,
			     mark->column + 1, printable);
}

static int32_t value(struct reader *r, int index, int depth,
		     struct json_object **out);

/* null, true and false as YAML 1.2 writes them; 1 if text is one of them. */
static int is_word(const char *text, struct json_object **out)
{
	static const char *const words[] = {"null",  "Null",  "NULL", "~",
					    "",	     "true",  "True", "TRUE",
					    "false", "False", "FALSE"};

	for (size_t i = 0; i < HYP_COUNT(words); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*out = i < 5 ? NULL : json_object_new_boolean(i < 8);
		return 1;
	}
	return 0;
}

static int is_integer(const char *text)
{
	text += *text == '-' || *text == '+';
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int is_real(const char *text)
{
	size_t whole, part = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.') {
		part = strspn(text + 1, "0123456789");
		text += 1 + part;
	}
	if (whole + part == 0)
		return 0;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		part = strspn(text, "0123456789");
		text += part;
		if (part == 0)
			return 0;
	}
	return *text == '\0';
}

static int32_t number(struct reader *r, const yaml_node_t *node,
		      const char *text, struct json_object **out)
{
	if (is_integer(text)) {
		errno = 0;
		*out = json_object_new_int64(strtoll(text, NULL, 10));
		if (errno != 0) {
			json_object_put(*out);
			return bad(r, &node->start_mark,
				   "the number is too large");
		}
	} else {
		double d = strtod(text, NULL);

		if (!isfinite(d))
			return bad(r, &node->start_mark,
				   "the number is too large");
		*out = json_object_new_double(d);
	}
	return *out != NULL ? 0 : hyp_error_nomem(r->err);
}

/* A text is copied each time that an alias names it. */
static int32_t check_text(struct reader *r, const yaml_node_t *node)
{
	size_t n = node->data.scalar.length;

	if (strlen((const char *)node->data.scalar.value) != n)
		return bad(r, &node->start_mark, "a NUL in a string");
	if (n > HYP_BODY_TEXT - r->text)
		return bad(r, &node->start_mark, "too much text");
	r->text += n;
	return 0;
}

static int32_t scalar(struct reader *r, const yaml_node_t *node,
		      struct json_object **out)
{
	const char *text = (const char *)node->data.scalar.value;
	size_t n = node->data.scalar.length;

	if (check_text(r, node) != 0)
		return r->err->code;
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		if (is_word(text, out))
			return 0;
		if (is_integer(text) || is_real(text))
			return number(r, node, text, out);
	}
	*out = json_object_new_string_len(text, (int)n);
	return *out != NULL ? 0 : hyp_error_nomem(r->err);
}

static int32_t sequence(struct reader *r, const yaml_node_t *node, int depth,
			struct json_object **out)
{
	struct json_object *list = json_object_new_array();

	if (list == NULL)
		return hyp_error_nomem(r->err);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		struct json_object *one = NULL;

		if (value(r, *i, depth + 1, &one) != 0) {
			json_object_put(list);
			return r->err->code;
		}
		json_object_array_add(list, one);
	}
	*out = list;
	return 0;
}

static int32_t pair(struct reader *r, const yaml_node_pair_t *p, int depth,
		    struct json_object *to)
{
	const yaml_node_t *key = yaml_document_get_node(&r->document, p->key);
	const char *name = (const char *)key->data.scalar.value;
	struct json_object *one = NULL;

	if (key->type != YAML_SCALAR_NODE)
		return bad(r, &key->start_mark, "a key must be a string");
	if (check_text(r, key) != 0)
		return r->err->code;
	if (strcmp(name, "<<") == 0)
		return bad(r, &key->start_mark, "merge keys are not taken");
	if (json_object_object_get_ex(to, name, NULL))
		return bad(r, &key->start_mark,
			   "the key \"%.64s\" is there "
			   "twice",
			   name);
	if (value(r, p->value, depth + 1, &one) != 0)
		return r->err->code;
	if (json_object_object_add(to, name, one) != 0) {
		json_object_put(one);
		return hyp_error_nomem(r->err);
	}
	return 0;
}

static int32_t mapping(struct reader *r, const yaml_node_t *node, int depth,
		       struct json_object **out)
{
	struct json_object *o = json_object_new_object();

	if (o == NULL)
		return hyp_error_nomem(r->err);
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top; p++) {
		if (pair(r, p, depth, o) != 0) {
			json_object_put(o);
			return r->err->code;
		}
	}
	*out = o;
	return 0;
}

static int is_core_tag(const yaml_node_t *node)
{
	const char *tag = (const char *)node->tag;

	return tag == NULL || strcmp(tag, YAML_STR_TAG) == 0 ||
	       strcmp(tag, YAML_SEQ_TAG) == 0 || strcmp(tag, YAML_MAP_TAG) == 0;
}

static int32_t value(struct reader *r, int index, int depth,
		     struct json_object **out)
{
	const yaml_node_t *node = yaml_document_get_node(&r->document, index);

	if (depth > HYP_BODY_DEPTH)
		return bad(r, &node->start_mark, "nested too deep");
	r->values += node->type == YAML_SCALAR_NODE ? 1 : HYP_JSON_CONTAINER;
	if (r->values > HYP_BODY_VALUES)
		return bad(r, &node->start_mark, "too many values");
	if (!is_core_tag(node))
		return bad(r, &node->start_mark, "tags are not taken");
	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		return sequence(r, node, depth, out);
	case YAML_MAPPING_NODE:
		return mapping(r, node, depth, out);
	default:
		return scalar(r, node, out);
	}
}

static int32_t unreadable(struct reader *r)
{
	return bad(r, &r->parser.problem_mark, "%s",
		   r->parser.problem != NULL ? r->parser.problem
					     : "cannot be read");
}

/* What of the tokens counts against a limit. */
struct tally {
	size_t values, keys, anchors, depth;
};

/* Before a value comes one of these, also before one of no bytes. */
static int32_t count(struct reader *r, const yaml_token_t *token,
		     struct tally *tally)
{
	switch (token->type) {
	case YAML_TAG_DIRECTIVE_TOKEN:
		return bad(r, &token->start_mark, "tags are not taken");
	case YAML_ANCHOR_TOKEN:
		if (++tally->anchors > HYP_BODY_ANCHORS)
			return bad(r, &token->start_mark, "too many anchors");
		break;
	case YAML_BLOCK_SEQUENCE_START_TOKEN:
	case YAML_BLOCK_MAPPING_START_TOKEN:
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		if (++tally->depth > HYP_BODY_DEPTH)
			return bad(r, &token->start_mark, "nested too deep");
		tally->values++;
		break;
	case YAML_BLOCK_END_TOKEN:
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN:
		tally->depth -= tally->depth > 0;
		break;
	case YAML_KEY_TOKEN:
		tally->keys++;
		break;
	case YAML_BLOCK_ENTRY_TOKEN:
	case YAML_FLOW_ENTRY_TOKEN:
	case YAML_VALUE_TOKEN:
		tally->values++;
		break;
	default:
		break;
	}
	if (tally->values > HYP_BODY_VALUES || tally->keys > HYP_BODY_VALUES)
		return bad(r, &token->start_mark, "too many values");
	return 0;
}

/* A document is loaded as a whole, in a time that grows with the square of
 * its anchors, directives and depth: they are looked at first, one by one. */
static int32_t count_tokens(struct reader *r)
{
	struct tally tally = {0};
	int more = 1;
	int32_t rc = 0;

	while (rc == 0 && more) {
		yaml_token_t token;

		if (!yaml_parser_scan(&r->parser, &token))
			return unreadable(r);
		rc = count(r, &token, &tally);
		more = token.type != YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	return rc;
}

/* 0 when there is nothing behind the document. */
static int32_t end(struct reader *r)
{
	yaml_document_t next;
	int more;

	if (!yaml_parser_load(&r->parser, &next))
		return unreadable(r);
	more = yaml_document_get_root_node(&next) != NULL;
	yaml_document_delete(&next);
	return more ? bad(r, &r->parser.mark, "more than one document") : 0;
}

static int32_t load(struct reader *r, struct json_object **out)
{
	struct json_object *json = NULL;
	int32_t rc;

	if (!yaml_parser_load(&r->parser, &r->document))
		return unreadable(r);
	if (yaml_document_get_root_node(&r->document) == NULL)
		rc = bad(r, &r->parser.mark, "nothing is there");
	else
		rc = value(r, 1, 1, &json);
	yaml_document_delete(&r->document);
	if (rc == 0)
		rc = end(r);
	if (rc == 0)
		*out = json;
	else
		json_object_put(json);
	return rc;
}

static int32_t pass(struct reader *r, const char *text, size_t n,
		    struct json_object **out)
{
	int32_t rc;

	if (!yaml_parser_initialize(&r->parser))
		return hyp_error_nomem(r->err);
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text,
				     n);
	rc = out == NULL ? count_tokens(r) : load(r, out);
	yaml_parser_delete(&r->parser);
	return rc;
}

int32_t hyp_yaml_read(const char *text, size_t n, struct json_object **out,
		      struct hyp_error *err)
{
	struct reader r = {.err = err};

	if (!hyp_text_is_utf8(text, n))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "the body is not UTF-8");
	if (pass(&r, text, n, NULL) != 0)
		return err->code;
	return pass(&r, text, n, out);
}
