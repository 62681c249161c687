/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checked calls of all kinds share: the instance, the handles, the
 * frame around one call into a plugin, and guards for what the plugin may
 * call back. Inside core/plugin only.
 */
#ifndef HYP_PLUGIN_CALL_H
#define HYP_PLUGIN_CALL_H

#include "core/plugin/gate.h"
#include "core/plugin/instance.h"

#include <pthread.h>

struct hyp_instance {
	const struct hyp_loaded *loaded;
	const struct hyp_host *host;
	struct hyp_gate *gate;	   /* the plugin's, own_gate, or NULL */
	struct hyp_gate *own_gate; /* of a HYP_THREADS_INSTANCE plugin */
	void *raw;		   /* what the plugin's create made */
	pthread_mutex_t lock;	   /* of guards */
	struct hyp_guard *guards;
};

/* One call into the plugin:
 *	rc = hyp_call_begin(&call, instance, "open", err);
 *	if (rc != 0)
 *		return rc;
 *	rc = ops->open(..., call.err);
 *	return hyp_call_end(&call, rc);
 */
struct hyp_call {
	const struct hyp_instance *instance;
	const char *member;
	struct hyp_error *err; /* never NULL */
	struct hyp_error spare;
};

/* Enters the gate; gives up on cancellation (HYP_E_CANCELLED). */
int32_t hyp_call_begin(struct hyp_call *call,
		       const struct hyp_instance *instance, const char *member,
		       struct hyp_error *err);
/* The same for what ends or frees something: waits as long as it takes. */
void hyp_call_begin_cleanup(struct hyp_call *call,
			    const struct hyp_instance *instance,
			    const char *member, struct hyp_error *err);
/* Leaves the gate and judges what the plugin returned. */
int32_t hyp_call_end(struct hyp_call *call, int32_t rc);

/* HYP_E_PERMANENT "plugin_fault": the plugin broke a promise. */
__attribute__((format(printf, 4, 5))) int32_t
hyp_call_fault(const struct hyp_instance *instance, const char *member,
	       struct hyp_error *err, const char *fmt, ...);
/* HYP_E_PERMANENT "bad_call": whoever calls the plugin did. */
int32_t hyp_call_bad(const struct hyp_instance *instance, const char *member,
		     struct hyp_error *err, const char *what);
/* HYP_E_UNSUPPORTED "not_offered": an optional member that is absent. */
int32_t hyp_call_absent(const struct hyp_instance *instance, const char *member,
			struct hyp_error *err);

/*
 * A guard stands between the plugin and a function of the core's that it was
 * lent for one call. It lives as long as the instance, so that a plugin which
 * calls after its time is told so instead of running into freed memory; and it
 * keeps the first failure, which then is the call's whatever the plugin says.
 */
struct hyp_guard {
	struct hyp_guard *next;
	const struct hyp_instance *instance;
	const char *member;
	pthread_mutex_t lock;
	uint32_t open;
	uint64_t count;		  /* of calls that went well */
	struct hyp_error failure; /* code 0: none yet */
};

/* Allocates size bytes that begin with the guard, zeroed. */
int32_t hyp_guard_new(struct hyp_instance *instance, const char *member,
		      size_t size, void *out, struct hyp_error *err);
/* The same for a guard on the stack, which its call's end takes away: for
 * instances that live as long as the process. */
int32_t hyp_guard_init(struct hyp_guard *guard, struct hyp_instance *instance,
		       const char *member, struct hyp_error *err);
void hyp_guard_fini(struct hyp_guard *guard);
/* Around each callback; leave returns rc after keeping a failure. If enter
 * fails, leave must not be called. */
int32_t hyp_guard_enter(struct hyp_guard *guard, struct hyp_error *err);
int32_t hyp_guard_leave(struct hyp_guard *guard, int32_t rc,
			struct hyp_error *err);
/* The call is over; rc is what hyp_call_end returned. */
int32_t hyp_guard_close(struct hyp_guard *guard, int32_t rc,
			struct hyp_error *err);
void hyp_guards_free(struct hyp_instance *instance);

/* A guarded writer: the plugin gets &(*out)->writer. */
struct hyp_writer_guard {
	struct hyp_guard guard;
	struct hyp_writer writer;
	const struct hyp_writer *to;
};
int32_t hyp_writer_guard_new(struct hyp_instance *instance, const char *member,
			     const struct hyp_writer *to,
			     struct hyp_writer_guard **out,
			     struct hyp_error *err);

/* On the stack, as hyp_guard_init. */
int32_t hyp_writer_guard_init(struct hyp_writer_guard *w,
			      struct hyp_instance *instance, const char *member,
			      const struct hyp_writer *to,
			      struct hyp_error *err);

/* A plugin's struct, shorter or longer than ours, into ours. Its size member
 * (the first) tells; HYP_E_PERMANENT "plugin_fault" if that is absurd. */
int32_t hyp_guard_copy(const struct hyp_guard *guard, void *to, size_t ours,
		       const void *from, struct hyp_error *err);
/* *text becomes "" if NULL; a fault if it is not UTF-8. */
int32_t hyp_guard_text(const struct hyp_guard *guard, const char *what,
		       const char **text, struct hyp_error *err);

/* [a-z0-9_]{1,31} */
int hyp_call_kind_valid(const char *kind);

/* The sinks of a provider, guarded: provider-sinks.c. Each makes *out the
 * sink for the plugin; *guard is closed after the call. */
int32_t hyp_guard_vms(struct hyp_instance *instance, const char *member,
		      const struct hyp_vm_sink *to,
		      const struct hyp_vm_sink **out, struct hyp_guard **guard,
		      struct hyp_error *err);
int32_t hyp_guard_machine(struct hyp_instance *instance,
			  const struct hyp_machine_sink *to,
			  const struct hyp_machine_sink **out,
			  struct hyp_guard **guard, struct hyp_error *err);
int32_t hyp_guard_findings(struct hyp_instance *instance,
			   const struct hyp_finding_sink *to,
			   const struct hyp_finding_sink **out,
			   struct hyp_guard **guard, struct hyp_error *err);
int32_t hyp_guard_files(struct hyp_instance *instance,
			const struct hyp_file_sink *to,
			const struct hyp_file_sink **out,
			struct hyp_guard **guard, struct hyp_error *err);
int32_t hyp_guard_proofs(struct hyp_instance *instance,
			 const struct hyp_proof_sink *to, uint64_t files,
			 const struct hyp_proof_sink **out,
			 struct hyp_guard **guard, struct hyp_error *err);

#endif
