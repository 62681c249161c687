#!/bin/bash
# check-statics.sh OBJECT...: plugins keep no state between instances: nothing
# that can be written to at run time. Relocated constants are none.
set -euo pipefail
[ $# -gt 0 ] || { echo "no plugin objects: run make first" >&2; exit 1; }
for object in "$@"; do
	objdump -t "$object" | awk -v file="$object" '
		$NF ~ /^\./ { next }
		match($0, /[ \t]\.t?(data|bss)[^ \t]*/) {
			section = substr($0, RSTART + 1, RLENGTH - 1)
			if (section !~ /^\.data\.rel\.ro/)
				print file ":1: mutable static " $NF " in " section
		}'
done | if grep .; then exit 1; fi
