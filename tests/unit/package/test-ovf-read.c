/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/package/ovf.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;
static struct hyp_ovf ovf;

static void teardown(void)
{
	hyp_ovf_fini(&ovf);
}

static void fixture(const char *name)
{
	HYP_AUTO_FREE char *text = NULL;
	HYP_AUTO_FREE char *path = NULL;
	size_t n;

	ck_ok(hyp_asprintf(&path, &err, "%s/tests/unit/package/fixtures/%s",
			   getenv("top_srcdir"), name),
	      &err);
	ck_ok(hyp_file_read_small(path, HYP_OVF_MAX, &text, &n, &err), &err);
	ck_ok(hyp_ovf_read(text, n, name, &ovf, &err), &err);
}

START_TEST(test_vcenter67)
{
	fixture("vcenter67.ovf");
	ck_assert_str_eq(ovf.name, "db01");
	ck_assert_str_eq(ovf.os, "Red Hat Enterprise Linux 7 (64-bit)");
	ck_assert_str_eq(ovf.firmware, "efi");
	ck_assert_str_eq(ovf.hardware, "vmx-14");
	ck_assert_uint_eq(ovf.systems, 1);
	ck_assert_uint_eq(ovf.num_cpu, 4);
	ck_assert_uint_eq(ovf.memory_mb, 16384);
	ck_assert_uint_eq(ovf.file_count, 3);
	ck_assert_str_eq(ovf.files[2].href, "db01-3.nvram");
	ck_assert_uint_eq(ovf.files[0].bytes, 1325056000);
	ck_assert_uint_eq(ovf.files[0].chunk_size, 0);
	ck_assert_str_eq(ovf.files[0].compression, "");
	ck_assert_uint_eq(ovf.disk_count, 2);
	ck_assert_uint_eq(ovf.disks[0].capacity, 40ull << 30);
	ck_assert_uint_eq(ovf.disks[1].capacity, 512ull << 20);
	ck_assert_uint_eq(ovf.disks[0].populated, 3140288512u);
	ck_assert_str_eq(ovf.disks[1].file_ref, "file2");
	ck_assert_str_eq(ovf.disks[1].parent_ref, "");
	ck_assert_str_eq(ovf.disks[0].format, HYP_OVF_STREAM_OPTIMIZED);
	ck_assert_uint_eq(ovf.item_count, 10);
	ck_assert_str_eq(ovf.items[7].host_resource, "ovf:/disk/vmdisk1");
	ck_assert_str_eq(ovf.items[7].parent, "3");
	ck_assert_int_eq(ovf.items[8].address_on_parent, 1);
	ck_assert_int_eq(ovf.items[0].address_on_parent, -1);
	ck_assert_uint_eq(ovf.items[1].quantity, 16384ull << 20);
	ck_assert_str_eq(ovf.items[9].connection, "VM Network");
	ck_assert_str_eq(ovf.items[9].subtype, "VmxNet3");
	ck_assert_uint_eq(ovf.network_count, 1);
}
END_TEST

START_TEST(test_vcenter8)
{
	fixture("vcenter8.ovf");
	ck_assert_uint_eq(ovf.files[0].bytes, HYP_UNKNOWN);
	ck_assert_uint_eq(ovf.disks[0].capacity, 64ull << 30);
	ck_assert_uint_eq(ovf.disks[0].populated, HYP_UNKNOWN);
	ck_assert_str_eq(ovf.networks[0], "Gr\xc3\xb6\xc3\x9f"
					  "e 1 / prod");
	ck_assert_str_eq(ovf.hardware, "vmx-21");
}
END_TEST

START_TEST(test_virtualbox)
{
	fixture("virtualbox7.ovf");
	ck_assert_str_eq(ovf.name, "deb");
	ck_assert_str_eq(ovf.os, "Debian_64");
	ck_assert_str_eq(ovf.firmware, "efi");
	ck_assert_str_eq(ovf.hardware, "virtualbox-2.2");
	ck_assert_uint_eq(ovf.num_cpu, 2);
	ck_assert_uint_eq(ovf.memory_mb, 2048);
	ck_assert_uint_eq(ovf.disks[0].capacity, 20ull << 30);
	ck_assert_str_eq(ovf.items[5].host_resource, "/disk/vmdisk1");
}
END_TEST

