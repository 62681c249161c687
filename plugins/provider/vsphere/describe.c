/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's describe: the descriptor as vCenter writes it. */
#include "plugins/provider/vsphere/export.h"

#include "core/base/text.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/fault.h"

#include <string.h>

#define ID_MAX 512u

/* An OvfFile. The order of members is the schema's. */
static void add_file(struct vs_msg *msg, const char *device_key,
		     const struct hyp_file *file)
{
	vs_msg_open(msg, "ovfFiles");
	vs_msg_text(msg, "deviceId", device_key);
	vs_msg_text(msg, "path", file->name);
	vs_msg_u64(msg, "size", file->bytes);
	if (file->role == HYP_ROLE_DISK && file->capacity != 0)
		vs_msg_u64(msg, "capacity", file->capacity);
	if (file->role == HYP_ROLE_DISK && file->populated != HYP_UNKNOWN)
		vs_msg_u64(msg, "populatedSize", file->populated);
	vs_msg_close(msg);
}

/* The lease's own key for a file that the core speaks of by our id. */
static const char *key_of(const struct vs_export *e, const char *device_id,
			  uint8_t *used)
{
	char id[ID_MAX];

	for (uint32_t i = 0; i < e->file_count; i++) {
		vs_file_id(e, i, id, sizeof(id));
		if (!used[i] && strcmp(id, device_id) == 0) {
			used[i] = 1;
			return vs_file_device(e, i)->key;
		}
	}
	return device_id;
}

static void begin(struct vs *vs, struct vs_msg *msg, const struct vs_ref *vm)
{
	vs_msg_begin(msg, "CreateDescriptor", &vs->service.ovf);
	vs_msg_ref(msg, "obj", vm);
	vs_msg_open(msg, "cdp");
}

static void end(struct vs_msg *msg, const char *name, int with_images,
		const struct vs_ref *snapshot)
{
	vs_msg_text(msg, "name", name);
	vs_msg_bool(msg, "includeImageFiles", with_images);
	if (snapshot->id[0] != '\0')
		vs_msg_ref(msg, "snapshot", snapshot);
	vs_msg_close(msg);
}

static int32_t call(struct vs *vs, struct vs_msg *msg, struct vs_reply *reply,
		    struct hyp_error *err)
{
	int32_t rc = vs_call(vs, msg, VS_READ, reply, err);

	if (rc != 0 && vs_fault_is_absent(reply->fault))
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_descriptor", 0,
				     "%s writes no descriptors (%s)",
				     vs->ep.name, reply->fault);
	return rc;
}

static void one_line(xmlNodePtr fault, char *out, size_t max)
{
	struct hyp_error err;

	vs_fault_localized(fault, "descriptor", &err);
	snprintf(out, max, "%s", err.text);
}

/* The result's error[], all in one text; no SOAP fault, and yet a failure. */
static int32_t judge(xmlNodePtr result, struct hyp_error *err)
{
	xmlNodePtr fault = hyp_xml_child(result, NULL, "error");
	char text[2 * HYP_ERROR_TEXT_MAX] = "", line[HYP_ERROR_TEXT_MAX];

	if (fault == NULL)
		return 0;
	for (; fault != NULL; fault = hyp_xml_next(fault, NULL, "error")) {
		size_t n = strlen(text);

		if (n >= HYP_ERROR_TEXT_MAX)
			break;
		one_line(fault, line, sizeof(line));
		snprintf(text + n, sizeof(text) - n, "%s%s", n ? " | " : "",
			 line);
	}
	return hyp_error_set(err, HYP_E_PERMANENT, "unsupported_device", 0,
			     "the server cannot describe this VM as OVF: %s",
			     text);
}

static void each_warning(xmlNodePtr result,
			 void (*warn)(void *ctx, const char *text), void *ctx)
{
	xmlNodePtr fault = hyp_xml_child(result, NULL, "warning");
	char line[HYP_ERROR_TEXT_MAX];

	for (; fault != NULL; fault = hyp_xml_next(fault, NULL, "warning")) {
		one_line(fault, line, sizeof(line));
		warn(ctx, line);
	}
}

static int32_t no_manager(struct vs *vs, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_descriptor", 0,
			     "%s has no OvfManager", vs->ep.name);
}

int32_t vs_describe_dry(struct vs *vs, const struct vs_ref *vm,
			const struct vs_ref *snapshot, const char *name,
			void (*warn)(void *ctx, const char *text), void *ctx,
			struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	xmlNodePtr result;
	int32_t rc;

	if (vs->service.ovf.id[0] == '\0')
		return no_manager(vs, err);
	begin(vs, &msg, vm);
	end(&msg, name, 0, snapshot);
	rc = call(vs, &msg, &reply, err);
	if (rc != 0)
		return rc;
	result = vs_find(reply.body, "returnval");
	each_warning(result, warn, ctx);
	return judge(result, err);
}

static void to_host(void *ctx, const char *text)
{
	struct vs *vs = ctx;

	vs->host->warning(vs->host->ctx, "descriptor", text);
}

/* At the end, when all bytes have come, an error here must not cost them:
 * the core can write the descriptor too. */
static int32_t rather_own(struct vs *vs, struct hyp_error *err)
{
	char text[HYP_ERROR_TEXT_MAX];

	if (err == NULL)
		return HYP_E_UNSUPPORTED;
	snprintf(text, sizeof(text), "%s", err->text);
	to_host(vs, text);
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_descriptor", 0, "%s",
			     text);
}

int32_t vs_describe(void *exported, const struct hyp_file *files,
		    uint32_t stride, uint32_t count,
		    const struct hyp_writer *out, struct hyp_error *err)
{
	struct vs_export *e = exported;
	uint8_t used[1024] = {0}; /* as many as a lease may offer */
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	const char *text;
	int images = 0;
	int32_t rc;

	if (e->vs->service.ovf.id[0] == '\0')
		return no_manager(e->vs, err);
	begin(e->vs, &msg, &e->vm);
	for (uint32_t i = 0; i < count; i++) {
		const struct hyp_file *f =
			HYP_AT(struct hyp_file, files, stride, i);

		images |= f->role == HYP_ROLE_ISO || f->role == HYP_ROLE_FLOPPY;
		add_file(&msg, key_of(e, f->device_id, used), f);
	}
	end(&msg, e->vm_name, images, &e->snapshot);
	rc = call(e->vs, &msg, &reply, err);
	if (rc == 0)
		rc = judge(vs_find(reply.body, "returnval"), err);
	if (rc == HYP_E_PERMANENT && count > 0)
		return rather_own(e->vs, err);
	if (rc != 0)
		return rc;
	if (count > 0)
		each_warning(vs_find(reply.body, "returnval"), to_host, e->vs);
	text = vs_text(reply.body, "returnval/ovfDescriptor");
	if (text[0] == '\0' && count > 0)
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_descriptor", 0,
				     "%s wrote an empty descriptor",
				     e->vs->ep.name);
	return text[0] == '\0' ? 0
			       : out->write(out->ctx, text, strlen(text), err);
}
