/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/registry.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/plugin/folders.h"
#include "core/plugin/gate.h"
#include "core/plugin/loader.h"
#include "core/plugin/probe.h"
#include "core/plugin/trust.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What is known of one file. */
struct entry {
	uint32_t kind;
	char name[64];
	unsigned seen;	  /* by the scan of that number */
	struct stat file; /* what was loaded */
	uint32_t loaded;  /* 1: the next two are filled */
	struct hyp_loaded plugin;
	struct hyp_description description;
	/* Else why not, and of which state of the file that is true. */
	struct hyp_refusal refusal;
	struct stat refused;
};

struct hyp_registry {
	pthread_mutex_t lock;
	struct hyp_folders folders;
	char *prober;
	struct entry **entries;
	size_t count;
	/* What the last scan handed out. */
	unsigned scans;
	const struct hyp_loaded **plugins;
	struct hyp_refusal *refusals;
};

int32_t hyp_registry_new(const char *const *dirs, size_t count,
			 const char *prober, struct hyp_registry **out,
			 struct hyp_error *err)
{
	struct hyp_registry *registry = calloc(1, sizeof(*registry));
	int32_t rc;

	if (registry == NULL)
		return hyp_error_nomem(err);
	if (pthread_mutex_init(&registry->lock, NULL) != 0) {
		free(registry);
		return hyp_error_nomem(err);
	}
	rc = hyp_folders_init(&registry->folders, dirs, count, err);
	if (rc == 0)
		rc = hyp_strdup(prober, &registry->prober, err);
	if (rc != 0) {
		hyp_registry_free(registry);
		return rc;
	}
	*out = registry;
	return 0;
}

static void entry_free(struct entry *entry)
{
	free(entry->plugin.path);
	hyp_description_fini(&entry->description);
	free(entry->refusal.path);
	free(entry->refusal.reason);
	free(entry);
}

void hyp_registry_free(struct hyp_registry *registry)
{
	if (registry == NULL)
		return;
	for (size_t i = 0; i < registry->count; i++)
		entry_free(registry->entries[i]);
	free(registry->entries);
	free(registry->plugins);
	free(registry->refusals);
	free(registry->prober);
	hyp_folders_fini(&registry->folders);
	pthread_mutex_destroy(&registry->lock);
	free(registry);
}

static struct entry *find_entry(struct hyp_registry *registry, uint32_t kind,
				const char *name)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->entries[i]->kind == kind &&
		    strcmp(registry->entries[i]->name, name) == 0)
			return registry->entries[i];
	return NULL;
}

static int32_t get_entry(struct hyp_registry *registry, uint32_t kind,
			 const char *name, struct entry **out,
			 struct hyp_error *err)
{
	struct entry **more, *entry = find_entry(registry, kind, name);

	if (entry == NULL) {
		more = realloc(registry->entries,
			       (registry->count + 1) * sizeof(struct entry *));
		if (more == NULL)
			return hyp_error_nomem(err);
		registry->entries = more;
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return hyp_error_nomem(err);
		entry->kind = kind;
		snprintf(entry->name, sizeof(entry->name), "%s", name);
		more[registry->count++] = entry;
	}
	*out = entry;
	return 0;
}

static int32_t fill_loaded(struct entry *entry, const char *path,
			   struct hyp_error *err)
{
	const struct hyp_description *d = &entry->description;
	struct hyp_gate *gate = NULL;
	char *copy = NULL;
	int32_t rc = hyp_strdup(path, &copy, err);

