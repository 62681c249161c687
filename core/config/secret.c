/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SECRET_MAX 4096

static int32_t bad(struct hyp_error *err, const char *reference,
		   const char *why)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0, "%s: %s",
			     reference, why);
}

/* Nothing but bytes a C string can hold, and at least one. Takes over text. */
static int32_t accept_text(const char *reference, char *text, size_t n,
			   char **out, size_t *len, struct hyp_error *err)
{
	const char *why = NULL;

	if (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n == 0)
		why = "the secret is empty";
	else if (memchr(text, '\0', n) != NULL)
		why = "the secret holds a NUL byte";
	if (why != NULL) {
		explicit_bzero(text, n);
		free(text);
		return bad(err, reference, why);
	}
	*out = text;
	*len = n;
	return 0;
}

static int32_t read_all(int fd, const char *reference, char **out, size_t *len,
			struct hyp_error *err)
{
	char *text = malloc(SECRET_MAX + 2);
	ssize_t n;

	if (text == NULL)
		return hyp_error_nomem(err);
	n = hyp_file_pread_all(fd, text, SECRET_MAX + 1, 0);
	if (n >= 0 && n <= SECRET_MAX) {
		text[n] = '\0';
		return accept_text(reference, text, (size_t)n, out, len, err);
	}
	explicit_bzero(text, SECRET_MAX + 2);
	free(text);
	return bad(err, reference,
		   n < 0 ? "cannot be read" : "is longer than 4 KiB");
}

/* strict: nobody but the owner may have a say. systemd keeps credentials in a
 * folder of mode 0500 and lets a group bit stand for the service's user. */
static int32_t read_file(const char *reference, const char *path, int strict,
			 char **out, size_t *len, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;

	fd = open(path,
		  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ELOOP)
		return bad(err, reference,
			   "is a symbolic link; name the file itself");
	if (fd < 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_secret", errno,
				     "%s: cannot be opened: %s", reference,
				     strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return bad(err, reference, "is not a regular file");
	if (strict && (st.st_mode & 077) != 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0,
				     "%s: mode %04o gives others access; "
				     "chmod 0600 it",
				     reference, (unsigned)st.st_mode & 07777);
	return read_all(fd, reference, out, len, err);
}

static int32_t read_env(const char *reference, const char *name, char **out,
			size_t *len, struct hyp_error *err)
{
	const char *value = getenv(name);
	char *copy;
	int32_t rc;

	if (value == NULL)
		return bad(err, reference, "the variable is not set");
	rc = hyp_strdup(value, &copy, err);
	if (rc != 0)
		return rc;
	return accept_text(reference, copy, strlen(copy), out, len, err);
}

static int32_t read_credential(const char *reference, const char *name,
			       char **out, size_t *len, struct hyp_error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	HYP_AUTO_FREE char *path = NULL;
	int32_t rc;

	if (dir == NULL || dir[0] != '/')
		return bad(err, reference,
			   "there are no credentials: the service manager "
			   "sets CREDENTIALS_DIRECTORY (LoadCredential=)");
	rc = hyp_asprintf(&path, err, "%s/%s", dir, name);
	if (rc != 0)
		return rc;
	return read_file(reference, path, 0, out, len, err);
}

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

int hyp_secret_is_reference(const char *text)
{
	const char *rest;

	if ((rest = after(text, "file:")) != NULL)
		return rest[0] != '\0';
	if ((rest = after(text, "env:")) != NULL)
		return rest[0] != '\0' && strchr(rest, '=') == NULL;
	if ((rest = after(text, "credential:")) != NULL)
		return hyp_text_is_file_name(rest, 255);
	return 0;
}

int32_t hyp_secret_read(const char *reference, char **out, size_t *len,
			struct hyp_error *err)
{
	const char *rest;

	/* What is no reference may be the secret itself: never repeat it. */
	if (!hyp_secret_is_reference(reference))
		return hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0,
				     "a secret is given by reference: "
				     "\"file:PATH\", \"env:NAME\" or "
				     "\"credential:NAME\"");
	if ((rest = after(reference, "file:")) != NULL)
		return read_file(reference, rest, 1, out, len, err);
	if ((rest = after(reference, "env:")) != NULL)
		return read_env(reference, rest, out, len, err);
	return read_credential(reference, after(reference, "credential:"), out,
			       len, err);
}
