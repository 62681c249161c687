/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/contract.h"
#include "core/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const struct hyp_loaded *contract_plugin;
const char *contract_root;

static struct hyp_config *config;
static struct hyp_registry *registry;
static uint32_t suite_kind;

static struct contract_record *find_record(struct contract_host *host,
					   const char *key)
{
	for (int i = 0; i < RECORDS; i++)
		if (host->records[i].used &&
		    strcmp(host->records[i].key, key) == 0)
			return &host->records[i];
	return NULL;
}

static struct contract_record *free_record(struct contract_host *host)
{
	for (int i = 0; i < RECORDS; i++)
		if (!host->records[i].used)
			return &host->records[i];
	abort();
}

static int32_t remember(void *ctx, const char *key, const void *bytes,
			uint64_t n, struct hyp_error *err)
{
	struct contract_host *host = ctx;
	struct contract_record *r;

	pthread_mutex_lock(&host->fake.lock);
	host->remembered++;
	if (host->fake.fail_remember) {
		pthread_mutex_unlock(&host->fake.lock);
		return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
				     "this host cannot remember");
	}
	r = find_record(host, key);
	if (r == NULL)
		r = free_record(host);
	if (strlen(key) > 128 || n > sizeof(r->bytes))
		abort();
	r->used = 1;
	snprintf(r->key, sizeof(r->key), "%s", key);
	memcpy(r->bytes, bytes, n);
	r->n = n;
	pthread_mutex_unlock(&host->fake.lock);
	return 0;
}

static int32_t forget(void *ctx, const char *key, struct hyp_error *err)
{
	struct contract_host *host = ctx;
	struct contract_record *r;

	(void)err;
	pthread_mutex_lock(&host->fake.lock);
	r = find_record(host, key);
	if (r != NULL)
		r->used = 0;
	pthread_mutex_unlock(&host->fake.lock);
	return 0;
}

void contract_host_init(struct contract_host *host)
{
	memset(host, 0, sizeof(*host));
	fake_host_init(&host->fake);
	host->fake.table.remember = remember;
	host->fake.table.forget = forget;
}

unsigned contract_host_records(struct contract_host *host)
{
	unsigned n = 0;

	pthread_mutex_lock(&host->fake.lock);
	for (int i = 0; i < RECORDS; i++)
		n += host->records[i].used;
	pthread_mutex_unlock(&host->fake.lock);
	return n;
}

static const struct hyp_part *find_part(const char *pipeline)
{
	static char name[64];
	static const struct hyp_part of_its_name = {.plugin = name};

	if (suite_kind == HYP_KIND_STORE)
		return &config->database;
	if (suite_kind == HYP_KIND_EXPORTER) { /* has no settings */
		snprintf(name, sizeof(name), "%s",
			 contract_plugin->plugin.name);
		return &of_its_name;
	}
	for (size_t i = 0; i < config->webhook_count; i++)
		if (strcmp(config->webhooks[i].name, pipeline) == 0)
			return &config->webhooks[i].part;
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct hyp_pipeline *p = &config->pipelines[i];

		if (strcmp(p->name, pipeline) != 0)
			continue;
		if (suite_kind == HYP_KIND_PROVIDER)
			return &p->provider;
		return suite_kind == HYP_KIND_PACKAGER ? &p->packager
						       : &p->storage;
	}
	return NULL;
}

int contract_has(const char *pipeline)
{
	return find_part(pipeline) != NULL;
}

static int32_t call_create(const struct hyp_loaded *loaded,
			   struct contract_instance *i, struct hyp_error *err)
{
	const struct hyp_host *host = &i->host.fake.table;
	const void *options = hyp_options_struct(i->options);

