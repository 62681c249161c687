/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/ovf-write.h"
#include "core/package/xml.h"
#include "tests/lib/unit.h"
#include "tests/unit/package/machines.h"

#include <string.h>

#define NS_VMW "http://www.vmware.com/schema/ovf"

static struct hyp_error err;
static struct test_machine t;
static struct hyp_buf out;
static struct hyp_ovf ovf;

static int32_t write_it(void)
{
	return hyp_ovf_write(&t.machine, t.files, sizeof(t.files[0]),
			     t.file_count, &out, &err);
}

static void setup(void)
{
	hyp_buf_init(&out, 1u << 20);
}

static void teardown(void)
{
	hyp_buf_fini(&out);
	hyp_ovf_fini(&ovf);
}

static void make(unsigned i)
{
	test_machine_make(&t, i);
	ck_ok(write_it(), &err);
	ck_ok(hyp_ovf_read(out.data, out.len, t.what, &ovf, &err), &err);
}

/* What can be told from the descriptor is what the machine was. */
START_TEST(test_round_trip)
{
	uint32_t disks = 0;

	make((unsigned)_i);
	ck_assert_uint_eq(ovf.systems, 1);
	ck_assert_uint_eq(ovf.num_cpu, t.machine.num_cpu);
	ck_assert_uint_eq(ovf.memory_mb, t.machine.memory_mb);
	ck_assert_str_eq(ovf.firmware, t.machine.firmware);
	ck_assert_uint_eq(ovf.file_count, t.file_count);
	ck_assert_uint_eq(ovf.disk_count, t.machine.disk_count);
	for (uint32_t i = 0; i < t.file_count; i++) {
		ck_assert_str_eq(ovf.files[i].href, t.files[i].name);
		ck_assert_uint_eq(ovf.files[i].bytes, t.files[i].bytes);
	}
	for (uint32_t i = 0; i < ovf.disk_count; i++) {
		ck_assert_uint_eq(ovf.disks[i].capacity, t.disks[i].capacity);
		ck_assert_str_eq(ovf.disks[i].format, HYP_OVF_STREAM_OPTIMIZED);
	}
	for (size_t i = 0; i < ovf.item_count; i++)
		disks += ovf.items[i].type == 17;
	ck_assert_uint_eq(disks, t.machine.disk_count);
}
END_TEST

/* Names that XML can hold come back as they were. */
START_TEST(test_names)
{
	static const unsigned whole[] = {0, 5, 6, 7, 8, 9, 12, 13};

	make(whole[_i]);
	ck_assert_str_eq(ovf.name, t.machine.name);
	ck_assert_str_eq(ovf.os, t.machine.guest_name);
	ck_assert_uint_eq(ovf.network_count, 1);
	ck_assert_str_eq(ovf.networks[0], t.nics[0].network);
}
END_TEST

START_TEST(test_names_replaced)
{
	make(10);
	ck_assert_str_eq(ovf.name, "a\xef\xbf\xbd"
				   "b\xef\xbf\xbd[2Jc\x7f\tz");
	hyp_ovf_fini(&ovf);
	hyp_buf_reset(&out);
	make(11);
	ck_assert_str_eq(ovf.name, "a\xef\xbf\xbd"
				   "b\xef\xbf\xbd\xef\xbf\xbd"
				   "\xef\xbf\xbd"
				   "c\xef\xbf\xbd");
}
END_TEST

static const struct hyp_ovf_item *item_of(uint32_t type, unsigned nth)
{
	for (size_t i = 0; i < ovf.item_count; i++)
		if (ovf.items[i].type == type && nth-- == 0)
			return &ovf.items[i];
	ck_abort_msg("no item %u of type %u", nth, type);
	return NULL;
}

static const struct hyp_ovf_item *parent_of(const struct hyp_ovf_item *item)
{
	for (size_t i = 0; i < ovf.item_count; i++)
		if (strcmp(ovf.items[i].instance_id, item->parent) == 0)
			return &ovf.items[i];
	ck_abort_msg("item %s has no parent", item->instance_id);
	return NULL;
}

