/* SPDX-License-Identifier: Apache-2.0 */
/* The REST API, asked over its socket. */
#include "core/api/api.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "tests/nomem/kit.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct kit kit;
static struct hyp_api *api;

static int connect_to_it(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(hyp_api_port(api)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0,
	     "connect");
	return fd;
}

/* Where it had no memory when a connection was resumed, libmicrohttpd leaves it
 * until its thread has something else to do (core/api then gives up after 10
 * s): other clients are that. */
static void wait_for_answer(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};
	int others[4];

	while (poll(&look, 1, 300) == 0) {
		for (size_t i = 0; i < HYP_COUNT(others); i++)
			others[i] = connect_to_it();
		for (size_t i = 0; i < HYP_COUNT(others); i++)
			close(others[i]);
	}
}

/* The status, 0 if the connection ended without an answer. This thread's
 * memory does not fail. */
static int ask(const char *method, const char *path, const char *body,
	       char *answer, size_t size)
{
	int fd = connect_to_it(), status = 0;
	char text[4096];
	size_t n = 0;
	ssize_t r = 1;

	snprintf(text, sizeof(text),
		 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
		 "%s",
		 method, path, strlen(body), body);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		r = 0;
	while (r > 0 && n + 1 < size) {
		wait_for_answer(fd);
		r = read(fd, answer + n, size - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	}
	answer[n] = '\0';
	close(fd);
	if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
		return 0;
	return status;
}

static char answer[65536];

static int is_fine(int status)
{
	return status >= 200 && status < 300;
}

/* Right, or refused for want of memory; then right. */
static void request(const char *method, const char *path, const char *body)
{
	int status = ask(method, path, body, answer, sizeof(answer));

	if (is_fine(status))
		return;
	if (status != 503 && status != 0)
		broken("%s %s: %d\n%.2000s", method, path, status, answer);
	/* it may have none for the words either */
	if (status == 503 && strstr(answer, "no_memory") == NULL &&
	    strstr(answer, "no_threads") == NULL &&
	    strstr(answer, "\r\nContent-Length: 0\r\n") == NULL)
		broken("%s %s: 503, but not no_memory: %.2000s", method, path,
		       answer);
	if (shim_failed() == 0)
		broken("%s %s: %d though no memory failed", method, path,
		       status);
	shim_disarm();
	status = ask(method, path, body, answer, sizeof(answer));
	/* it may have been made, only the answer not */
	if (!is_fine(status) && status != 409)
		broken("%s %s, again: %d\n%.2000s", method, path, status,
		       answer);
}

static void requests(void)
{
	char body[2048];

	snprintf(body, sizeof(body),
		 "{\"vm_path\":\"synthetic-1\",\"output_path\":\"%s/out/a\"}",
		 kit.tree.root);
	request("POST", "/jobs/submit", body);
	request("GET", "/jobs?limit=10", "");
	request("POST", "/jobs/query", "{}");
	request("GET", "/jobs/stats", "");
	request("GET", "/status", "");
	request("GET", "/health", "");
}

static void run(const struct shim_plan *plan)
{
	int32_t rc;

	kit_init(&kit, "");
	must(kit_open(&kit) == 0, kit.err.text);
	kit.engine->life = HYP_LIFE_RUNNING; /* nothing is claimed */
	shim_arm(plan);
	rc = hyp_api_start(kit.engine, NULL, 0, &api, &kit.err);
	if (rc < 0) {
		is_nomem(rc, &kit.err, "start");
		shim_disarm();
		must(hyp_api_start(kit.engine, NULL, 0, &api, &kit.err) == 0,
		     kit.err.text);
	}
	shim_spare(1);
	requests();
	shim_disarm();
	shim_spare(-1);
	hyp_api_stop(api);
	kit_fini(&kit);
}

static void prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	parts_init(NULL, NULL);
}

const struct unit unit_http = {"http", prepare, run};