START_TEST(test_ovf2)
{
	fixture("virtualbox-ovf2.ovf");
	ck_assert_str_eq(ovf.name, "two");
	ck_assert_str_eq(ovf.firmware, "");
	ck_assert_uint_eq(ovf.item_count, 5);
	ck_assert_uint_eq(ovf.items[3].type, 17);
	ck_assert_str_eq(ovf.items[3].parent, "3");
	ck_assert_str_eq(ovf.items[3].name, "disk1");
	ck_assert_str_eq(ovf.items[4].connection, "Bridged");
	ck_assert_uint_eq(ovf.memory_mb, 512);
}
END_TEST

START_TEST(test_appliance)
{
	fixture("ovftool-appliance.ovf");
	ck_assert_uint_eq(ovf.files[0].chunk_size, 2147483648u);
	ck_assert_str_eq(ovf.files[1].compression, "gzip");
	ck_assert_uint_eq(ovf.disks[0].capacity, 100ull << 30);
	ck_assert_uint_eq(ovf.disks[1].capacity, 20ull << 30);
	ck_assert_str_eq(ovf.disks[1].file_ref, "");
	/* The default deployment, "small": not the first, not the bounds. */
	ck_assert_uint_eq(ovf.num_cpu, 6);
	ck_assert_uint_eq(ovf.memory_mb, 12288);
	ck_assert_uint_eq(ovf.item_count, 7);
	ck_assert_str_eq(ovf.os, "other3xLinux64Guest");
	ck_assert_uint_eq(ovf.network_count, 2);
}
END_TEST

START_TEST(test_vapp)
{
	fixture("vapp.ovf");
	ck_assert_uint_eq(ovf.systems, 2);
	ck_assert_str_eq(ovf.name, "front");
	ck_assert_uint_eq(ovf.num_cpu, 1);
	ck_assert_uint_eq(ovf.memory_mb, 1024);
	ck_assert_uint_eq(ovf.item_count, 2);
	ck_assert_str_eq(ovf.disks[1].parent_ref, "base");
}
END_TEST

#define HEAD                                                                   \
	"<Envelope xmlns='" HYP_OVF_NS "' xmlns:ovf='" HYP_OVF_NS              \
	"' xmlns:r='urn:rasd'>"
#define ITEM(id, type, rest)                                                   \
	"<Item><r:InstanceID>" id "</r:InstanceID><r:ResourceType>" type       \
	"</r:ResourceType>" rest "</Item>"
#define FILES(text) "<References>" text "</References>"
#define DISKS(text) "<DiskSection>" text "</DiskSection>"
#define VM(items)                                                              \
	"<VirtualSystem ovf:id='v'><VirtualHardwareSection>" items             \
	"</VirtualHardwareSection></VirtualSystem></Envelope>"
#define F1 "<File ovf:id='f1' ovf:href='a'/>"
#define D1 "<Disk ovf:diskId='d1' ovf:capacity='1'/>"

static int32_t read_it(const char *text)
{
	return hyp_ovf_read(text, strlen(text), "vm.ovf", &ovf, &err);
}

static const char *const good[] = {
	HEAD VM(""),
	HEAD "<VirtualSystem/></Envelope>",
	HEAD FILES("<File id='f1' href='a' size='1'/>") VM(""),
	HEAD FILES(F1 "<File ovf:id='f2' ovf:href='a'/>") VM(""),
	HEAD DISKS(D1) VM(ITEM("1", "17",
			       "<r:HostResource>ovf:/disk/d1"
			       "</r:HostResource>")),
	HEAD DISKS(D1) VM(ITEM("1", "17",
			       "<r:HostResource>ovf://disk/d1"
			       "</r:HostResource>")),
	HEAD VM(ITEM("1", "17", "")),
	HEAD VM(ITEM("1", "15",
		     "<r:HostResource>[ds] x.iso"
		     "</r:HostResource>")),
	HEAD VM(ITEM("", "1", "") ITEM("", "1", "")),
	HEAD VM(ITEM("2", "17", "<r:Parent>1</r:Parent>") ITEM("1", "6", "")),
	/* The ends of a range share the item's id. */
	HEAD VM("<Item ovf:bound='min'><r:InstanceID>1</r:InstanceID></Item>"
		"<Item ovf:bound='normal'><r:InstanceID>1</r:InstanceID>"
		"<r:ResourceType>4</r:ResourceType></Item>"
		"<Item ovf:bound='max'><r:InstanceID>1</r:InstanceID></Item>"),
	HEAD VM(ITEM("1", "3",
		     "<r:VirtualQuantity>8192"
		     "</r:VirtualQuantity>")),
};

START_TEST(test_good)
{
	ck_ok(read_it(good[_i]), &err);
}
END_TEST

