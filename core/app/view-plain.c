/* SPDX-License-Identifier: Apache-2.0 */
/* Without a terminal: a line on stderr at every phase, every ten seconds, every
 * ten percent, and for whatever a person must know. */
#include "core/app/meter.h"
#include "core/app/view.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/units.h"

#define EVERY_MS 10000u
#define EVERY_PERCENT 10

struct plain {
	struct hyp_view view;
	const struct hyp_view_job *job;
	struct hyp_meter meter;
	uint64_t said_ms;
	int said_percent;
};

static struct plain *of(struct hyp_view *view)
{
	return (struct plain *)(void *)view;
}

__attribute__((format(printf, 2, 3))) static void say(const struct plain *p,
						      const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX], safe[2 * HYP_ERROR_TEXT_MAX];
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_text_printable(hyp_view_name(p->job->job), name, sizeof(name));
	hyp_text_printable(text, safe, sizeof(safe));
	fprintf(stderr, "%s: %s\n", name, safe);
}

static void plain_begin(struct hyp_view *view, const struct hyp_view_job *job)
{
	struct plain *p = of(view);

	p->job = job;
	p->said_ms = hyp_clock_boot_ms();
	p->said_percent = 0;
	hyp_meter_init(&p->meter, p->said_ms);
}

static void plain_phase(struct hyp_view *view, uint32_t phase)
{
	say(of(view), "%s", hyp_phase_name(phase));
}

static void plain_finding(struct hyp_view *view,
			  const struct hyp_finding *finding)
{
	if (of(view)->job->job->dry_run)
		hyp_finding_print(finding);
}

static void say_progress(const struct plain *p, int percent, uint64_t bytes,
			 uint64_t now)
{
	char size[HYP_UNITS_TEXT_MAX], rate[HYP_UNITS_TEXT_MAX];
	char left[HYP_UNITS_TEXT_MAX + 16] = "time left unknown";
	char done[16] = "";
	uint64_t ms;

	hyp_format_bytes(bytes, size);
	hyp_format_rate(hyp_meter_rate(&p->meter, now), rate);
	if (hyp_meter_left(&p->meter, now, &ms)) {
		hyp_format_duration(ms, left);
		strcat(left, " left");
	}
	if (percent >= 0)
		snprintf(done, sizeof(done), "%d %%, ", percent);
	say(p, "%s%s, %s, %s", done, size, rate, left);
}

static void plain_progress(struct hyp_view *view,
			   const struct hyp_export_file_state *files,
			   size_t count)
{
	struct plain *p = of(view);
	uint64_t done, total, bytes, now = hyp_clock_boot_ms();
	int percent;

	hyp_meter_sum(files, count, &done, &total, &bytes);
	hyp_meter_add(&p->meter, now, done, total, bytes);
	percent = hyp_percent(done, total);
	if (now - p->said_ms < EVERY_MS &&
	    percent < p->said_percent + EVERY_PERCENT)
		return;
	say_progress(p, percent, bytes, now);
	p->said_ms = now;
	p->said_percent = percent < 0 ? 0 : percent - percent % EVERY_PERCENT;
}

static void plain_warning(struct hyp_view *view, const char *kind,
			  const char *text)
{
	say(of(view), "warning: %s: %s", kind, text);
}

static void plain_restart(struct hyp_view *view, const char *file,
			  uint32_t restart, const struct hyp_error *why)
{
	say(of(view), "%s begins anew (restart %u): %s", file, restart,
	    why->text);
}

static void plain_end(struct hyp_view *view, const struct hyp_result *result,
		      const struct hyp_error *why)
{
	hyp_summary_print(of(view)->job, result, why);
}

static void plain_free(struct hyp_view *view)
{
	free(view);
}

static const struct hyp_view_ops plain_ops = {
	plain_begin,   plain_phase,   plain_finding, plain_progress,
	plain_warning, plain_restart, plain_end,     plain_free,
};

int32_t hyp_view_plain_new(struct hyp_view **out, struct hyp_error *err)
{
	struct plain *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return hyp_error_nomem(err);
	p->view.ops = &plain_ops;
	*out = &p->view;
	return 0;
}
