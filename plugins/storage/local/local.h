/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage/local: a package on a file system, visible whole or not at all.
 *
 * Beside the final name stands a directory of the attempt's own,
 *	DIR/.hyp-JOB-ATTEMPT.part/	(0700)
 * which holds the objects under their names and, once sealed, receipt.json.
 * Publishing is renaming: layout DIRECTORY renames that directory to
 * DIR/NAME; layout FILE renames the one object to DIR/NAME, then the receipt
 * to DIR/NAME.receipt.json, and drops the empty directory. Replacing is the
 * same by exchanging the names, so that failing after it can be taken back.
 *
 * Scratch objects and the reservation of space have no name but for an
 * instant: if the process dies, the kernel frees them.
 *
 * A live attempt holds flock(2) on its directory; sweep leaves those alone,
 * whatever process they belong to.
 */
#ifndef HYP_STORAGE_LOCAL_H
#define HYP_STORAGE_LOCAL_H

#include <dirent.h>
#include <hypersdk/storage.h>
#include <pthread.h>
#include <sys/stat.h>

#define LOCAL_RECEIPT "receipt.json"
#define LOCAL_RECEIPT_SUFFIX ".receipt.json" /* layout FILE, after NAME */
#define LOCAL_RECEIPT_MAX (4u << 20)
#define LOCAL_MADE_MAX 16 /* directories made for one place */

struct local_options {
	struct hyp_list roots;
	uint32_t group_read;
	uint32_t require_mount;
};

struct local {
	const struct hyp_host *host;
	const struct local_options *options;
};

extern const struct hyp_plugin local_plugin; /* local.c */

/* path.c: from a path as given to a directory that may be written to. */

/* A directory beneath a root, open, with what it took to get there. */
struct local_where {
	const char *root; /* the option's, not owned */
	char *dir;	  /* as given */
	int fd;		  /* the directory, readable; -1: none */
	struct stat st;
	struct {
		int parent; /* where it was made */
		char *name;
	} made[LOCAL_MADE_MAX];
	size_t made_count;
};

#define LOCAL_WHERE_INIT                                                       \
	{                                                                      \
		.fd = -1                                                       \
	}

/* HYP_E_USAGE "unsafe_path" unless path is absolute and plain. */
int32_t local_path_check(const char *path, const char *what,
			 struct hyp_error *err);

/* Opens dir beneath the root that holds it; make: with what is missing of
 * it. On failure nothing is left. */
int32_t local_where_open(const struct local *local, const char *dir, int make,
			 struct local_where *where, struct hyp_error *err);
/* Is the path still this directory? HYP_E_TRANSIENT "io_error" if not. */
int32_t local_where_check(const struct local *local,
			  const struct local_where *where,
			  struct hyp_error *err);
/* Removes the directories that were made, as far as they are empty. */
void local_where_undo(struct local_where *where);
void local_where_fini(struct local_where *where);

/* name.c: the names of an attempt. All are malloc'd. */
struct local_names {
	char *temp;    /* ".hyp-JOB-ATTEMPT.part" in dir */
	char *final;   /* NAME */
	char *receipt; /* layout FILE: "NAME.receipt.json", else NULL */
};
int32_t local_names_init(struct local_names *names,
			 const struct hyp_place_args *args,
			 struct hyp_error *err);
void local_names_fini(struct local_names *names);
/* Takes a temporary's name apart: 1 if it is one, then job (of at least 129
 * bytes) and attempt are set. */
int local_name_parse(const char *temp, char *job, uint32_t *attempt);

/* An error of a failed system call on dir/name (name may be NULL). */
int32_t local_error(struct hyp_error *err, int sys_errno, const char *what,
		    const char *dir, const char *name);

/* The same, where it was there just now: ENOENT is no "not found" of the
 * user's. Another attempt may have taken back the folder that it had made, or
 * somebody unmounted it: io_error, to be tried again. */
int32_t local_vanished(struct hyp_error *err, int sys_errno, const char *what,
		       const char *dir);

/* The same for a failed fsync or close: "fsync_failed", but for a full disk,
 * which may show up only there. Never ask again: the kernel says it once. */
int32_t local_not_durable(struct hyp_error *err, int sys_errno, const char *dir,
			  const char *name);

/* receipt.c: what a receipt says, as far as a storage cares. */
struct local_receipt {
	char job[129];
	uint32_t attempt;
	uint64_t package_bytes;
	uint64_t inode; /* layout FILE: of the package; 0: not said */
};
/* Checks a receipt's text. inode not 0: *out_text is the text with the member
 * "storage_inode" added, else NULL. HYP_E_USAGE "bad_receipt". */
int32_t local_receipt_parse(const void *text, size_t n,
			    struct local_receipt *out, struct hyp_error *err);
int32_t local_receipt_add_inode(const void *text, size_t n, uint64_t inode,
				char **out, struct hyp_error *err);
/* Reads dir/name: 1 if it is a receipt of this user's, 0 if it is none or not
 * there; path is dir's, for errors. */
int32_t local_receipt_read(int dir, const char *path, const char *name,
			   struct local_receipt *out, struct hyp_error *err);

/* output.c: what stands at the final place. */

