#!/bin/bash
# Two VMs, made by qemu-img, and what every provider promises held against
# them. HYPERSDK is the command, PLUGIN_TEST_OPTIONS more options for it.
set -euo pipefail
vms=$(mktemp -d)
trap 'rm -rf "$vms"' EXIT
for vm in web01 db01; do
	mkdir -p "$vms/$vm"
	for disk in 1 2; do
		head -c 3000000 /dev/urandom >"$vms/raw"
		truncate -s 8M "$vms/raw"
		qemu-img convert -f raw -O vmdk -o subformat=streamOptimized \
			"$vms/raw" "$vms/$vm/$vm-disk$disk.vmdk"
	done
done
sed "s|@VMS@|$vms|g" "$srcdir/contract.conf" >"$vms/contract.conf"
# shellcheck disable=SC2086
"${HYPERSDK:-hypersdk}" plugin-test provider .libs/directory.so \
	--settings "$vms/contract.conf" ${PLUGIN_TEST_OPTIONS:-}
