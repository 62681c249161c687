/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/route.h"
#include "core/base/cleanup.h"

/* Does path fit the template? Its {…} become the match's args. */
static int fits(const char *template, const char *path,
		struct hyp_route_match *match)
{
	size_t arg = 0;

	while (*template != '\0') {
		size_t n;

		if (*template != '{') {
			if (*template ++ != *path++)
				return 0;
			continue;
		}
		n = strcspn(path, "/");
		if (n == 0 || arg == HYP_ROUTE_ARGS)
			return 0;
		match->args[arg] = path;
		match->args_len[arg++] = n;
		path += n;
		template = strchr(template, '}') + 1;
	}
	return *path == '\0';
}

/* The place of the first {…}: a template whose literal part is longer is
 * nearer to the path. */
static size_t literal(const struct hyp_route *route)
{
	return strcspn(route->path, "{");
}

void hyp_route_find(const char *method, const char *path,
		    struct hyp_route_match *match)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

	memset(match, 0, sizeof(*match));
	for (size_t i = 0; i < hyp_route_count; i++) {
		const struct hyp_route *r = &hyp_routes[i];
		struct hyp_route_match m = {0};

		if (!fits(r->path, path, &m))
			continue;
		if (match->other != NULL && literal(r) < literal(match->other))
			continue;
		if (match->other == NULL ||
		    literal(r) > literal(match->other)) {
			*match = m;
			match->other = r;
		}
		if (strcmp(r->method, wanted) == 0)
			match->route = r;
	}
}

void hyp_route_methods(const struct hyp_route *route, char *out, size_t max)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < hyp_route_count; i++) {
		const struct hyp_route *r = &hyp_routes[i];

		if (strcmp(r->path, route->path) != 0 || n >= max)
			continue;
		n += (size_t)snprintf(out + n, max - n, "%s%s",
				      n > 0 ? ", " : "", r->method);
		if (strcmp(r->method, "GET") == 0 && n < max)
			n += (size_t)snprintf(out + n, max - n, ", HEAD");
	}
}

static const char *const role_names[] = {
	[HYP_ROLE_OPEN] = "open",     [HYP_ROLE_METRICS] = "metrics",
	[HYP_ROLE_VIEWER] = "viewer", [HYP_ROLE_OPERATOR] = "operator",
	[HYP_ROLE_ADMIN] = "admin",
};

const char *hyp_role_name(enum hyp_role role)
{
	return role_names[role];
}

enum hyp_role hyp_role_by_name(const char *name)
{
	for (size_t i = HYP_ROLE_METRICS; i < HYP_COUNT(role_names); i++)
		if (strcmp(role_names[i], name) == 0)
			return (enum hyp_role)i;
	return (enum hyp_role)0;
}
