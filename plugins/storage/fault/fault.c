/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault: instances, places and the plugin's description. */
#include "plugins/storage/fault/fault.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"

#include <errno.h>
#include <stdlib.h>

static int32_t check_options(const struct fault_options *o,
			     struct hyp_error *err)
{
	int takes_bytes =
		o->operation == FAULT_WRITE || o->operation == FAULT_FILL;

	if ((o->action == FAULT_LOSE || o->action == FAULT_FLIP) &&
	    !takes_bytes)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "action lose and flip go with operation "
				     "write or fill");
	if (o->at_byte > 0 && o->operation != FAULT_WRITE)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "at_byte goes with operation write");
	return 0;
}

static int32_t create(const struct hyp_host *host, const void *options,
		      const struct hyp_storage_ops *inner, void *inner_instance,
		      void **instance, struct hyp_error *err)
{
	struct fault *f;
	int32_t rc = check_options(options, err);

	if (rc != 0)
		return rc;
	if (inner == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "no_inner", 0,
				     "storage/fault wraps another storage: "
				     "give it one, inner = { plugin = "
				     "\"local\"; }");
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return hyp_error_nomem(err);
	f->host = host;
	f->options = options;
	f->inner = inner;
	f->inner_instance = inner_instance;
	pthread_mutex_init(&f->lock, NULL);
	*instance = f;
	return 0;
}

static void destroy(void *instance)
{
	struct fault *f = instance;

	pthread_mutex_destroy(&f->lock);
	free(f);
}

static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *err)
{
	struct fault *f = instance;
	int32_t rc = fault_check(f, FAULT_SPACE, err);
	uint64_t most = f->options->available;

	if (rc == 0)
		rc = f->inner->space(f->inner_instance, dir, available, err);
	if (rc == 0 && most > 0 && *available > most)
		*available = most;
	return rc;
}

static int32_t check_space(const struct fault *f,
			   const struct hyp_place_args *args,
			   struct hyp_error *err)
{
	uint64_t need = hyp_add_sat(args->expected, args->expected / 20);
	char needs[HYP_UNITS_TEXT_MAX], has[HYP_UNITS_TEXT_MAX];

	if (f->options->available == 0 || need <= f->options->available)
		return 0;
	hyp_format_bytes(need, needs);
	hyp_format_bytes(f->options->available, has);
	return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space", ENOSPC,
			     "%s has %s free (storage/fault says), and %s are "
			     "needed",
			     args->dir, has, needs);
}

static int32_t place_open(void *instance, const struct hyp_place_args *args,
			  void **place, struct hyp_error *err)
{
	struct fault *f = instance;
	HYP_AUTO_FREE struct fault_place *p = calloc(1, sizeof(*p));
	int32_t rc;

	if (p == NULL)
		return hyp_error_nomem(err);
	p->fault = f;
	rc = check_space(f, args, err);
	if (rc == 0)
		rc = fault_check(f, FAULT_PLACE_OPEN, err);
	if (rc == 0)
		rc = f->inner->place_open(f->inner_instance, args, &p->inner,
					  err);
	if (rc == 0)
		*place = HYP_STEAL(p);
	return rc;
}

static int32_t seal(void *place, const void *receipt, uint64_t n,
		    struct hyp_error *err)
{
	struct fault_place *p = place;
	int32_t rc = fault_check(p->fault, FAULT_SEAL, err);

	return rc == 0 ? p->fault->inner->seal(p->inner, receipt, n, err) : rc;
}

static int32_t publish(void *place, struct hyp_error *err)
{
	struct fault_place *p = place;
	int32_t rc = fault_check(p->fault, FAULT_PUBLISH, err);

	if (rc == 0)
		rc = p->fault->inner->publish(p->inner, err);
	if (rc == 0)
		free(p);
	return rc;
}

static void abort_place(void *place)
{
	struct fault_place *p = place;

	p->fault->inner->abort(p->inner);
	free(p);
}

static int32_t absent(const char *what, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "unsupported", 0,
			     "the wrapped storage has no operation %s", what);
}

static int32_t state(void *instance, const struct hyp_place_args *args,
		     uint32_t *out, struct hyp_error *err)
{
	struct fault *f = instance;
	int32_t rc = fault_check(f, FAULT_STATE, err);

	if (rc == 0 && f->inner->state == NULL)
		return absent("state", err);
	return rc == 0 ? f->inner->state(f->inner_instance, args, out, err)
		       : rc;
}

static int32_t resume(void *instance, const struct hyp_place_args *args,
		      struct hyp_error *err)
{
	struct fault *f = instance;
	int32_t rc = fault_check(f, FAULT_RESUME, err);

	if (rc == 0 && f->inner->resume == NULL)
		return absent("resume", err);
	return rc == 0 ? f->inner->resume(f->inner_instance, args, err) : rc;
}

static int32_t sweep(void *instance, const char *dir,
		     uint32_t (*is_live)(void *ctx, const char *job_id,
					 uint32_t attempt),
		     void *ctx, uint64_t *removed, struct hyp_error *err)
{
	struct fault *f = instance;
	int32_t rc = fault_check(f, FAULT_SWEEP, err);

	if (rc == 0 && f->inner->sweep == NULL)
		return absent("sweep", err);
	return rc == 0 ? f->inner->sweep(f->inner_instance, dir, is_live, ctx,
					 removed, err)
		       : rc;
}

static const struct hyp_storage_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.space = space,
	.place_open = place_open,
	.object_open = fault_object_open,
	.write = fault_write,
	.reserve = fault_reserve,
	.fill = fault_fill,
	.rewind = fault_rewind,
	.read = fault_read,
	.object_close = fault_object_close,
	.seal = seal,
	.publish = publish,
	.abort = abort_place,
	.state = state,
	.resume = resume,
	.sweep = sweep,
};

const struct hyp_plugin fault_plugin = {
	.size = sizeof(fault_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_STORAGE,
	.threads = HYP_THREADS_PARALLEL,
	.flags = HYP_PLUGIN_WRAPS,
	.options_size = sizeof(struct fault_options),
	.name = "fault",
	.version = "1.0.0",
	.summary = "wraps another storage and breaks chosen operations",
	.options = fault_options,
	.option_stride = sizeof(struct hyp_option),
	.option_count = FAULT_OPTION_COUNT,
	.ops = &ops,
};
