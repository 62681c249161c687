/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/zone-names.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* tzdata of 2025 has 598 names in 112 KiB. */
#define NAMES_MAX 4096
#define LIST_BYTES_MAX (4u << 20)

struct names {
	struct hyp_buf text;
	const char *at[NAMES_MAX]; /* into text */
	size_t count;
};

static void names_free(struct names **names)
{
	if (*names != NULL)
		hyp_buf_fini(&(*names)->text);
	free(*names);
}
#define AUTO_NAMES __attribute__((cleanup(names_free)))

const char *hyp_zone_dir(void)
{
	const char *dir = getenv("TZDIR");

	return dir != NULL ? dir : "/usr/share/zoneinfo";
}

int hyp_zone_read(const char *path, struct hyp_buf *out)
{
	HYP_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char bytes[16384];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (hyp_buf_add(out, bytes, (size_t)n, NULL) != 0)
			return -1;
	return n == 0 ? 0 : -1;
}

/* "Z NAME ..." is a zone and "L TARGET NAME" another name of one. */
static void split(struct names *names)
{
	char *save_line = NULL, *save;

	for (char *line = strtok_r(names->text.data, "\n", &save_line);
	     line != NULL && names->count < NAMES_MAX;
	     line = strtok_r(NULL, "\n", &save_line)) {
		const char *name;

		if ((line[0] != 'Z' && line[0] != 'L') || line[1] != ' ')
			continue;
		name = strtok_r(line + 2, " ", &save);
		if (line[0] == 'L')
			name = strtok_r(NULL, " ", &save);
		if (name != NULL)
			names->at[names->count++] = name;
	}
}

static int32_t read_names(struct names **out, struct hyp_error *err)
{
	AUTO_NAMES struct names *names = calloc(1, sizeof(*names));
	char path[4096];

	if (names == NULL)
		return hyp_error_nomem(err);
	hyp_buf_init(&names->text, LIST_BYTES_MAX);
	snprintf(path, sizeof(path), "%s/tzdata.zi", hyp_zone_dir());
	if (hyp_zone_read(path, &names->text) != 0 || names->text.len == 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_zone", errno,
				     "the list of time zones %s cannot be "
				     "read: install tzdata, or use UTC",
				     path);
	split(names);
	*out = HYP_STEAL(names);
	return 0;
}

static int32_t unknown(const char *name, const struct names *names,
		       struct hyp_error *err)
{
	const char *near = hyp_text_nearest(name, names->at, names->count);
	char shown[128];

	hyp_text_printable(name, shown, sizeof(shown));
	return hyp_error_set(
		err, HYP_E_USAGE, "bad_zone", 0,
		"there is no time zone \"%s\"%s%s%s", shown,
		near != NULL ? ": did you mean " : "", near != NULL ? near : "",
		near != NULL ? "?" : ": write a name like Europe/Berlin");
}

int32_t hyp_zone_check_name(const char *name, struct hyp_error *err)
{
	AUTO_NAMES struct names *names = NULL;

	if (read_names(&names, err) != 0)
		return err->code;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], name) == 0 &&
		    strlen(name) < HYP_ZONE_NAME_MAX)
			return 0;
	return unknown(name, names, err);
}

/* What a link like /usr/share/zoneinfo/Europe/Berlin names, or NULL. */
static const char *behind(const char *target)
{
	static const char folder[] = "/zoneinfo/";
	const char *at = strstr(target, folder);

	return at != NULL ? at + sizeof(folder) - 1 : NULL;
}

static int32_t copy(const char *name, char *out, struct hyp_error *err)
{
	if (strlen(name) >= HYP_ZONE_NAME_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_zone", 0,
				     "the system's time zone has a name of %zu "
				     "bytes: name the zone in the settings",
				     strlen(name));
	strcpy(out, name);
	return 0;
}

static int32_t from_file(char *out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(4096);
	char *save;
	const char *name;

	if (hyp_zone_read("/etc/timezone", &text) == 0 && text.len > 0 &&
	    (name = strtok_r(text.data, " \t\r\n", &save)) != NULL)
		return copy(name, out, err);
	return hyp_error_set(err, HYP_E_USAGE, "bad_zone", 0,
			     "/etc/localtime does not say which time zone it "
			     "is: name the zone in the settings");
}

int32_t hyp_zone_system_name(char *out, struct hyp_error *err)
{
	static const char local[] = "/etc/localtime";
	const char *tz = getenv("TZ"), *name;
	char target[4096];
	ssize_t n;

	if (tz != NULL)
		tz += *tz == ':';
	if (tz != NULL && strcmp(tz, local) != 0) {
		name = *tz == '/' ? behind(tz) : NULL;
		if (name == NULL)
			name = *tz == '\0' ? "UTC" : tz;
		return copy(name, out, err);
	}
	n = readlink(local, target, sizeof(target) - 1);
	if (n < 0)
		return errno == ENOENT ? copy("UTC", out, err)
				       : from_file(out, err);
	target[n] = '\0';
	name = behind(target);
	return name != NULL ? copy(name, out, err) : from_file(out, err);
}
