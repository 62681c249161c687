/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/inventory.h"

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/property.h"
#include "plugins/provider/vsphere/tree.h"

#include <string.h>

#define NAME_MAX_BYTES 512u

/* What a line of the list is made of. keyId exists since API 6.5, and an
 * older server refuses the whole request for it: so it comes last. */
static const char *const list_paths[] = {
	"name",
	"parent",
	"parentVApp",
	"runtime.powerState",
	"runtime.connectionState",
	"runtime.host",
	"summary.config.template",
	"summary.config.numCpu",
	"summary.config.memorySizeMB",
	"summary.config.guestFullName",
	"summary.storage.committed",
	"config.firmware",
	"config.keyId",
	NULL,
};

/* The same without the last. */
static const char *const *paths_for(struct vs *vs, const char **room)
{
	size_t n = sizeof(list_paths) / sizeof(list_paths[0]);

	if (vs_api_at_least(vs, 6, 5))
		return list_paths;
	memcpy(room, list_paths, (n - 2) * sizeof(*room));
	room[n - 2] = NULL;
	return room;
}

struct listing {
	struct vs *vs;
	const struct vs_tree *tree;
	const struct hyp_vm_filter *filter;
	const struct hyp_vm_sink *sink;
};

uint32_t vs_power(const char *state)
{
	return strcmp(state, "poweredOn") == 0	  ? HYP_POWER_ON
	       : strcmp(state, "poweredOff") == 0 ? HYP_POWER_OFF
	       : strcmp(state, "suspended") == 0  ? HYP_POWER_SUSPENDED
						  : 0;
}

static uint64_t prop_number(xmlNodePtr object, const char *path)
{
	xmlNodePtr val = vs_prop(object, path);

	return val != NULL ? vs_number(val, "") : 0;
}

static uint32_t prop_u32(xmlNodePtr object, const char *path)
{
	uint64_t n = prop_number(object, path);

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint32_t flags_of(xmlNodePtr object)
{
	xmlNodePtr template = vs_prop(object, "summary.config.template");
	const char *connection =
		vs_prop_text(object, "runtime.connectionState");
	uint32_t flags = 0;

	if (template != NULL && vs_is_true(template, ""))
		flags |= HYP_VM_TEMPLATE;
	if (vs_prop(object, "config.keyId") != NULL)
		flags |= HYP_VM_ENCRYPTED;
	if (connection[0] != '\0' && strcmp(connection, "connected") != 0)
		flags |= HYP_VM_DISCONNECTED;
	return flags;
}

/* 1 if pattern holds a character that globs. */
static int is_pattern(const char *text)
{
	return strpbrk(text, "*?[\\") != NULL;
}

/* A path without wildcards names a VM, or a folder and all below it. */
static int glob_path(const char *glob, const char *path)
{
	size_t n = strlen(glob);

	if (hyp_text_glob(glob, path))
		return 1;
	while (n > 0 && glob[n - 1] == '/')
		n--;
	return !is_pattern(glob) && strncmp(glob, path, n) == 0 &&
	       path[n] == '/';
}

static int passes(const struct hyp_vm_filter *filter, const struct hyp_vm *vm,
		  const char *raw_name)
{
	const char *glob = filter != NULL ? filter->glob : NULL;

	if (filter == NULL)
		return 1;
	if (filter->power != HYP_POWER_ANY && filter->power != vm->power)
		return 0;
	if (glob == NULL || glob[0] == '\0')
		return 1;
	if (strchr(glob, '/') == NULL)
		return hyp_text_glob(glob, vm->name) ||
		       hyp_text_glob(glob, raw_name);
	return glob_path(glob, vm->path);
}

static int32_t add_vm(void *ctx, xmlNodePtr object, struct hyp_error *err)
{
	const struct listing *l = ctx;
	const char *raw = vs_prop_text(object, "name");
	const char *parent = vs_prop_text(object, "parent");
	char path[VS_PATH_MAX], name[NAME_MAX_BYTES];
	struct hyp_vm vm = {
		.size = sizeof(vm),
		.power = vs_power(vs_prop_text(object, "runtime.powerState")),
		.flags = flags_of(object),
		.num_cpu = prop_u32(object, "summary.config.numCpu"),
		.memory_mb = prop_number(object, "summary.config.memorySizeMB"),
		.storage_bytes =
			prop_number(object, "summary.storage.committed"),
		.id = vs_text(object, "obj"),
		.name = name,
		.path = path,
		.endpoint = l->vs->ep.name,
		.guest_os =
			vs_prop_text(object, "summary.config.guestFullName"),
		.firmware = vs_prop_text(object, "config.firmware"),
	};

	if (parent[0] == '\0')
		parent = vs_prop_text(object, "parentVApp");
	/* A VM without its name is being created or deleted just now. */
	if (raw[0] == '\0' || vm.id[0] == '\0')
		return 0;
	vs_name_decode(raw, name, sizeof(name));
	vs_tree_path(l->tree, parent, raw, path);
	vm.host = vs_tree_name(l->tree, vs_prop_text(object, "runtime.host"));
	if (!passes(l->filter, &vm, raw))
		return 0;
	return l->sink->add(l->sink->ctx, &vm, err);
}

int32_t vs_list(void *instance, const struct hyp_vm_filter *filter,
		const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	struct vs *vs = instance;
	const char *room[sizeof(list_paths) / sizeof(list_paths[0])];
	VS_AUTO_TREE struct vs_tree *tree = NULL;
	struct listing listing = {vs, NULL, filter, sink};
	struct vs_paths type = {"VirtualMachine", NULL};
	int32_t rc = vs_tree_load(vs, &tree, err);

	if (rc != 0)
		return rc;
	listing.tree = tree;
	type.paths = paths_for(vs, room);
	return vs_walk(vs, &type, 1, add_vm, &listing, err);
}

/* Looking for one VM among all: what was found so far. */
struct search {
	struct vs *vs;
	const struct vs_tree *tree;
	const char *wanted;
	uint32_t hits;
	struct vs_ref ref;
	char paths[512]; /* of the first hits, for the error */
};

static int same_path(const char *wanted, const char *path)
{
	while (*wanted == '/')
		wanted++;
	return strcmp(wanted, path + 1) == 0;
}

static int is_hit(const struct search *s, const char *raw, const char *name,
		  const char *path)
{
	char readable[VS_PATH_MAX];

	if (strcmp(s->wanted, raw) == 0 || strcmp(s->wanted, name) == 0)
		return 1;
	if (strchr(s->wanted, '/') == NULL)
		return 0;
	vs_name_decode(path, readable, sizeof(readable));
	return same_path(s->wanted, path) || same_path(s->wanted, readable);
}

static int32_t match_vm(void *ctx, xmlNodePtr object, struct hyp_error *err)
{
	struct search *s = ctx;
	const char *raw = vs_prop_text(object, "name");
	const char *parent = vs_prop_text(object, "parent");
	char path[VS_PATH_MAX], name[NAME_MAX_BYTES], shown[160];
	size_t n = strlen(s->paths);

	(void)err;
	if (parent[0] == '\0')
		parent = vs_prop_text(object, "parentVApp");
	vs_name_decode(raw, name, sizeof(name));
	vs_tree_path(s->tree, parent, raw, path);
	if (raw[0] == '\0' || !is_hit(s, raw, name, path))
		return 0;
	if (s->hits++ == 0)
		vs_ref_read(vs_find(object, "obj"), &s->ref);
	hyp_text_printable(path, shown, sizeof(shown));
	snprintf(s->paths + n, sizeof(s->paths) - n, "%s%s", n ? ", " : "",
		 shown);
	return 0;
}

static int32_t search_all(struct vs *vs, const struct vs_tree *tree,
			  const char *wanted, struct vs_ref *out,
			  struct hyp_error *err)
{
	static const char *const paths[] = {"name", "parent", "parentVApp",
					    NULL};
	static const struct vs_paths type = {"VirtualMachine", paths};
	struct search s = {.vs = vs, .tree = tree, .wanted = wanted};
	char shown[256];
	int32_t rc = vs_walk(vs, &type, 1, match_vm, &s, err);

	if (rc != 0)
		return rc;
	hyp_text_printable(wanted, shown, sizeof(shown));
	if (s.hits == 0)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "no VM \"%s\" at %s; \"hypersdk vms "
				     "list\" shows those that %s may see",
				     shown, vs->ep.name, "this user");
	if (s.hits > 1)
		return hyp_error_set(err, HYP_E_USAGE, "ambiguous", 0,
				     "%u VMs are named \"%s\": %s; give the "
				     "whole path of one",
				     s.hits, shown, s.paths);
	*out = s.ref;
	return 0;
}

