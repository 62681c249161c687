#!/bin/bash
# Go as gofmt and go vet have it, with Debian's Go and its libraries.
. "$(dirname "$0")/lib.sh"
PATH=/usr/bin:$PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export GO111MODULE=off GOPATH="$tmp:/usr/share/gocode" GOFLAGS="" GOTOOLCHAIN=local
export GOCACHE="${GOCACHE:-$tmp/cache}"
unset GOROOT
{
	files '*.go' | xargs -r gofmt -l | sed 's/$/:1: run gofmt -w/'
	for dir in $(files '*.go' | xargs -r -n1 dirname | sort -u); do
		name=$(basename "$dir")
		mkdir -p "$tmp/src/hypersdk/$name"
		cp "$dir"/*.go "$tmp/src/hypersdk/$name"
		(cd "$tmp/src/hypersdk/$name" && go vet . 2>&1) |
			grep -v '^#' | sed "s|^\\./|$dir/|" || true
	done
} | verdict
