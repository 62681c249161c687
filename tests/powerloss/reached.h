/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which syncs truly reach the kernel: a seccomp filter traps fsync, fdatasync,
 * syncfs and sync_file_range of this process, and the trap makes the call. A
 * library that only says it synced, such as libeatmydata, is never trapped.
 */
#ifndef HYP_TEST_POWERLOSS_REACHED_H
#define HYP_TEST_POWERLOSS_REACHED_H

/* For this thread and those that it starts from now on; aborts on failure. */
void reached_init(void);
/* How many syncs of this thread the kernel was asked for so far. */
unsigned long reached_count(void);

#endif
