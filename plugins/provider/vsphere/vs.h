/* SPDX-License-Identifier: Apache-2.0 */
/* An instance: one endpoint, one session, within one attempt of one job. */
#ifndef VSPHERE_VS_H
#define VSPHERE_VS_H

#include "plugins/common/http.h"
#include "plugins/provider/vsphere/endpoint.h"
#include "plugins/provider/vsphere/soap.h"

#include <hypersdk/provider.h>
#include <pthread.h>

struct vs_options {
	const char *url;
	const char *username;
	struct hyp_secret password;
	const char *thumbprint;
	const char *ca;
	uint32_t insecure;
	uint32_t quiesce;
	uint64_t silence; /* ms */
};

/* What RetrieveServiceContent named. */
struct vs_service {
	struct vs_ref root, properties, views, sessions, search;
	struct vs_ref ovf, authorization; /* id "" if the server has none */
	char version[32];		  /* about.apiVersion */
	char product[128];		  /* about.fullName */
	uint32_t is_vcenter;
};

#define VS_COOKIE_MAX 2048

struct vs_idle_client { /* a client with its connection, not in use */
	struct hyp_http *http;
	struct vs_idle_client *next;
};

struct vs {
	const struct hyp_host *host;
	const struct vs_options *opt;
	struct vs_endpoint ep;

	pthread_mutex_t login_lock; /* held while logging in */
	pthread_mutex_t lock;	    /* guards all below */
	struct vs_idle_client *idle;
	struct vs_service service;
	uint32_t connected;	  /* service is known */
	uint32_t logged_in;	  /* cookie is of a session that we opened */
	uint32_t generation;	  /* counts logins */
	uint32_t exports;	  /* that are open */
	uint32_t keep;		  /* 1: no logout, an undo record needs it */
	struct hyp_error refused; /* code != 0: the login was, for good */
	char cookie[VS_COOKIE_MAX];
	char session_key[128];

	pthread_t keeper; /* CurrentTime every now and then */
	pthread_cond_t wake;
	uint32_t keeper_runs;
	uint32_t stopping;    /* read by requests under way */
	uint64_t cleanup_end; /* atomic; boot ms, 0: no limit. See call.h */
};

__attribute__((format(printf, 3, 4))) void
vs_log(const struct vs *vs, uint32_t level, const char *fmt, ...);

/* pthread_create with the signals of others blocked. */
int vs_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* 1 if the server's API is at least major.minor. */
int vs_api_at_least(struct vs *vs, unsigned int major, unsigned int minor);

#endif
