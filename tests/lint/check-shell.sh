#!/bin/bash
# Scripts as shellcheck has them. SC2154: what the environment holds; SC2016:
# awk programs; SC2317: functions that are called by name.
. "$(dirname "$0")/lib.sh"
{
	files '*.sh'
	files '*' | grep -v '\.sh$' | while read -r file; do
		head -c 64 "$file" | head -n 1 |
			grep -aqE '^#!.*\b(ba|da)?sh\b' && echo "$file"
	done || true
} | sort -u | xargs shellcheck -x -P SCRIPTDIR -S info -e SC2154,SC2016,SC2317 -f gcc | verdict
