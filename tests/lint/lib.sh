# shellcheck shell=bash
# For the checks: each is started in the tree to look at, prints one line for
# every problem as FILE:LINE: text, and fails if there was one.
set -euo pipefail
# files PATTERN...: sources whose name matches, as git or a tarball has them.
files() {
	local args=() pattern
	for pattern in "$@"; do args+=(-o -name "$pattern"); done
	find . \( -name .git -o -name autom4te.cache -o -name build-aux \
		-o -name 'build*' -o -name 'hypersdk-*' -o -name stage \
		-o -name 'configure*' -o -name 'config.*' -o -name libtool \
		-o -name m4 -o -name '*~' \) -prune \
		-o -type f \( "${args[@]:1}" \) -print | sed 's|^\./||' | LC_ALL=C sort
}
# verdict: fails if standard input has a line, and passes it on.
verdict() { if grep .; then return 1; fi; }
