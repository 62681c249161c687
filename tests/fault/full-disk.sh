#!/bin/bash
# Faults 47, 48, 50: no space, at whatever byte and in whatever call.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
in_namespace

# Wherever the disk gets full, the answer is the same.
for byte in 1 512 65536 65537 1000000 2500000 4300000; do
	breaks "full at byte $byte" 5 insufficient_space operation=write \
		error=ENOSPC at_byte=$byte
done
for operation in place_open object_open reserve fill object_close seal \
	publish; do
	breaks "full in $operation" 5 insufficient_space \
		operation=$operation error=ENOSPC
done
packager=ovf
breaks "full in the third close of a folder" 5 insufficient_space \
	operation=object_close error=ENOSPC at_call=3
packager=ova

# Too little is seen before the source is opened: no snapshot is made.
broken available=3MiB
fresh
mkdir "$TMP/snapshots"
run hypersdk export synthetic-1 --config "$TMP/broken.conf" --json --hot \
	--provider-option "snapshots=$TMP/snapshots" --output "$out_dir"
is "$rc $(kind)" "5 insufficient_space" "too little space: exit code and kind"
before_a_byte "too little space: it ends before a byte moves"
like "$(event job.failed .data.error)" '[0-9] (MiB|bytes)' \
	"too little space: it says how much there is"
empty "$out_dir" "too little space: nothing is left"
empty "$TMP/snapshots" "too little space: no snapshot was made"

# A disk that really is full.
fresh
mount -t tmpfs -o size=16m,mode=700 tmpfs "$out_dir"
export_small synthetic-1 --output "$out_dir"
is "$rc" 0 "a small file system: what fits is exported"
export_small synthetic-2 --output "$out_dir" --provider-option disk_size=8MiB
is "$rc $(kind)" "5 insufficient_space" "and the next one is refused"
before_a_byte "before a byte moves"
holds "$out_dir" "only the first is there" synthetic-1.ova \
	synthetic-1.ova.receipt.json
export_small synthetic-2 --output "$out_dir" --provider-option disk_size=8MiB \
	--dry-run
is "$rc" 5 "a dry run says so, too"
umount "$out_dir"

# Disks that refuse otherwise.
breaks "a quota" 5 quota_exceeded operation=write error=EDQUOT at_byte=1000
breaks "a limit on files" 5 file_too_large operation=write error=EFBIG \
	at_byte=1000
breaks "a disk gone read-only" 1 read_only operation=write error=EROFS \
	at_byte=1000
fresh
mount -t tmpfs -o ro,mode=700 tmpfs "$out_dir"
export_small synthetic-1 --output "$out_dir"
is "$rc $(kind)" "1 read_only" "a read-only file system"
before_a_byte "a read-only file system: it ends before a byte moves"
umount "$out_dir"
export_small synthetic-1 --output "$out_dir/$(printf 'n%.0s' {1..256}).ova"
is "$rc" 2 "a name that is too long"
empty "$out_dir" "a name that is too long: nothing is left"
done_testing
