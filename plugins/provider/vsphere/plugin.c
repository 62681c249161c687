/* SPDX-License-Identifier: Apache-2.0 */
/* provider/vsphere: what the shared object exports. */
#include "plugins/provider/vsphere/call.h"
#include "plugins/provider/vsphere/export.h"
#include "plugins/provider/vsphere/inventory.h"
#include "plugins/provider/vsphere/machine.h"
#include "plugins/provider/vsphere/preflight.h"
#include "plugins/provider/vsphere/session.h"

#include <config.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <time.h>

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct vs_options, url, "url", NULL, HYP_OPT_REQUIRED,
		       "address of a vCenter or ESXi host: https://HOST/sdk, "
		       "HOST or HOST:PORT"),
	HYP_OPT_STRING(struct vs_options, username, "username", NULL, 0,
		       "user to log in as, e.g. backup@vsphere.local; needs "
		       "System.View, System.Read, VApp.Export, and for running "
		       "VMs VirtualMachine.State.CreateSnapshot and "
		       "RemoveSnapshot"),
	HYP_OPT_SECRET(struct vs_options, password, "password", 0,
		       "the user's password, by reference: file:PATH, env:NAME "
		       "or credential:NAME"),
	HYP_OPT_STRING(struct vs_options, thumbprint, "thumbprint", NULL, 0,
		       "accept exactly the certificate with this SHA-256 "
		       "fingerprint: SHA256:AA:BB:… or bare hex"),
	HYP_OPT_STRING(struct vs_options, ca, "ca", NULL, 0,
		       "file of certificate authorities (PEM) to verify "
		       "against; without, the system's are used"),
	HYP_OPT_BOOL(struct vs_options, insecure, "insecure", "false", 0,
		     "accept any certificate, of this endpoint and its data "
		     "hosts; every result says so"),
	HYP_OPT_BOOL(struct vs_options, quiesce, "quiesce", "true", 0,
		     "have VMware Tools flush a running guest's file systems "
		     "before its snapshot; where they cannot, the export goes "
		     "on and says crash-consistent"),
	HYP_OPT_DURATION(struct vs_options, silence, "silence", "60s", 0,
			 "give up on a connection that carries less than 1 "
			 "KiB/s for this long"),
};

static int32_t check_options(const struct vs *vs, struct hyp_error *err)
{
	const char *user = vs->opt->username;

	if ((user == NULL || user[0] == '\0') && vs->ep.user[0] == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "bad_option", 0,
				     "provider/vsphere needs a username; give "
				     "--username, or username in its pipeline");
	if (vs->opt->password.length == 0)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_option", 0,
			"provider/vsphere needs a password; give "
			"--password-file FILE, or in its pipeline password = "
			"\"file:PATH\" (a file of mode 0600) or "
			"\"env:NAME\"");
	return 0;
}

static void init_locks(struct vs *vs)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&vs->lock, NULL);
	pthread_mutex_init(&vs->login_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vs->wake, &attr);
	pthread_condattr_destroy(&attr);
}

static int32_t create(const struct hyp_host *host, const void *opt,
		      void **instance, struct hyp_error *err)
{
	struct vs *vs = calloc(1, sizeof(*vs));
	int32_t rc;

	if (vs == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", 0,
				     "out of memory");
	vs->host = host;
	vs->opt = opt;
	rc = vs_endpoint_init(&vs->ep, vs->opt, err);
	if (rc == 0)
		rc = check_options(vs, err);
	if (rc != 0) {
		free(vs);
		return rc;
	}
	init_locks(vs);
	xmlInitParser();
	*instance = vs;
	return 0;
}

static void destroy(void *instance)
{
	struct vs *vs = instance;

	vs_session_end(vs);
	vs_client_drop_all(vs);
	pthread_cond_destroy(&vs->wake);
	pthread_mutex_destroy(&vs->lock);
	pthread_mutex_destroy(&vs->login_lock);
	free(vs);
}

static const struct hyp_provider_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.list = vs_list,
	.lookup = vs_lookup,
	.machine = vs_machine,
	.preflight = vs_preflight,
	.open = vs_open,
	.files = vs_files,
	.copy = vs_copy,
	.proof = vs_proof,
	.describe = vs_describe,
	.finish = vs_finish,
	.abort = vs_abort,
	.undo = vs_undo,
};

HYP_PLUGIN_EXPORT
{
	static const struct hyp_plugin plugin = {
		.size = sizeof(plugin),
		.abi = HYP_ABI_VERSION,
		.kind = HYP_KIND_PROVIDER,
		.threads = HYP_THREADS_PARALLEL,
		.options_size = sizeof(struct vs_options),
		.name = "vsphere",
		.version = PACKAGE_VERSION,
		.summary = "VMs of VMware vCenter and ESXi, running or stopped",
		.options = options,
		.option_stride = sizeof(options[0]),
		.option_count = sizeof(options) / sizeof(options[0]),
		.ops = &ops,
	};
	return &plugin;
}
