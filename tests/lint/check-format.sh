#!/bin/bash
# C as clang-format has it.
. "$(dirname "$0")/lib.sh"
files '*.c' '*.h' | xargs clang-format --dry-run 2>&1 |
	sed -n 's/^\(.*:[0-9]*\):[0-9]*: warning: .*/\1: run clang-format -i/p' |
	sort -u -t: -k1,1 | verdict
