/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job's definition: from the JSON that a client sends to checked members,
 * and from there to the plugins that will run it. compatibility.md, "Job JSON",
 * is the reference for names, aliases and defaults. Any thread.
 */
#ifndef HYP_ENGINE_DEFINITION_H
#define HYP_ENGINE_DEFINITION_H

#include "core/config/config.h"
#include <json-c/json.h>

struct hyp_definition {
	char *id; /* given by the client, or a new UUIDv7 */
	char *name;
	char *vm_path;	   /* a relative one is whole, by "datacenter" */
	char *output_path; /* as given; may hold {vm}, {date}, {time}, {id},
			    * {schedule} */
	char *format;	   /* "ova" or "ovf", NULL: the pipeline's, else ova */
	char *pipeline;	   /* NULL: not named */
	char *provider;	   /* a plugin's name, NULL: not named */
	char *server;	   /* vcenter.server or vcenter_url as a URL without
			    * user, NULL: none */
	char *username;
	char *password; /* from a request only; wiped by free */
	uint32_t insecure;
	uint32_t parallel;    /* 0: the pipeline's, else 3 */
	uint32_t mode;	      /* HYP_MODE_* */
	uint32_t with_images; /* options.remove_cdrom false */
	uint32_t force;
	uint32_t digest;    /* HYP_DIGEST_* */
	uint64_t bandwidth; /* bytes/s, 0: no limit */
	/* The definition as it is stored and shown: what the client sent, with
	 * id, name and created_at filled in and no password in it. */
	char *json;
};

/*
 * Checks everything that can be without asking a plugin. HYP_E_USAGE
 * "bad_request" or "unsupported"; the text begins with a JSON pointer to the
 * field ("/options/parallel_downloads: ..."). Numbers must be integers where
 * integers are meant; texts valid UTF-8 without control characters.
 */
int32_t hyp_definition_parse(struct json_object *json, int64_t now_ms,
			     struct hyp_definition **out,
			     struct hyp_error *err);
/* The same from a row's definition_json; password from its sealed secret, or
 * NULL. HYP_E_PERMANENT "bad_record" if it is none of ours. */
int32_t hyp_definition_load(const char *definition_json, const char *password,
			    struct hyp_definition **out, struct hyp_error *err);
/* The same definition for another VM of a group, or for a manual retry: with a
 * new id, and this VM's path and name; retry_of may be NULL. */
int32_t hyp_definition_again(const struct hyp_definition *from,
			     const char *vm_path, const char *vm_name,
			     const char *retry_of, int64_t now_ms,
			     struct hyp_definition **out,
			     struct hyp_error *err);
void hyp_definition_free(struct hyp_definition *definition);

/* 1 if vm_path asks for several VMs: it ends in '/', or holds '*'. */
int hyp_definition_is_group(const struct hyp_definition *definition);

/* output_path with the placeholders filled in, made plain: absolute, no "//",
 * ".", ".." or trailing '/'; beneath one of roots, on whole components. vm is
 * reduced to a file name. HYP_E_USAGE "unsafe_path". *out is the caller's. */
int32_t hyp_definition_output(const struct hyp_definition *definition,
			      const char *vm, const char *schedule,
			      int64_t now_ms, const struct hyp_list *roots,
			      char **out, struct hyp_error *err);

/* What a job is made of. */
struct hyp_resolved {
	struct hyp_part provider, packager, storage;
	uint32_t parallel;
	char *endpoint; /* "vcenter.example:443"; "synthetic" where a provider
			 * has no url */
	char *user;	/* "" if none */
	/* For hyp_definition_output: the storage's own, else the daemon's.
	 * Valid as long as this and config. */
	struct hyp_list roots;
};

/* By the rules of compatibility.md: the named pipeline; else vcenter{}; else
 * the named provider; else the default pipeline; else the only one; else
 * GOVC_*. Two of these that contradict each other are refused. A server that
 * a pipeline asks too is trusted as there and, without a password, asked with
 * the pipeline's. A pipeline's storage, else storage/local with the roots;
 * format chooses the packager. The password goes in as HYP_VALUE_LITERAL.
 * HYP_E_USAGE "no_pipeline", "no_endpoint", "bad_request". */
int32_t hyp_definition_resolve(const struct hyp_definition *definition,
			       const struct hyp_config *config,
			       struct hyp_resolved *out, struct hyp_error *err);
void hyp_resolved_fini(struct hyp_resolved *resolved);

#endif