/* What force may replace: exactly these. */
struct local_output {
	int exists;
	struct stat package, receipt; /* of FILE; DIRECTORY: package alone */
};
/* Nothing is there; or, with force, something that is provably ours: a
 * package whose receipt matches its sizes. Else HYP_E_EXISTS. */
int32_t local_output_check(int dir, const char *path,
			   const struct local_names *names, uint32_t force,
			   struct local_output *out, struct hyp_error *err);
/* Sum of a package directory's files but the receipt, and how many are empty
 * (a sum does not see those): 1 if there are only regular files of ours, 0 if
 * there are others; path is dir's, for errors. */
int32_t local_tree_bytes(int dir, const char *path, uint64_t *bytes,
			 unsigned int *empty, struct hyp_error *err);
/* Another handle of a directory, for readdir; the caller closes it. */
DIR *local_list(int dir, const char *path, struct hyp_error *err);
int local_same_file(const struct stat *a, const struct stat *b);

/* remove.c: only what is ours. -1 and errno if something remains. */

/* Unlinks the regular files in an attempt's directory (at dir/temp, which
 * must be fd's) and the directory. Anything else stays, and so does it. */
int local_remove_temp(int dir, const char *temp, int fd);

/* reserve.c: space set aside and given back as it is used. */
struct local_reserve {
	int fd; /* -1: nothing reserved */
	uint64_t size, expected, used;
};
/* HYP_E_RESOURCE "insufficient_space" unless expected and 5 % are free. */
int32_t local_space_check(int fd, const char *path, uint64_t expected,
			  struct hyp_error *err);
int32_t local_reserve_open(struct local_reserve *reserve, int dir,
			   const char *path, uint64_t expected,
			   struct hyp_error *err);
void local_reserve_use(struct local_reserve *reserve, uint64_t n);
void local_reserve_give_back(struct local_reserve *reserve, uint64_t n);
void local_reserve_close(struct local_reserve *reserve);

/* place.c */
struct local_object;

#define LOCAL_OPEN 0u
#define LOCAL_SEALED 1u

struct local_place {
	const struct local *local;
	struct local_where where;
	struct local_names names;
	struct local_output old; /* what publish will replace */
	int bare;		 /* sealed without a receipt */
	char job[129];
	uint32_t attempt, layout, force, state;
	int temp;	      /* the attempt's directory, flock'd; -1: none */
	int made;	      /* we made it */
	pthread_mutex_t lock; /* for what follows */
	struct local_reserve reserve;
	struct local_object *objects;
	int broken; /* a write or close failed: never sealed */
	int stuck;  /* publishing failed and could not be taken back */
};

struct local_object {
	struct local_place *place;
	struct local_object *next;
	char *name;
	int fd; /* open until sealed: fsync must see this one's errors */
	int scratch, closed;
	uint64_t end;	  /* bytes appended, slots included */
	uint64_t started; /* write-back was started up to here, */
	uint64_t waited;  /* and waited for up to here */
	struct local_slot {
		uint64_t id, at, n;
	} * slots; /* the unfilled ones, oldest first */
	size_t slot_count, slot_cap;
	uint64_t next_slot;
};

/* The empty shell of one; opens nothing. */
int32_t local_place_new(const struct local *local,
			const struct hyp_place_args *args,
			struct local_place **out, struct hyp_error *err);
int32_t local_place_open(void *instance, const struct hyp_place_args *args,
			 void **place, struct hyp_error *err);
void local_place_abort(void *place);
void local_place_free(struct local_place *place);

/* object.c */
int32_t local_object_open(void *place, const char *name, uint32_t flags,
			  void **object, struct hyp_error *err);
int32_t local_object_write(void *object, const void *buf, uint64_t n,
			   struct hyp_error *err);
int32_t local_object_reserve(void *object, uint64_t n, uint64_t *slot,
			     struct hyp_error *err);
int32_t local_object_fill(void *object, uint64_t slot, const void *buf,
			  uint64_t n, struct hyp_error *err);
int32_t local_object_rewind(void *object, uint64_t slot, struct hyp_error *err);
int32_t local_object_read(void *object, uint64_t offset, void *buf, uint64_t n,
			  uint64_t *got, struct hyp_error *err);
int32_t local_object_close(void *object, struct hyp_error *err);
void local_object_free(struct local_object *object);
/* Closes its descriptor, if any, whatever that says. */
void local_object_drop(struct local_object *object);

/* seal.c */
int32_t local_place_seal(void *place, const void *receipt, uint64_t n,
			 struct hyp_error *err);

/* publish.c */

/* Renames what is sealed, durably. package_done: layout FILE's first rename
 * was made by an attempt that died. On failure names are as before. */
int32_t local_rename_in(struct local_place *p, int package_done,
			struct hyp_error *err);
/* After it: removes what was replaced and the temporary directory. */
void local_clean_up(struct local_place *p);
int32_t local_place_publish(void *place, struct hyp_error *err);

/* recover.c */
int32_t local_state(void *instance, const struct hyp_place_args *args,
		    uint32_t *state, struct hyp_error *err);
int32_t local_resume(void *instance, const struct hyp_place_args *args,
		     struct hyp_error *err);
int32_t local_sweep(void *instance, const char *dir,
		    uint32_t (*is_live)(void *ctx, const char *job_id,
					uint32_t attempt),
		    void *ctx, uint64_t *removed, struct hyp_error *err);

#endif
