/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/progress.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/units.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS 100

struct file {
	struct hyp_export_file_state state; /* as of the newest look */
	uint64_t stated;		    /* bytes, or HYP_UNKNOWN */
	int is_image;
	struct hyp_pump *pump; /* NULL: not being copied */
};

struct hyp_progress {
	pthread_mutex_t lock;
	pthread_mutex_t telling; /* over shown; taken before lock */
	struct hyp_notes *notes;
	struct file *files;
	struct hyp_export_file_state *shown; /* what was told last */
	size_t count;
	uint64_t told_ms;
};

int32_t hyp_progress_new(const struct hyp_source_files *files,
			 struct hyp_notes *notes, struct hyp_progress **out,
			 struct hyp_error *err)
{
	struct hyp_progress *progress = calloc(1, sizeof(*progress));
	size_t n = files->count;

	if (progress == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&progress->lock, NULL);
	pthread_mutex_init(&progress->telling, NULL);
	progress->notes = notes;
	progress->count = n;
	progress->files = calloc(n + 1, sizeof(*progress->files));
	progress->shown = calloc(n + 1, sizeof(*progress->shown));
	if (progress->files == NULL || progress->shown == NULL) {
		hyp_progress_free(progress);
		return hyp_error_nomem(err);
	}
	for (size_t i = 0; i < n; i++) {
		struct file *file = &progress->files[i];

		file->state.name = files->at[i].file.name;
		file->stated = files->at[i].stated;
		file->is_image = files->at[i].file.role == HYP_ROLE_DISK;
		file->state.total = file->is_image ? files->at[i].file.capacity
				    : file->stated == HYP_UNKNOWN
					    ? 0
					    : file->stated;
	}
	*out = progress;
	return 0;
}

void hyp_progress_free(struct hyp_progress *progress)
{
	if (progress == NULL)
		return;
	pthread_mutex_destroy(&progress->telling);
	pthread_mutex_destroy(&progress->lock);
	free(progress->files);
	free(progress->shown);
	free(progress);
}

/* Looks at the pump. With the lock held. */
static void look(struct file *file)
{
	uint64_t bytes, done, total;

	if (file->pump == NULL)
		return;
	hyp_pump_position(file->pump, &bytes, &done, &total);
	file->state.bytes = bytes;
	if (!file->is_image)
		file->state.done = bytes;
	else if (total > 0) {
		file->state.done = done < total ? done : total;
		file->state.total = total;
	}
}

/* Brings shown up to date; 1 if the observer should hear of it now. */
static int refresh(struct hyp_progress *progress, int always)
{
	uint64_t now = hyp_clock_boot_ms();
	int changed = always;

	pthread_mutex_lock(&progress->lock);
	if (!always && now - progress->told_ms < INTERVAL_MS) {
		pthread_mutex_unlock(&progress->lock);
		return 0;
	}
	for (size_t i = 0; i < progress->count; i++) {
		struct file *file = &progress->files[i];

		look(file);
		changed |= memcmp(&progress->shown[i], &file->state,
				  sizeof(file->state)) != 0;
		progress->shown[i] = file->state;
	}
	if (changed)
		progress->told_ms = now;
	pthread_mutex_unlock(&progress->lock);
	return changed;
}

static void tell(struct hyp_progress *progress, int always)
{
	pthread_mutex_lock(&progress->telling);
	if (refresh(progress, always))
		hyp_notes_progress(progress->notes, progress->shown,
				   progress->count);
	pthread_mutex_unlock(&progress->telling);
}

void hyp_progress_begin(struct hyp_progress *progress, size_t i,
			struct hyp_pump *pump)
{
	pthread_mutex_lock(&progress->lock);
	progress->files[i].pump = pump;
	pthread_mutex_unlock(&progress->lock);
}

void hyp_progress_restart(struct hyp_progress *progress, size_t i)
{
	struct file *file = &progress->files[i];

	pthread_mutex_lock(&progress->lock);
	look(file);
	file->state.lost = hyp_add_sat(file->state.lost, file->state.bytes);
	file->state.restarts++;
	file->pump = NULL;
	file->state.done = file->state.bytes = 0;
	pthread_mutex_unlock(&progress->lock);
}

void hyp_progress_end(struct hyp_progress *progress, size_t i, int complete)
{
	struct file *file = &progress->files[i];

	pthread_mutex_lock(&progress->lock);
	look(file);
	file->pump = NULL;
	if (complete) {
		file->state.finished = 1;
		if (!file->is_image || file->state.total == 0)
			file->state.total = file->state.bytes;
		file->state.done = file->state.total;
	}
	pthread_mutex_unlock(&progress->lock);
	if (complete)
		tell(progress, 1);
}

void hyp_progress_tick(struct hyp_progress *progress)
{
	tell(progress, 0);
}

uint64_t hyp_progress_silence_ms(struct hyp_progress *progress,
				 const char **name)
{
	uint64_t longest = 0;

	pthread_mutex_lock(&progress->lock);
	for (size_t i = 0; i < progress->count; i++) {
		struct file *file = &progress->files[i];
		uint64_t ms =
			file->pump == NULL ? 0 : hyp_pump_idle_ms(file->pump);

		if (ms > longest) {
			longest = ms;
			*name = file->state.name;
		}
	}
	pthread_mutex_unlock(&progress->lock);
	return longest;
}

void hyp_progress_totals(struct hyp_progress *progress, uint64_t *transferred,
			 uint32_t *restarts)
{
	*transferred = 0;
	*restarts = 0;
	pthread_mutex_lock(&progress->lock);
	for (size_t i = 0; i < progress->count; i++) {
		struct file *file = &progress->files[i];

		*transferred = hyp_add_sat(
			*transferred,
			hyp_add_sat(file->state.lost, file->state.bytes));
		*restarts += file->state.restarts;
	}
	pthread_mutex_unlock(&progress->lock);
}
