/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/state-dir.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/random.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>

#define KEY_NAME "seal.key"
#define LOCK_NAME "lock"
#define PID_TEXT_MAX 32
#define ORPHAN_LOOKS 200 /* each after 10 ms */

/* One step of a path; the folder is made if missing, durably. */
static int step(int dir, const char *name)
{
	int fd = hyp_file_openat(dir, name, O_RDONLY | O_DIRECTORY, 0, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (hyp_file_mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (hyp_file_fsync(dir) != 0)
		return -1;
	return hyp_file_openat(dir, name, O_RDONLY | O_DIRECTORY, 0, 0);
}

static int walk(const char *path)
{
	int fd = hyp_file_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0, 0);
	HYP_AUTO_FREE char *copy = strdup(path);
	char *rest = copy, *name;

	if (copy == NULL)
		errno = ENOMEM;
	while (copy != NULL && fd >= 0 &&
	       (name = strtok_r(rest, "/", &rest)) != NULL) {
		int keep, next = step(fd, name);

		keep = errno;
		hyp_file_close(fd);
		errno = keep;
		fd = next;
	}
	return copy != NULL ? fd : -1;
}

static const char *network_name(unsigned long type)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{0x6969, "NFS"},	{0xff534d42, "CIFS"},
		{0xfe534d42, "SMB"},	{0x517b, "SMB"},
		{0x65735546, "FUSE"},	{0x01021997, "9P"},
		{0x5346414f, "AFS"},	{0x00c36400, "Ceph"},
		{0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
	};

	for (size_t i = 0; i < HYP_COUNT(known); i++)
		if ((type & 0xffffffff) == known[i].magic)
			return known[i].name;
	return NULL;
}

int hyp_state_dir_is_shared(const char *path)
{
	HYP_AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	struct statfs fs;

	return fd < 0 || fstatfs(fd, &fs) != 0 ||
	       network_name((unsigned long)fs.f_type) != NULL;
}

/* path lies in folder, and is what the setting says. */
static int32_t check_network(struct hyp_state_dir *dir, int folder,
			     const char *path, const char *setting,
			     const struct hyp_settings *settings,
			     struct hyp_error *err)
{
	const char *network;
	struct statfs fs;

	if (fstatfs(folder, &fs) != 0)
		return hyp_error_errno(err, errno, "look at", path);
	network = network_name((unsigned long)fs.f_type);
	if (network == NULL)
		return 0;
	dir->network = 1;
	if (settings->allow_network_state)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "network_state_dir", 0,
			     "%s is on %s, where locks and durable writes "
			     "cannot be relied upon: choose a local %s, or set "
			     "allow_network_state = true",
			     path, network, setting);
}

static int32_t check(struct hyp_state_dir *dir,
		     const struct hyp_settings *settings, struct hyp_error *err)
{
	const char *path = settings->state_dir;
	struct stat st;

	if (fstat(dir->folder, &st) != 0)
		return hyp_error_errno(err, errno, "look at", path);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_state_dir", 0,
				     "%s must belong to the user of this "
				     "process and be writable by nobody else: "
				     "chown it and chmod 700 it",
				     path);
	return check_network(dir, dir->folder, path, "state_dir", settings,
			     err);
}

static void read_pid(int fd, char *out)
{
	ssize_t n = hyp_file_pread_all(fd, out, PID_TEXT_MAX - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strspn(out, "0123456789")] = '\0';
}

/* No process is there that took it: then a child of it has it, that was forked
 * and has not come to its exec, which closes it; or one out of sight. */
static int is_orphan(const char *pid)
{
	return pid[0] != '\0' && kill(atoi(pid), 0) != 0 && errno == ESRCH;
}

/* 0, or EAGAIN with the pid of who has it, or another errno. */
static int set_lock(int fd, char *pid)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	for (int looks = 0;; looks++) {
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return errno;
		read_pid(fd, pid);
		if (looks == ORPHAN_LOOKS || !is_orphan(pid))
			return EAGAIN;
		poll(NULL, 0, 10);
	}
}

static int open_lock(int folder, const char *name, int flags)
{
	return hyp_file_openat(folder, name,
			       O_RDWR | O_NOFOLLOW | O_NONBLOCK | flags, 0600,
			       0);
}

static int32_t take_lock(int fd, const char *path, const char *setting,
			 struct hyp_error *err)
{
	char pid[PID_TEXT_MAX];
	int failed;

	if (fd < 0)
		return hyp_error_errno(err, errno, "open the lock of", path);
	failed = set_lock(fd, pid);
	if (failed == EAGAIN)
		return hyp_error_set(err, HYP_E_CONFLICT, "already_running", 0,
				     "process %s works with %s already: stop "
				     "it first, or choose another %s",
				     pid[0] != '\0' ? pid : "(unknown)", path,
				     setting);
	if (failed != 0)
		return hyp_error_errno(err, failed, "lock", path);
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (hyp_file_ftruncate(fd, 0) != 0 ||
	    hyp_file_pwrite_all(fd, pid, strlen(pid), 0) != 0)
		return hyp_error_errno(err, errno, "write the lock of", path);
	return 0;
}

