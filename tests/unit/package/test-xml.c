/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/package/xml.h"
#include "tests/lib/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#define NS "urn:vim25"

static const struct hyp_xml_limits usual = HYP_XML_LIMITS_DEFAULT;
static struct hyp_error err;
static xmlDocPtr doc;

static int32_t parse_n(const void *text, size_t n)
{
	return hyp_xml_parse(text, n, &usual, "reply", &doc, &err);
}

static int32_t parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static xmlNodePtr root_of(const char *text)
{
	ck_ok(parse(text), &err);
	return xmlDocGetRootElement(doc);
}

static void refused(const char *text, const char *kind)
{
	ck_fails(parse(text), &err, HYP_E_PERMANENT, kind);
}

static void repeat(struct hyp_buf *b, const char *s, size_t times)
{
	HYP_AUTO_BUF struct hyp_buf part = HYP_BUF_INIT(1u << 20);
	size_t at_once = times > 1000 ? 1000 : 1;

	for (size_t i = 0; i < at_once; i++)
		ck_ok(hyp_buf_adds(&part, s, &err), &err);
	for (; times >= at_once; times -= at_once)
		ck_ok(hyp_buf_add(b, part.data, part.len, &err), &err);
	for (; times > 0; times--)
		ck_ok(hyp_buf_adds(b, s, &err), &err);
}

