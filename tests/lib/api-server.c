/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine and its API with nothing around them: api-server CONFIG PLUGINS
 * PROBER. Prints "ready PORT" and runs until SIGTERM. The tests of the API use
 * it where what the daemon adds would be in the way.
 */
#include "core/api/api.h"
#include "core/base/log.h"

#include <signal.h>
#include <stdlib.h>

static int fail(const char *what, const struct hyp_error *err)
{
	fprintf(stderr, "%s: %s: %s\n", what, err->kind, err->text);
	return 1;
}

static struct hyp_config *read_config(const char *path)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_config *config = NULL;

	if (hyp_config_load(path, NULL, &config, &problems) != 0)
		fprintf(stderr, "%s: wrong settings\n", path);
	hyp_problems_fini(&problems);
	return config;
}

static void serve(struct hyp_api *api)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	printf("ready %u\n", hyp_api_port(api));
	fflush(stdout);
	sigwait(&set, &sig);
}

int main(int argc, char **argv)
{
	struct hyp_registry *registry = NULL;
	struct hyp_engine *engine = NULL;
	struct hyp_config *config;
	struct hyp_api *api = NULL;
	struct hyp_error err;
	sigset_t set;
	const char *dir;

	if (argc != 4)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	dir = argv[2];
	config = read_config(argv[1]);
	if (config == NULL ||
	    hyp_registry_new(&dir, 1, argv[3], &registry, &err) != 0)
		return 1;
	if (hyp_engine_open(config, registry, &engine, &err) != 0)
		return fail("engine", &err);
	if (hyp_api_start(engine, NULL, 0, &api, &err) != 0)
		return fail("api", &err);
	if (hyp_engine_start(engine, &err) != 0)
		return fail("start", &err);
	serve(api);
	hyp_engine_hurry(engine);
	hyp_engine_stop(engine);
	hyp_api_stop(api);
	hyp_engine_close(engine);
	hyp_registry_free(registry);
	return 0;
}
