#!/bin/bash
# Fault 51: something is at the output already, whatever it is.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
target=$TMP/target
echo mine >"$target"
make_file() { echo mine >"$1"; }
make_directory() { mkdir "$1" && echo mine >"$1/x"; }
make_empty_directory() { mkdir "$1"; }
make_link() { ln -s "$target" "$1"; }
make_dangling_link() { ln -s "$TMP/nowhere" "$1"; }
make_fifo() { mkfifo "$1"; }
make_socket() {
	/usr/bin/python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}
for format in ova ovf; do
	for what in file directory empty_directory link dangling_link fifo \
		socket; do
		fresh
		name=synthetic-1
		[ $format = ovf ] || name=synthetic-1.ova
		"make_$what" "$out_dir/$name"
		before=$(ls -lRA "$out_dir")
		for force in "" --force; do
			# shellcheck disable=SC2086
			export_small synthetic-1 --output "$out_dir" \
				--format $format $force
			is "$rc $(kind)" "5 output_exists" \
				"$format, a $what is there: kind ($force)"
			before_a_byte "$format, a $what: before a byte moves"
			is "$(ls -lRA "$out_dir")" "$before" \
				"$format, a $what: all is as it was"
		done
	done
done
is "$(cat "$target")" mine "what a link points to is as it was"
# A receipt alone, of a package that was taken away, is no output.
fresh
export_small synthetic-1 --output "$out_dir"
rm "$out_dir/synthetic-1.ova"
export_small synthetic-1 --output "$out_dir"
like "$rc $(kind)" '^(0 |5 output_exists)$' "a receipt without its package"
done_testing