/* That of a state_dir, or -1: not of a program that means something else. */
static int open_lock_there(int folder)
{
	int fd = open_lock(folder, LOCK_NAME, 0);
	char text[PID_TEXT_MAX];
	ssize_t n;

	if (fd < 0)
		return -1;
	n = hyp_file_pread_all(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (n >= 0 && text[strspn(text, "0123456789\n")] == '\0')
		return fd;
	hyp_file_close(fd);
	return -1;
}

static int is_same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int32_t hyp_state_dir_lock_store(struct hyp_state_dir *dir, const char *path,
				 const struct hyp_settings *settings,
				 struct hyp_error *err)
{
	HYP_AUTO_FREE char *parent = NULL, *name = NULL;
	HYP_AUTO_CLOSE int folder = -1;
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return 0; /* the store says what is wrong, also below */
	if (hyp_asprintf(&parent, err, "%.*s", (int)(slash - path) + 1, path) !=
		    0 ||
	    hyp_asprintf(&name, err, "%s.lock", slash + 1) != 0)
		return err->code;
	folder =
		hyp_file_openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0, 0);
	if (folder < 0 || is_same(folder, dir->folder))
		return 0;
	if (check_network(dir, folder, path, "database.path", settings, err) !=
	    0)
		return err->code;
	dir->store_lock = open_lock_there(folder);
	if (dir->store_lock < 0)
		dir->store_lock = open_lock(folder, name, O_CREAT);
	return take_lock(dir->store_lock, path, "database.path", err);
}

static int32_t read_key(struct hyp_state_dir *dir, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd =
		hyp_file_openat(dir->folder, KEY_NAME,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return hyp_error_errno(err, errno, "open", KEY_NAME);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0 || st.st_size != HYP_SEAL_KEY)
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_state_dir", 0,
				     KEY_NAME " is not a key of ours that only "
					      "this user can read: put it "
					      "right, or remove it and lose "
					      "the passwords of waiting jobs");
	if (hyp_file_pread_all(fd, dir->key, HYP_SEAL_KEY, 0) != HYP_SEAL_KEY)
		return hyp_error_errno(err, errno, "read", KEY_NAME);
	return 0;
}

/* Durable before its first use: a sealed secret must not outlive its key. */
static int32_t make_key(struct hyp_state_dir *dir, struct hyp_error *err)
{
	int fd, failed;

	if (hyp_random_bytes(dir->key, HYP_SEAL_KEY, err) != 0)
		return err->code;
	fd = hyp_file_openat(dir->folder, KEY_NAME ".new",
			     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600,
			     0);
	if (fd < 0)
		return hyp_error_errno(err, errno, "create", KEY_NAME);
	failed = hyp_file_pwrite_all(fd, dir->key, HYP_SEAL_KEY, 0) != 0 ||
		 hyp_file_fsync(fd) != 0;
	failed = failed ? errno : 0;
	if (hyp_file_close(fd) != 0 && failed == 0)
		failed = errno;
	if (failed == 0 && (hyp_file_renameat2(dir->folder, KEY_NAME ".new",
					       dir->folder, KEY_NAME, 0) != 0 ||
			    hyp_file_fsync(dir->folder) != 0))
		failed = errno;
	return failed == 0 ? 0
			   : hyp_error_errno(err, failed, "write", KEY_NAME);
}

static int32_t credential_key(struct hyp_state_dir *dir, const char *folder,
			      struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL, *bytes = NULL;
	size_t n = 0;
	int32_t rc;

	rc = hyp_asprintf(&path, err, "%s/seal-key", folder);
	if (rc == 0)
		rc = hyp_file_read_small(path, 4096, &bytes, &n, err);
	if (rc < 0)
		return rc;
	if (n == HYP_SEAL_KEY)
		memcpy(dir->key, bytes, n);
	explicit_bzero(bytes, n);
	return n == HYP_SEAL_KEY
		       ? 0
		       : hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0,
				       "the credential seal-key has %zu bytes "
				       "where a key has %d",
				       n, HYP_SEAL_KEY);
}

static int32_t find_key(struct hyp_state_dir *dir, struct hyp_error *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct stat st;
	int32_t rc;

	if (folder != NULL) {
		rc = credential_key(dir, folder, err);
		if (rc != HYP_E_NOT_FOUND)
			return rc;
	}
	if (fstatat(dir->folder, KEY_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return read_key(dir, err);
	return make_key(dir, err);
}

int32_t hyp_state_dir_open(struct hyp_state_dir *dir,
			   const struct hyp_settings *settings,
			   struct hyp_error *err)
{
	int32_t rc;

	dir->lock = dir->store_lock = -1;
	dir->network = 0;
	dir->folder = walk(settings->state_dir);
	if (dir->folder < 0)
		return hyp_error_errno(err, errno, "open", settings->state_dir);
	rc = check(dir, settings, err);
	if (rc == 0) {
		dir->lock = open_lock(dir->folder, LOCK_NAME, O_CREAT);
		rc = take_lock(dir->lock, settings->state_dir, "state_dir",
			       err);
	}
	if (rc == 0)
		rc = find_key(dir, err);
	return rc;
}

/* Closing alone would leave it to a child that was forked meanwhile. */
static void let_go(int fd)
{
	struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	if (fd < 0)
		return;
	fcntl(fd, F_OFD_SETLK, &none);
	hyp_file_close(fd);
}

void hyp_state_dir_close(struct hyp_state_dir *dir)
{
	let_go(dir->store_lock);
	let_go(dir->lock);
	if (dir->folder >= 0)
		hyp_file_close(dir->folder);
	dir->store_lock = dir->lock = dir->folder = -1;
	explicit_bzero(dir->key, sizeof(dir->key));
}
