#!/bin/bash
# Nothing unfinished, no shell, a licence on top, no trailing blanks.
. "$(dirname "$0")/lib.sh"
{
	files '*.c' '*.h' '*.sh' '*.go' '*.py' '*.am' '*.ac' '*.md' '*.conf' |
		grep -v '^tests/lint/' |
		xargs grep -nHE '\<(TODO|FIXME|XXX|HACK)\>' |
		sed 's/$/: finish it, or leave it out and say so/' || true
	files '*.c' '*.h' | grep -E '^(core|plugins)/' |
		xargs grep -nHE '\<(system|popen|execl|execlp|execle) *\(' |
		sed 's/$/: no shell, ever/' || true
	files '*.c' '*.h' | xargs grep -LF \
		'/* SPDX-License-Identifier: Apache-2.0 */' |
		sed 's/$/:1: begins with no SPDX line/' || true
	files '*.c' '*.h' '*.sh' '*.am' '*.ac' |
		xargs grep -nHE '[[:blank:]]+$' |
		sed 's/$/: trailing blanks/' || true
} | verdict
