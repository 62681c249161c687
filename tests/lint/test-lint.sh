#!/bin/bash
# Every check of "make lint" finds what it is there for.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
lint=$top_srcdir/tests/lint
spdx='/* SPDX-License-Identifier: Apache-2.0 */'
tree=$TMP/tree

# tree FILE CONTENT: a tree that holds nothing but this file.
tree() {
	rm -rf "$tree"
	mkdir -p "$tree/$(dirname "$1")"
	printf '%b' "$2" >"$tree/$1"
	cp "$top_srcdir/.clang-format" "$tree"
}
# refuses CHECK WANT NAME, accepts CHECK NAME: what it says of the tree.
refuses() {
	run bash -c "cd '$tree' && bash '$lint/check-$1.sh'"
	if [ "$rc" -eq 0 ]; then fail "$3" "found nothing"; else
		like "$out" "$2" "$3"
	fi
}
accepts() { ok "$2" bash -c "cd '$tree' && bash '$lint/check-$1.sh'"; }

tree core/base/x.c '#include "core/plugin/registry.h"\n'
refuses layers '^core/base/x.c:1: .*to the right of core/base' "upward include"
tree core/app/x.c '#include "core/base/buf.h"\n#include "core/app/app.h"\n'
accepts layers "downward include"
tree include/hypersdk/x.h '#include <unistd.h>\n'
refuses layers '^include/hypersdk/x.h:1:' "system header in a public one"
tree include/hypersdk/x.h '#include "core/base/buf.h"\n'
refuses layers '^include/hypersdk/x.h:1:' "private header in a public one"
tree plugins/provider/a/x.c '#include "plugins/provider/b/y.h"\n'
refuses layers '^plugins/provider/a/x.c:1:' "another plugin's header"
tree plugins/provider/a/x.c '#include "core/plugin/registry.h"\n'
refuses layers '^plugins/provider/a/x.c:1:' "the core's header in a plugin"
tree plugins/provider/a/test-x.h '#include "tests/lib/unit.h"\n'
accepts layers "what a plugin's test may include"
tree plugins/provider/a/x.c '#include "plugins/provider/a/test-x.h"\n'
refuses layers '^plugins/provider/a/x.c:1:' "a test's header in a plugin"
tree plugins/common/x.c '#include "plugins/storage/local/local.h"\n'
refuses layers '^plugins/common/x.c:1:' "a plugin's header in common"
tree plugins/provider/a/x.c \
	'#include "core/base/buf.h"\n#include "plugins/provider/a/y.h"\n'
accepts layers "what a plugin may include"

tree core/base/x.c "$spdx\nint x; /* TODO */\n"
refuses words '^core/base/x.c:2:.*TODO' "unfinished work"
tree core/base/x.c "$spdx\nvoid f(void) { system(\"ls\"); }\n"
refuses words '^core/base/x.c:2:.*no shell' "a shell"
tree core/base/x.c "int x;\n"
refuses words '^core/base/x.c:1: begins with no SPDX' "no licence"
tree core/base/x.c "$spdx\nint x; \n"
refuses words '^core/base/x.c:2:.*trailing' "trailing blank"
tree core/base/x.c "$spdx\nint x;\n"
accepts words "a clean file"

lines() { for ((i = 0; i < $1; i++)); do echo "	x();"; done; }
tree core/base/x.c "void f(void)\n{\n$(lines 61)\n}\n"
refuses size '^core/base/x.c:2: 61 lines.*void f' "a long function"
tree core/base/x.c "void f(void)\n{\n$(lines 60)\n}\n"
accepts size "a function of 60 lines"
tree core/base/x.c "$(lines 601)\n"
refuses size '^core/base/x.c:601:' "a long file"
tree tests/x.go "func f() {\n$(lines 91)\n}\n"
refuses size '^tests/x.go:1: 91 lines' "a long Go function"

tree x.sh '#!/bin/bash\necho $1\n'
refuses shell '^x.sh:2:' "an unquoted word"
tree tool '#!/bin/bash\necho $1\n'
refuses shell '^tool:2:' "a script without suffix"
tree core/base/x.c "$spdx\nint  x;\n"
refuses format '^core/base/x.c:2: run clang-format' "bad format"
tree core/base/x.h "$spdx\nsize_t x(void);\n"
refuses headers '^core/base/x.h:1: does not compile alone' "a leaning header"
tree include/hypersdk/x.h "$spdx\nvoid f(int new, int class);\n"
refuses headers '^include/hypersdk/x.h:1:' "a public header that is no C++"
tree tests/a/x.go 'package main\nfunc main() {\nx := 1\n_ = x\n}\n'
refuses go '^tests/a/x.go:1: run gofmt' "bad Go format"
tree tests/a/x.go \
	'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Printf("%%d", "x")\n}\n'
refuses go '^tests/a/x.go:6:' "what go vet finds"

tree core/base/x.c "$spdx\n"
echo core/base/y.c >"$TMP/list"
run bash -c "cd '$tree' && bash '$lint/check-dist.sh' '$TMP/list'"
like "$rc $out" '^1 core/base/x.c:1: is not in the tarball' "a forgotten file"
echo core/base/x.c >"$TMP/list"
ok "a file of the tarball" bash -c \
	"cd '$tree' && bash '$lint/check-dist.sh' '$TMP/list'"

statics() {
	printf '%b' "$1" | gcc -fPIC -xc -c -o "$TMP/x.o" -
	run bash "$lint/check-statics.sh" "$TMP/x.o"
}
statics 'static int n; int f(void) { return ++n; }\n'
like "$out" 'mutable static n in .bss' "a mutable static"
statics 'int f(void) { static __thread int n = 3; return ++n; }\n'
like "$out" 'mutable static n.* in .tdata' "a static of a thread"
statics 'static const char *const a[] = {"x"}; const void *f(void) { return a; }\n'
is "$rc" 0 "a constant table of pointers"
done_testing
