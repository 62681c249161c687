/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/loader.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/plugin/elf-file.h"
#include "core/plugin/trust.h"

#include <dlfcn.h>
#include <sys/mman.h>

int32_t hyp_loader_name(const char *path, uint32_t *kind, char *name,
			struct hyp_error *err)
{
	HYP_AUTO_FREE char *copy = NULL;
	char *slash, *folder, *dot;
	int32_t rc = hyp_strdup(path, &copy, err);

	if (rc != 0)
		return rc;
	slash = strrchr(copy, '/');
	if (slash == NULL)
		return hyp_reject(err, "give the path as KIND/NAME.so");
	*slash = '\0';
	folder = strrchr(copy, '/');
	folder = folder != NULL ? folder + 1 : copy;
	*kind = hyp_kind_by_name(folder);
	dot = strrchr(slash + 1, '.');
	if (dot != NULL && strcmp(dot, ".so") == 0)
		*dot = '\0';
	else
		*kind = 0;
	if (*kind == 0 || !hyp_plugin_name_valid(slash + 1))
		return hyp_reject(err,
				  "a plugin is a file KIND/NAME.so, where KIND "
				  "is provider, packager, storage, store, "
				  "notifier or exporter and "
				  "NAME is [a-z][a-z0-9-]*");
	snprintf(name, 64, "%s", slash + 1);
	return 0;
}

int32_t hyp_loader_inspect(int fd, struct hyp_error *err)
{
	const char *env = getenv("LD_LIBRARY_PATH");
	HYP_AUTO_FREE char *search = NULL;
	int32_t rc = hyp_elf_search_path(fd, &search, err);

	if (rc == 0 && search[0] != '\0')
		rc = hyp_trust_list(search, "its built-in library path", err);
	if (rc == 0 && env != NULL && env[0] != '\0')
		rc = hyp_trust_list(env, "LD_LIBRARY_PATH", err);
	/* What is not there can be put there: as good as not trusted. */
	if (rc == HYP_E_NOT_FOUND)
		rc = hyp_reject(err, "a library folder is missing");
	return rc;
}

/* Device and inode of the file mapped at address, as the kernel names them in
 * /proc/self/maps: stat(2) may name another device (btrfs, overlayfs). */
static int mapped_file(const void *address, char *out, size_t max)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long at = (unsigned long)(uintptr_t)address;
	int found = 0;
	char line[8192];

	while (maps != NULL && !found &&
	       fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to, inode;
		char device[32];

		if (sscanf(line, "%lx-%lx %*s %*s %31s %lu", &from, &to, device,
			   &inode) != 4 ||
		    at < from || at >= to)
			continue;
		snprintf(out, max, "%s:%lu", device, inode);
		found = inode != 0;
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}

/* Is what was mapped around address the file behind fd? */
static int32_t compare_mapped(const void *address, int fd,
			      struct hyp_error *err)
{
	char loaded[64], checked[64];
	int ok;
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

	if (page == MAP_FAILED)
		return hyp_reject(err, "cannot be mapped: %s", strerror(errno));
	ok = mapped_file(page, checked, sizeof(checked)) &&
	     mapped_file(address, loaded, sizeof(loaded));
	munmap(page, 1);
	if (!ok)
		return hyp_reject(err, "/proc/self/maps does not show it; is "
				       "/proc mounted?");
	if (strcmp(checked, loaded) != 0)
		return hyp_reject(err, "was replaced by another file while it "
				       "was checked");
	return 0;
}

static int32_t missing_symbol(void *handle, struct hyp_error *err)
{
	char name[32];

	for (unsigned major = 0; major < 100; major++) {
		snprintf(name, sizeof(name), "hypersdk_plugin_v%u", major);
		if (dlsym(handle, name) != NULL)
			return hyp_reject(err,
					  "found v%u, this core speaks "
					  "v%u",
					  major, HYP_ABI_MAJOR);
	}
	return hyp_reject(err, "does not export " HYP_PLUGIN_SYMBOL);
}

typedef const struct hyp_plugin *describe_fn(void);

static int32_t find_symbol(void *handle, int fd, describe_fn **out,
			   struct hyp_error *err)
{
	void *symbol = dlsym(handle, HYP_PLUGIN_SYMBOL);
	int32_t rc;

	/* It may also have come from a library that the plugin needs. */
	if (symbol == NULL)
		return missing_symbol(handle, err);
	rc = compare_mapped(symbol, fd, err);
	if (rc == 0)
		memcpy(out, &symbol, sizeof(*out));
	return rc;
}

int32_t hyp_loader_load(const char *path, int fd, struct hyp_description *out,
			struct hyp_error *err)
{
	describe_fn *describe = NULL;
	char name[64];
	uint32_t kind;
	void *handle;
	int32_t rc = hyp_loader_name(path, &kind, name, err);

	if (rc != 0)
		return rc;
	/* Never closed: threads may be in it, and code of it in tables. */
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (handle == NULL)
		return hyp_reject(err, "%s", dlerror());
	rc = find_symbol(handle, fd, &describe, err);
	return rc != 0 ? rc : hyp_describe(describe(), kind, name, out, err);
}
