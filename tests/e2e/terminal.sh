#!/bin/bash
# Bars on a terminal, and Ctrl-C.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1

# shown SIZE RULE... -- ARGUMENT...: the screen at the end, in $out.
shown() {
	local before=()
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	shift
	run terminal --size "${before[@]}" -- "$HYPERSDK" "$@" \
		--provider synthetic --output "$out_dir"
	rows=$(sed -n 's/^rows //p' <<<"$out")
	out=$(sed '$d' <<<"$out")
	[ "$rc" -ne 99 ] || sed 's/^/# /' <<<"$out$err_out"
}
slow=(--provider-option rate=8MiB --provider-option disk_size=8MiB)
fresh() { rm -rf "$out_dir" && mkdir -m 700 "$out_dir"; }

shown 80x24 --on 'disk1.vmdk.*disk2.vmdk.*all.* left' pause -- \
	export synthetic-1 "${slow[@]}"
is "$rc" 0 "an export on a terminal succeeds"
fresh
shown 80x24 -- export synthetic-1 "${slow[@]}"
is "$rc" 0 "it draws over nothing but its own lines"
is "$rows" 7 "with a line for each file, one for all, one on top"
like "$out" '^Exported synthetic-1' "what is left is the summary"
unlike "$out" '[━─=]{3}|left|transferring' "and no bar"

fresh
shown 30x24 -- export synthetic-1 "${slow[@]}"
is "$rc" 0 "a narrow terminal"
fresh
shown 8x3 -- export synthetic-1 "${slow[@]}"
is "$rc" 0 "one that is too small for bars"
fresh
shown 132x5 -- export synthetic-1 "${slow[@]}" --provider-option disks=9
is "$rc" 0 "a low terminal and ten files"
is "$((rows <= 12))" 1 "no more lines than fit (and the summary)"
fresh
shown 120x24 --on '[1-9]. %' size=60x24 --on '[4-9]. %' size=100x24 -- \
	export synthetic-1 "${slow[@]}"
is "$rc" 0 "a terminal that is resized on the way"
unlike "$out" '[━─=]{3}|left|transferring' "nothing is left of the bars"

fresh
shown 80x24 -- export synthetic-1 synthetic-2 "${slow[@]}"
is "$rc" 0 "two VMs"
is "$(grep -c '^Exported' <<<"$out")" 2 "two summaries"

fresh
shown 80x24 -- export synthetic-1 "${slow[@]}" --log-level debug \
	--provider-option fail_at=1000000
is "$rc" 0 "lines that come in between"
like "$out" 'disk1.vmdk begins anew \(restart 1\)' "they stand above the bars"
unlike "$out" '[━─=]{3}' "and no bar stays between them"

# Colours, unless NO_COLOR.
colours() { script -qec "$1 '$HYPERSDK' export synthetic-1 --provider synthetic \
	--provider-option disk_size=1MiB --output '$out_dir' --force" /dev/null |
	grep -c $'\e\\[[0-9;]*m'; }
export TERM=xterm
fresh
like "$(colours '')" '^[1-9]' "colours on a terminal"
is "$(colours 'env NO_COLOR=1')" 0 "NO_COLOR is heeded"
is "$(colours 'env TERM=dumb')" 0 "so is a dumb terminal"

# Ctrl-C.
fresh
shown 80x24 --on '[1-9] %' int -- export synthetic-1 \
	--provider-option rate=1MiB
is "$rc" 130 "Ctrl-C: exit code 130"
like "$out" 'hypersdk: cancelled' "and a word"
empty "$out_dir" "Ctrl-C leaves nothing behind"
no_undo_records "nor an undo record"
shown 80x24 --on '[1-9] %' int -- export synthetic-1 synthetic-2 \
	--provider-option rate=1MiB
is "$rc" 130 "Ctrl-C ends a run of several"
is "$(grep -c cancelled <<<"$out")" 1 "at once"
# Who cannot wait for the cleaning up.
shown 80x24 --on '[1-9] %' int --on '%' int -- export synthetic-1 \
	--provider-option rate=1MiB --provider-option disk_size=64MiB
is "$rc" 130 "a second Ctrl-C"

# The terminal is as it was, however the export ended.
cat >"$TMP/settings" <<'END'
before=$(stty -g)
trap : INT
"$@"
[ "$(stty -g)" = "$before" ] || echo "the terminal was changed"
END
settings() { # NAME RULE... -- OPTION...
	local name=$1 rules=()
	shift
	while [ "$1" != -- ]; do
		rules+=("$1")
		shift
	done
	fresh
	run terminal "${rules[@]}" -- bash "$TMP/settings" "$HYPERSDK" export \
		synthetic-1 --provider synthetic --output "$out_dir" "${@:2}"
	is "$rc" 0 "$name: a terminal"
	unlike "$out" changed "$name: as it was before"
}
settings "done" -- --provider-option disk_size=1MiB
settings "cancelled" --on '[1-9] %' int -- --provider-option rate=1MiB
settings "cancelled twice" --on '[1-9] %' int --on '%' int -- \
	--provider-option rate=1MiB

# Lists fit.
run terminal --size 60x24 -- "$HYPERSDK" vms list --provider synthetic \
	--provider-option name=a-name-that-is-rather-long-for-a-vm
is "$(wc -L <<<"$out")" 60 "vms list fits the terminal"
like "$out" 'POWER +CPU +MEMORY' "and shows its columns"
done_testing
