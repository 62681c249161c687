#!/bin/bash
# check-dist.sh LIST: every source is in the tarball, whose files LIST holds; a
# folder in it stands for all below. (Makefile fragments are there by
# themselves.)
. "$(dirname "$0")/lib.sh"
{
	files '*' | grep -E '^(core|include|plugins|tests|conf\.d)/' |
		grep -vE '\.(am|o|lo|la|log|trs)$|/\.|/__pycache__/' |
		awk 'NR == FNR { sub("^[.]/", ""); dist[$0]; next }
		{
			path = $0
			while (path != "" && !(path in dist))
				if (!sub("/[^/]*$", "", path))
					path = ""
			if (path == "" || path == "tests") print
		}' "$1" -
} | sed 's/$/:1: is not in the tarball: name it in a Makefile fragment/' |
	verdict
