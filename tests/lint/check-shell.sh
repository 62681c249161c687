#!/bin/bash
# Scripts as shellcheck has them, and no unquoted words. SC2154: what the
# environment holds.
. "$(dirname "$0")/lib.sh"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
{
	files '*.sh'
	files '*' | grep -v '\.sh$' | while read -r file; do
		head -c 64 "$file" | head -n 1 |
			grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$file"
	done || true
} | sort -u >"$list"
{
	xargs <"$list" -n 8 -P "$(nproc)" \
		shellcheck -x -P SCRIPTDIR -S warning -e SC2154 -f gcc || true
	xargs <"$list" shellcheck -i SC2086,SC2046,SC2006 -f gcc || true
} | sort -u | verdict
