/* SPDX-License-Identifier: Apache-2.0 */
/* A request to vCenter: whole, or none. */
#include "plugins/provider/vsphere/soap.h"
#include "tests/nomem/units.h"

#include <stdlib.h>
#include <string.h>

static struct hyp_error err;
static char *expected;

static int32_t build(struct vs_msg *msg)
{
	const struct vs_ref self = vs_ref_make("VirtualMachine", "vm-42");
	char name[16];

	vs_msg_begin(msg, "ExportVm", &self);
	vs_msg_text(msg, "userName", "DOMAIN\\a <b> & \"c\" \xc3\xa9");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "disk%u", i);
		vs_msg_open_typed(msg, name, "VirtualDisk");
		vs_msg_u64(msg, "capacity", UINT64_C(1) << 40);
		vs_msg_bool(msg, "thin", 1);
		vs_msg_ref(msg, "datastore", &self);
		vs_msg_text(msg, "path", "[datastore1] web-1/web-1_2.vmdk");
		vs_msg_close(msg);
	}
	return vs_msg_end(msg, &err);
}

static void prepare(void)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;

	must(build(&msg) == 0, err.text);
	expected = strdup(hyp_buf_str(&msg.text));
}

static void run(const struct shim_plan *plan)
{
	VS_AUTO_MSG struct vs_msg msg = VS_MSG_INIT;
	int32_t rc;

	shim_arm(plan);
	rc = build(&msg);
	shim_disarm();
	is_nomem(rc, &err, "build");
	if (rc == 0 && strcmp(hyp_buf_str(&msg.text), expected) != 0)
		broken("the request is not whole: %s", hyp_buf_str(&msg.text));
}

const struct unit unit_request = {"request", prepare, run};