static const struct {
	const char *text, *kind;
} bad[] = {
	{"<a/>", "bad_ovf"},
	{"<Envelope/>", "bad_ovf"},
	{"<Envelope xmlns='http://www.vmware.com/schema/ovf/1/envelope'/>",
	 "bad_ovf"},
	{HEAD "</Envelope>", "bad_ovf"},
	{"not xml", "bad_xml"},
	{"<!DOCTYPE x><a/>", "xml_forbidden"},
	{HEAD "<Name>&x;</Name></Envelope>", "xml_forbidden"},
	{HEAD FILES("<File ovf:id='f1'/>") VM(""), "bad_ovf"},
	{HEAD FILES("<File ovf:href='f1'/>") VM(""), "bad_ovf"},
	{HEAD FILES("<File ovf:id='' ovf:href='a'/>") VM(""), "bad_ovf"},
	{HEAD FILES("<File ovf:id='1' ovf:href=''/>") VM(""), "bad_ovf"},
	{HEAD FILES("<File ovf:id='1' ovf:href='a' ovf:size='-1'/>") VM(""),
	 "bad_ovf"},
	{HEAD FILES("<File ovf:id='1' ovf:href='a' ovf:size='1e9'/>") VM(""),
	 "bad_ovf"},
	{HEAD FILES("<File ovf:id='1' ovf:href='a' "
		    "ovf:size='9223372036854775808'/>") VM(""),
	 "bad_ovf"},
	{HEAD FILES("<File ovf:id='1' ovf:href='a' ovf:chunkSize='0'/>") VM(""),
	 "bad_ovf"},
	{HEAD FILES(F1 F1) VM(""), "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d'/>") VM(""), "bad_ovf"},
	{HEAD DISKS("<Disk ovf:capacity='1'/>") VM(""), "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='-1'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1152921504606846976' "
		    "ovf:capacityAllocationUnits='byte * 2^40'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1e308'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' "
		    "ovf:capacityAllocationUnits='bogus'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' "
		    "ovf:populatedSize='x'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS(D1 D1) VM(""), "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' "
		    "ovf:fileRef='none'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' "
		    "ovf:parentRef='none'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' "
		    "ovf:parentRef='d'/>") VM(""),
	 "bad_ovf"},
	{HEAD DISKS("<Disk ovf:diskId='d' ovf:capacity='1' ovf:parentRef='e'/>"
		    "<Disk ovf:diskId='e' ovf:capacity='1' "
		    "ovf:parentRef='d'/>") VM(""),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "", "")), "bad_ovf"},
	{HEAD VM(ITEM("1", "x", "")), "bad_ovf"},
	{HEAD VM(ITEM("1", "-3", "")), "bad_ovf"},
	{HEAD VM(ITEM("1", "70000", "")), "bad_ovf"},
	{HEAD VM(ITEM("1", "1", "") ITEM("1", "1", "")), "bad_ovf"},
	{HEAD VM(ITEM("1", "1", "<r:Parent>2</r:Parent>")), "bad_ovf"},
	{HEAD VM(ITEM("1", "1", "<r:Parent>1</r:Parent>")), "bad_ovf"},
	{HEAD VM(ITEM("1", "1", "<r:Parent>2</r:Parent>")
			 ITEM("2", "1", "<r:Parent>3</r:Parent>")
				 ITEM("3", "1", "<r:Parent>1</r:Parent>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "1", "<r:AddressOnParent>-1</r:AddressOnParent>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "1",
		      "<r:AddressOnParent>4294967296"
		      "</r:AddressOnParent>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "17",
		      "<r:HostResource>ovf:/disk/none"
		      "</r:HostResource>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "17",
		      "<r:HostResource>/etc/passwd"
		      "</r:HostResource>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "15",
		      "<r:HostResource>ovf:/file/none"
		      "</r:HostResource>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "3",
		      "<r:VirtualQuantity>1000000000"
		      "</r:VirtualQuantity>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "3", "<r:VirtualQuantity>-1</r:VirtualQuantity>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "4",
		      "<r:VirtualQuantity>9223372036854775807"
		      "</r:VirtualQuantity>")),
	 "bad_ovf"},
	{HEAD VM(ITEM("1", "4",
		      "<r:AllocationUnits>parsec</r:AllocationUnits>"
		      "<r:VirtualQuantity>1</r:VirtualQuantity>")),
	 "bad_ovf"},
};

START_TEST(test_bad)
{
	ck_fails(read_it(bad[_i].text), &err, HYP_E_PERMANENT, bad[_i].kind);
	ck_assert_ptr_eq(strstr(err.text, "vm.ovf: "), err.text);
	ck_assert_uint_eq(ovf.systems, 0);
	ck_assert_int_eq(hyp_ovf_read(bad[_i].text, strlen(bad[_i].text), "x",
				      &ovf, NULL),
			 HYP_E_PERMANENT);
}
END_TEST