	if (suite_kind == HYP_KIND_PROVIDER)
		return ((const struct hyp_provider_ops *)loaded->ops)
			->create(host, options, &i->raw, err);
	if (suite_kind == HYP_KIND_PACKAGER)
		return ((const struct hyp_packager_ops *)loaded->ops)
			->create(host, options, &i->raw, err);
	if (suite_kind == HYP_KIND_NOTIFIER)
		return ((const struct hyp_notifier_ops *)loaded->ops)
			->create(host, options, &i->raw, err);
	if (suite_kind == HYP_KIND_EXPORTER)
		return ((const struct hyp_exporter_ops *)loaded->ops)
			->create(host, options, &i->raw, err);
	if (suite_kind == HYP_KIND_STORE) /* two would be two databases */
		return 0;
	return ((const struct hyp_storage_ops *)loaded->ops)
		->create(host, options, i->inner ? &hyp_storage_calls : NULL,
			 i->inner ? i->inner->checked : NULL, &i->raw, err);
}

static void call_destroy(const struct hyp_loaded *loaded, void *raw)
{
	if (suite_kind == HYP_KIND_PROVIDER)
		((const struct hyp_provider_ops *)loaded->ops)->destroy(raw);
	else if (suite_kind == HYP_KIND_PACKAGER)
		((const struct hyp_packager_ops *)loaded->ops)->destroy(raw);
	else if (suite_kind == HYP_KIND_NOTIFIER)
		((const struct hyp_notifier_ops *)loaded->ops)->destroy(raw);
	else if (suite_kind == HYP_KIND_EXPORTER)
		((const struct hyp_exporter_ops *)loaded->ops)->destroy(raw);
	else
		((const struct hyp_storage_ops *)loaded->ops)->destroy(raw);
}

/* outermost: of the plugin that is tested, which is also made raw. */
static struct contract_instance *make(const struct hyp_part *part,
				      const struct hyp_values *values,
				      int outermost, struct hyp_error *err)
{
	struct contract_instance *i = calloc(1, sizeof(*i));
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	const struct hyp_loaded *loaded;

	contract_host_init(&i->host);
	ck_ok(hyp_registry_find(registry, suite_kind, part->plugin, &loaded,
				err),
	      err);
	hyp_options_fill(&loaded->options,
			 values != NULL ? values : &part->values, part->plugin,
			 0, &i->options, &problems);
	ck_ok(hyp_problems_error(&problems, err), err);
	if (part->inner != NULL) {
		i->inner = make(part->inner, NULL, 0, err);
		if (i->inner == NULL)
			abort();
	}
	if (hyp_instance_new(loaded, i->options, &i->host.fake.table,
			     i->inner ? i->inner->checked : NULL, &i->checked,
			     err) != 0 ||
	    (outermost && call_create(loaded, i, err) != 0)) {
		contract_free(i);
		return NULL;
	}
	return i;
}

struct contract_instance *contract_create(const char *pipeline,
					  struct hyp_error *err)
{
	const struct hyp_part *part = find_part(pipeline);

	ck_assert_msg(part != NULL, "there is no pipeline \"%s\"", pipeline);
	ck_assert_str_eq(part->plugin, contract_plugin->plugin.name);
	return make(part, NULL, 1, err);
}

static void set(struct hyp_values *values, const char *name, const char *value,
		struct hyp_error *err)
{
	ck_ok(hyp_values_set(values, name, HYP_VALUE_TEXT, value, "test", 0,
			     err),
	      err);
}

struct contract_instance *contract_store(const char *path, int read_only,
					 struct hyp_error *err)
{
	struct hyp_values values = HYP_VALUES_INIT;
	struct contract_instance *i;

	ck_ok(hyp_values_overlay(&values, &config->database.values, err), err);
	set(&values, "path", path, err);
	if (read_only)
		set(&values, "read_only", "true", err);
	i = make(&config->database, &values, 1, err);
	hyp_values_fini(&values);
	return i;
}

struct contract_instance *contract_new(const char *pipeline)
{
	struct hyp_error err;
	struct contract_instance *i = contract_create(pipeline, &err);

