/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of groups: an endpoint is asked for its VMs, and may take its time. */
#include "core/engine/scheduler.h"

struct hyp_group_run {
	struct hyp_group_run *next;
	struct hyp_scheduler *s;
	struct hyp_turn turn;
	pthread_t thread;
	uint32_t ended; /* it does nothing more but give up the lock */
};

static void *run_main(void *arg)
{
	struct hyp_group_run *run = arg;
	struct hyp_scheduler *s = run->s;
	struct hyp_entry *entry;

	pthread_mutex_lock(&s->lock);
	hyp_scheduler_run(s, &run->turn);
	entry = hyp_scheduler_find(s, run->turn.schedule->row.id);
	if (entry != NULL && entry->schedule == run->turn.schedule)
		entry->asking = 0;
	s->asking--;
	run->ended = 1;
	hyp_scheduler_kick(s);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void run_free(struct hyp_group_run *run)
{
	hyp_schedule_put(run->turn.schedule);
	free(run);
}

void hyp_group_start(struct hyp_scheduler *s, struct hyp_entry *entry,
		     const struct hyp_turn *turn)
{
	struct hyp_group_run *run = calloc(1, sizeof(*run));
	struct hyp_error err;
	int32_t rc;

	if (run == NULL) {
		hyp_error_nomem(&err);
		hyp_scheduler_hold(entry, &err);
		hyp_schedule_put(turn->schedule);
		return;
	}
	run->s = s;
	run->turn = *turn;
	rc = hyp_thread_start(&run->thread, "hyp-group", run_main, run, &err);
	if (rc < 0) {
		hyp_scheduler_hold(entry, &err);
		run_free(run);
		return;
	}
	entry->asking = 1;
	s->asking++;
	run->next = s->asked;
	s->asked = run;
}

void hyp_group_reap(struct hyp_scheduler *s, uint32_t all)
{
	struct hyp_group_run **at = &s->asked, *run;

	while ((run = *at) != NULL) {
		if (!all && !run->ended) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		pthread_join(run->thread, NULL);
		run_free(run);
	}
}
