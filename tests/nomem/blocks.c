/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/nomem/blocks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unwind.h>

#define BLOCKS_MAX (1u << 18) /* a power of two */

struct block {
	const void *at;
	uintptr_t frames[BLOCK_FRAMES];
};

static struct block *blocks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int inside;

static size_t slot_of(const void *p)
{
	size_t i = ((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 46;

	while (blocks[i].at != NULL && blocks[i].at != p)
		i = (i + 1) % BLOCKS_MAX;
	return i;
}

struct walk {
	uintptr_t *frames, caller;
	int count; /* of frames; 0: the shim's are not passed yet */
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	uintptr_t ip = _Unwind_GetIP(context);

	if (walk->count > 0 || ip == walk->caller)
		walk->frames[walk->count++] = ip;
	return walk->count == BLOCK_FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

void blocks_start(void)
{
	blocks =
		mmap(NULL, BLOCKS_MAX * sizeof(*blocks), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (blocks == MAP_FAILED)
		blocks = NULL;
}

void blocks_add(const void *p, uintptr_t caller)
{
	struct block block = {.at = p};
	struct walk walk = {.frames = block.frames, .caller = caller};

	if (blocks == NULL || inside)
		return;
	inside = 1;
	_Unwind_Backtrace(step, &walk);
	inside = 0;
	pthread_mutex_lock(&lock);
	blocks[slot_of(p)] = block;
	pthread_mutex_unlock(&lock);
}

/* Those behind it move up. */
static void close_gap(size_t gap)
{
	struct block block;

	for (size_t i = (gap + 1) % BLOCKS_MAX; blocks[i].at != NULL;
	     i = (i + 1) % BLOCKS_MAX) {
		block = blocks[i];
		blocks[i].at = NULL;
		blocks[slot_of(block.at)] = block;
	}
}

void blocks_remove(const void *p)
{
	size_t i;

	if (blocks == NULL)
		return;
	pthread_mutex_lock(&lock);
	i = slot_of(p);
	if (blocks[i].at != NULL) {
		blocks[i].at = NULL;
		close_gap(i);
	}
	pthread_mutex_unlock(&lock);
}

/* Faults of libraries: what they lose when memory fails inside of them. A
 * block is excused if it was asked for in such a function of such an object. */
static const struct {
	const char *object;
	const char *function; /* NULL: any */
} known[] = {
	/* 2.9: an element that could not be pushed */
	{"libxml2.so", "xmlTextWriterStartElement"},
	/* 2.9: an input into which the text could not be copied */
	{"libxml2.so", "xmlParserInputBufferCreateMem"},
	/* 0.16: the name of a member that could not be added */
	{"libjson-c.so", "json_object_object_add_ex"},
};

static int is_known(uintptr_t frame)
{
	Dl_info info;

	if (dladdr((void *)frame, &info) == 0 || info.dli_fname == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(info.dli_fname, known[i].object) != NULL &&
		    (known[i].function == NULL ||
		     (info.dli_sname != NULL &&
		      strcmp(info.dli_sname, known[i].function) == 0)))
			return 1;
	return 0;
}

static int is_excused(const struct block *block)
{
	for (int i = 0; i < BLOCK_FRAMES && block->frames[i] != 0; i++)
		if (is_known(block->frames[i]))
			return 1;
	return 0;
}

long blocks_show(void)
{
	struct block *all = blocks;
	long shown = 0;

	blocks = NULL;
	for (size_t i = 0; all != NULL && i < BLOCKS_MAX; i++) {
		if (all[i].at == NULL || is_excused(&all[i]))
			continue;
		printf("  leaked:\n");
		places_show(all[i].frames, BLOCK_FRAMES);
		shown++;
	}
	return shown;
}

static void show_place(uintptr_t frame)
{
	char command[4096], line[512], *name;
	const char *file;
	Dl_info info;
	FILE *tool;

	if (dladdr((void *)frame, &info) == 0 || info.dli_fname == NULL) {
		printf("    %#lx\n", (unsigned long)frame);
		return;
	}
	file = strrchr(info.dli_fname, '/');
	name = info.dli_sname == NULL ? NULL : strdup(info.dli_sname);
	snprintf(command, sizeof(command), "addr2line -fspi -e '%s' %#lx",
		 info.dli_fname,
		 (unsigned long)(frame - 1 - (uintptr_t)info.dli_fbase));
	tool = popen(command, "r");
	if (tool != NULL && fgets(line, sizeof(line), tool) != NULL &&
	    strncmp(line, "??", 2) != 0)
		printf("    %s", line);
	else
		printf("    %s %s+%#lx\n",
		       file != NULL ? file + 1 : info.dli_fname,
		       name != NULL ? name : "",
		       (unsigned long)(frame -
				       (uintptr_t)(name != NULL
							   ? info.dli_saddr
							   : info.dli_fbase)));
	free(name);
	if (tool != NULL)
		pclose(tool);
}

void places_show(const uintptr_t *frames, int count)
{
	fflush(stdout);
	for (int i = 0; i < count && frames[i] != 0; i++)
		show_place(frames[i]);
}
