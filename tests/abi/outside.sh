#!/bin/bash
# A plugin author has the public headers and nothing else of this tree: each
# header stands alone in strict C11 and C++17, a wrong option does not compile,
# and plugins made from them, in C and in C++, load.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
read -r -a cc <<<"${CC:-cc}"
read -r -a cxx <<<"${CXX:-c++}"
include=$TMP/include
mkdir "$include"
cp -r "$top_srcdir/include/hypersdk" "$include/"
strict=(-Wall -Wextra -Werror -pedantic-errors "-I$include")

for header in "$include"/hypersdk/*.h; do
	name=hypersdk/${header##*/}
	printf '#include <%s>\n#include <%s>\nint x;\n' "$name" "$name" \
		>"$TMP/alone.c"
	cp "$TMP/alone.c" "$TMP/alone.cc"
	ok "$name in C11" "${cc[@]}" -std=c11 "${strict[@]}" -fsyntax-only \
		"$TMP/alone.c"
	ok "$name in C++17" "${cxx[@]}" -std=c++17 "${strict[@]}" \
		-fsyntax-only "$TMP/alone.cc"
done

# option TYPE MACRO: does a member of that type go with that option?
option() {
	cat >"$TMP/option.c" <<-END
		#include <hypersdk/option.h>
		struct o { $1 m; };
		extern const struct hyp_option t[];
		const struct hyp_option t[] = {
			$2(struct o, m, "m", $3 0, "help") };
	END
	"${cc[@]}" -std=c11 "${strict[@]}" -fsyntax-only "$TMP/option.c"
}
types=("const char *" int64_t uint32_t uint64_t "struct hyp_secret"
	"struct hyp_list" "char *" int double "const void *")
while read -r macro middle right; do
	for type in "${types[@]}"; do
		if option "$type" "$macro" "${middle//_/ }" 2>/dev/null; then
			got=compiles
		else
			got="does not"
		fi
		want="does not"
		[ "$type" != "$right" ] || want=compiles
		[ "$got" = "$want" ] ||
			fail "$macro with a member $type" "$got"
	done
	pass "$macro takes a member $right only"
done <<'END'
HYP_OPT_STRING NULL, const char *
HYP_OPT_INTEGER NULL,_0,_9, int64_t
HYP_OPT_BOOL NULL, uint32_t
HYP_OPT_BYTES NULL, uint64_t
HYP_OPT_DURATION NULL, uint64_t
HYP_OPT_SECRET _ struct hyp_secret
HYP_OPT_LIST _ struct hyp_list
HYP_OPT_ENUM NULL,_NULL, uint32_t
END

# A whole plugin, in what is both C11 and C++17.
cat >"$TMP/plugin.c" <<'END'
#include <hypersdk/packager.h>
struct options { const char *text; uint64_t size; };
static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct options, text, "text", "x", 0, "a text"),
	HYP_OPT_BYTES(struct options, size, "size", "1KiB", 0, "a size"),
};
static int32_t no(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "no", 0, "%s", "no");
}
static int32_t create(const struct hyp_host *host, const void *o, void **i,
		      struct hyp_error *err)
{
	(void)host; (void)o; (void)i;
	return no(err);
}
static void destroy(void *i) { (void)i; }
static int32_t space(void *i, const struct hyp_package_args *a,
		     const uint64_t *s, uint32_t n, uint64_t *b,
		     struct hyp_error *err)
{
	(void)i; (void)a; (void)s; (void)n; (void)b;
	return no(err);
}
static int32_t begin(void *i, const struct hyp_package_args *a, void **p,
		     struct hyp_error *err)
{
	(void)i; (void)a; (void)p;
	return no(err);
}
static int32_t entry_open(void *p, const struct hyp_entry_args *a, void **e,
			  struct hyp_error *err)
{
	(void)p; (void)a; (void)e;
	return no(err);
}
static int32_t entry_write(void *e, const void *b, uint64_t n,
			   struct hyp_error *err)
{
	(void)e; (void)b; (void)n;
	return no(err);
}
static int32_t entry_restart(void *e, struct hyp_error *err)
{
	(void)e;
	return no(err);
}
static int32_t entry_close(void *e, uint64_t n, const struct hyp_digest *d,
			   struct hyp_error *err)
{
	(void)e; (void)n; (void)d;
	return no(err);
}
static void entry_abort(void *e) { (void)e; }
static int32_t finish(void *p, const void *d, uint64_t n,
		      int32_t (*add)(void *, const struct hyp_file *,
				     struct hyp_error *),
		      void *ctx, struct hyp_error *err)
{
	(void)p; (void)d; (void)n; (void)add; (void)ctx;
	return no(err);
}
static void abort_package(void *p) { (void)p; }
HYP_PLUGIN_EXPORT
{
	static struct hyp_packager_ops ops;
	static struct hyp_plugin plugin;
	ops.size = sizeof(ops);
	ops.layout = HYP_LAYOUT_FILE;
	ops.suffix = ".x";
	ops.create = create;
	ops.destroy = destroy;
	ops.space = space;
	ops.begin = begin;
	ops.entry_open = entry_open;
	ops.entry_write = entry_write;
	ops.entry_restart = entry_restart;
	ops.entry_close = entry_close;
	ops.entry_abort = entry_abort;
	ops.finish = finish;
	ops.abort = abort_package;
	plugin.size = sizeof(plugin);
	plugin.abi = HYP_ABI_VERSION;
	plugin.kind = HYP_KIND_PACKAGER;
	plugin.threads = HYP_THREADS_SERIAL;
	plugin.options_size = sizeof(struct options);
	plugin.name = NAME;
	plugin.version = "0.1";
	plugin.summary = "from outside";
	plugin.options = options;
	plugin.option_stride = sizeof(options[0]);
	plugin.option_count = 2;
	plugin.ops = &ops;
	return &plugin;
}
END
cp "$TMP/plugin.c" "$TMP/plugin.cc"
mkdir -p "$TMP/plugins/packager"
shared=(-shared -fPIC -fvisibility=hidden)
ok "a plugin in C compiles" "${cc[@]}" -std=c11 "${strict[@]}" "${shared[@]}" \
	'-DNAME="c"' "$TMP/plugin.c" -o "$TMP/plugins/packager/c.so"
ok "a plugin in C++ compiles" "${cxx[@]}" -std=c++17 "${strict[@]}" \
	"${shared[@]}" '-DNAME="cxx"' "$TMP/plugin.cc" \
	-o "$TMP/plugins/packager/cxx.so"
for name in c cxx; do
	run "$HYPERSDK" plugins show "packager/$name" \
		--plugin-dir "$TMP/plugins"
	like "$rc $out$err_out" "^0 .*from outside.*text .string, default x" \
		"and loads: $name"
done
done_testing
