#!/bin/bash
# Files hold at 600 lines (tables of test data in Python at 800), functions at
# 60.
. "$(dirname "$0")/lib.sh"
{
	files '*.c' '*.h' '*.go' '*.py' '*.sh' | xargs wc -l |
		awk '$2 != "total" && $1 > ($2 ~ /[.]py$/ ? 800 : 600) {
			print $2 ":" $1 ": the file has too many lines"
		}'
	# clang-format has put the braces of functions, and only those of
	# functions and types, into the first column.
	files '*.c' '*.h' | xargs awk '
		FNR == 1 { start = 0 }
		/^{/ { start = FNR; name = last }
		/^}/ && start {
			if (FNR - start - 1 > 60)
				print FILENAME ":" start ": " FNR - start - 1 \
					" lines in one function: " name
			start = 0
		}
		{ last = $0 }'
	# A rule for C; where every call is followed by its "if err", 90.
	files '*.go' | xargs -r awk '
		/^func / { start = FNR; name = $0 }
		/^}/ && start {
			if (FNR - start - 1 > 90)
				print FILENAME ":" start ": " FNR - start - 1 \
					" lines in one function: " name
			start = 0
		}'
} | verdict