START_TEST(test_navigate)
{
	xmlNodePtr root = root_of("<?xml version=\"1.0\" encoding='utf-8'?>\n"
				  "<v:a xmlns:v='urn:vim25' xmlns='urn:x'"
				  " v:k='1' k='2'> <b/><v:b>one</v:b>"
				  "<!-- c --><v:b>two</v:b><c/></v:a>");
	xmlNodePtr b = hyp_xml_child(root, NS, "b");

	ck_assert(hyp_xml_is(root, NS, "a"));
	ck_assert(hyp_xml_is(root, NULL, "a"));
	ck_assert(!hyp_xml_is(root, "urn:x", "a"));
	ck_assert(!hyp_xml_is(NULL, NULL, "a"));
	ck_assert_str_eq(hyp_xml_text(b), "one");
	b = hyp_xml_next(b, NS, "b");
	ck_assert_str_eq(hyp_xml_text(b), "two");
	ck_assert_ptr_null(hyp_xml_next(b, NS, "b"));
	ck_assert(hyp_xml_is(hyp_xml_first(root), "urn:x", "b"));
	ck_assert(hyp_xml_is(hyp_xml_following(b), "urn:x", "c"));
	ck_assert_ptr_null(hyp_xml_following(hyp_xml_following(b)));
	ck_assert_str_eq(hyp_xml_attr(root, NS, "k"), "1");
	ck_assert_str_eq(hyp_xml_attr(root, NULL, "k"), "2");
	ck_assert_ptr_null(hyp_xml_attr(root, "urn:x", "k"));
	ck_assert_str_eq(hyp_xml_child_text(root, NS, "b"), "one");
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(test_nothing_nests)
{
	xmlNodePtr none = hyp_xml_child(hyp_xml_child(NULL, NS, "a"), NS, "b");

	ck_assert_ptr_null(none);
	ck_assert_ptr_null(hyp_xml_next(none, NS, "a"));
	ck_assert_ptr_null(hyp_xml_first(none));
	ck_assert_ptr_null(hyp_xml_following(none));
	ck_assert_ptr_null(hyp_xml_attr(none, NULL, "a"));
	ck_assert_str_eq(hyp_xml_text(none), "");
	ck_assert_str_eq(hyp_xml_child_text(none, NS, "a"), "");
}
END_TEST

START_TEST(test_text)
{
	xmlNodePtr root = root_of(
		"<r a='' b='&lt;1&amp;&quot;&#x20;&apos;&gt;&#228;' c='a\nb'>"
		"<t>a&lt;b<!-- x --><![CDATA[<&>]]>&amp;<?pi x?>&#x1F600;</t>"
		"<e/><m>text<x/></m><c><![CDATA[]]></c></r>");

	ck_assert_str_eq(hyp_xml_attr(root, NULL, "a"), "");
	ck_assert_str_eq(hyp_xml_attr(root, NULL, "b"), "<1&\" '>\xc3\xa4");
	ck_assert_str_eq(hyp_xml_attr(root, NULL, "c"), "a b");
	ck_assert_str_eq(hyp_xml_child_text(root, NULL, "t"),
			 "a<b<&>&\xf0\x9f\x98\x80");
	ck_assert_str_eq(hyp_xml_child_text(root, NULL, "e"), "");
	ck_assert_str_eq(hyp_xml_child_text(root, NULL, "m"), "");
	ck_assert_str_eq(hyp_xml_child_text(root, NULL, "c"), "");
	xmlFreeDoc(doc);
}
END_TEST

/* What each of these is refused as. */
static const struct {
	const char *text, *kind;
} hostile[] = {
	{"<!DOCTYPE a><a/>", "xml_forbidden"},
	{"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><a/>", "xml_forbidden"},
	{"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
	 "xml_forbidden"},
	{"<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><a/>",
	 "xml_forbidden"},
	{"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>"
	 "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
	 "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]><l>&d;</l>",
	 "xml_forbidden"},
	{"<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE a []><a/>",
	 "xml_forbidden"},
	{"<a><!DOCTYPE a></a>", "xml_forbidden"},
	{"<a><!ENTITY x 'y'></a>", "xml_forbidden"},
	{"<a>&nbsp;</a>", "xml_forbidden"},
	{"<a b='&x;'/>", "xml_forbidden"},
	{"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "xml_limit"},
	{"<?xml version='1.0' encoding='UTF-7'?><a/>", "xml_limit"},
	{"<?xml version='1.0' encoding='UTF-16'?><a/>", "xml_limit"},
	{"<?xml version='1.0'?><?xml version='1.0' encoding='UTF-7'?><a/>",
	 "bad_xml"},
	{" <?xml version='1.0' encoding='UTF-7'?><a/>", "bad_xml"},
	{"\xef\xbb\xbf\xef\xbb\xbf<a/>", "bad_xml"},
	{"\x4c\x6f\xa7\x94<a/>", "bad_xml"}, /* EBCDIC's "<?xm" */
	{"+ADw-a/+AD4-", "bad_xml"},	     /* UTF-7 */
	{"<?xml version='1.0' encoding=utf-8?><a/>", "bad_xml"},
	{"<?xml version='1.0'", "bad_xml"},
	{"<?xml", "bad_xml"},
	{"<a:b/>", "bad_xml"},
	{"<a b:c='1'/>", "bad_xml"},
	{"<a b='1' b='2'/>", "bad_xml"},
	{"", "bad_xml"},
	{" \n", "bad_xml"},
	{"plain text", "bad_xml"},
	{"<", "bad_xml"},
	{"<a", "bad_xml"},
	{"<a b='x", "bad_xml"},
	{"<a><b></a></b>", "bad_xml"},
	{"<a></a></a>", "bad_xml"},
	{"<a/><b/>", "bad_xml"},
	{"<a><!-- x </a>", "bad_xml"},
	{"<a><![CDATA[ x </a>", "bad_xml"},
	{"<a><? x </a>", "bad_xml"},
	{"<a b='<'/>", "bad_xml"},
	{"<a <b/>>", "bad_xml"},
	{"<a>\xff</a>", "bad_xml"},
	{"<a>\xc0\xaf</a>", "bad_xml"},
	{"<a>\x01</a>", "bad_xml"},
	{"<a>&#0;</a>", "bad_xml"},
	{"<a>&#x110000;</a>", "bad_xml"},
	{"<a>&</a>", "bad_xml"},
	{"<html><body><p>Log in<br></body></html>", "bad_xml"},
};

START_TEST(test_hostile)
{
	refused(hostile[_i].text, hostile[_i].kind);
	ck_assert_ptr_nonnull(strstr(err.text, "reply"));
	ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(test_attribute_of_10_mb)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(16u << 20);

	repeat(&b, "<a b='", 1);
	repeat(&b, "0123456789abcdef", 10u << 16);
	repeat(&b, "'/>", 1);
	refused(b.data, "xml_limit");
}
END_TEST

START_TEST(test_value_limit)
{
	struct hyp_xml_limits few = usual;
	const char *text = "<a b='12345'/>";

	few.value = 5;
	ck_ok(hyp_xml_parse(text, strlen(text), &few, "x", &doc, &err), &err);
	xmlFreeDoc(doc);
	few.value = 4;
	ck_fails(hyp_xml_parse(text, strlen(text), &few, "x", &doc, &err), &err,
		 HYP_E_PERMANENT, "xml_limit");
	/* Cut inside the value, nearer than the limit. */
	few.value = 100;
	ck_fails(hyp_xml_parse(text, 8, &few, "x", &doc, &err), &err,
		 HYP_E_PERMANENT, "bad_xml");
}
END_TEST

START_TEST(test_100000_attributes)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(16u << 20);

	repeat(&b, "<a", 1);
	for (int i = 0; i < 100000; i++)
		ck_ok(hyp_buf_addf(&b, &err, " a%d='%d'", i, i), &err);
	repeat(&b, "/>", 1);
	refused(b.data, "xml_limit");
}
END_TEST

START_TEST(test_attributes_limit)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1u << 20);

	repeat(&b, "<a", 1);
	for (int i = 0; i < 64; i++)
		ck_ok(hyp_buf_addf(&b, &err, " a%d='%d'", i, i), &err);
	repeat(&b, " ", 1);
	b.len--; /* what follows replaces the blank */
	repeat(&b, "/>", 1);
	ck_ok(parse(b.data), &err);
	xmlFreeDoc(doc);
	b.len -= 2;
	repeat(&b, " x='1'/>", 1);
	refused(b.data, "xml_limit");
}
END_TEST

