/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/call.h"
#include "core/base/log.h"
#include "core/base/text.h"

#define FAULT_TEXT_MAX 801 /* leaves room for what is said of the plugin */

static const char *kind_of(const struct hyp_instance *instance)
{
	return hyp_kind_name(instance->loaded->plugin.kind);
}

static const char *name_of(const struct hyp_instance *instance)
{
	return instance->loaded->plugin.name;
}

int32_t hyp_call_fault(const struct hyp_instance *instance, const char *member,
		       struct hyp_error *err, const char *fmt, ...)
{
	char text[FAULT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_error_cut(text);
	return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
			     "%s/%s: its operation \"%s\" %s; this is an "
			     "error in the plugin",
			     kind_of(instance), name_of(instance), member,
			     text);
}

int32_t hyp_call_bad(const struct hyp_instance *instance, const char *member,
		     struct hyp_error *err, const char *what)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_call", 0,
			     "%s/%s: \"%s\" was called wrongly: %s",
			     kind_of(instance), name_of(instance), member,
			     what);
}

int32_t hyp_call_absent(const struct hyp_instance *instance, const char *member,
			struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "not_offered", 0,
			     "%s/%s has no operation \"%s\"", kind_of(instance),
			     name_of(instance), member);
}

static void frame(struct hyp_call *call, const struct hyp_instance *instance,
		  const char *member, struct hyp_error *err)
{
	call->instance = instance;
	call->member = member;
	call->err = err != NULL ? err : &call->spare;
	/* What an earlier call left there must not pass for this one's. */
	call->err->code = 0;
	call->err->kind[0] = '\0';
	call->err->text[0] = '\0';
}

int32_t hyp_call_begin(struct hyp_call *call,
		       const struct hyp_instance *instance, const char *member,
		       struct hyp_error *err)
{
	frame(call, instance, member, err);
	return hyp_gate_enter(instance->gate, instance->host, call->err);
}

void hyp_call_begin_cleanup(struct hyp_call *call,
			    const struct hyp_instance *instance,
			    const char *member, struct hyp_error *err)
{
	frame(call, instance, member, err);
	hyp_gate_enter(instance->gate, NULL, call->err);
}

int hyp_call_kind_valid(const char *kind)
{
	size_t n = strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n < HYP_ERROR_KIND_MAX && kind[n] == '\0';
}

/* Leaves a proper error in *err, from whatever the plugin left there. */
static int32_t judge(struct hyp_call *call, int32_t rc)
{
	struct hyp_error *err = call->err;
	char text[HYP_ERROR_TEXT_MAX];

	err->kind[sizeof(err->kind) - 1] = '\0';
	err->text[sizeof(err->text) - 1] = '\0';
	hyp_text_printable(err->text, text, sizeof(text));
	hyp_redact(text);
	if (rc > 0 || rc < HYP_E_LAST)
		return hyp_call_fault(call->instance, call->member, err,
				      "returned %d, which is no result", rc);
	if (err->code != rc || !hyp_call_kind_valid(err->kind) ||
	    text[0] == '\0')
		return hyp_call_fault(call->instance, call->member, err,
				      "failed (%d) without saying properly why"
				      "%s%s",
				      rc, text[0] != '\0' ? ": " : "", text);
	memcpy(err->text, text, sizeof(text));
	err->size = sizeof(*err);
	return rc;
}

int32_t hyp_call_end(struct hyp_call *call, int32_t rc)
{
	hyp_gate_leave(call->instance->gate);
	return rc == 0 ? 0 : judge(call, rc);
}
