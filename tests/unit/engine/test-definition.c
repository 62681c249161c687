/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/digest.h"
#include "tests/unit/engine/definition-kit.h"
#include <hypersdk/provider.h>

static void refused(const char *text, const char *kind, const char *why)
{
	struct hyp_definition *d = (void *)1;

	ck_assert_msg(kit_try(text, &d) == HYP_E_USAGE, "taken: %s", text);
	ck_assert_str_eq(err.kind, kind);
	ck_assert_msg(strncmp(err.text, why, strlen(why)) == 0,
		      "%s\n got: %s\nwant: %s", text, err.text, why);
	ck_assert_ptr_eq(d, (void *)1);
}

static void bad(const char *text, const char *why)
{
	refused(text, "bad_request", why);
}

/* A member of the stored form, "" if there is none. */
static const char *stored(const struct hyp_definition *d, const char *outer,
			  const char *name)
{
	static char text[512];
	json_object *json, *of, *value;

	ck_ok(hyp_json_read(d->json, strlen(d->json), &json, &err), &err);
	of = json;
	if (outer != NULL)
		ck_assert(json_object_object_get_ex(json, outer, &of));
	text[0] = '\0';
	if (json_object_object_get_ex(of, name, &value))
		snprintf(text, sizeof(text), "%s",
			 json_object_get_string(value));
	json_object_put(json);
	return text;
}

START_TEST(least)
{
	struct hyp_definition *d = kit_parse("{" KIT_VM "}");

	ck_assert_uint_eq(strlen(d->id), 36);
	ck_assert_int_eq(d->id[14], '7');
	ck_assert_str_eq(d->name, "web");
	ck_assert_str_eq(d->vm_path, "/DC/vm/web");
	ck_assert_str_eq(d->output_path, "/srv/x");
	ck_assert_ptr_null(d->format);
	ck_assert_ptr_null(d->pipeline);
	ck_assert_ptr_null(d->provider);
	ck_assert_ptr_null(d->server);
	ck_assert_ptr_null(d->username);
	ck_assert_ptr_null(d->password);
	ck_assert_uint_eq(d->insecure, 0);
	ck_assert_uint_eq(d->parallel, 0);
	ck_assert_uint_eq(d->mode, HYP_MODE_AUTO);
	ck_assert_uint_eq(d->with_images, 0);
	ck_assert_uint_eq(d->force, 0);
	ck_assert_uint_eq(d->digest, HYP_DIGEST_SHA256);
	ck_assert_uint_eq(d->bandwidth, 0);
	ck_assert_str_eq(stored(d, NULL, "id"), d->id);
	ck_assert_str_eq(stored(d, NULL, "name"), "web");
	ck_assert_str_eq(stored(d, NULL, "created_at"), "2026-11-26T13:08:09Z");
	ck_assert_int_eq(hyp_definition_is_group(d), 0);
	hyp_definition_free(d);
	hyp_definition_free(NULL);
}
END_TEST

START_TEST(all)
{
	struct hyp_definition *d = kit_parse(
		"{'id':'My-job_1.x','name':'Web, nightly','vm_path':'/DC/vm/w',"
		"'output_dir':'/srv/{date}','format':'ovf','pipeline':'main',"
		"'provider':'vsphere','export_method':'govc','method':'ctl',"
		"'compress':false,'thin':false,'datacenter':'DC',"
		"'created_at':'0001-01-01T00:00:00Z','metadata':{'a':[1,{}]},"
		"'vcenter':{'server':'VC.example:8443','username':'me',"
		"'password':'s3cret','insecure':true},"
		"'options':{'parallel_downloads':16,'remove_cdrom':false,"
		"'create_ova':false,'mode':'hot','force':true,"
		"'digest':'sha512','bandwidth':'50MiB/s'}}");

	ck_assert_str_eq(d->id, "My-job_1.x");
	ck_assert_str_eq(d->name, "Web, nightly");
	ck_assert_str_eq(d->output_path, "/srv/{date}");
	ck_assert_str_eq(d->format, "ovf");
	ck_assert_str_eq(d->pipeline, "main");
	ck_assert_str_eq(d->provider, "vsphere");
	ck_assert_str_eq(d->server, "https://VC.example:8443/sdk");
	ck_assert_str_eq(d->username, "me");
	ck_assert_str_eq(d->password, "s3cret");
	ck_assert_uint_eq(d->insecure, 1);
	ck_assert_uint_eq(d->parallel, 16);
	ck_assert_uint_eq(d->with_images, 1);
	ck_assert_uint_eq(d->mode, HYP_MODE_HOT);
	ck_assert_uint_eq(d->force, 1);
	ck_assert_uint_eq(d->digest, HYP_DIGEST_SHA512);
	ck_assert_uint_eq(d->bandwidth, 50 << 20);
	ck_assert_str_eq(stored(d, NULL, "output_dir"), "/srv/{date}");
	ck_assert_str_eq(stored(d, NULL, "output_path"), "/srv/{date}");
	ck_assert_str_eq(stored(d, NULL, "export_method"), "govc");
	ck_assert_str_eq(stored(d, NULL, "created_at"), "2026-11-26T13:08:09Z");
	ck_assert_str_eq(stored(d, "vcenter", "server"), "VC.example:8443");
	ck_assert_str_eq(stored(d, "vcenter", "username"), "me");
	ck_assert_str_eq(stored(d, "metadata", "a"), "[ 1, { } ]");
	ck_assert_ptr_null(strstr(d->json, "s3cret"));
	ck_assert_ptr_null(strstr(d->json, "password"));
	hyp_definition_free(d);
}
END_TEST

