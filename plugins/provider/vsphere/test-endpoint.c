/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and fingerprints, well and ill meant. */
#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/endpoint.h"
#include "plugins/provider/vsphere/vs.h"
#include "tests/lib/unit.h"

#include <string.h>

#define SHA1 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"
#define HEX64 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct hyp_error err;

static struct vs_endpoint endpoint(const char *url, const char *thumbprint,
				   uint32_t insecure)
{
	struct vs_options opt = {
		.url = url, .thumbprint = thumbprint, .insecure = insecure};
	struct vs_endpoint ep = {.port = 0};

	ck_ok(vs_endpoint_init(&ep, &opt, &err), &err);
	return ep;
}

START_TEST(reads_urls)
{
	static const struct {
		const char *given, *url, *name, *user;
	} good[] = {
		{"https://vc.example/sdk", "https://vc.example:443/sdk",
		 "vc.example:443", ""},
		{"vc.example", "https://vc.example:443/sdk", "vc.example:443",
		 ""},
		{"vc.example:8443", "https://vc.example:8443/sdk",
		 "vc.example:8443", ""},
		{"https://root@10.0.0.1", "https://10.0.0.1:443/sdk",
		 "10.0.0.1:443", "root"},
		{"a%40vsphere.local@vc/sdk/", "https://vc:443/sdk", "vc:443",
		 "a@vsphere.local"},
		{"https://[::1]:989/", "https://[::1]:989/sdk", "[::1]:989",
		 ""},
	};

	for (size_t i = 0; i < HYP_COUNT(good); i++) {
		struct vs_endpoint ep = endpoint(good[i].given, NULL, 0);

		ck_assert_str_eq(ep.url, good[i].url);
		ck_assert_str_eq(ep.name, good[i].name);
		ck_assert_str_eq(ep.user, good[i].user);
		ck_assert_str_eq(ep.tls, "ca");
		ck_assert_uint_eq(ep.trust.ca, 1);
	}
}
END_TEST

START_TEST(refuses_urls)
{
	static const char *const bad[] = {
		"",
		"http://vc.example/sdk",
		"ftp://vc.example",
		"https://",
		"https://vc.example/other",
		"https://vc.example/sdk?x=1",
		"https://vc.example/sdk#x",
		"https://u:secret@vc.example/sdk",
		"https://vc.example:99999/sdk",
		"https://vc example/",
		"https://vc\n.example/",
		"file:///etc/passwd",
	};

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		struct vs_options opt = {.url = bad[i]};
		struct vs_endpoint ep;
		int32_t rc = vs_endpoint_init(&ep, &opt, &err);

		ck_assert_msg(rc == HYP_E_USAGE, "\"%s\" taken", bad[i]);
		ck_assert_str_eq(err.kind, "bad_url");
		ck_assert_ptr_null(strstr(err.text, "secret"));
	}
}
END_TEST

START_TEST(one_trust_at_a_time)
{
	struct vs_options opt = {
		.url = "vc", .thumbprint = HEX64, .insecure = 1};
	struct vs_endpoint ep;

	ck_fails(vs_endpoint_init(&ep, &opt, &err), &err, HYP_E_USAGE,
		 "bad_option");
	opt.thumbprint = NULL;
	opt.ca = "/x.pem";
	ck_fails(vs_endpoint_init(&ep, &opt, &err), &err, HYP_E_USAGE,
		 "bad_option");
	opt.insecure = 0;
	ck_ok(vs_endpoint_init(&ep, &opt, &err), &err);
	ck_assert_str_eq(ep.trust.ca_file, "/x.pem");
	ep = endpoint("vc", HEX64, 0);
	ck_assert_str_eq(ep.tls, "pinned");
	ck_assert_uint_eq(ep.trust.ca, 0);
	ep = endpoint("vc", NULL, 1);
	ck_assert_str_eq(ep.tls, "insecure");
	opt.thumbprint = SHA1;
	opt.ca = NULL;
	ck_fails(vs_endpoint_init(&ep, &opt, &err), &err, HYP_E_USAGE,
		 "bad_value");
}
END_TEST

START_TEST(parses_pins)
{
	static const char *const good[] = {
		HEX64,
		"SHA256:" HEX64,
		"sha-256 " HEX64,
		"sha256=" HEX64,
		"SHA256:00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:"
		"12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F",
		"  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 "
		"14 15 16 17 18 19 1a 1b 1c 1d 1e 1f",
	};
	static const char *const bad[] = {
		"",
		"SHA256:",
		SHA1,
		"SHA1:" SHA1,
		"SHA1:" HEX64,
		HEX64 "00",
		HEX64 ":",
		"0" HEX64,
		"zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
		"1f",
	};
	char text[HYP_TLS_PIN_TEXT_MAX];
	struct hyp_digest pin;

	for (size_t i = 0; i < HYP_COUNT(good); i++) {
		ck_ok(hyp_tls_parse_pin(good[i], 0, &pin, &err), &err);
		ck_assert_uint_eq(pin.length, 32);
		ck_assert_uint_eq(pin.value[31], 0x1f);
	}
	hyp_tls_format_pin(&pin, text);
	ck_assert_str_eq(text, good[4]);
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_assert_msg(hyp_tls_parse_pin(bad[i], 0, &pin, &err) ==
				      HYP_E_USAGE,
			      "\"%s\" taken", bad[i]);
	ck_ok(hyp_tls_parse_pin(SHA1, 1, &pin, &err), &err);
	ck_assert_uint_eq(pin.algorithm, HYP_DIGEST_SHA1);
	ck_fails(hyp_tls_parse_pin("SHA256:" SHA1, 1, &pin, &err), &err,
		 HYP_E_USAGE, "bad_value");
}
END_TEST

