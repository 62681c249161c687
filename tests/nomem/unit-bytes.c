/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that come out of libraries: whole, or not at all. */
#include "core/base/cleanup.h"
#include "core/package/ovf.h"
#include "core/package/xml.h"
#include "plugins/storage/local/local.h"
#include "tests/nomem/units.h"
#include "tests/unit/package/machines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define RECEIPT                                                                \
	"{ \"format\": \"hypersdk-receipt/1\", \"job\": \"j\", \"attempt\": "  \
	"1,\n\"package_bytes\": 77, \"files\": [ { \"name\": \"a.vmdk\", "     \
	"\"size\": 7 }, { \"name\": \"b.vmdk\", \"size\": 8 } ], "             \
	"\"vm\": { \"name\": \"w\", \"path\": \"/dc/vm/w\" }, \"c\": 1.5 }\n"

static struct hyp_error err;
static char *expected;

static int is_whole(const char *text)
{
	return expected == NULL || strcmp(text, expected) == 0;
}

static void keep(const char *text)
{
	if (expected == NULL)
		expected = strdup(text);
}

static struct tree tree;

static void prepare_receipt(void)
{
	char *text;

	tree_init(&tree);
	tree_write(&tree, "receipt", RECEIPT, 0600);
	must(local_receipt_add_inode(RECEIPT, strlen(RECEIPT), 5, &text,
				     &err) == 0,
	     err.text);
	keep(text);
	free(text);
}

static void add_inode(void)
{
	HYP_AUTO_FREE char *text = NULL;
	int32_t rc = local_receipt_add_inode(RECEIPT, strlen(RECEIPT), 5, &text,
					     &err);

	is_nomem(rc, &err, "add_inode");
	if (rc == 0 && !is_whole(text))
		broken("the receipt is not whole: %s", text);
}

/* Never 0: that would be none of ours. */
static void read_receipt(int dir)
{
	struct local_receipt r = {.attempt = 0};
	int32_t rc = local_receipt_read(dir, "dir", "receipt", &r, &err);

	if (rc == 0)
		broken("a receipt that cannot be read is none");
	else if (rc < 0)
		is_nomem(rc, &err, "read");
	else if (r.package_bytes != 77 || r.attempt != 1)
		broken("the receipt says something else");
}

static void run_receipt(const struct shim_plan *plan)
{
	HYP_AUTO_CLOSE int dir =
		open(tree.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(dir >= 0, "open");
	shim_arm(plan);
	read_receipt(dir);
	add_inode();
	shim_disarm();
}

static struct test_machine machine;

static int32_t write_descriptor(struct hyp_buf *out)
{
	return hyp_ovf_write(&machine.machine, machine.files,
			     sizeof(machine.files[0]), machine.file_count, out,
			     &err);
}

/* What the reader makes of it, as text; NULL on failure. */
static char *read_back(int32_t *rc)
{
	static const struct hyp_xml_limits limits = HYP_XML_LIMITS_DEFAULT;
	xmlDocPtr doc = NULL;
	xmlChar *dump = NULL;
	char *text;
	int n;

	*rc = hyp_xml_parse(expected, strlen(expected), &limits, "it", &doc,
			    &err);
	if (*rc < 0)
		return NULL;
	shim_spare(1);
	xmlDocDumpMemory(doc, &dump, &n);
	text = strdup((const char *)dump);
	xmlFree(dump);
	xmlFreeDoc(doc);
	shim_spare(-1);
	return text;
}

static char *expected_dump;

static void prepare_descriptor(void)
{
	int32_t rc;
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(1u << 20);

	test_machine_make(&machine, 1);
	must(write_descriptor(&text) == 0, err.text);
	keep(hyp_buf_str(&text));
	expected_dump = read_back(&rc);
	must(rc == 0, err.text);
}

static void run_reading(const struct shim_plan *plan)
{
	char *text;
	int32_t rc;

	shim_arm(plan);
	text = read_back(&rc);
	shim_disarm();
	is_nomem(rc, &err, "read");
	if (rc == 0 && strcmp(text, expected_dump) != 0)
		broken("what was read is not whole: %s", text);
	free(text);
}

static void run_descriptor(const struct shim_plan *plan)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(1u << 20);
	int32_t rc;

	shim_arm(plan);
	rc = write_descriptor(&text);
	shim_disarm();
	is_nomem(rc, &err, "write");
	if (rc == 0 && !is_whole(hyp_buf_str(&text)))
		broken("the descriptor is not whole");
	if (rc != 0 && hyp_buf_str(&text)[0] != '\0')
		broken("half of a descriptor");
}

const struct unit unit_receipt = {"receipt", prepare_receipt, run_receipt};
const struct unit unit_descriptor = {"descriptor", prepare_descriptor,
				     run_descriptor};
const struct unit unit_reading = {"reading", prepare_descriptor, run_reading};