static void nest(struct hyp_buf *b, size_t depth)
{
	hyp_buf_reset(b);
	repeat(b, "<a>", depth);
	repeat(b, "</a>", depth);
}

START_TEST(test_depth)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(16u << 20);

	nest(&b, 64);
	ck_ok(parse(b.data), &err);
	xmlFreeDoc(doc);
	nest(&b, 65);
	refused(b.data, "xml_limit");
	nest(&b, 100000);
	refused(b.data, "xml_limit");
	/* An element without content is not entered. */
	hyp_buf_reset(&b);
	repeat(&b, "<a>", 1);
	repeat(&b, "<b/><b ></b >", 1000);
	repeat(&b, "</a>", 1);
	ck_ok(parse(b.data), &err);
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(test_nodes)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1u << 20);
	struct hyp_xml_limits few = usual;

	few.nodes = 100;
	repeat(&b, "<a>", 1);
	repeat(&b, "<b/>", 99);
	repeat(&b, "</a>", 1);
	ck_ok(hyp_xml_parse(b.data, b.len, &few, "x", &doc, &err), &err);
	xmlFreeDoc(doc);
	b.len -= 4;
	repeat(&b, "<!-- --></a>", 1);
	ck_fails(hyp_xml_parse(b.data, b.len, &few, "x", &doc, &err), &err,
		 HYP_E_PERMANENT, "xml_limit");
}
END_TEST

START_TEST(test_names)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(16u << 20);

	repeat(&b, "<a>", 1);
	for (int i = 0; i < 49000; i++)
		ck_ok(hyp_buf_addf(&b, &err, "<b%d/>", i), &err);
	repeat(&b, "</a>", 1);
	ck_ok(parse(b.data), &err);
	xmlFreeDoc(doc);
	b.len -= 4;
	for (int i = 0; i < 49000; i++)
		ck_ok(hyp_buf_addf(&b, &err, "<b xmlns:n%d='u'/>", i), &err);
	repeat(&b, "</a>", 1);
	refused(b.data, "xml_limit");
}
END_TEST

START_TEST(test_bytes)
{
	struct hyp_xml_limits few = usual;

	few.bytes = 4;
	ck_ok(hyp_xml_parse("<a/>", 4, &few, "x", &doc, &err), &err);
	xmlFreeDoc(doc);
	ck_fails(hyp_xml_parse("<a />", 5, &few, "x", &doc, &err), &err,
		 HYP_E_PERMANENT, "xml_limit");
}
END_TEST

START_TEST(test_long_text_and_name)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(32u << 20);

	repeat(&b, "<a>", 1);
	repeat(&b, "0123456789abcdef", 8u << 16);
	repeat(&b, "</a>", 1);
	ck_ok(parse(b.data), &err);
	xmlFreeDoc(doc);
	b.len -= 4;
	repeat(&b, "<!-- --><![CDATA[x]]></a>", 1);
	refused(b.data, "xml_limit");
	hyp_buf_reset(&b);
	repeat(&b, "<", 1);
	repeat(&b, "abcdef", 10000);
	repeat(&b, "/>", 1);
	refused(b.data, "xml_limit");
}
END_TEST

