/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl makes of threads, in a program that has signals of its own. */
#include "plugins/common/http.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>

static struct hyp_error err;
static struct {
	pthread_t thread;
	sigset_t mask;
	int calls;
} resolver;

/* In the thread that libcurl makes for it. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	    struct addrinfo **out)
{
	(void)node, (void)service, (void)hints, (void)out;
	resolver.thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &resolver.mask);
	resolver.calls++;
	return EAI_NONAME;
}

START_TEST(its_threads_take_no_signals)
{
	const struct hyp_http_request request = {.url = "https://name.test/"};
	HYP_AUTO_HTTP_REPLY struct hyp_http_reply reply = HYP_HTTP_REPLY_INIT;
	const struct hyp_tls_trust trust = {.ca_file = NULL};
	struct fake_host host;
	struct hyp_http *http;
	sigset_t now;

	fake_host_init(&host);
	ck_ok(hyp_http_new(&host.table, &trust, &http, &err), &err);
	ck_fails(hyp_http_perform(http, &request, &reply, &err), &err,
		 HYP_E_TRANSIENT, "dns_failed");
	hyp_http_free(http);
	ck_assert_int_gt(resolver.calls, 0);
	ck_assert(!pthread_equal(resolver.thread, pthread_self()));
	ck_assert(sigismember(&resolver.mask, SIGTERM));
	ck_assert(sigismember(&resolver.mask, SIGALRM));
	ck_assert(!sigismember(&resolver.mask, SIGSEGV));
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	ck_assert(!sigismember(&now, SIGTERM));
	ck_assert(!sigismember(&now, SIGPIPE));
	fake_host_fini(&host);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tc = tcase_create("http");

	tcase_add_test(tc, its_threads_take_no_signals);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
