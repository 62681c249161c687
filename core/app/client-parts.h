/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client share. */
#ifndef HYP_APP_CLIENT_PARTS_H
#define HYP_APP_CLIENT_PARTS_H

#include "core/app/client.h"
#include <curl/curl.h>

/* Where the daemon is. */
struct hyp_server {
	char *socket; /* path, or NULL */
	char *base;   /* "http://localhost", "https://host:port/prefix" */
	char *ca;     /* file, or NULL: the system's */
	char *token;  /* header "Authorization: Bearer ...", or NULL */
	int local;    /* the Unix socket, or loopback by the settings */
};

/* HYP_E_USAGE; "not_running" and "no_permission" where a try to connect says
 * so. The caller finis server in every case. */
int32_t hyp_server_find(struct hyp_app *app, struct hyp_server *server,
			struct hyp_error *err);
void hyp_server_fini(struct hyp_server *server);

struct hyp_client {
	struct hyp_app *app;
	struct hyp_server server;
	CURL *curl;
};

/* Everything about a request but its method, its answer and its times. url is
 * kept by curl. */
int32_t hyp_client_prepare(struct hyp_client *client, CURL *curl,
			   const char *path, struct hyp_error *err);
/* Appends to *list, or fails and frees it. */
int32_t hyp_client_header(struct curl_slist **list, const char *line,
			  struct hyp_error *err);
/* Why a transfer failed. */
int32_t hyp_client_failed(struct hyp_client *client, CURL *curl, CURLcode rc,
			  struct hyp_error *err);

#endif
