/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider suite. Pipelines beside "plain", each optional, for providers
 * that can be made to behave so:
 *	slow	copies take far longer than any test
 *	restart	the first copy of the first file breaks, the next one does not
 *	down	nobody answers
 *	cold-only	(any provider) says that no VM ever runs; stopped ones
 *			then stand in for running ones
 * In pipeline R the VM named R is used where there is one, else any.
 */
#ifndef HYP_TEST_CONTRACT_PROVIDER_H
#define HYP_TEST_CONTRACT_PROVIDER_H

#include "tests/contract/contract.h"

#define PV_VMS 64
#define PV_FILES 64

extern struct contract_instance *pv;
extern struct hyp_error pv_err;

const struct hyp_provider_ops *pv_ops(void);

/* VMs, copied: as a list gives them. */
struct pv_vm {
	char id[128], name[256], path[512];
	uint32_t power, flags;
};
struct pv_list {
	struct pv_vm at[PV_VMS];
	size_t count;
	int32_t add_rc; /* what add returns after after VMs */
	size_t after;
};
struct hyp_vm_sink pv_sink(struct pv_list *list);
void pv_list_all(struct pv_list *list, const struct hyp_vm_filter *filter);
const struct pv_vm *pv_by_id(const struct pv_list *list, const char *id);
/* A VM that can be exported, in that power state (HYP_POWER_ANY: whichever);
 * the nth of them from 0. NULL if there is none. */
const struct pv_vm *pv_pick(uint32_t power, unsigned nth);
/* The same; the test fails, and says what is missing, if there is none. */
const struct pv_vm *pv_need(uint32_t power, unsigned nth);
int pv_cold_only(void);
/* The VM of that part to play, in its pipeline. */
const struct pv_vm *pv_role(const char *role);

/* An export, and what came of it. */
struct pv_file {
	char device_id[256];
	uint32_t role, format;
	uint64_t bytes, capacity, populated;
	uint64_t got; /* bytes that copy pushed */
	struct hyp_digest sha1, sha256, sha512;
	int copied;
};
struct pv_export {
	const struct hyp_provider_ops *ops;
	void *raw;
	struct pv_file files[PV_FILES];
	uint32_t count;
};
/* Through the plugin's own operations, or by the core's checked calls. */
int32_t pv_open(struct pv_export *x, const struct pv_vm *vm, uint32_t mode,
		int checked, struct hyp_error *err);
int32_t pv_files(struct pv_export *x, struct hyp_error *err);
/* Copies one file, judging its bytes as they come. */
int32_t pv_copy(struct pv_export *x, uint32_t index, struct hyp_error *err);
/* All of it: 0, with the proofs compared and the export finished. */
void pv_whole(const struct pv_vm *vm, uint32_t mode);

TCase *pv_tcase(Suite *suite, const char *name, const char *pipeline);
void pv_add_inventory(Suite *suite);
void pv_add_export(Suite *suite);
void pv_add_faults(Suite *suite);

#endif
