#!/bin/bash
# Each layer includes only what stands to its left.
. "$(dirname "$0")/lib.sh"
files '*.c' '*.h' | grep -E '^(include|core|plugins)/' | while read -r file; do
	awk -v file="$file" '
	function layer(path,   i) {
		for (i = 1; i <= n; i++)
			if (index(path, order[i] "/") == 1)
				return i
		return 0
	}
	function bad(why) { print file ":" FNR ": " $0 ": " why }
	BEGIN {
		n = split("include/hypersdk core/base core/package core/config" \
			" core/plugin core/pipeline core/engine core/api core/lib" \
			" core/lib core/app", order, " ")
		mine = layer(file)
		split(file, part, "/")
		own = part[1] "/" part[2] "/" part[3] "/"
		common = index(file, "plugins/common/") == 1
		test = file ~ /\/test-[^\/]*\.[ch]$/
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, q, "\"")
		to = q[2]
		if (index(file, "include/") == 1) {
			bad("a public header includes <hypersdk/...> only")
		} else if (to == "config.h") {
			next
		} else if (!test && to ~ /\/test-[^\/]*$/) {
			bad("only tests include what is for tests")
		} else if (mine > 0) {
			if (layer(to) == 0 || layer(to) > mine)
				bad("stands to the right of " order[mine])
		} else if (layer(to) == 2 || layer(to) == 3 ||
			   index(to, "plugins/common/") == 1 ||
			   (!common && index(to, own) == 1) ||
			   (test && index(to, "tests/lib/") == 1)) {
			next
		} else {
			bad("a plugin includes core/base, core/package, " \
				"plugins/common and its own folder only")
		}
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		if (index(file, "include/") == 1 && file !~ /fake-host/ &&
		    $0 !~ /<hypersdk\/[a-z-]+\.h>|<std[a-z]+\.h>|<string\.h>/)
			bad("a public header needs only hypersdk and the " \
				"C standard library")
	}' "$file"
done | verdict
