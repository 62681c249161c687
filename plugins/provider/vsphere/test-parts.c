/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware, undo records, names, snapshot names: what needs no server. */
#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/hardware.h"
#include "plugins/provider/vsphere/record.h"
#include "plugins/provider/vsphere/snapshot.h"
#include "plugins/provider/vsphere/target.h"
#include "plugins/provider/vsphere/tree.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#include <libxml/parser.h>
#include <string.h>

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static struct hyp_error err;

static const char hardware_text[] =
	"<hardware " XSI "><numCPU>2</numCPU>"
	"<device xsi:type=\"ParaVirtualSCSIController\"><key>1001</key>"
	"<busNumber>1</busNumber><sharedBus>physicalSharing</sharedBus>"
	"</device>"
	"<device xsi:type=\"VirtualSIOController\"><key>400</key><busNumber>0"
	"</busNumber></device>"
	"<device xsi:type=\"VirtualDisk\"><key>2000</key><deviceInfo><label>"
	"Hard disk 1</label></deviceInfo><backing xsi:type=\""
	"VirtualDiskRawDiskMappingVer1BackingInfo\"><fileName>[ds] a.vmdk"
	"</fileName><compatibilityMode>physicalMode</compatibilityMode>"
	"<diskMode>independent_persistent</diskMode><sharing>"
	"sharingMultiWriter</sharing></backing><controllerKey>1001"
	"</controllerKey><unitNumber>15</unitNumber><capacityInKB>10"
	"</capacityInKB></device>"
	"<device xsi:type=\"vim:VirtualDisk\"><key>2001</key><controllerKey>"
	"77</controllerKey><unitNumber>-1</unitNumber><capacityInBytes>"
	"9223372036854775807</capacityInBytes></device>"
	"<device xsi:type=\"VirtualFloppy\"><controllerKey>400"
	"</controllerKey><unitNumber>0</unitNumber><backing><fileName>[ds] f"
	"</fileName></backing></device>"
	"<device xsi:type=\"VirtualVmxnet3\"><deviceInfo><label>NIC 1</label>"
	"</deviceInfo><backing><deviceName>VM Network</deviceName></backing>"
	"</device>"
	"<device xsi:type=\"VirtualPCIPassthrough\"/>"
	"<device/></hardware>";

START_TEST(reads_hardware)
{
	xmlDocPtr doc = xmlReadMemory(hardware_text, sizeof(hardware_text) - 1,
				      NULL, NULL, 0);
	struct vs_hardware hw;

	ck_assert_ptr_nonnull(doc);
	ck_ok(vs_hardware_read(xmlDocGetRootElement(doc), &hw, &err), &err);
	xmlFreeDoc(doc);
	ck_assert_uint_eq(hw.disk_count, 2);
	ck_assert_str_eq(hw.disks[0].key, "ParaVirtualSCSIController1:15");
	ck_assert_uint_eq(hw.disks[0].capacity, 10240);
	ck_assert_uint_eq(hw.disks[0].flags, VS_DISK_INDEPENDENT | VS_DISK_RDM |
						     VS_DISK_RDM_PHYSICAL |
						     VS_DISK_SHARED);
	ck_assert_str_eq(hw.disks[1].key, "77:0");
	ck_assert_uint_eq(hw.disks[1].capacity, INT64_MAX);
	ck_assert_uint_eq(hw.controller_count, 2);
	ck_assert_uint_eq(hw.controllers[0].kind, HYP_CONTROLLER_SCSI);
	ck_assert_str_eq(hw.controllers[0].sharing, "physicalSharing");
	ck_assert_uint_eq(hw.controllers[1].kind, 0);
	ck_assert_str_eq(hw.images[0].key, "VirtualSIOController0:0");
	ck_assert_uint_eq(hw.images[0].role, HYP_ROLE_FLOPPY);
	ck_assert_str_eq(hw.nics[0].subtype, "VmxNet3");
	ck_assert_str_eq(hw.nics[0].network, "VM Network");
	ck_assert_uint_eq(hw.passthrough, 1);
	ck_assert_ptr_eq(
		vs_hardware_disk(&hw, "/vm-1/ParaVirtualSCSIController1:15"),
		&hw.disks[0]);
	ck_assert_ptr_null(vs_hardware_disk(&hw, "/vm-1/"));
	ck_assert_ptr_null(vs_hardware_disk(&hw, ""));
	vs_hardware_fini(&hw);
}
END_TEST

START_TEST(reads_no_hardware)
{
	struct vs_hardware hw;

	ck_ok(vs_hardware_read(NULL, &hw, &err), &err);
	ck_assert_uint_eq(hw.disk_count, 0);
	vs_hardware_fini(&hw);
}
END_TEST

START_TEST(records_come_back)
{
	struct vs_record in = {
		.endpoint = "vc:443",
		.cookie = "\"quoted; no\"",
		.vm = "vm-1",
		.lease = "session[a]b",
		.snapshot_name = "hypersdk-j-1",
	};
	struct hyp_buf bytes = HYP_BUF_INIT(8192);
	struct vs_record out;

	ck_ok(vs_record_write(&in, &bytes, &err), &err);
	ck_ok(vs_record_read(bytes.data, bytes.len, &out, &err), &err);
	ck_assert_str_eq(out.endpoint, in.endpoint);
	ck_assert_str_eq(out.cookie, in.cookie);
	ck_assert_str_eq(out.vm, in.vm);
	ck_assert_str_eq(out.lease, in.lease);
	ck_assert_str_eq(out.snapshot_name, in.snapshot_name);
	ck_assert_str_eq(out.snapshot, "");
	/* Every cut of it is refused or gives no more than it holds. */
	for (size_t n = 0; n < bytes.len; n++)
		(void)vs_record_read(bytes.data, n, &out, &err);
	hyp_buf_fini(&bytes);
	snprintf(in.lease, sizeof(in.lease), "a\nvm vm-2");
	ck_fails(vs_record_write(&in, &bytes, &err), &err, HYP_E_PERMANENT,
		 "bad_record");
	hyp_buf_fini(&bytes);
}
END_TEST

