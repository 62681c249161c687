#!/bin/bash
# Fault 49: a disk that fails to write, to sync, to close.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
for operation in write reserve fill object_close; do
	breaks "EIO in $operation" 1 io_error operation=$operation error=EIO
done
breaks "EIO in the last write" 1 io_error operation=write error=EIO \
	at_byte=4300000
breaks "what was written cannot be synced" 1 fsync_failed operation=seal \
	error=EIO kind=fsync_failed
breaks "EIO in publish" 1 io_error operation=publish error=EIO
breaks "a server that lost the file" 1 io_error operation=write error=ESTALE \
	at_byte=100000
for operation in write object_close seal publish; do
	packager=ovf breaks "a folder, EIO in $operation" 1 io_error \
		operation=$operation error=EIO at_call=1
done
# Written anew, a disk that has recovered takes it.
broken operation=write error=EIO at_byte=100000
fresh
run hypersdk export synthetic-1 --config "$TMP/broken.conf" --json \
	--output "$out_dir"
is "$rc" 1 "the first run fails"
export_small synthetic-1 --output "$out_dir"
is "$rc" 0 "the next one succeeds"
judge_ova "$out_dir/synthetic-1.ova" "the next one"
done_testing