	ck_assert_msg(i != NULL, "create: %s", err.text);
	return i;
}

void contract_free(struct contract_instance *i)
{
	if (i == NULL)
		return;
	if (i->raw != NULL)
		call_destroy(contract_plugin, i->raw);
	hyp_instance_free(i->checked);
	contract_free(i->inner);
	hyp_options_free(i->options);
	fake_host_fini(&i->host.fake);
	free(i);
}

unsigned contract_count(const char *proc_folder)
{
	DIR *dir = opendir(proc_folder);
	unsigned n = 0;

	if (dir == NULL)
		abort();
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

char *contract_folder(void)
{
	char *path;

	if (asprintf(&path, "%s/XXXXXX", contract_root) < 0 ||
	    mkdtemp(path) == NULL)
		abort();
	return path;
}

unsigned contract_entries(const char *dir, int visible_only)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		     strcmp(e->d_name, "..") != 0 &&
		     (!visible_only || e->d_name[0] != '.');
	closedir(d);
	return n;
}

static FILE *open_file(const char *dir, const char *name, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, mode);
}

void contract_write_file(const char *dir, const char *name, const char *text)
{
	FILE *out = open_file(dir, name, "we");

	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0)
		abort();
}

char *contract_read_file(const char *dir, const char *name, size_t *n)
{
	FILE *in = open_file(dir, name, "re");
	char *bytes;
	long size;

	if (in == NULL)
		return NULL;
	fseek(in, 0, SEEK_END);
	size = ftell(in);
	rewind(in);
	bytes = malloc((size_t)size + 1);
	if (bytes == NULL || fread(bytes, 1, (size_t)size, in) != (size_t)size)
		abort();
	fclose(in);
	*n = (size_t)size;
	return bytes;
}

int contract_error_proper(int32_t rc, const struct hyp_error *err)
{
	size_t kind = strspn(err->kind, "abcdefghijklmnopqrstuvwxyz"
					"0123456789_");

	return rc < 0 && rc >= HYP_E_LAST && err->code == rc && kind > 0 &&
	       kind < sizeof(err->kind) && err->kind[kind] == '\0' &&
	       memchr(err->text, '\0', sizeof(err->text)) != NULL &&
	       err->text[0] != '\0' && strchr(err->text, '\n') == NULL &&
	       hyp_text_is_utf8(err->text, strlen(err->text));
}

uint32_t contract_random(uint32_t *state)
{
	/* xorshift32 */
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* more: a second folder of plugins, or NULL. */
static int load(const char *self, const char *name, const char *settings,
		const char *more)
{
	const char *dirs[2] = {getenv("HYPERSDK_PLUGIN_DIR"), more};
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_error err;

	contract_root = getenv("CONTRACT_ROOT");
	if (dirs[0] == NULL || contract_root == NULL) {
		fprintf(stderr, "set HYPERSDK_PLUGIN_DIR and CONTRACT_ROOT\n");
		return -1;
	}
	if (hyp_config_load(settings, NULL, &config, &problems) != 0) {
		hyp_problems_error(&problems, &err);
	} else if (hyp_registry_new(dirs, more != NULL ? 2 : 1, self, &registry,
				    &err) == 0 &&
		   hyp_registry_find(registry, suite_kind, name,
				     &contract_plugin, &err) == 0) {
		return 0;
	}
	fprintf(stderr, "%s\n", err.text);
	return -1;
}

int contract_main(int argc, char **argv, uint32_t kind, Suite *(*suite)(void))
{
	char self[4096] = "";

	if (argc == 3 && strcmp(argv[1], "--probe-plugin") == 0)
		return hyp_probe_main(argv[2]);
	suite_kind = kind;
	if ((argc != 3 && argc != 4) ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
		fprintf(stderr, "usage: %s NAME SETTINGS [PLUGINS]\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (load(self, argv[1], argv[2], argv[3]) != 0)
		return EXIT_FAILURE;
	return unit_main(suite());
}
