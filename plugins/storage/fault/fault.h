/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage/fault: wraps another storage and breaks chosen operations, so that
 * what an export does on a full, dying or lying disk can be tried anywhere.
 */
#ifndef HYP_STORAGE_FAULT_H
#define HYP_STORAGE_FAULT_H

#include <hypersdk/storage.h>
#include <pthread.h>

/* Indices of the option "operation". */
enum fault_operation {
	FAULT_NONE,
	FAULT_SPACE,
	FAULT_PLACE_OPEN,
	FAULT_OBJECT_OPEN,
	FAULT_WRITE,
	FAULT_RESERVE,
	FAULT_FILL,
	FAULT_REWIND,
	FAULT_READ,
	FAULT_OBJECT_CLOSE,
	FAULT_SEAL,
	FAULT_PUBLISH,
	FAULT_STATE,
	FAULT_RESUME,
	FAULT_SWEEP,
};

/* Indices of the option "action". */
enum fault_action { FAULT_FAIL, FAULT_LOSE, FAULT_FLIP, FAULT_PASS };

struct fault_options {
	uint32_t operation, action;
	int64_t at_call;
	uint64_t at_byte;
	int64_t times;
	uint32_t error, code;
	const char *kind;
	uint64_t available;
	uint64_t delay;
};

struct fault {
	const struct hyp_host *host;
	const struct fault_options *options;
	const struct hyp_storage_ops *inner;
	void *inner_instance;
	pthread_mutex_t lock; /* for what follows */
	uint64_t calls;	      /* of the chosen operation */
	uint64_t bytes;	      /* of them */
	uint64_t hits;
};

/* decide.c */

/* What a call is to do. */
struct fault_verdict {
	int hit;       /* do the action */
	uint64_t pass; /* bytes of this call that go through first */
};
/* Counts a call of operation with n bytes and waits the delay; a negative
 * code if the job is cancelled meanwhile. */
int32_t fault_decide(struct fault *fault, uint32_t operation, uint64_t n,
		     struct fault_verdict *verdict, struct hyp_error *err);
/* The error that the options ask for. */
int32_t fault_error(const struct fault *fault, struct hyp_error *err);
/* Both for an operation that carries no bytes: 0 if it may go on. */
int32_t fault_check(struct fault *fault, uint32_t operation,
		    struct hyp_error *err);

/* object.c */
struct fault_place {
	struct fault *fault;
	void *inner;
};

int32_t fault_object_open(void *place, const char *name, uint32_t flags,
			  void **object, struct hyp_error *err);
int32_t fault_write(void *object, const void *buf, uint64_t n,
		    struct hyp_error *err);
int32_t fault_reserve(void *object, uint64_t n, uint64_t *slot,
		      struct hyp_error *err);
int32_t fault_fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		   struct hyp_error *err);
int32_t fault_rewind(void *object, uint64_t slot, struct hyp_error *err);
int32_t fault_read(void *object, uint64_t offset, void *buf, uint64_t n,
		   uint64_t *got, struct hyp_error *err);
int32_t fault_object_close(void *object, struct hyp_error *err);

#define FAULT_OPTION_COUNT 10
extern const struct hyp_option fault_options[FAULT_OPTION_COUNT];
extern const int fault_errnos[];    /* by index of the option "error" */
extern const int32_t fault_codes[]; /* of "code"; 0: as the error says */

extern const struct hyp_plugin fault_plugin; /* fault.c */

#endif
