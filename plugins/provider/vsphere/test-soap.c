/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as they are written, replies as they are judged. */
#include "plugins/provider/vsphere/soap.h"
#include "tests/lib/unit.h"

#include <string.h>

#define ENVELOPE(inner)                                                        \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                         \
	"<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/"   \
	"envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">" \
	"<soapenv:Body>" inner "</soapenv:Body></soapenv:Envelope>"
#define FAULT(detail)                                                          \
	ENVELOPE("<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"       \
		 "<faultstring>words of the server</faultstring>"              \
		 "<detail>" detail "</detail></soapenv:Fault>")

static struct hyp_error err;

static int32_t read_as(uint32_t status, const char *type, const char *body,
		       struct vs_reply *reply)
{
	struct vs_answer a = {.status = status,
			      .content_type = type,
			      .location = "https://evil.example/sdk",
			      .bytes = body,
			      .length = strlen(body),
			      .from = "vc:443"};

	memset(reply, 0, sizeof(*reply));
	return vs_soap_read(&a, "Login", reply, &err);
}

static void expect(uint32_t status, const char *body, int32_t code,
		   const char *kind, const char *word)
{
	struct vs_reply reply;
	int32_t rc = read_as(status, "text/xml", body, &reply);

	ck_assert_msg(rc == code, "%.60s: %d %s", body, rc, err.kind);
	ck_assert_str_eq(err.kind, kind);
	ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
	vs_reply_fini(&reply);
}

START_TEST(writes_and_escapes)
{
	struct vs_ref self = vs_ref_make("SessionManager", "sm&1");
	struct vs_msg msg;

	vs_msg_begin(&msg, "Login", &self);
	vs_msg_text(&msg, "userName", "a<b>&\"c\" \xc3\xa9]]>");
	vs_msg_open_typed(&msg, "spec", "Tra:Spec");
	vs_msg_u64(&msg, "n", UINT64_MAX);
	vs_msg_bool(&msg, "b", 1);
	vs_msg_close(&msg);
	ck_ok(vs_msg_end(&msg, &err), &err);
	ck_assert_str_eq(
		hyp_buf_str(&msg.text),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/"
		"soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/"
		"XMLSchema-instance\"><soapenv:Body><Login xmlns=\"urn:vim25\">"
		"<_this type=\"SessionManager\">sm&amp;1</_this>"
		"<userName>a&lt;b&gt;&amp;&quot;c&quot; \xc3\xa9]]&gt;"
		"</userName><spec xsi:type=\"Tra:Spec\"><n>"
		"18446744073709551615</n><b>true</b></spec></Login>"
		"</soapenv:Body></soapenv:Envelope>\n");
	/* A second end is for a repeated call: nothing is added. */
	ck_ok(vs_msg_end(&msg, &err), &err);
	vs_msg_fini(&msg);
}
END_TEST

START_TEST(refuses_what_xml_cannot_hold)
{
	static const char *const bad[] = {"a\x01", "\xff", "\xef\xbf\xbf",
					  "\x1f"};
	struct vs_ref self = vs_ref_make("X", "x");

	for (size_t i = 0; i < 4; i++) {
		struct vs_msg msg;

		vs_msg_begin(&msg, "Login", &self);
		vs_msg_text(&msg, "userName", bad[i]);
		vs_msg_text(&msg, "more", "good");
		ck_fails(vs_msg_end(&msg, &err), &err, HYP_E_USAGE,
			 "bad_value");
		vs_msg_fini(&msg);
	}
	self = vs_ref_make("X", "x\x02");
	struct vs_msg msg;

	vs_msg_begin(&msg, "Login", &self);
	ck_fails(vs_msg_end(&msg, &err), &err, HYP_E_USAGE, "bad_value");
	vs_msg_fini(&msg);
}
END_TEST

START_TEST(reads_a_reply)
{
	struct vs_reply reply;
	struct vs_ref ref;

	ck_ok(read_as(200, "text/xml",
		      ENVELOPE("<LoginResponse xmlns=\"urn:vim25\"><returnval>"
			       "<key>k1</key><n>42</n><neg>-1</neg><big>"
			       "99999999999999999999</big><t>true</t>"
			       "<obj type=\"VirtualMachine\">vm-1</obj>"
			       "<v xsi:type=\"ns1:VirtualDisk\"/>"
			       "</returnval></LoginResponse>"),
		      &reply),
	      &err);
	xmlNodePtr v = vs_find(reply.body, "returnval");

	ck_assert_str_eq(vs_text(v, "key"), "k1");
	ck_assert_str_eq(vs_text(v, "none/deeper"), "");
	ck_assert_uint_eq(vs_number(v, "n"), 42);
	ck_assert_uint_eq(vs_number(v, "neg"), 0);
	ck_assert_uint_eq(vs_number(v, "big"), 0);
	ck_assert(vs_is_true(v, "t"));
	ck_assert(vs_ref_read(vs_find(v, "obj"), &ref));
	ck_assert_str_eq(ref.type, "VirtualMachine");
	ck_assert_str_eq(ref.id, "vm-1");
	ck_assert(!vs_ref_read(vs_find(v, "key"), &ref));
	ck_assert(!vs_ref_read(NULL, &ref));
	ck_assert_str_eq(vs_xsi_type(vs_find(v, "v")), "VirtualDisk");
	vs_reply_fini(&reply);
}
END_TEST

