/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/session.h"

#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/call.h"

#include <string.h>
#include <time.h>

#define COOKIE_NAME "vmware_soap_session"
#define KEEP_ALIVE_S 300 /* vCenter ends idle sessions after 30 minutes */

/* "vmware_soap_session=VALUE; Path=/; Secure": VALUE as it is, quotes and
 * all. "" if this is another cookie, or one that could not be sent back. */
static void take_cookie(const char *header, char *out, size_t max)
{
	size_t k = strlen(COOKIE_NAME), n;

	out[0] = '\0';
	if (header == NULL || strncmp(header, COOKIE_NAME, k) != 0 ||
	    header[k] != '=')
		return;
	header += k + 1;
	n = strcspn(header, ";");
	if (n >= max)
		return;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)header[i] < 0x20 || header[i] == 0x7F)
			return;
	memcpy(out, header, n);
	out[n] = '\0';
}

static void set_cookie(struct vs *vs, const char *value)
{
	pthread_mutex_lock(&vs->lock);
	snprintf(vs->cookie, sizeof(vs->cookie), "%s", value);
	pthread_mutex_unlock(&vs->lock);
}

/* A call of the login sequence: takes whatever session cookie it brings. */
static int32_t bare_call(struct vs *vs, struct vs_msg *msg, uint32_t flags,
			 struct vs_reply *reply, struct hyp_error *err)
{
	HYP_AUTO_FREE char *header = NULL;
	struct vs_call_args args = {.flags = flags | VS_BARE,
				    .cookie = &header};
	char cookie[VS_COOKIE_MAX];
	int32_t rc = vs_call_with(vs, msg, &args, reply, err);

	take_cookie(header, cookie, sizeof(cookie));
	if (rc == 0 && cookie[0] != '\0')
		set_cookie(vs, cookie);
	return rc;
}

/* It goes into a header: only what a version is made of. */
static int is_version(const char *text)
{
	size_t n = strspn(text, "0123456789.");

	return n > 0 && n < sizeof(((struct vs_service *)0)->version) &&
	       text[n] == '\0';
}

static int32_t read_service(struct vs *vs, xmlNodePtr content,
			    struct hyp_error *err)
{
	struct vs_service s = {0};
	int ok = vs_ref_read(vs_find(content, "rootFolder"), &s.root) &&
		 vs_ref_read(vs_find(content, "propertyCollector"),
			     &s.properties) &&
		 vs_ref_read(vs_find(content, "viewManager"), &s.views) &&
		 vs_ref_read(vs_find(content, "sessionManager"), &s.sessions);
	const char *version = vs_text(content, "about/apiVersion");

	if (!ok || !is_version(version))
		return hyp_error_set(
			err, HYP_E_PERMANENT, "bad_response", 0,
			"%s does not name its parts in RetrieveServiceContent; "
			"is it a vCenter or ESXi host?",
			vs->ep.name);
	vs_ref_read(vs_find(content, "searchIndex"), &s.search);
	vs_ref_read(vs_find(content, "ovfManager"), &s.ovf);
	vs_ref_read(vs_find(content, "authorizationManager"), &s.authorization);
	snprintf(s.version, sizeof(s.version), "%s", version);
	snprintf(s.product, sizeof(s.product), "%s",
		 vs_text(content, "about/fullName"));
	s.is_vcenter =
		strcmp(vs_text(content, "about/apiType"), "VirtualCenter") == 0;
	pthread_mutex_lock(&vs->lock);
	vs->service = s;
	vs->connected = 1;
	pthread_mutex_unlock(&vs->lock);
	return 0;
}

int32_t vs_session_connect(struct vs *vs, uint32_t flags, struct hyp_error *err)
{
	struct vs_ref self = vs_ref_make("ServiceInstance", "ServiceInstance");
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc;

	vs_msg_begin(&msg, "RetrieveServiceContent", &self);
	rc = bare_call(vs, &msg, VS_READ | flags, &reply, err);
	if (rc != 0)
		return rc;
	return read_service(vs, vs_find(reply.body, "returnval"), err);
}

static int32_t login(struct vs *vs, uint32_t flags, struct hyp_error *err)
{
	const char *user = vs->opt->username;
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc;

	if (user == NULL || user[0] == '\0')
		user = vs->ep.user;
	vs_msg_begin(&msg, "Login", &vs->service.sessions);
	vs_msg_text(&msg, "userName", user);
	vs_msg_text(&msg, "password", vs->opt->password.value);
	rc = bare_call(vs, &msg, flags, &reply, err);
	if (rc != 0)
		return rc;
	if (vs->cookie[0] == '\0')
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_response", 0,
				     "%s accepted the login but gave no "
				     "session cookie (%s)",
				     vs->ep.name, COOKIE_NAME);
	pthread_mutex_lock(&vs->lock);
	snprintf(vs->session_key, sizeof(vs->session_key), "%s",
		 vs_text(reply.body, "returnval/key"));
	pthread_mutex_unlock(&vs->lock);
	vs_log(vs, HYP_LOG_INFO, "logged in to %s (%s) as %s", vs->ep.name,
	       vs->service.product, user);
	return 0;
}

