/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault: the objects of a place. */
#include "plugins/storage/fault/fault.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <stdlib.h>
#include <string.h>

struct object {
	struct fault *fault;
	void *inner;
};

int32_t fault_object_open(void *place, const char *name, uint32_t flags,
			  void **object, struct hyp_error *err)
{
	struct fault_place *p = place;
	HYP_AUTO_FREE struct object *o = calloc(1, sizeof(*o));
	int32_t rc;

	if (o == NULL)
		return hyp_error_nomem(err);
	o->fault = p->fault;
	rc = fault_check(p->fault, FAULT_OBJECT_OPEN, err);
	if (rc == 0)
		rc = p->fault->inner->object_open(p->inner, name, flags,
						  &o->inner, err);
	if (rc == 0)
		*object = HYP_STEAL(o);
	return rc;
}

/* A copy with one bit turned, in the byte at. */
static int32_t flipped(const void *buf, uint64_t n, uint64_t at, void **out,
		       struct hyp_error *err)
{
	unsigned char *copy = malloc((size_t)n + 1);

	if (copy == NULL)
		return hyp_error_nomem(err);
	memcpy(copy, buf, (size_t)n);
	copy[at] ^= 1;
	*out = copy;
	return 0;
}

int32_t fault_write(void *object, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	struct object *o = object;
	const struct hyp_storage_ops *inner = o->fault->inner;
	HYP_AUTO_FREE void *copy = NULL;
	struct fault_verdict verdict;
	int32_t rc;

	rc = fault_decide(o->fault, FAULT_WRITE, n, &verdict, err);
	if (rc != 0)
		return rc;
	if (!verdict.hit)
		return inner->write(o->inner, buf, n, err);
	if (o->fault->options->action == FAULT_FLIP) {
		rc = flipped(buf, n, verdict.pass, &copy, err);
		return rc == 0 ? inner->write(o->inner, copy, n, err) : rc;
	}
	if (verdict.pass > 0)
		rc = inner->write(o->inner, buf, verdict.pass, err);
	if (rc == 0 && o->fault->options->action == FAULT_FAIL)
		rc = fault_error(o->fault, err);
	return rc;
}

int32_t fault_reserve(void *object, uint64_t n, uint64_t *slot,
		      struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fault_check(o->fault, FAULT_RESERVE, err);

	return rc == 0 ? o->fault->inner->reserve(o->inner, n, slot, err) : rc;
}

int32_t fault_fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		   struct hyp_error *err)
{
	struct object *o = object;
	const struct hyp_storage_ops *inner = o->fault->inner;
	HYP_AUTO_FREE void *copy = NULL;
	struct fault_verdict verdict;
	int32_t rc;

	rc = fault_decide(o->fault, FAULT_FILL, n, &verdict, err);
	if (rc != 0)
		return rc;
	if (verdict.hit && o->fault->options->action == FAULT_FAIL)
		return fault_error(o->fault, err);
	if (verdict.hit && n > 0) {
		rc = flipped(buf, n, 0, &copy, err);
		if (rc != 0)
			return rc;
		if (o->fault->options->action == FAULT_LOSE)
			memset(copy, 0, (size_t)n); /* what a hole reads as */
	}
	return inner->fill(o->inner, slot, copy == NULL ? buf : copy, n, err);
}

int32_t fault_rewind(void *object, uint64_t slot, struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fault_check(o->fault, FAULT_REWIND, err);

	return rc == 0 ? o->fault->inner->rewind(o->inner, slot, err) : rc;
}

int32_t fault_read(void *object, uint64_t offset, void *buf, uint64_t n,
		   uint64_t *got, struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fault_check(o->fault, FAULT_READ, err);

	if (rc != 0)
		return rc;
	return o->fault->inner->read(o->inner, offset, buf, n, got, err);
}

int32_t fault_object_close(void *object, struct hyp_error *err)
{
	struct object *o = object;
	struct hyp_error ignored;
	int32_t rc = fault_check(o->fault, FAULT_OBJECT_CLOSE, err);

	if (rc == 0)
		rc = o->fault->inner->object_close(o->inner, err);
	else /* it is to be freed all the same */
		o->fault->inner->object_close(o->inner, &ignored);
	free(o);
	return rc;
}