	if (rc == 0 && d->plugin.threads == HYP_THREADS_SERIAL)
		rc = hyp_gate_shared(d->plugin.name, &gate, err);
	if (rc != 0) {
		free(copy);
		hyp_description_fini(&entry->description);
		return rc;
	}
	entry->plugin = (struct hyp_loaded){
		.plugin = d->plugin,
		.options = {d->options, sizeof(*d->options),
			    d->plugin.option_count, d->plugin.options_size},
		.ops = d->ops,
		.path = copy,
		.gate = gate,
	};
	entry->loaded = 1;
	return 0;
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The same file in the same state as when it was refused? */
static int unchanged(const struct entry *entry, const struct stat *st)
{
	const struct stat *old = &entry->refused;

	return entry->refusal.reason != NULL && same_file(old, st) &&
	       old->st_ctim.tv_sec == st->st_ctim.tv_sec &&
	       old->st_ctim.tv_nsec == st->st_ctim.tv_nsec;
}

/* Everything between a trusted file and a loaded plugin. */
static int32_t load_file(struct hyp_registry *registry, struct entry *entry,
			 const char *path, int fd, struct hyp_error *err)
{
	int32_t rc =
		hyp_probe_run(registry->prober, path, HYP_PROBE_LIMIT_MS, err);

	if (rc == 0)
		rc = hyp_loader_load(path, fd, &entry->description, err);
	return rc != 0 ? rc : fill_loaded(entry, path, err);
}

static int32_t refuse(struct entry *entry, const char *path,
		      const struct stat *st, struct hyp_error *err)
{
	struct hyp_refusal *refusal = &entry->refusal;
	struct hyp_error lost;

	free(refusal->path);
	free(refusal->reason);
	*refusal = (struct hyp_refusal){entry->kind, NULL, NULL};
	entry->refused = *st;
	if (hyp_strdup(path, &refusal->path, &lost) != 0 ||
	    hyp_strdup(err->text, &refusal->reason, &lost) != 0)
		return hyp_error_nomem(err);
	return hyp_error_prefix(err, "%s: ", path);
}

/* Whether the file may be tried; *fd is then open, *st its state. */
static int32_t check_file(const char *path, int *fd, struct stat *st,
			  struct hyp_error *err)
{
	char name[64];
	uint32_t kind;
	int32_t rc = hyp_loader_name(path, &kind, name, err);

	if (rc == 0)
		rc = hyp_trust_open(path, fd, err);
	if (rc == 0 && fstat(*fd, st) != 0)
		rc = hyp_reject(err, "fstat: %s", strerror(errno));
	return rc != 0 ? rc : hyp_loader_inspect(*fd, err);
}

static int32_t load(struct hyp_registry *registry, struct entry *entry,
		    const char *path, struct hyp_error *err)
{
	static const struct stat never; /* of no file: look again next time */
	struct stat st;
	HYP_AUTO_CLOSE int fd = -1;
	int32_t rc = check_file(path, &fd, &st, err);

	if (rc != 0)
		return rc == HYP_E_USAGE ? refuse(entry, path, &never, err)
					 : rc;
	if (unchanged(entry, &st))
		return hyp_reject(err, "%s: %s", path, entry->refusal.reason);
	rc = load_file(registry, entry, path, fd, err);
	entry->file = st;
	return rc == HYP_E_USAGE ? refuse(entry, path, &st, err) : rc;
}

/* What has become of a loaded plugin's file; path: where it is now. */
static uint32_t loaded_state(const struct entry *entry, const char *path)
{
	struct stat st;

	return strcmp(entry->plugin.path, path) == 0 && stat(path, &st) == 0 &&
			       same_file(&entry->file, &st)
		       ? HYP_LOADED_KNOWN
		       : HYP_LOADED_REPLACED;
}

/* The lock is held. */
static int32_t find_file(struct hyp_registry *registry, uint32_t kind,
			 const char *name, const char *path, struct entry **out,
			 struct hyp_error *err)
{
	int32_t rc = get_entry(registry, kind, name, out, err);