START_TEST(reads_a_fault)
{
	struct vs_reply reply;
	const char *body = FAULT("<NoPermissionFault xmlns=\"urn:vim25\" "
				 "xsi:type=\"NoPermission\"><object "
				 "type=\"Folder\">group-v3</object>"
				 "<privilegeId>VApp.Export</privilegeId>"
				 "</NoPermissionFault>");

	ck_fails(read_as(500, "text/xml", body, &reply), &err, HYP_E_PERMANENT,
		 "no_permission");
	ck_assert_str_eq(reply.fault, "NoPermission");
	ck_assert_ptr_nonnull(strstr(err.text, "VApp.Export"));
	ck_assert_ptr_nonnull(strstr(err.text, "group-v3"));
	ck_assert_ptr_nonnull(strstr(err.text, "words of the server"));
	vs_reply_fini(&reply);
	/* The same with status 200: not how vSphere does it. */
	ck_fails(read_as(200, "text/xml", body, &reply), &err, HYP_E_PERMANENT,
		 "bad_response");
	ck_assert_str_eq(reply.fault, "");
	vs_reply_fini(&reply);
	/* The type as the element's name alone. */
	ck_fails(read_as(500, "text/xml",
			 FAULT("<InvalidLoginFault xmlns=\"urn:vim25\"/>"),
			 &reply),
		 &err, HYP_E_AUTH, "auth_failed");
	vs_reply_fini(&reply);
	/* And none at all. */
	ck_fails(read_as(500, "text/xml", FAULT(""), &reply), &err,
		 HYP_E_TRANSIENT, "server_fault");
	vs_reply_fini(&reply);
}
END_TEST

START_TEST(refuses_what_is_no_reply)
{
	static const char html[] =
		"\xef\xbb\xbf \n<!DocType HTML><html></html>";

	expect(200, html, HYP_E_PERMANENT, "bad_response", "HTML");
	expect(503, html, HYP_E_TRANSIENT, "server_unavailable", "503");
	expect(500, html, HYP_E_TRANSIENT, "bad_response", "HTML");
	expect(302, "", HYP_E_PERMANENT, "bad_response", "evil.example");
	expect(401, "", HYP_E_PERMANENT, "bad_response", "401");
	expect(404, "not here", HYP_E_PERMANENT, "bad_response", "404");
	expect(200, "", HYP_E_PERMANENT, "bad_response", "not XML");
	expect(200, "hello", HYP_E_PERMANENT, "bad_response", "not XML");
	expect(200, "<a/>", HYP_E_PERMANENT, "bad_response", "not SOAP");
	expect(200, ENVELOPE(""), HYP_E_PERMANENT, "bad_response", "method");
	expect(200, ENVELOPE("<LogoutResponse xmlns=\"urn:vim25\"/>"),
	       HYP_E_PERMANENT, "bad_response", "another method");
	/* Another namespace is another method. */
	expect(200, ENVELOPE("<LoginResponse xmlns=\"urn:other\"/>"),
	       HYP_E_PERMANENT, "bad_response", "another method");
	expect(200, "<?xml version=\"1.0\"?><!DOCTYPE x><x/>", HYP_E_PERMANENT,
	       "xml_forbidden", "Login");
	expect(200,
	       "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM "
	       "\"file:///etc/passwd\">]><x>&e;</x>",
	       HYP_E_PERMANENT, "xml_forbidden", "Login");
}
END_TEST

START_TEST(refuses_by_content_type)
{
	struct vs_reply reply;

	ck_fails(read_as(200, "text/html",
			 ENVELOPE("<LoginResponse xmlns=\"urn:vim25\"/>"),
			 &reply),
		 &err, HYP_E_PERMANENT, "bad_response");
	vs_reply_fini(&reply);
}
END_TEST

START_TEST(refs_have_limits)
{
	char id[400];
	struct vs_ref ref;

	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	ref = vs_ref_make("VirtualMachine", id);
	ck_assert_str_eq(ref.id, "");
	ref = vs_ref_make(id, "vm-1");
	ck_assert_str_eq(ref.id, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider/vsphere soap");
	TCase *tc = tcase_create("soap");

	tcase_add_test(tc, writes_and_escapes);
	tcase_add_test(tc, refuses_what_xml_cannot_hold);
	tcase_add_test(tc, reads_a_reply);
	tcase_add_test(tc, reads_a_fault);
	tcase_add_test(tc, refuses_what_is_no_reply);
	tcase_add_test(tc, refuses_by_content_type);
	tcase_add_test(tc, refs_have_limits);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