/* What clients send for what is not set. */
START_TEST(unset)
{
	struct hyp_definition *d = kit_parse(
		"{" KIT_VM ",'id':'','name':'','format':'','options':null,"
		"'pipeline':'','provider':null,'vcenter_url':'','username':'',"
		"'metadata':null,'datacenter':'','method':'','compress':null,"
		"'vcenter':{'server':'','password':'','insecure':false}}");

	ck_assert_uint_eq(strlen(d->id), 36);
	ck_assert_str_eq(d->name, "web");
	ck_assert_ptr_null(d->format);
	ck_assert_ptr_null(d->pipeline);
	ck_assert_ptr_null(d->server);
	ck_assert_ptr_null(d->password);
	hyp_definition_free(d);
}
END_TEST

START_TEST(formats)
{
	static const struct {
		const char *said, *format;
	} good[] = {
		{"'format':'ova'", "ova"},
		{"'format':'ovf'", "ovf"},
		{"'options':{'create_ova':true}", "ova"},
		{"'options':{'create_ova':false}", "ovf"},
		{"'format':'ova','options':{'create_ova':true}", "ova"},
	};
	struct hyp_definition *d;
	char text[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "{" KIT_VM ",%s}", good[i].said);
		d = kit_parse(text);
		ck_assert_str_eq(d->format, good[i].format);
		hyp_definition_free(d);
	}
	bad("{" KIT_VM ",'format':'vmdk'}",
	    "/format: must be \"ova\" or \"ovf\", not \"vmdk\"");
	bad("{" KIT_VM ",'format':'OVA'}", "/format: ");
	bad("{" KIT_VM ",'format':'ovf','options':{'create_ova':true}}",
	    "/options/create_ova: asks for ova, and /format for ovf");
}
END_TEST

START_TEST(endpoints)
{
	struct hyp_definition *d = kit_parse(
		"{" KIT_VM ",'vcenter_url':'https://vc/sdk','username':'a'}");

	ck_assert_str_eq(d->server, "https://vc/sdk");
	ck_assert_str_eq(d->username, "a");
	hyp_definition_free(d);
	d = kit_parse("{" KIT_VM ",'vcenter_url':"
		      "'https://bob:pa%2Fss@vc:444/sdk'}");
	ck_assert_str_eq(d->server, "https://vc:444/sdk");
	ck_assert_str_eq(d->username, "bob");
	ck_assert_str_eq(d->password, "pa/ss");
	ck_assert_ptr_null(strstr(d->json, "ss@"));
	ck_assert_ptr_null(strstr(d->json, "pa"
					   "%2F"));
	ck_assert_str_eq(stored(d, NULL, "vcenter_url"), "https://vc:444/sdk");
	ck_assert_str_eq(stored(d, NULL, "username"), "bob");
	hyp_definition_free(d);
	d = kit_parse("{" KIT_VM ",'vcenter':{'server':'eve:hidden1@vc'}}");
	ck_assert_str_eq(d->password, "hidden1");
	ck_assert_ptr_null(strstr(d->json, "hidden1"));
	ck_assert_str_eq(stored(d, "vcenter", "username"), "eve");
	hyp_definition_free(d);
	bad("{" KIT_VM ",'vcenter_url':'https://a/sdk','vcenter':"
	    "{'server':'b'}}",
	    "/vcenter_url: is another name for /vcenter/server");
	bad("{" KIT_VM ",'vcenter':{'server':'ftp://b'}}",
	    "/vcenter/server: the endpoint's URL");
	bad("{" KIT_VM ",'vcenter':{'server':'https://u:s3cr3t@'}}",
	    "/vcenter/server: ");
	ck_assert_ptr_null(strstr(err.text, "s3cr3t"));
	bad("{" KIT_VM ",'vcenter':{'password':7}}",
	    "/vcenter/password: must be a text");
}
END_TEST

