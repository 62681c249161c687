/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file operations of core/base/file.h, of which the Nth call fails: so a
 * test can try a failure at every step. Not for several threads at once,
 * but for the counting, which is.
 */
#ifndef HYP_TEST_FILE_FAULT_H
#define HYP_TEST_FILE_FAULT_H

#include "core/base/file.h"

enum file_op {
	FILE_OPENAT,
	FILE_MKDIRAT,
	FILE_UNLINKAT,
	FILE_RENAMEAT2,
	FILE_PWRITE,
	FILE_PREAD,
	FILE_FTRUNCATE,
	FILE_FALLOCATE,
	FILE_SYNC_RANGE,
	FILE_FSYNC,
	FILE_LINKAT,
	FILE_CLOSE, /* the file is closed, the failure reported all the same */
	FILE_OPS,
	FILE_ANY = FILE_OPS, /* the Nth of all calls */
};

/* From here on the nth call (from 1; 0: none) of op fails with sys_errno,
 * and if and_later is set every later one too. Counts begin at 0. */
void file_fault_set(enum file_op op, unsigned nth, int sys_errno,
		    int and_later);
/* pwrite and pread take at most n bytes at once; 0: as many as asked for. */
void file_fault_short(size_t n);
/* Calls since file_fault_set. */
unsigned file_fault_calls(enum file_op op);
/* The system's operations again. */
void file_fault_clear(void);

#endif