START_TEST(star_is_the_endpoint)
{
	static const char *const stars[] = {"https://*/nfc/t/disk-0.vmdk",
					    "https://*:443/nfc/t/disk-0.vmdk",
					    "HTTPS://*/nfc/t/disk-0.vmdk"};
	struct vs_endpoint ep = endpoint("https://[fe80::1]:8443", HEX64, 0);
	struct hyp_tls_trust trust;
	char url[200];

	for (size_t i = 0; i < 3; i++) {
		/* The thumbprint named for a star is not asked. */
		ck_ok(vs_endpoint_device(&ep, stars[i], SHA1, url, sizeof(url),
					 &trust, &err),
		      &err);
		ck_assert_str_eq(url,
				 "https://[fe80::1]:8443/nfc/t/disk-0.vmdk");
		ck_assert_uint_eq(trust.pin_count, 1);
		ck_assert_uint_eq(trust.pins[0].algorithm, HYP_DIGEST_SHA256);
		ck_assert_uint_eq(trust.ca, 0);
	}
}
END_TEST

START_TEST(other_hosts_need_their_own_proof)
{
	struct vs_endpoint ep = endpoint("vc.example", HEX64, 0);
	struct hyp_tls_trust trust;
	char url[200];

	ck_ok(vs_endpoint_device(&ep, "https://esx1/nfc/a", SHA1, url,
				 sizeof(url), &trust, &err),
	      &err);
	ck_assert_str_eq(url, "https://esx1/nfc/a");
	ck_assert_uint_eq(trust.pin_count, 1);
	ck_assert_uint_eq(trust.pins[0].algorithm, HYP_DIGEST_SHA1);
	ck_assert_uint_eq(trust.ca, 1);
	/* Without thumbprint, or with a broken one: authorities alone. */
	ck_ok(vs_endpoint_device(&ep, "https://esx1/nfc/a", "xx", url,
				 sizeof(url), &trust, &err),
	      &err);
	ck_assert_uint_eq(trust.pin_count, 0);
	ck_assert_uint_eq(trust.ca, 1);
	ck_assert_uint_eq(trust.insecure, 0);
	/* The endpoint by its name: its pin, or the thumbprint; no CA. */
	ck_ok(vs_endpoint_device(&ep, "https://VC.example/nfc/a", SHA1, url,
				 sizeof(url), &trust, &err),
	      &err);
	ck_assert_uint_eq(trust.pin_count, 2);
	ck_assert_uint_eq(trust.ca, 0);
	/* The same host, another port: another server. */
	ck_ok(vs_endpoint_device(&ep, "https://vc.example:902/nfc/a", "", url,
				 sizeof(url), &trust, &err),
	      &err);
	ck_assert_uint_eq(trust.pin_count, 0);
	ck_assert_uint_eq(trust.ca, 1);
	ep = endpoint("vc.example", NULL, 1);
	ck_ok(vs_endpoint_device(&ep, "https://esx1/nfc/a", SHA1, url,
				 sizeof(url), &trust, &err),
	      &err);
	ck_assert_uint_eq(trust.insecure, 1);
}
END_TEST

START_TEST(refuses_device_urls)
{
	static const char *const bad[] = {
		"",
		"*",
		"http://esx1/nfc/a",
		"http://*/nfc/a",
		"https://*",
		"https://*.evil.example/nfc",
		"https://*@evil.example/nfc",
		"https://u:p@esx1/nfc/a",
		"https://u@esx1/nfc/a",
		"file:///etc/passwd",
		"https://",
		"https://esx1:0/x",
		"https://es x1/x",
		"https://esx1\r\nHost: evil/x",
		"gopher://esx1/x",
	};
	struct vs_endpoint ep = endpoint("vc.example", NULL, 0);
	struct hyp_tls_trust trust;
	char url[200], big[5000];

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		int32_t rc = vs_endpoint_device(&ep, bad[i], "", url,
						sizeof(url), &trust, &err);

		ck_assert_msg(rc == HYP_E_PERMANENT, "\"%s\" taken", bad[i]);
		ck_assert_str_eq(err.kind, "bad_url");
	}
	memset(big, 'a', sizeof(big));
	memcpy(big, "https://*/", 10);
	big[sizeof(big) - 1] = '\0';
	ck_fails(vs_endpoint_device(&ep, big, "", url, sizeof(url), &trust,
				    &err),
		 &err, HYP_E_PERMANENT, "bad_url");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider/vsphere endpoint");
	TCase *tc = tcase_create("endpoint");

	tcase_add_test(tc, reads_urls);
	tcase_add_test(tc, refuses_urls);
	tcase_add_test(tc, one_trust_at_a_time);
	tcase_add_test(tc, parses_pins);
	tcase_add_test(tc, star_is_the_endpoint);
	tcase_add_test(tc, other_hosts_need_their_own_proof);
	tcase_add_test(tc, refuses_device_urls);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
