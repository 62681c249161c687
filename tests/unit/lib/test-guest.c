/* SPDX-License-Identifier: Apache-2.0 */
/* What the program around the library does, and must not have to know. */
#include "tests/unit/lib/lib-kit.h"

#include <locale.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lib_kit kit;
static struct hypersdk *h;
static struct hyp_error err;

static void setup(void)
{
	lib_kit_init(&kit);
	h = lib_kit_open(&kit);
}

static void teardown(void)
{
	hypersdk_close(h, HYPERSDK_CLOSE_NOW);
	lib_kit_fini(&kit);
}

static void reopen(void)
{
	hypersdk_close(h, HYPERSDK_CLOSE_NOW);
	h = lib_kit_open(&kit);
}

static int32_t count(void *ctx, const struct hypersdk_event *event)
{
	(void)event;
	++*(int *)ctx;
	return 0;
}

/* Waits for what does not end, until the handle does. */
static int32_t wait_for_slow(void *ctx, const struct hypersdk_event *event)
{
	struct hyp_error why;
	uint32_t state;

	snprintf(ctx, 64, "asked");
	if (hypersdk_wait(h, event->job, HYPERSDK_FOREVER, &state, NULL,
			  &why) != 0)
		snprintf(ctx, 64, "%s", why.kind);
	return 1;
}

START_TEST(test_close_subscribed)
{
	char id[HYPERSDK_ID_MAX], said[64] = "";
	struct hypersdk_subscription *a, *b;
	int counted = 0;

	ck_ok(hypersdk_subscribe(h, NULL, 0, count, &counted, &a, &err), &err);
	ck_ok(hypersdk_subscribe(h, NULL, HYPERSDK_NEW_EVENTS, wait_for_slow,
				 said, &b, &err),
	      &err);
	lib_kit_export(&kit, h, "synthetic-1", "slow", id);
	reopen();
	ck_assert_int_gt(counted, 0);
	ck_assert_str_eq(said, "stopping");
}
END_TEST

static void export_to(const char *folder)
{
	struct hypersdk_export what = {.size = sizeof(what),
				       .vm_path = "synthetic-7"};
	char id[HYPERSDK_ID_MAX], path[400];

	snprintf(path, sizeof(path), "%s/%s", kit.out, folder);
	what.output = path;
	ck_ok(hypersdk_export(h, &what, id, &err), &err);
}

/* More events than are read at a time. */
static void make_backlog(void)
{
	static char body[65536];
	size_t n = 0;

	for (int i = 0; i < 70; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n,
				      "%c{\"vm_path\": \"synthetic-7\", "
				      "\"output_path\": \"%s/%d\"}",
				      i == 0 ? '[' : ',', kit.out, i);
	snprintf(body + n, sizeof(body) - n, "]");
	ck_ok(hypersdk_submit(h, body, NULL, NULL, NULL, &err), &err);
}

/* Each event makes another one. */
static int32_t make_more(void *ctx, const struct hypersdk_event *event)
{
	++*(int *)ctx;
	export_to(event->id);
	return 0;
}

START_TEST(test_unsubscribe_ends)
{
	struct hypersdk_subscription *s;
	int counted = 0, then;

	make_backlog();
	ck_ok(hypersdk_subscribe(h, NULL, 0, make_more, &counted, &s, &err),
	      &err);
	hypersdk_unsubscribe(s);
	then = counted;
	ck_assert_int_gt(then, 0);
	export_to("last");
	ck_assert_int_eq(counted, then);
}
END_TEST

/* The child has the descriptor of the lock, too. It is killed, for what the
 * threads that it does not have held would be lost in valgrind's eyes. */
START_TEST(test_forked)
{
	int ends[2], status;
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[1]);
		raise(read(ends[0], &byte, 1) != 0 ? SIGABRT : SIGKILL);
		_exit(1);
	}
	reopen();
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

/* Nobody can wait for a child: of itself a plugin tells what it is. */
START_TEST(test_children_ignored)
{
	struct hypersdk_options options = lib_kit_options(&kit);
	struct hypersdk *other = NULL;

	signal(SIGCHLD, SIG_IGN);
	reopen();
	options.program = "/bin/true";
	options.flags = HYPERSDK_NO_ENGINE;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_config");
	ck_assert_msg(strstr(err.text, "ended the process") != NULL, "%s",
		      err.text);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

static int32_t note_locale(void *ctx, const struct hypersdk_event *event)
{
	(void)event;
	*(locale_t *)ctx = uselocale(NULL);
	return 1;
}

static int32_t note_vm_locale(void *ctx, const struct hyp_vm *vm)
{
	(void)vm;
	*(locale_t *)ctx = uselocale(NULL);
	return 0;
}

/* Where 0.5 is "0,5", JSON would be none. */
START_TEST(test_locale)
{
	locale_t in_vms = LC_GLOBAL_LOCALE, in_event = LC_GLOBAL_LOCALE;
	struct hypersdk_subscription *s;
	char id[HYPERSDK_ID_MAX];

	ck_ok(hypersdk_list_vms(h, NULL, NULL, note_vm_locale, &in_vms, &err),
	      &err);
	lib_kit_export(&kit, h, "synthetic-7", NULL, id);
	ck_ok(hypersdk_subscribe(h, NULL, 0, note_locale, &in_event, &s, &err),
	      &err);
	hypersdk_unsubscribe(s);
	ck_assert_ptr_ne(in_vms, LC_GLOBAL_LOCALE);
	ck_assert_ptr_eq(in_event, in_vms);
	ck_assert_ptr_eq(uselocale(NULL), LC_GLOBAL_LOCALE);
}
END_TEST

START_TEST(test_reserved)
{
	struct hypersdk_options options = lib_kit_options(&kit);
	struct hypersdk *other = NULL;

	options.reserved = 1;
	ck_fails(hypersdk_open(&options, &other, &err), &err, HYP_E_USAGE,
		 "bad_argument");
	ck_assert_uint_eq(sizeof(options),
			  offsetof(struct hypersdk_options, reserved) + 4);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		test_close_subscribed, test_unsubscribe_ends, test_forked,
		test_children_ignored, test_locale,	      test_reserved};
	Suite *suite = suite_create("libhypersdk in a program");
	TCase *tc = tcase_create("guest");

	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