static size_t to_utf16(const char *ascii, int big, unsigned char *out)
{
	size_t n = 0;

	for (; *ascii != '\0'; ascii++) {
		out[n++] = big ? 0 : (unsigned char)*ascii;
		out[n++] = big ? (unsigned char)*ascii : 0;
	}
	return n;
}

START_TEST(test_utf16)
{
	static const char *const good[] = {
		"<?xml version='1.0' encoding='UTF-16'?><a>x</a>", "<a>x</a>"};
	unsigned char text[512] = {0xff, 0xfe};
	size_t n;

	text[0] = _i ? 0xfe : 0xff;
	text[1] = _i ? 0xff : 0xfe;
	for (size_t i = 0; i < HYP_COUNT(good); i++) {
		n = to_utf16(good[i], _i, text + 2);
		ck_ok(parse_n(text, n + 2), &err);
		ck_assert_str_eq(hyp_xml_text(xmlDocGetRootElement(doc)), "x");
		xmlFreeDoc(doc);
	}
	/* U+1F600 as a pair of surrogates, then only half of it. */
	n = 2 + to_utf16("<a>__</a>", _i, text + 2);
	memcpy(text + 8, _i ? "\xd8\x3d\xde\x00" : "\x3d\xd8\x00\xde", 4);
	ck_ok(parse_n(text, n), &err);
	ck_assert_str_eq(hyp_xml_text(xmlDocGetRootElement(doc)),
			 "\xf0\x9f\x98\x80");
	xmlFreeDoc(doc);
	memcpy(text + 10, _i ? "\xd8\x3d" : "\x3d\xd8", 2);
	ck_fails(parse_n(text, n), &err, HYP_E_PERMANENT, "xml_limit");
	ck_fails(parse_n(text, n - 1), &err, HYP_E_PERMANENT, "xml_limit");
	n = to_utf16("<?xml version='1.0' encoding='UTF-8'?><a/>", _i,
		     text + 2);
	ck_fails(parse_n(text, n + 2), &err, HYP_E_PERMANENT, "xml_limit");
	n = to_utf16("<!DOCTYPE a><a/>", _i, text + 2);
	ck_fails(parse_n(text, n + 2), &err, HYP_E_PERMANENT, "xml_forbidden");
	/* Without its mark. */
	n = to_utf16("<a/>", _i, text + 2);
	ck_fails(parse_n(text + 2, n), &err, HYP_E_PERMANENT, "xml_limit");
}
END_TEST

START_TEST(test_odd_but_good)
{
	static const char *const good[] = {
		"<a/>",
		"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>",
		"<?xml version='1.0' standalone='yes' ?>\r\n<a/>\r\n",
		"<?xml version='1.0' encoding='us-ascii'?><a/>",
		"<?xml-stylesheet href='file:///etc/passwd'?><a/>",
		"<a b='>' c=\"/>'\" d='a=\"b\"'/>",
		"<a xmlns='relative/uri' xmlns:b='not a uri'/>",
		"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE b>]]></a>",
	};

	ck_ok(parse(good[_i]), &err);
	xmlFreeDoc(doc);
}
END_TEST

START_TEST(test_no_option_of_the_environment)
{
	/* The document is as it was parsed: nothing was included or read. */
	xmlNodePtr root =
		root_of("<a xmlns:xi='http://www.w3.org/2001/XInclude'>"
			"<xi:include href='/etc/passwd' parse='text'/></a>");

	ck_assert(hyp_xml_is(hyp_xml_first(root),
			     "http://www.w3.org/2001/XInclude", "include"));
	xmlFreeDoc(doc);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xml");
	TCase *t = tcase_create("xml");

	tcase_add_test(t, test_navigate);
	tcase_add_test(t, test_nothing_nests);
	tcase_add_test(t, test_text);
	tcase_add_loop_test(t, test_hostile, 0, (int)HYP_COUNT(hostile));
	tcase_add_test(t, test_attribute_of_10_mb);
	tcase_add_test(t, test_value_limit);
	tcase_add_test(t, test_100000_attributes);
	tcase_add_test(t, test_attributes_limit);
	tcase_add_test(t, test_depth);
	tcase_add_test(t, test_nodes);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_bytes);
	tcase_add_test(t, test_long_text_and_name);
	tcase_add_loop_test(t, test_utf16, 0, 2);
	tcase_add_loop_test(t, test_odd_but_good, 0, 8);
	tcase_add_test(t, test_no_option_of_the_environment);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