/* The server's own index; 0 with an empty id if it knows no such VM. */
static int32_t ask_index(struct vs *vs, const char *path, struct vs_ref *out,
			 struct hyp_error *err)
{
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	struct vs_ref found;
	int32_t rc;

	memset(out, 0, sizeof(*out));
	if (vs->service.search.id[0] == '\0')
		return 0;
	while (*path == '/')
		path++;
	vs_msg_begin(&msg, "FindByInventoryPath", &vs->service.search);
	vs_msg_text(&msg, "inventoryPath", path);
	rc = vs_call(vs, &msg, VS_READ, &reply, err);
	if (rc == 0 && vs_ref_read(vs_find(reply.body, "returnval"), &found) &&
	    strcmp(found.type, "VirtualMachine") == 0)
		*out = found;
	return rc;
}

int32_t vs_lookup(void *instance, const char *path,
		  const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	struct vs *vs = instance;
	const char *room[sizeof(list_paths) / sizeof(list_paths[0])];
	VS_AUTO_TREE struct vs_tree *tree = NULL;
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	struct listing listing = {vs, NULL, NULL, sink};
	struct vs_ref ref = {"", ""};
	xmlNodePtr object;
	int32_t rc = vs_tree_load(vs, &tree, err);

	if (rc == 0 && strchr(path, '/') != NULL)
		rc = ask_index(vs, path, &ref, err);
	if (rc == 0 && ref.id[0] == '\0')
		rc = search_all(vs, tree, path, &ref, err);
	if (rc == 0)
		rc = vs_props(vs, &ref, paths_for(vs, room), 0, &reply, &object,
			      err);
	if (rc != 0)
		return rc;
	if (vs_prop_text(object, "name")[0] == '\0')
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "VM %.100s is being created or deleted at "
				     "%s just now",
				     ref.id, vs->ep.name);
	listing.tree = tree;
	return add_vm(&listing, object, err);
}