START_TEST(test_hardware)
{
	static const struct {
		uint32_t type;
		const char *subtype;
		int32_t address;
	} disks[] = {
		{6, "lsilogicsas", 0},
		{6, "lsilogicsas", 1},
		{20, "vmware.sata.ahci", 0},
		{20, "vmware.nvme.controller", 0},
	};

	make(1);
	for (unsigned i = 0; i < HYP_COUNT(disks); i++) {
		const struct hyp_ovf_item *d = item_of(17, i);
		char resource[32];

		snprintf(resource, sizeof(resource), "ovf:/disk/vmdisk%u",
			 i + 1);
		ck_assert_str_eq(d->host_resource, resource);
		ck_assert_int_eq(d->address_on_parent, disks[i].address);
		ck_assert_uint_eq(parent_of(d)->type, disks[i].type);
		ck_assert_str_eq(parent_of(d)->subtype, disks[i].subtype);
	}
	ck_assert_uint_eq(parent_of(item_of(15, 0))->type, 5);
	ck_assert_str_eq(item_of(15, 0)->host_resource, "ovf:/file/file6");
	ck_assert_str_eq(item_of(14, 0)->host_resource, "ovf:/file/file7");
	ck_assert_str_eq(item_of(10, 0)->connection, "VM Network");
	ck_assert_str_eq(item_of(10, 1)->connection, "DMZ \"a\" & <b>");
	ck_assert_str_eq(item_of(10, 1)->subtype, "E1000e");
	ck_assert_str_eq(item_of(10, 3)->connection, "VM Network");
	ck_assert_uint_eq(ovf.network_count, 2);
	ck_assert_str_eq(ovf.hardware, "vmx-19");
}
END_TEST

static xmlNodePtr section(xmlDocPtr doc, const char *name)
{
	xmlNodePtr system = hyp_xml_child(xmlDocGetRootElement(doc), HYP_OVF_NS,
					  "VirtualSystem");

	return hyp_xml_child(system, HYP_OVF_NS, name);
}

/* Value of a vmw:Config or ExtraConfig, "" if there is none. */
static const char *config(xmlDocPtr doc, const char *kind, const char *key)
{
	xmlNodePtr n = hyp_xml_child(section(doc, "VirtualHardwareSection"),
				     NS_VMW, kind);

	for (; n != NULL; n = hyp_xml_next(n, NS_VMW, kind))
		if (strcmp(hyp_xml_attr(n, NS_VMW, "key"), key) == 0)
			return hyp_xml_attr(n, NS_VMW, "value");
	return "";
}

static xmlDocPtr parse_out(void)
{
	static const struct hyp_xml_limits limits = HYP_XML_LIMITS_DEFAULT;
	xmlDocPtr doc = NULL;

	ck_ok(hyp_xml_parse(out.data, out.len, &limits, "x", &doc, &err), &err);
	return doc;
}

