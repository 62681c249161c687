#!/bin/sh
# gobuild.sh SRCDIR OUTBINARY: builds one main package in GOPATH mode with
# Debian's Go and Debian's Go libraries, out of tree and without network.
set -eu
src=$1
out=$2
go=${VCENTER_GO:-/usr/bin/go}
lib=/usr/share/gocode
[ -x "$go" ] || { echo "$go is missing: apt-get install golang-go" >&2; exit 1; }
[ -d "$lib/src/github.com/vmware/govmomi/simulator" ] || {
	echo "govmomi is missing: apt-get install golang-github-vmware-govmomi-dev" >&2
	exit 1
}
mkdir -p "$(dirname "$out")"
if [ -z "${GOCACHE:-}" ] && [ -z "${HOME:-}" ]; then
	GOCACHE=$(dirname "$out")/.gocache
	export GOCACHE
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/gobuild.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
mkdir -p "$tmp/src/hypersdk"
name=$(basename "$src")
cp -r "$src" "$tmp/src/hypersdk/$name"
# Go's own tool chain, whatever the caller's environment says
unset GOROOT GOTOOLDIR GOBIN GOOS GOARCH GOWORK || :
cd "$tmp/src/hypersdk/$name"
GO111MODULE=off GOPATH="$tmp:$lib" GOTOOLCHAIN=local CGO_ENABLED=0 \
	"$go" build -trimpath -o "$out" "hypersdk/$name"
