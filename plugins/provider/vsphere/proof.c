/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's proof: what the host says it has sent. */
#include "plugins/provider/vsphere/export.h"

#include "core/base/digest.h"
#include "core/package/xml.h"

#include <string.h>

static int32_t get_manifest(struct vs_export *e, struct vs_reply *reply,
			    struct hyp_error *err)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;

	vs_msg_begin(&msg, "HttpNfcLeaseGetManifest", &e->lease->ref);
	return vs_call(e->vs, &msg, VS_READ, reply, err);
}

static int32_t set_checksum_type(struct vs_export *e, const char *name,
				 struct vs_reply *reply, struct hyp_error *err)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;

	vs_msg_begin(&msg, "HttpNfcLeaseSetManifestChecksumType",
		     &e->lease->ref);
	for (uint32_t i = 0; i < e->file_count; i++) {
		vs_msg_open(&msg, "deviceUrlsToChecksumTypes");
		vs_msg_text(&msg, "key", vs_file_device(e, i)->key);
		vs_msg_text(&msg, "value", name);
		vs_msg_close(&msg);
	}
	return vs_call(e->vs, &msg, VS_READ, reply, err);
}

/* Old hosts know SHA-1 only, and some not even that: whatever they answer,
 * it only lowers the proof. */
void vs_proof_ask(struct vs_export *e, uint32_t wanted)
{
	const struct hyp_host *host = e->vs->host;
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	const char *name = hyp_digest_name(wanted);
	struct hyp_error err;

	if (name == NULL)
		return;
	/* Hosts offer no SHA-512. */
	if (wanted == HYP_DIGEST_SHA512)
		name = hyp_digest_name(HYP_DIGEST_SHA256);
	if (set_checksum_type(e, name, &reply, &err) == 0) {
		host->fact(host->ctx, "digest", name);
		return;
	}
	vs_log(e->vs, HYP_LOG_INFO, "the host gives no %s: %s", name, err.text);
	vs_reply_fini(&reply);
	if (get_manifest(e, &reply, &err) == 0)
		host->fact(host->ctx, "digest",
			   hyp_digest_name(HYP_DIGEST_SHA1));
	else
		vs_log(e->vs, HYP_LOG_INFO, "nor any other digest: %s",
		       err.text);
}

/* checksum with its type, else the sha1 of old. */
static void take_digest(xmlNodePtr entry, struct hyp_digest *out)
{
	uint32_t algorithm = hyp_digest_by_name(vs_text(entry, "checksumType"));
	const char *hex = vs_text(entry, "checksum");

	out->length = 0;
	if (algorithm != 0 && hex[0] != '\0' &&
	    hyp_digest_parse(algorithm, hex, out, NULL) == 0)
		return;
	hex = vs_text(entry, "sha1");
	if (hex[0] == '\0' ||
	    hyp_digest_parse(HYP_DIGEST_SHA1, hex, out, NULL) != 0)
		out->length = 0;
}

static int32_t add_entry(struct vs_export *e, xmlNodePtr entry, uint8_t *done,
			 const struct hyp_proof_sink *sink,
			 struct hyp_error *err)
{
	const char *key = vs_text(entry, "key");
	struct hyp_proof proof = {.size = sizeof(proof)};

	for (uint32_t i = 0; i < e->file_count; i++) {
		if (done[i] || strcmp(vs_file_device(e, i)->key, key) != 0)
			continue;
		done[i] = 1;
		proof.index = i;
		proof.bytes = vs_number(entry, "size");
		if (proof.bytes == 0)
			proof.bytes = HYP_UNKNOWN;
		proof.capacity = vs_number(entry, "capacity");
		proof.populated = vs_find(entry, "populatedSize") != NULL
					  ? vs_number(entry, "populatedSize")
					  : HYP_UNKNOWN;
		take_digest(entry, &proof.digest);
		return sink->add(sink->ctx, &proof, err);
	}
	return 0;
}

int32_t vs_proof(void *exported, const struct hyp_proof_sink *sink,
		 struct hyp_error *err)
{
	struct vs_export *e = exported;
	uint8_t done[1024] = {0}; /* as many as a lease may offer */
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr entry;
	int32_t rc;

	rc = get_manifest(e, &reply, err);
	if (rc != 0) {
		if (reply.fault[0] == '\0')
			return rc;
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "no_manifest", 0,
				     "the host gives no manifest (%s)",
				     reply.fault);
	}
	entry = hyp_xml_child(reply.body, NULL, "returnval");
	for (; entry != NULL && rc == 0;
	     entry = hyp_xml_next(entry, NULL, "returnval"))
		rc = add_entry(e, entry, done, sink, err);
	return rc;
}