START_TEST(datacenters)
{
	struct hyp_definition *d =
		kit_parse("{'vm_path':'a/web','output_path':'/x',"
			  "'datacenter':'DC1'}");

	ck_assert_str_eq(d->vm_path, "/DC1/vm/a/web");
	ck_assert_str_eq(d->name, "web");
	ck_assert_str_eq(stored(d, NULL, "vm_path"), "a/web");
	hyp_definition_free(d);
	d = kit_parse("{'vm_path':'/F/DC1/vm/w','output_path':'/x',"
		      "'datacenter':'/F/DC1'}");
	ck_assert_str_eq(d->vm_path, "/F/DC1/vm/w");
	hyp_definition_free(d);
	bad("{'vm_path':'/DC2/vm/w','output_path':'/x','datacenter':'DC1'}",
	    "/datacenter: /vm_path is not in it");
}
END_TEST

START_TEST(groups)
{
	static const char *const paths[] = {"/DC/vm/folder/", "/DC/vm/web-*",
					    "/", "*"};
	struct hyp_definition *d;
	char text[128];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(text, sizeof(text),
			 "{'vm_path':'%s','output_path':'/x'}", paths[i]);
		d = kit_parse(text);
		ck_assert_msg(hyp_definition_is_group(d), "%s", paths[i]);
		ck_assert_str_ne(d->name, "");
		hyp_definition_free(d);
	}
	/* which of its jobs would it be? */
	bad("{'id':'night','vm_path':'/DC/vm/web-*','output_path':'/x'}",
	    "/id: /DC/vm/web-* is a job for each VM");
}
END_TEST

START_TEST(wrong)
{
	bad("[]", "a definition must be an object");
	bad("{'output_path':'/x'}", "/vm_path: must be given");
	bad("{'vm_path':''}", "/vm_path: must be given");
	bad("{'vm_path':'/a'}", "/output_path: must be given");
	bad("{" KIT_VM ",'output_dir':'/srv/y'}",
	    "/output_dir: is another name for /output_path");
	bad("{" KIT_VM ",'vm_pathh':'x'}",
	    "/vm_pathh: there is no such field; did you mean \"vm_path\"?");
	bad("{" KIT_VM ",'zzz':null}", "/zzz: there is no such field");
	bad("{" KIT_VM ",'a/b~c':1}", "/a~1b~0c: there is no such field");
	bad("{" KIT_VM ",'options':{'paralel_downloads':3}}",
	    "/options/paralel_downloads: there is no such field; did you mean "
	    "\"parallel_downloads\"?");
	bad("{" KIT_VM ",'vcenter':{'pasword':'x'}}",
	    "/vcenter/pasword: there is no such field; did you mean "
	    "\"password\"?");
	bad("{" KIT_VM ",'options':[]}", "/options: must be an object");
	bad("{" KIT_VM ",'vcenter':'vc'}", "/vcenter: must be an object");
	bad("{" KIT_VM ",'metadata':[]}", "/metadata: must be an object");
	bad("{" KIT_VM ",'name':7}", "/name: must be a text");
	bad("{" KIT_VM ",'name':{}}", "/name: must be a text");
	bad("{" KIT_VM ",'id':'a b'}", "/id: must be 1 to 128 letters");
	bad("{" KIT_VM ",'id':'../x'}", "/id: ");
	bad("{" KIT_VM ",'pipeline':'../x'}", "/pipeline: ");
	bad("{" KIT_VM ",'provider':'a/b'}", "/provider: ");
	bad("{" KIT_VM ",'insecure':'true'}",
	    "/insecure: must be true or false");
	bad("{" KIT_VM ",'options':{'force':1}}", "/options/force: must be");
	bad("{" KIT_VM ",'options':{'mode':'warm'}}", "/options/mode: must");
	bad("{" KIT_VM ",'options':{'digest':'md5'}}", "/options/digest: ");
	bad("{" KIT_VM ",'options':{'bandwidth':'0'}}", "/options/bandwidth: ");
	bad("{" KIT_VM ",'options':{'bandwidth':'fast'}}",
	    "/options/bandwidth: ");
	bad("{" KIT_VM ",'options':{'bandwidth':0}}", "/options/bandwidth: ");
	refused("{" KIT_VM ",'compress':true}", "unsupported",
		"/compress: true is not supported");
	refused("{" KIT_VM ",'options':{'thin':true}}", "unsupported",
		"/options/thin: true is not supported");
	bad("{" KIT_VM ",'compress':1}", "/compress: must be true or false");
}
END_TEST

