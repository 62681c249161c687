#!/bin/sh
# Builds the rival of the inventory benchmark: build.sh OUTBINARY
set -eu
[ $# -eq 1 ] || { echo "usage: $0 OUTBINARY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
out=$1
case $out in /*) ;; *) out=$(pwd)/$out ;; esac
exec sh "$here/../../vcenter/gobuild.sh" "$here" "$out"