START_TEST(refuses_bad_records)
{
	static const char *const bad[] = {
		"",
		"endpoint vc:443\n",
		"vm vm-1\n",
		"endpoint vc:443\nvm vm-1",
		"endpoint \nvm vm-1\n",
	};
	char big[600] = "endpoint vc:443\nvm ";
	struct vs_record out;

	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(vs_record_read(bad[i], strlen(bad[i]), &out, &err),
			 &err, HYP_E_PERMANENT, "bad_record");
	memset(big + 19, 'v', 500);
	big[519] = '\n';
	ck_fails(vs_record_read(big, 520, &out, &err), &err, HYP_E_PERMANENT,
		 "bad_record");
	ck_ok(vs_record_read("endpoint a:1\nfuture x\nvm v\n", 27, &out, &err),
	      &err);
}
END_TEST

START_TEST(decodes_names)
{
	static const struct {
		const char *in, *out;
	} names[] = {
		{"web01", "web01"},   {"a%2fb%2Fc", "a/b/c"},
		{"100%25", "100%"},   {"a%5cb", "a\\b"},
		{"a%252fb", "a%2fb"}, {"a%00b%2", "a%00b%2"},
		{"%", "%"},	      {"", ""},
	};
	char out[32], tiny[4];

	for (size_t i = 0; i < HYP_COUNT(names); i++) {
		vs_name_decode(names[i].in, out, sizeof(out));
		ck_assert_str_eq(out, names[i].out);
	}
	vs_name_decode("abcdef", tiny, sizeof(tiny));
	ck_assert_str_eq(tiny, "abc");
}
END_TEST

START_TEST(names_snapshots)
{
	char name[VS_SNAPSHOT_NAME_MAX], other[VS_SNAPSHOT_NAME_MAX];
	char job[129];
	struct hyp_host host = {.job_id = "0193-abc", .attempt = 3};

	ck_ok(vs_snapshot_name(&host, name, &err), &err);
	ck_assert_str_eq(name, "hypersdk-0193-abc-3");
	memset(job, 'j', 128);
	job[128] = '\0';
	host.job_id = job;
	ck_ok(vs_snapshot_name(&host, name, &err), &err);
	ck_assert_uint_le(strlen(name), 80);
	job[127] = 'k';
	ck_ok(vs_snapshot_name(&host, other, &err), &err);
	ck_assert_str_ne(name, other);
	host.job_id = "";
	ck_ok(vs_snapshot_name(&host, name, &err), &err);
	ck_ok(vs_snapshot_name(&host, other, &err), &err);
	ck_assert_str_ne(name, other);
}
END_TEST

static void check_mode(struct vs_target t, uint32_t wanted, uint32_t want_mode,
		       const char *want_kind)
{
	uint32_t mode = 99;
	int32_t rc = vs_target_mode(&t, wanted, &mode, &err);

	if (want_kind == NULL) {
		ck_assert_int_eq(rc, 0);
		ck_assert_uint_eq(mode, want_mode);
	} else {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.kind, want_kind);
		ck_assert_uint_eq(mode, 99);
	}
}

START_TEST(chooses_the_mode)
{
	struct vs_target off = {.name = "a", .power = HYP_POWER_OFF};
	struct vs_target on = {.name = "a", .power = HYP_POWER_ON};
	struct vs_target susp = {.name = "a", .power = HYP_POWER_SUSPENDED};
	struct vs_target t;

	check_mode(off, HYP_MODE_AUTO, HYP_MODE_COLD, NULL);
	check_mode(on, HYP_MODE_AUTO, HYP_MODE_HOT, NULL);
	check_mode(susp, HYP_MODE_AUTO, HYP_MODE_HOT, NULL);
	check_mode(off, HYP_MODE_HOT, HYP_MODE_HOT, NULL);
	check_mode(on, HYP_MODE_COLD, 0, "vm_powered_on");
	check_mode(susp, HYP_MODE_COLD, 0, "vm_suspended");
	t = off;
	t.flags = HYP_VM_TEMPLATE;
	check_mode(t, HYP_MODE_AUTO, HYP_MODE_COLD, NULL);
	check_mode(t, HYP_MODE_HOT, 0, "vm_template");
	t.flags = HYP_VM_ENCRYPTED;
	check_mode(t, HYP_MODE_AUTO, 0, "vm_encrypted");
	t.flags = HYP_VM_DISCONNECTED;
	strcpy(t.connection, "disconnected");
	check_mode(t, HYP_MODE_AUTO, 0, "host_disconnected");
	strcpy(t.connection, "inaccessible");
	check_mode(t, HYP_MODE_AUTO, 0, "vm_inaccessible");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider/vsphere parts");
	TCase *tc = tcase_create("parts");

	tcase_add_test(tc, reads_hardware);
	tcase_add_test(tc, reads_no_hardware);
	tcase_add_test(tc, records_come_back);
	tcase_add_test(tc, refuses_bad_records);
	tcase_add_test(tc, decodes_names);
	tcase_add_test(tc, names_snapshots);
	tcase_add_test(tc, chooses_the_mode);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