START_TEST(numbers)
{
	static const char *const odd[] = {
		"0",
		"-0",
		"17",
		"-1",
		"3.0",
		"1e0",
		"'3'",
		"3.5",
		"true",
		"[]",
		"9223372036854775808",
		"18446744073709551615",
	};
	char text[256];

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(text, sizeof(text),
			 "{" KIT_VM ",'options':{'parallel_downloads':%s}}",
			 odd[i]);
		bad(text, "/options/parallel_downloads: must be ");
	}
}
END_TEST

/* As they come from YAML, which no JSON reader has judged. */
START_TEST(odd_values)
{
	static const struct {
		const char *text;
		size_t n;
		const char *why;
	} odd[] = {
		{"a\0b", 3, "/name: holds a control character"},
		{"a\nb", 3, "/name: holds a control character"},
		{"a\x7f", 2, "/name: holds a control character"},
		{"\xc2\x85", 2, "/name: holds a control character"},
		{"\xff", 1, "/name: is not valid UTF-8"},
		{"\xed\xa0\x80", 3, "/name: is not valid UTF-8"},
	};
	struct hyp_definition *d;
	json_object *json, *inner;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		json = kit_json("{" KIT_VM "}");
		json_object_object_add(
			json, "name",
			json_object_new_string_len(odd[i].text, (int)odd[i].n));
		ck_fails(hyp_definition_parse(json, KIT_NOW, &d, &err), &err,
			 HYP_E_USAGE, "bad_request");
		ck_assert_str_eq(err.text, odd[i].why);
		json_object_put(json);
	}
	json = kit_json("{" KIT_VM ",'metadata':{'x':[{}]}}");
	json_object_object_get_ex(json, "metadata", &inner);
	json_object_object_get_ex(inner, "x", &inner);
	inner = json_object_array_get_idx(inner, 0);
	json_object_object_add(inner, "y", json_object_new_double(1e308 * 10));
	ck_fails(hyp_definition_parse(json, KIT_NOW, &d, &err), &err,
		 HYP_E_USAGE, "bad_request");
	ck_assert_str_eq(err.text, "/metadata/x/0/y: is no finite number");
	json_object_object_add(inner, "y",
			       json_object_new_string_len("\xff", 1));
	ck_fails(hyp_definition_parse(json, KIT_NOW, &d, &err), &err,
		 HYP_E_USAGE, "bad_request");
	for (int i = 0; i < 40; i++) {
		json_object *next = json_object_new_object();

		json_object_object_add(inner, "y", next);
		inner = next;
	}
	ck_fails(hyp_definition_parse(json, KIT_NOW, &d, &err), &err,
		 HYP_E_USAGE, "bad_request");
	ck_assert_ptr_nonnull(strstr(err.text, "more than 32 levels"));
	json_object_put(json);
}
END_TEST

START_TEST(too_long)
{
	char *name = malloc(65537), *text = malloc(700000), *c;

	memset(name, 'n', 65536);
	name[65536] = '\0';
	sprintf(text, "{" KIT_VM ",'name':'%s'}", name);
	bad(text, "/name: is longer than 255 bytes (it has 65536)");
	sprintf(text, "{'vm_path':'/%s','output_path':'/x'}", name);
	bad(text, "/vm_path: is longer than 4096 bytes");
	sprintf(text, "{'vm_path':'/%.300s','output_path':'/x'}", name);
	bad(text, "/vm_path: its last part is longer than 255 bytes");
	sprintf(text, "{'vm_path':'/a','output_path':'/%s'}", name);
	bad(text, "/output_path: is longer than 4000 bytes");
	sprintf(text, "{" KIT_VM ",'id':'%.129s'}", name);
	bad(text, "/id: is longer than 128 bytes");
	sprintf(text, "{" KIT_VM ",'%s':1}", name);
	bad(text, "/nnn");
	c = text + sprintf(text, "{" KIT_VM ",'metadata':{'a':'%s'", name);
	for (int i = 0; i < 4; i++)
		c += sprintf(c, ",'%d':'%s'", i, name);
	strcpy(c, "}}");
	bad(text, "the definition is longer than 256 KiB");
	free(name);
	free(text);
}
END_TEST

