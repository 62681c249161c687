#!/bin/bash
# check-dist.sh LIST: every source is in the tarball, whose files LIST holds.
# (Makefile fragments are there by themselves.)
. "$(dirname "$0")/lib.sh"
{
	files '*' | grep -E '^(core|include|plugins|tests|conf\.d)/' |
		grep -vE '\.(am|o|lo|la|log|trs)$|/\.|/__pycache__/' |
		grep -vxFf <(sed 's|^\./||' "$1") || true
} | sed 's/$/:1: is not in the tarball: name it in a Makefile fragment/' |
	verdict
