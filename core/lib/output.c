/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/output.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <limits.h>
#include <sys/stat.h>

#define SUFFIX ".ova"

static int is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int has_dots(const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if ((n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return 1;
		path += n;
		path += strspn(path, "/");
	}
	return 0;
}

/* Split path behind its deepest folder that exists. */
static int32_t split_existing(const char *path, char **root, char **rest,
			      struct hyp_error *err)
{
	HYP_AUTO_FREE char *head = NULL;
	size_t n = strlen(path);

	if (hyp_strdup(path, &head, err) != 0)
		return err->code;
	while ((*root = realpath(head, NULL)) == NULL) {
		if (errno != ENOENT)
			return hyp_error_set(err, HYP_E_USAGE, "unsafe_path",
					     errno, "output %s: %s", path,
					     strerror(errno));
		while (n > 0 && head[n - 1] == '/')
			n--;
		while (n > 0 && head[n - 1] != '/')
			n--;
		if (n == 0)
			strcpy(head, "."); /* never longer: path has a name */
		else
			head[n] = '\0';
	}
	return hyp_strdup(path + n + strspn(path + n, "/"), rest, err);
}

static int32_t set_dir(const char *path, struct hyp_output *out,
		       struct hyp_error *err)
{
	HYP_AUTO_FREE char *rest = NULL;
	size_t n;

	if (split_existing(path, &out->root, &rest, err) != 0)
		return err->code;
	if (!is_dir(out->root))
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "output %s: %s is no folder", path,
				     out->root);
	if (has_dots(rest))
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "output %s: there is no such folder, "
				     "and one with . or .. in its name will "
				     "not be made",
				     path);
	n = strlen(rest);
	while (n > 0 && rest[n - 1] == '/')
		rest[--n] = '\0';
	return hyp_asprintf(&out->dir, err, "%s%s%s", out->root,
			    n > 0 && strcmp(out->root, "/") != 0 ? "/" : "",
			    rest);
}

static int32_t set_file(const char *text, struct hyp_output *out,
			struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL;
	const char *slash = strrchr(text, '/');
	const char *name = slash != NULL ? slash + 1 : text;

	if (hyp_asprintf(&out->name, err, "%.*s",
			 (int)(strlen(name) - strlen(SUFFIX)), name) != 0)
		return err->code;
	if (!hyp_text_is_file_name(out->name, 200) || out->name[0] == '-')
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "--output %s: the file's name may hold "
				     "letters, digits, . _ and - and begins "
				     "with none of . and -, since the files "
				     "inside are named after it",
				     text);
	if (hyp_asprintf(&dir, err, "%.*s",
			 slash == NULL	 ? 1
			 : slash == text ? 1
					 : (int)(slash - text),
			 slash == NULL ? "." : text) != 0)
		return err->code;
	return set_dir(dir, out, err);
}

static int ends_in_suffix(const char *text)
{
	size_t n = strlen(text);

	return n > strlen(SUFFIX) &&
	       strcasecmp(text + n - strlen(SUFFIX), SUFFIX) == 0;
}

static int32_t resolve(const char *text, const char *format,
		       const char *fallback, struct hyp_output *out,
		       struct hyp_error *err)
{
	if (text[0] == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--output is empty");
	if (format != NULL && strcmp(format, "ova") != 0 &&
	    strcmp(format, "ovf") != 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--format %s: give ova or ovf", format);
	if (!ends_in_suffix(text) || is_dir(text)) {
		out->format = format != NULL ? format : fallback;
		return set_dir(text, out, err);
	}
	if (format != NULL && strcmp(format, "ova") != 0)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--output %s with --format %s: an OVF "
				     "package is a folder",
				     text, format);
	out->format = "ova";
	return set_file(text, out, err);
}

int32_t hyp_output_resolve(const char *text, const char *format,
			   const char *fallback, struct hyp_output *out,
			   struct hyp_error *err)
{
	memset(out, 0, sizeof(*out));
	if (resolve(text, format, fallback, out, err) != 0) {
		hyp_output_fini(out);
		return err->code;
	}
	return 0;
}

int32_t hyp_output_make(struct hyp_output *output, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	size_t n = strcmp(output->root, "/") == 0 ? 0 : strlen(output->root);

	if (hyp_strdup(output->dir, &path, err) != 0)
		return err->code;
	while (path[n] != '\0') {
		n += 1 + strcspn(path + n + 1, "/");
		path[n] = '\0';
		if (mkdir(path, 0700) == 0)
			output->made++;
		else if (errno != EEXIST) {
			hyp_error_errno(err, errno, "make folder", path);
			hyp_output_unmake(output);
			return err->code;
		}
		path[n] = output->dir[n];
	}
	return 0;
}

void hyp_output_unmake(struct hyp_output *output)
{
	HYP_AUTO_FREE char *path = NULL;

	if (output->made > 0)
		path = strdup(output->dir);
	while (path != NULL && output->made > 0 && rmdir(path) == 0) {
		*strrchr(path, '/') = '\0';
		output->made--;
	}
}

void hyp_output_fini(struct hyp_output *output)
{
	free(output->dir);
	free(output->root);
	free(output->name);
	memset(output, 0, sizeof(*output));
}