START_TEST(test_vmware)
{
	xmlDocPtr doc;
	xmlNodePtr os, cpu;

	make(1);
	doc = parse_out();
	os = section(doc, "OperatingSystemSection");
	cpu = hyp_xml_child(section(doc, "VirtualHardwareSection"), HYP_OVF_NS,
			    "Item");
	ck_assert_str_eq(config(doc, "Config", "firmware"), "efi");
	ck_assert_str_eq(
		config(doc, "Config", "bootOptions.efiSecureBootEnabled"),
		"true");
	ck_assert_str_eq(config(doc, "ExtraConfig", "nvram"),
			 "ovf:/file/file5");
	ck_assert_str_eq(hyp_xml_attr(os, NS_VMW, "osType"),
			 "debian12_64Guest");
	ck_assert_str_eq(hyp_xml_attr(os, HYP_OVF_NS, "id"), "96");
	ck_assert_str_eq(hyp_xml_child_text(cpu, NS_VMW, "CoresPerSocket"),
			 "2");
	ck_assert_str_eq(hyp_xml_child_text(section(doc, "AnnotationSection"),
					    HYP_OVF_NS, "Annotation"),
			 t.machine.annotation);
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(test_nothing_stated)
{
	xmlDocPtr doc;

	make(2);
	doc = parse_out();
	ck_assert_str_eq(config(doc, "Config", "firmware"), "");
	ck_assert_str_eq(
		config(doc, "Config", "bootOptions.efiSecureBootEnabled"), "");
	ck_assert_str_eq(config(doc, "ExtraConfig", "nvram"), "");
	ck_assert_ptr_null(section(doc, "AnnotationSection"));
	ck_assert_ptr_null(hyp_xml_attr(section(doc, "OperatingSystemSection"),
					NS_VMW, "osType"));
	ck_assert_str_eq(ovf.hardware, "vmx-13");
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(test_cds_find_room)
{
	make(4);
	ck_assert_uint_eq(parent_of(item_of(15, 0))->type, 5);
	ck_assert_str_ne(item_of(15, 0)->parent, item_of(17, 0)->parent);
	ck_assert_int_eq(item_of(15, 0)->address_on_parent, 0);
	ck_assert_int_eq(item_of(15, 1)->address_on_parent, 1);
	ck_assert_str_eq(item_of(15, 0)->parent, item_of(15, 1)->parent);
}
END_TEST

/* Each spoils machine 1 in one way. */
static void spoil(int how)
{
	switch (how) {
	case 0: /* a disk without a file */
		t.file_count = 3;
		break;
	case 1: /* a file without a disk */
		t.machine.disk_count = 3;
		break;
	case 2:
		t.files[1].device_id = "d0";
		break;
	case 3:
		t.disks[1].device_id = "d0";
		break;
	case 4:
		t.files[0].role = HYP_ROLE_OTHER;
		break;
	case 5:
		t.disks[0].controller = 4;
		break;
	case 6:
		t.disks[1].unit = 0;
		break;
	case 7:
		t.controllers[0].type = 7;
		break;
	case 8:
		t.files[0].name = "../x.vmdk";
		break;
	case 9:
		t.files[0].name = "vm-disk2.vmdk";
		break;
	case 10:
		t.files[5].role = HYP_ROLE_NVRAM;
		break;
	case 11:
		t.machine.num_cpu = 0;
		break;
	case 12:
		t.files[0].name = NULL;
		break;
	default:
		t.disks[0].device_id = NULL;
		break;
	}
}

START_TEST(test_refused)
{
	test_machine_make(&t, 1);
	spoil(_i);
	ck_fails(write_it(), &err, HYP_E_PERMANENT, "bad_ovf");
	ck_assert_str_eq(hyp_buf_str(&out), "");
}
END_TEST

START_TEST(test_no_room_for_cds)
{
	test_machine_make(&t, 4);
	for (uint32_t i = t.file_count; i < 7; i++) {
		static const char *const names[] = {"c.iso", "d.iso", "e.iso"};

		t.files[i] = t.files[3];
		t.files[i].name = names[i - 4];
	}
	t.file_count = 7;
	ck_fails(write_it(), &err, HYP_E_PERMANENT, "bad_ovf");
}
END_TEST

/* Cut at any maximum: an error, and what was in the buffer before stays. The
 * one with long names is written in several pieces. */
START_TEST(test_too_large)
{
	unsigned machine = _i == 0 ? 0 : 8;
	size_t whole;

	make(machine);
	whole = out.len;
	for (size_t max = 5; max < whole + 5; max += 97) {
		hyp_buf_fini(&out);
		hyp_buf_init(&out, max);
		ck_ok(hyp_buf_adds(&out, "abcde", &err), &err);
		ck_fails(write_it(), &err, HYP_E_PERMANENT, "too_large");
		ck_assert_str_eq(hyp_buf_str(&out), "abcde");
		ck_assert_uint_eq(out.len, 5);
	}
	hyp_buf_fini(&out);
	hyp_buf_init(&out, whole);
	ck_ok(write_it(), &err);
	ck_assert_uint_eq(out.len, whole);
}
END_TEST

START_TEST(test_os_types)
{
	static const struct {
		const char *id;
		uint32_t type;
	} cases[] = {
		{"ubuntu64Guest", 94},
		{"ubuntuGuest", 93},
		{"rhel9_64Guest", 80},
		{"windows9Server64Guest", 116},
		{"windows9_64Guest", 120},
		{"windows7Server64Guest", 103},
		{"otherLinux64Guest", 101},
		{"otherGuest64", 102},
		{"otherGuest", 1},
		{"", 1},
		{"windows2019srv_64Guest", 1},
		{"other5xLinux64Guest", 101},
	};

	for (size_t i = 0; i < HYP_COUNT(cases); i++)
		ck_assert_msg(hyp_ovf_os_type(cases[i].id) == cases[i].type,
			      "%s", cases[i].id);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ovf-write");
	TCase *c = tcase_create("ovf-write");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, test_round_trip, 0, TEST_MACHINES);
	tcase_add_loop_test(c, test_names, 0, 8);
	tcase_add_test(c, test_names_replaced);
	tcase_add_test(c, test_hardware);
	tcase_add_test(c, test_vmware);
	tcase_add_test(c, test_nothing_stated);
	tcase_add_test(c, test_cds_find_room);
	tcase_add_loop_test(c, test_refused, 0, 14);
	tcase_add_test(c, test_no_room_for_cds);
	tcase_add_loop_test(c, test_too_large, 0, 2);
	tcase_add_test(c, test_os_types);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
