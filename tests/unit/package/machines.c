/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/package/machines.h"

#include <string.h>

static void add_controller(struct test_machine *t, uint32_t type, uint32_t bus,
			   const char *subtype)
{
	t->controllers[t->machine.controller_count++] = (struct hyp_controller){
		.size = sizeof(struct hyp_controller),
		.type = type,
		.bus = bus,
		.subtype = subtype,
	};
}

static const char *const ids[] = {"d0", "d1", "d2", "d3", "d4", "d5"};
static const char *const names[] = {"vm-disk1.vmdk", "vm-disk2.vmdk",
				    "vm-disk3.vmdk", "vm-disk4.vmdk",
				    "vm-disk5.vmdk", "vm-disk6.vmdk"};

static void add_file(struct test_machine *t, uint32_t role, const char *name,
		     uint64_t bytes)
{
	t->files[t->file_count++] = (struct hyp_file){
		.size = sizeof(struct hyp_file),
		.role = role,
		.format = HYP_FORMAT_PLAIN,
		.device_id = "",
		.name = name,
		.bytes = bytes,
		.populated = HYP_UNKNOWN,
	};
}

static void add_disk(struct test_machine *t, uint32_t controller, uint32_t unit,
		     uint64_t capacity)
{
	uint32_t i = t->machine.disk_count++;

	t->disks[i] = (struct hyp_vdisk){
		.size = sizeof(struct hyp_vdisk),
		.controller = controller,
		.unit = unit,
		.capacity = capacity,
		.device_id = ids[i],
		.label = "",
	};
	add_file(t, HYP_ROLE_DISK, names[i], 68608 + i);
	t->files[t->file_count - 1].format = HYP_FORMAT_STREAM_OPTIMIZED;
	t->files[t->file_count - 1].device_id = ids[i];
	t->files[t->file_count - 1].capacity = capacity;
	t->files[t->file_count - 1].populated = capacity / 2;
}

static void add_nic(struct test_machine *t, const char *subtype,
		    const char *network)
{
	t->nics[t->machine.nic_count++] = (struct hyp_nic){
		.size = sizeof(struct hyp_nic),
		.subtype = subtype,
		.network = network,
		.label = "",
	};
}

static void begin(struct test_machine *t)
{
	memset(t, 0, sizeof(*t));
	t->what = "plain";
	t->machine = (struct hyp_machine){
		.size = sizeof(struct hyp_machine),
		.num_cpu = 2,
		.memory_mb = 4096,
		.name = "web01",
		.guest_id = "debian12_64Guest",
		.guest_name = "Debian GNU/Linux 12 (64-bit)",
		.firmware = "bios",
		.hardware = "vmx-19",
		.annotation = "",
		.uuid = "",
		.controllers = t->controllers,
		.controller_stride = sizeof(t->controllers[0]),
		.disks = t->disks,
		.disk_stride = sizeof(t->disks[0]),
		.nics = t->nics,
		.nic_stride = sizeof(t->nics[0]),
	};
}

static void plain(struct test_machine *t)
{
	add_controller(t, HYP_CONTROLLER_SCSI, 0, "VirtualSCSI");
	add_disk(t, 0, 0, 16ull << 30);
	add_nic(t, "VmxNet3", "VM Network");
}

static void full(struct test_machine *t)
{
	t->what = "everything";
	t->machine.firmware = "efi";
	t->machine.secure_boot = 1;
	t->machine.cores_per_socket = 2;
	t->machine.annotation = "Line one\nline two <b> & \"quoted\"";
	add_controller(t, HYP_CONTROLLER_IDE, 0, "");
	add_controller(t, HYP_CONTROLLER_SCSI, 0, "lsilogicsas");
	add_controller(t, HYP_CONTROLLER_SATA, 0, "");
	add_controller(t, HYP_CONTROLLER_NVME, 0, "");
	add_disk(t, 1, 0, 1ull << 40);
	add_disk(t, 1, 1, 512);
	add_disk(t, 2, 0, 1ull << 30);
	add_disk(t, 3, 0, 123456 * 512ull);
	add_file(t, HYP_ROLE_NVRAM, "vm.nvram", 270840);
	add_file(t, HYP_ROLE_ISO, "vm-cd1.iso", 1234);
	add_file(t, HYP_ROLE_FLOPPY, "vm-floppy1.flp", 1474560);
	add_file(t, HYP_ROLE_OTHER, "vm.log", 0);
	add_nic(t, "VmxNet3", "VM Network");
	add_nic(t, "E1000e", "DMZ \"a\" & <b>");
	add_nic(t, "E1000", "VM Network");
	add_nic(t, "", "");
}

static void nothing(struct test_machine *t)
{
	t->what = "neither disks nor networks";
	t->machine.num_cpu = 1;
	t->machine.memory_mb = 4;
	t->machine.hardware = "";
	t->machine.guest_id = "";
	t->machine.guest_name = "";
	t->machine.firmware = "";
}

static void dry(struct test_machine *t)
{
	t->what = "sizes not yet known";
	plain(t);
	t->files[0].bytes = HYP_UNKNOWN;
	t->files[0].populated = HYP_UNKNOWN;
	t->files[0].capacity = 0;
}

static void cds(struct test_machine *t)
{
	t->what = "more CD-ROMs than the IDE disks leave room for";
	add_controller(t, HYP_CONTROLLER_IDE, 0, "");
	add_disk(t, 0, 0, 1ull << 30);
	add_disk(t, 0, 1, 1ull << 30);
	add_file(t, HYP_ROLE_ISO, "a.iso", 1);
	add_file(t, HYP_ROLE_ISO, "b.iso", 2);
}

static void named(struct test_machine *t, const char *what, const char *name)
{
	t->what = what;
	t->machine.name = name;
	t->machine.guest_name = name;
	plain(t);
	t->nics[0].network = name;
	t->nics[0].label = name;
	t->disks[0].label = name;
	t->machine.annotation = name;
}

static void long_name(struct test_machine *t)
{
	memset(t->long_name, 'n', sizeof(t->long_name) - 1);
	named(t, "a name of 4 KiB", t->long_name);
}

void test_machine_make(struct test_machine *t, unsigned i)
{
	begin(t);
	switch (i) {
	case 0:
		plain(t);
		break;
	case 1:
		full(t);
		break;
	case 2:
		nothing(t);
		break;
	case 3:
		dry(t);
		break;
	case 4:
		cds(t);
		break;
	case 5:
		named(t, "XML specials", "<a href=\"x\">&amp;'</a> && \" '");
		break;
	case 6:
		named(t, "end of CDATA", "a]]>b<![CDATA[c]]>");
		break;
	case 7:
		named(t, "emoji", "web \xf0\x9f\x98\x80\xf0\x9f\x91\x8d");
		break;
	case 8:
		long_name(t);
		break;
	case 9:
		named(t, "RTL override",
		      "web\xe2\x80\xae"
		      "gpj.exe");
		break;
	case 10:
		named(t, "control characters",
		      "a\x01"
		      "b\x1b[2Jc\x7f\tz");
		break;
	case 11:
		named(t, "broken UTF-8",
		      "a\xff"
		      "b\xed\xa0\x80"
		      "c\xef\xbf\xbf");
		break;
	case 12:
		named(t, "an entity and a DOCTYPE",
		      "&xxe; <!DOCTYPE a> <?php ?> --> %2f ${x}");
		break;
	default:
		named(t, "several lines", " a\r\nb\n\n c ");
		break;
	}
	t->machine.disks = t->disks;
}
