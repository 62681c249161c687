#!/bin/bash
# Faults 52, 54, 55, 56, 58: the output's folder is swapped, shared, mounted,
# removed, or left behind by a process that was killed.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
in_namespace

# Swapped for a link while bytes flow: nothing goes where it points.
fresh
mkdir "$TMP/victim"
start_slow
mv "$out_dir" "$TMP/moved" && ln -s "$TMP/victim" "$out_dir"
end_slow
empty "$TMP/victim" "swapped for a link: nothing is written where it points"
is "$(find "$TMP/moved" -name '.hyp-*')" "" \
	"swapped for a link: no temporary is left"
rm "$out_dir"
rm -rf "$TMP/moved"

# A folder that others may write to.
fresh
mkdir -m 1777 "$out_dir/shared"
export_small synthetic-1 --output "$out_dir/shared"
is "$rc $(kind)" "1 unsafe_path" "a folder open to all is refused"
like "$(event job.failed .data.error)" "$out_dir/shared" "and named"
before_a_byte "before a byte moves"
empty "$out_dir/shared" "nothing is left"

# A mount on the way is no obstacle: the temporary lies beside its final name.
fresh
mkdir "$TMP/elsewhere" && chmod 700 "$TMP/elsewhere"
mount --bind "$TMP/elsewhere" "$out_dir"
export_small synthetic-1 --output "$out_dir"
is "$rc" 0 "a folder that is a bind mount"
export_small synthetic-1 --output "$out_dir" --format ovf
is "$rc" 0 "and a folder in it"
umount "$out_dir"

# Removed while bytes flow.
fresh
start_slow
rm -rf "$out_dir"
end_slow
is "$rc $(kind)" "1 io_error" "the folder was removed meanwhile: it fails"
ok "the folder is not made again" test ! -e "$out_dir"
no_undo_records "no undo record is left"

# Unmounted while bytes flow: the file system beneath is not filled instead.
fresh
mount -t tmpfs -o mode=700 tmpfs "$out_dir"
start_slow
umount --lazy "$out_dir"
end_slow
is "$rc" 1 "the folder was unmounted meanwhile: it fails"
empty "$out_dir" "nothing is written beneath the mount point"

# Killed: what it left is swept by the next run, foreign files are not.
fresh
start_slow
kill -KILL "$pid"
wait "$pid" 2>/dev/null
is "$(find "$out_dir" -maxdepth 1 -name '.hyp-*' | wc -l)" 1 \
	"a killed export leaves a temporary"
mkdir "$out_dir/.hyp-foreign" "$out_dir/.hyp-someone-else-1.part"
touch "$out_dir/.hyp-x.part"
export_small synthetic-2 --output "$out_dir"
is "$rc" 0 "the next run succeeds"
is "$(find "$out_dir" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort |
	tr '\n' ' ')" ".hyp-foreign .hyp-someone-else-1.part .hyp-x.part \
synthetic-2.ova synthetic-2.ova.receipt.json " \
	"its temporary is gone, and nothing else"
done_testing
