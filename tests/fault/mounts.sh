#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# storage/local on small, read-only and vanishing file systems: test-mounts in
# a mount namespace of its own, where nobody else sees what it mounts.
if [ "$(id -u)" -eq 0 ]; then
	exec unshare --mount --propagation private \
		"$top_builddir/tests/fault/test-mounts"
else
	exec unshare --map-root-user --mount --propagation private \
		"$top_builddir/tests/fault/test-mounts"
fi
