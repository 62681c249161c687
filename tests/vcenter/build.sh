#!/bin/sh
# Builds the simulated vCenter: build.sh OUTBINARY
# Needs the Debian packages golang-go and golang-github-vmware-govmomi-dev; no network.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 OUTBINARY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
out=$1
case $out in /*) ;; *) out=$(pwd)/$out ;; esac
exec sh "$here/gobuild.sh" "$here" "$out"
