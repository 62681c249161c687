/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault that the manual names has its code, kind and words. */
#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/fault.h"
#include "plugins/provider/vsphere/soap.h"
#include "tests/lib/unit.h"

#include <libxml/parser.h>
#include <string.h>

static const struct {
	const char *type;
	int32_t code;
	const char *kind;
} faults[] = {
	{"InvalidLogin", HYP_E_AUTH, "auth_failed"},
	{"InvalidLoginFault", HYP_E_AUTH, "auth_failed"},
	{"PasswordExpired", HYP_E_AUTH, "auth_failed"},
	{"NotAuthenticated", HYP_E_TRANSIENT, "session_expired"},
	{"NoPermission", HYP_E_PERMANENT, "no_permission"},
	{"TaskInProgress", HYP_E_BUSY, "vm_busy"},
	{"FileLocked", HYP_E_BUSY, "vm_busy"},
	{"InvalidPowerState", HYP_E_TRANSIENT, "vm_busy"},
	{"InvalidState", HYP_E_TRANSIENT, "vm_busy"},
	{"MigrationFault", HYP_E_TRANSIENT, "vm_busy"},
	{"VMotionInterfaceIssue", HYP_E_TRANSIENT, "vm_busy"},
	{"MethodDisabled", HYP_E_TRANSIENT, "method_disabled"},
	{"ManagedObjectNotFound", HYP_E_NOT_FOUND, "not_found"},
	{"Timedout", HYP_E_TRANSIENT, "server_timeout"},
	{"HostNotConnected", HYP_E_TRANSIENT, "host_disconnected"},
	{"HostNotReachable", HYP_E_TRANSIENT, "host_disconnected"},
	{"NoDiskSpace", HYP_E_RESOURCE, "datastore_full"},
	{"InsufficientStorageSpace", HYP_E_RESOURCE, "server_resources"},
	{"NotSupported", HYP_E_PERMANENT, "not_supported"},
	{"MethodNotFound", HYP_E_PERMANENT, "not_supported"},
	{"RestrictedVersion", HYP_E_PERMANENT, "not_supported"},
	{"InvalidArgument", HYP_E_PERMANENT, "bad_request"},
	{"SystemError", HYP_E_TRANSIENT, "server_fault"},
	{"SomethingNew", HYP_E_TRANSIENT, "server_fault"},
	{"", HYP_E_TRANSIENT, "server_fault"},
};

START_TEST(maps_every_fault)
{
	for (size_t i = 0; i < HYP_COUNT(faults); i++) {
		struct hyp_error err;
		int32_t rc = vs_fault_error(faults[i].type, NULL, "the words",
					    "ExportVm at vc", &err);

		ck_assert_msg(rc == faults[i].code, "%s: %d", faults[i].type,
			      rc);
		ck_assert_msg(strcmp(err.kind, faults[i].kind) == 0, "%s: %s",
			      faults[i].type, err.kind);
		ck_assert_ptr_nonnull(strstr(err.text, "the words"));
		ck_assert_ptr_nonnull(strstr(err.text, "ExportVm at vc"));
		ck_assert(faults[i].type[0] == '\0' ||
			  strstr(err.text, faults[i].type) != NULL);
	}
}
END_TEST

START_TEST(busy_says_when_again)
{
	struct hyp_error err;

	vs_fault_error("TaskInProgress", NULL, "", "x", &err);
	ck_assert_uint_eq(err.retry_after_ms, 10000);
	ck_assert_int_eq(vs_fault_error("TaskInProgress", NULL, "", "x", NULL),
			 HYP_E_BUSY);
}
END_TEST

START_TEST(prints_members_safely)
{
	static const char text[] =
		"<e xmlns=\"urn:vim25\" xmlns:xsi=\"http://www.w3.org/2001/"
		"XMLSchema-instance\"><fault xsi:type=\"InvalidPowerState\">"
		"<requestedState>poweredOff</requestedState><existingState>"
		"powered&#10;On\xe2\x80\xae</existingState></fault>"
		"<localizedMessage>bad\ttime</localizedMessage></e>";
	xmlDocPtr doc = xmlReadMemory(text, sizeof(text) - 1, NULL, NULL, 0);
	struct hyp_error err;

	ck_assert_ptr_nonnull(doc);
	vs_fault_localized(xmlDocGetRootElement(doc), "wait", &err);
	ck_assert_str_eq(err.kind, "vm_busy");
	ck_assert_ptr_nonnull(strstr(err.text, "poweredOff"));
	ck_assert_ptr_null(strchr(err.text, '\n'));
	ck_assert_ptr_null(strchr(err.text, '\t'));
	ck_assert_ptr_null(strstr(err.text, "\xe2\x80\xae"));
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(survives_no_fault)
{
	struct hyp_error err;

	ck_assert_int_eq(vs_fault_localized(NULL, "wait", &err),
			 HYP_E_TRANSIENT);
	ck_assert(vs_fault_is_absent("MethodNotFound"));
	ck_assert(!vs_fault_is_absent("NoPermission"));
	ck_assert(vs_fault_is_gone("ManagedObjectNotFound"));
	ck_assert(!vs_fault_is_gone(""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider/vsphere faults");
	TCase *tc = tcase_create("fault");

	tcase_add_test(tc, maps_every_fault);
	tcase_add_test(tc, busy_says_when_again);
	tcase_add_test(tc, prints_members_safely);
	tcase_add_test(tc, survives_no_fault);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
