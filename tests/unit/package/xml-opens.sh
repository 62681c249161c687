#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile XML opens no file and no connection: watched by strace.
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
export ASAN_OPTIONS=detect_leaks=0 # it opens /proc, and strace is in its way
tool=$top_builddir/tests/unit/package/package-tool
trace=(strace -qq -f -o "$TMP/trace" -e
	"trace=open,openat,openat2,socket,connect,stat,access,readlink")

mkdir "$TMP/x" && cd "$TMP/x" || exit 1
echo secret >secret.txt
put() { printf '%s' "$2" >"$1.xml"; }
put dtd '<!DOCTYPE a SYSTEM "secret.txt"><a/>'
put http '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>'
put public '<!DOCTYPE a PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "x"><a/>'
put entity '<!DOCTYPE a [<!ENTITY e SYSTEM "secret.txt">]><a>&e;</a>'
put parameter '<!DOCTYPE a [<!ENTITY % e SYSTEM "secret.txt"> %e;]><a/>'
put attribute '<!DOCTYPE a [<!ENTITY e SYSTEM "secret.txt">]><a b="&e;"/>'
put undeclared '<a>&e;</a>'
put encoding '<?xml version="1.0" encoding="EBCDIC-CP-FR"?><a/>'
put include '<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include
 href="secret.txt" parse="text"/></a>'
put style '<?xml-stylesheet href="secret.txt" type="text/xsl"?><a/>'
put schema '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:noNamespaceSchemaLocation="secret.txt"/>'
put catalog '<?oasis-xml-catalog catalog="secret.txt"?><a/>'
put base '<a xml:base="http://127.0.0.1:1/"><b href="secret.txt"/></a>'

while read -r name want; do
	got=$("${trace[@]}" "$tool" xml-read "$name.xml" 2>&1)
	is "$got" "$want" "$name: $want"
	# All that happens from the opening of the document on.
	is "$(sed -n "/$name\\.xml/,\$p" "$TMP/trace" | tail -n +2)" "" \
		"$name: nothing else is opened"
	like "$(<"$TMP/trace")" "$name.xml" "$name: strace saw it"
done <<-END
	dtd xml_forbidden
	http xml_forbidden
	public xml_forbidden
	entity xml_forbidden
	parameter xml_forbidden
	attribute xml_forbidden
	undeclared xml_forbidden
	encoding xml_limit
	include ok
	style ok
	schema ok
	catalog ok
	base ok
END
# The watch would notice: libxml2's own tool does read it.
"${trace[@]}" xmllint --noent entity.xml >"$TMP/out" 2>&1
like "$(<"$TMP/out")" secret "xmllint --noent reads the entity"
like "$(sed -n '/entity\.xml/,$p' "$TMP/trace" | tail -n +2)" secret.txt \
	"and strace shows it"
done_testing