static void many(const char *format, unsigned n, const char *before,
		 const char *after, struct hyp_buf *b)
{
	char part[256];

	hyp_buf_reset(b);
	ck_ok(hyp_buf_adds(b, before, &err), &err);
	for (unsigned i = 0; i < n; i++) {
		char number[16], *at;

		snprintf(part, sizeof(part), "%s", format);
		while ((at = strchr(part, '#')) != NULL) {
			snprintf(number, sizeof(number), "%04u", i);
			memmove(at + 4, at + 1, strlen(at));
			memcpy(at, number, 4);
		}
		ck_ok(hyp_buf_adds(b, part, &err), &err);
	}
	ck_ok(hyp_buf_adds(b, after, &err), &err);
}

START_TEST(test_many)
{
	static const struct {
		const char *what, *before, *after;
		unsigned most;
	} cases[] = {
		{"<File ovf:id='#' ovf:href='#'/>", HEAD "<References>",
		 "</References>" VM(""), 2048},
		{"<Disk ovf:diskId='#' ovf:capacity='1'/>",
		 HEAD "<DiskSection>", "</DiskSection>" VM(""), 1024},
		{"<Network ovf:name='#'/>", HEAD "<NetworkSection>",
		 "</NetworkSection>" VM(""), 1024},
		{ITEM("#", "1", ""),
		 HEAD "<VirtualSystem><VirtualHardwareSection>",
		 "</VirtualHardwareSection></VirtualSystem></Envelope>", 4096},
	};
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(4u << 20);

	many(cases[_i].what, cases[_i].most, cases[_i].before, cases[_i].after,
	     &b);
	ck_ok(hyp_ovf_read(b.data, b.len, "x", &ovf, &err), &err);
	hyp_ovf_fini(&ovf);
	many(cases[_i].what, cases[_i].most + 1, cases[_i].before,
	     cases[_i].after, &b);
	ck_fails(hyp_ovf_read(b.data, b.len, "x", &ovf, &err), &err,
		 HYP_E_PERMANENT, "too_large");
}
END_TEST

/* A chain of parents as long as there may be items: refused, and soon. */
START_TEST(test_long_chain)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(4u << 20);

	ck_ok(hyp_buf_adds(&b, HEAD "<VirtualSystem><VirtualHardwareSection>",
			   &err),
	      &err);
	for (int i = 0; i < 4096; i++)
		ck_ok(hyp_buf_addf(&b, &err,
				   ITEM("%d", "1",
					"<r:Parent>%d"
					"</r:Parent>"),
				   i, i == 4095 ? 0 : i + 1),
		      &err);
	ck_ok(hyp_buf_adds(&b,
			   "</VirtualHardwareSection></VirtualSystem>"
			   "</Envelope>",
			   &err),
	      &err);
	ck_fails(hyp_ovf_read(b.data, b.len, "x", &ovf, &err), &err,
		 HYP_E_PERMANENT, "bad_ovf");
}
END_TEST

START_TEST(test_too_large)
{
	HYP_AUTO_FREE char *text = calloc(1, HYP_OVF_MAX + 1);

	ck_fails(hyp_ovf_read(text, HYP_OVF_MAX + 1, "x", &ovf, &err), &err,
		 HYP_E_PERMANENT, "too_large");
}
END_TEST

/* Every cut of a good descriptor is refused, none is misread. */
START_TEST(test_cut)
{
	static const char text[] =
		HEAD FILES(F1) DISKS(D1) VM(ITEM("1", "3", ""));

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		ck_fails(hyp_ovf_read(text, n, "x", &ovf, &err), &err,
			 HYP_E_PERMANENT, "bad_xml");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ovf-read");
	TCase *t = tcase_create("ovf-read");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, test_vcenter67);
	tcase_add_test(t, test_vcenter8);
	tcase_add_test(t, test_virtualbox);
	tcase_add_test(t, test_ovf2);
	tcase_add_test(t, test_appliance);
	tcase_add_test(t, test_vapp);
	tcase_add_loop_test(t, test_good, 0, (int)HYP_COUNT(good));
	tcase_add_loop_test(t, test_bad, 0, (int)HYP_COUNT(bad));
	tcase_add_loop_test(t, test_many, 0, 4);
	tcase_add_test(t, test_long_chain);
	tcase_add_test(t, test_too_large);
	tcase_add_test(t, test_cut);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