static void keep_alive(struct vs *vs)
{
	struct vs_ref self = vs_ref_make("ServiceInstance", "ServiceInstance");
	struct vs_call_args args = {.flags = VS_TIMER | VS_BARE,
				    .stop = &vs->stopping};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct hyp_error err;

	vs_msg_begin(&msg, "CurrentTime", &self);
	if (vs_call_with(vs, &msg, &args, &reply, &err) != 0)
		vs_log(vs, HYP_LOG_DEBUG, "keeping the session alive: %s",
		       err.text);
}

static void *keeper_main(void *arg)
{
	struct vs *vs = arg;
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	pthread_mutex_lock(&vs->lock);
	while (!vs->stopping) {
		at.tv_sec += KEEP_ALIVE_S;
		while (!vs->stopping &&
		       pthread_cond_timedwait(&vs->wake, &vs->lock, &at) == 0)
			;
		if (vs->stopping)
			break;
		pthread_mutex_unlock(&vs->lock);
		keep_alive(vs);
		pthread_mutex_lock(&vs->lock);
	}
	pthread_mutex_unlock(&vs->lock);
	return NULL;
}

static void begin_generation(struct vs *vs)
{
	pthread_mutex_lock(&vs->lock);
	vs->logged_in = 1;
	vs->generation++;
	if (!vs->keeper_runs &&
	    vs_thread_start(&vs->keeper, keeper_main, vs) == 0)
		vs->keeper_runs = 1;
	pthread_mutex_unlock(&vs->lock);
}

/* With login_lock held. */
static int32_t open_session(struct vs *vs, uint32_t flags,
			    struct hyp_error *err)
{
	struct hyp_error why;
	int32_t rc = 0;

	if (vs->refused.code != 0) {
		if (err != NULL)
			*err = vs->refused;
		return vs->refused.code;
	}
	if (!vs->connected)
		rc = vs_session_connect(vs, flags & VS_CLEANUP, &why);
	if (rc == 0)
		rc = login(vs, flags & VS_CLEANUP, &why);
	if (rc == 0) {
		begin_generation(vs);
		return 0;
	}
	if (rc == HYP_E_AUTH)
		vs->refused = why;
	if (err != NULL)
		*err = why;
	return rc;
}

static int is_open(struct vs *vs, uint32_t *generation)
{
	int open;

	pthread_mutex_lock(&vs->lock);
	open = (int)vs->logged_in;
	*generation = vs->generation;
	pthread_mutex_unlock(&vs->lock);
	return open;
}

int32_t vs_session_ensure(struct vs *vs, uint32_t flags, struct hyp_error *err)
{
	uint32_t generation;
	int32_t rc = 0;

	if (is_open(vs, &generation))
		return 0;
	pthread_mutex_lock(&vs->login_lock);
	if (!is_open(vs, &generation))
		rc = open_session(vs, flags, err);
	pthread_mutex_unlock(&vs->login_lock);
	return rc;
}

int32_t vs_session_renew(struct vs *vs, uint32_t generation, uint32_t flags,
			 struct hyp_error *err)
{
	uint32_t current;
	int32_t rc = 0;

	pthread_mutex_lock(&vs->login_lock);
	is_open(vs, &current);
	if (current == generation) {
		vs_log(vs, HYP_LOG_WARNING,
		       "the session at %s has ended; logging in again",
		       vs->ep.name);
		set_cookie(vs, "");
		rc = open_session(vs, flags, err);
	}
	pthread_mutex_unlock(&vs->login_lock);
	return rc;
}

void vs_session_adopt(struct vs *vs, const char *cookie)
{
	set_cookie(vs, cookie);
	pthread_mutex_lock(&vs->lock);
	vs->logged_in = 1;
	vs->generation++;
	pthread_mutex_unlock(&vs->lock);
}

uint32_t vs_session_generation(struct vs *vs)
{
	uint32_t generation;

	is_open(vs, &generation);
	return generation;
}

void vs_session_forget(struct vs *vs)
{
	pthread_mutex_lock(&vs->lock);
	vs->logged_in = 0;
	explicit_bzero(vs->cookie, sizeof(vs->cookie));
	pthread_mutex_unlock(&vs->lock);
}

void vs_session_leave(struct vs *vs)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct vs_call_args args = {.flags = VS_TIMER | VS_BARE};
	struct hyp_error err;

	vs_msg_begin(&msg, "Logout", &vs->service.sessions);
	if (vs_call_with(vs, &msg, &args, &reply, &err) != 0)
		vs_log(vs, HYP_LOG_DEBUG, "%s", err.text);
	vs_session_forget(vs);
}

void vs_session_end(struct vs *vs)
{
	uint32_t generation;

	if (vs->keeper_runs) {
		pthread_mutex_lock(&vs->lock);
		__atomic_store_n(&vs->stopping, 1, __ATOMIC_RELEASE);
		pthread_cond_broadcast(&vs->wake);
		pthread_mutex_unlock(&vs->lock);
		pthread_join(vs->keeper, NULL);
		vs->keeper_runs = 0;
	}
	if (is_open(vs, &generation) && !vs->keep)
		vs_session_leave(vs);
	explicit_bzero(vs->cookie, sizeof(vs->cookie));
}