	if (rc != 0)
		return rc;
	(*out)->seen = registry->scans;
	if ((*out)->loaded) {
		(*out)->plugin.state = loaded_state(*out, path);
		return 0;
	}
	rc = load(registry, *out, path, err);
	if (rc == 0)
		(*out)->plugin.state = HYP_LOADED_NEW;
	return rc;
}

static int32_t find(struct hyp_registry *registry, uint32_t kind,
		    const char *name, struct entry **out, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	int32_t rc;

	*out = find_entry(registry, kind, name);
	if (*out != NULL && (*out)->loaded)
		return 0;
	rc = hyp_folders_find(&registry->folders, kind, name, &path, err);
	return rc != 0 ? rc : find_file(registry, kind, name, path, out, err);
}

int32_t hyp_registry_find(struct hyp_registry *registry, uint32_t kind,
			  const char *name, const struct hyp_loaded **out,
			  struct hyp_error *err)
{
	struct entry *entry;
	int32_t rc;

	pthread_mutex_lock(&registry->lock);
	rc = find(registry, kind, name, &entry, err);
	if (rc == 0)
		*out = &entry->plugin;
	pthread_mutex_unlock(&registry->lock);
	return rc;
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct hyp_loaded *const *x = a, *const *y = b;

	if ((*x)->plugin.kind != (*y)->plugin.kind)
		return (*x)->plugin.kind < (*y)->plugin.kind ? -1 : 1;
	return strcmp((*x)->plugin.name, (*y)->plugin.name);
}

static int by_kind_and_path(const void *a, const void *b)
{
	const struct hyp_refusal *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Tries every file there is; what is refused is in its entry. */
static int32_t find_all(struct hyp_registry *registry, struct hyp_error *err)
{
	struct hyp_plugin_files files = {NULL, 0};
	struct entry *entry;
	int32_t rc = hyp_folders_list(&registry->folders, 0, &files, err);

	for (size_t i = 0; i < files.count && rc == 0; i++) {
		rc = find_file(registry, files.at[i].kind, files.at[i].name,
			       files.at[i].path, &entry, err);
		/* Refused, or gone meanwhile: not a failure of the scan. */
		if (rc == HYP_E_USAGE || rc == HYP_E_NOT_FOUND)
			rc = 0;
	}
	hyp_plugin_files_fini(&files);
	return rc;
}

/* Room for the two lists, as long as all entries. */
static int32_t make_lists(struct hyp_registry *registry, struct hyp_error *err)
{
	size_t n = registry->count + 1;

	free(registry->plugins);
	free(registry->refusals);
	registry->plugins = calloc(n, sizeof(struct hyp_loaded *));
	registry->refusals = calloc(n, sizeof(*registry->refusals));
	if (registry->plugins == NULL || registry->refusals == NULL)
		return hyp_error_nomem(err);
	return 0;
}

static void fill_lists(struct hyp_registry *registry, size_t *plugins,
		       size_t *refusals)
{
	*plugins = *refusals = 0;
	for (size_t i = 0; i < registry->count; i++) {
		struct entry *entry = registry->entries[i];

		if (entry->loaded && entry->seen != registry->scans)
			entry->plugin.state = HYP_LOADED_GONE;
		if (entry->loaded)
			registry->plugins[(*plugins)++] = &entry->plugin;
		else if (entry->refusal.reason != NULL &&
			 entry->seen == registry->scans)
			registry->refusals[(*refusals)++] = entry->refusal;
	}
	qsort(registry->plugins, *plugins, sizeof(struct hyp_loaded *),
	      by_kind_and_name);
	qsort(registry->refusals, *refusals, sizeof(*registry->refusals),
	      by_kind_and_path);
}

int32_t hyp_registry_scan(struct hyp_registry *registry,
			  const struct hyp_loaded *const **plugins,
			  size_t *plugin_count,
			  const struct hyp_refusal **refusals,
			  size_t *refusal_count, struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&registry->lock);
	registry->scans++;
	rc = find_all(registry, err);
	if (rc == 0)
		rc = make_lists(registry, err);
	if (rc == 0) {
		fill_lists(registry, plugin_count, refusal_count);
		*plugins = registry->plugins;
		*refusals = registry->refusals;
	}
	pthread_mutex_unlock(&registry->lock);
	return rc;
}