START_TEST(load)
{
	struct hyp_definition *d = kit_parse(
		"{" KIT_VM ",'id':'j','vcenter':{'server':'vc','username':'u',"
		"'password':'pass-1'},'options':{'mode':'cold'}}");
	struct hyp_definition *again;

	ck_ok(hyp_definition_load(d->json, "pass-1", &again, &err), &err);
	ck_assert_str_eq(again->json, d->json);
	ck_assert_str_eq(again->id, "j");
	ck_assert_str_eq(again->server, d->server);
	ck_assert_str_eq(again->username, "u");
	ck_assert_str_eq(again->password, "pass-1");
	ck_assert_uint_eq(again->mode, HYP_MODE_COLD);
	hyp_definition_free(again);
	ck_ok(hyp_definition_load(d->json, NULL, &again, &err), &err);
	ck_assert_ptr_null(again->password);
	hyp_definition_free(again);
	hyp_definition_free(d);
	ck_fails(hyp_definition_load("{", NULL, &again, &err), &err,
		 HYP_E_PERMANENT, "bad_record");
	ck_fails(hyp_definition_load("null", NULL, &again, &err), &err,
		 HYP_E_PERMANENT, "bad_record");
	ck_fails(hyp_definition_load("{\"id\":\"x\"}", NULL, &again, &err),
		 &err, HYP_E_PERMANENT, "bad_record");
	ck_fails(hyp_definition_load("{\"vm_path\":\"/a\",\"output_path\":"
				     "\"/b\"}",
				     NULL, &again, &err),
		 &err, HYP_E_PERMANENT, "bad_record");
}
END_TEST

START_TEST(again)
{
	struct hyp_definition *d = kit_parse(
		"{'vm_path':'web*','output_path':'/x/{vm}',"
		"'datacenter':'DC','name':'all','vcenter':{'server':'vc',"
		"'password':'pass-1'},'metadata':{'t':1.50}}");
	struct hyp_definition *one, *two;

	ck_ok(hyp_definition_again(d, "/F/DC0/vm/web1", "web1", NULL,
				   KIT_NOW + 1000, &one, &err),
	      &err);
	ck_assert_str_ne(one->id, d->id);
	ck_assert_str_eq(one->name, "web1");
	ck_assert_str_eq(one->vm_path, "/F/DC0/vm/web1");
	ck_assert_str_eq(one->output_path, "/x/{vm}");
	ck_assert_str_eq(one->password, "pass-1");
	ck_assert_str_eq(stored(one, NULL, "created_at"),
			 "2026-11-26T13:08:10Z");
	ck_assert_str_eq(stored(one, "metadata", "t"), "1.50");
	ck_assert_str_eq(stored(one, NULL, "retry_of"), "");
	ck_assert_ptr_null(strstr(one->json, "pass-1"));
	ck_ok(hyp_definition_again(one, NULL, NULL, one->id, KIT_NOW, &two,
				   &err),
	      &err);
	ck_assert_str_eq(stored(two, NULL, "retry_of"), one->id);
	ck_assert_str_eq(two->name, "web1");
	ck_assert_str_ne(two->id, one->id);
	hyp_definition_free(one);
	/* A stored one can be loaded, and sent as a new one. */
	ck_ok(hyp_definition_load(two->json, NULL, &one, &err), &err);
	hyp_definition_free(one);
	one = kit_parse(two->json);
	ck_assert_str_eq(one->id, two->id);
	ck_assert_str_eq(stored(one, NULL, "retry_of"), "");
	hyp_definition_free(one);
	hyp_definition_free(two);
	hyp_definition_free(d);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("definition");
	TCase *tc = tcase_create("definition");

	tcase_add_test(tc, least);
	tcase_add_test(tc, all);
	tcase_add_test(tc, unset);
	tcase_add_test(tc, formats);
	tcase_add_test(tc, endpoints);
	tcase_add_test(tc, datacenters);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, wrong);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, odd_values);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, load);
	tcase_add_test(tc, again);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
