#!/bin/bash
# Every header stands alone; the public ones in strict C11 and C++ too.
. "$(dirname "$0")/lib.sh"
cc=${CC:-cc} cxx=${CXX:-c++}
flags=(-fsyntax-only -Wall -Wextra -Werror -I. -Iinclude)
read -r -a packages <<<"$(pkg-config --cflags libxml-2.0 libcurl json-c \
	libconfig libcrypto zlib check glib-2.0)"
alone() { # LANGUAGE HEADER COMPILER FLAG...
	local language=$1 header=$2 out
	shift 2
	out=$(printf '#include "%s"\n' "$header" |
		"$@" "${flags[@]}" -x "$language" - 2>&1) ||
		echo "$header:1: does not compile alone: ${out%%$'\n'*}"
}
{
	for header in $(files '*.h'); do
		# shellcheck disable=SC2086 # CC may be two words
		case $header in
		include/*)
			alone c "$header" $cc -std=c11 -pedantic-errors
			alone c++ "$header" $cxx -std=c++11
			;;
		*)
			alone c "$header" $cc -std=gnu11 -D_GNU_SOURCE \
				"${packages[@]}"
			;;
		esac
	done
} | verdict
