#!/bin/bash
# What is installed was built so that a bug in C is hard to use: programs at
# any address, tables that are read-only before main runs, no memory both
# written and run, guarded stacks, checked calls of libc, marked branch targets.
# shellcheck source=tests/lib/tap.sh
. "${top_srcdir:?is set by make check}/tests/lib/tap.sh" || exit 1
setting() { sed -n "s/^$1 = *//p" "$top_builddir/Makefile"; }
if "$top_builddir/config.status" --config | grep -q -- --disable-hardening; then
	is "$(setting HARDEN_CPPFLAGS)$(setting HARDEN_CFLAGS)" "" \
		"it was not wanted, and nothing is set"
	done_testing
fi
like "$(setting HARDEN_LDFLAGS)" 'relro.*now.*noexecstack.*-pie' \
	"the linker's flags"
like "$(setting HARDEN_CFLAGS)" '-fPIE.*-strong.*-clash' "the compiler's"
case $(uname -m) in
x86_64) like "$(setting HARDEN_CFLAGS)" -fcf-protection "CET" ;;
esac
# Not with sanitizers, nor where there is no optimization, nor over the user's.
case "$(setting SANITIZE) $(setting CPPFLAGS) $(setting CFLAGS)" in
*sanitize* | *FORTIFY*) fortified= ;;
*-O[1-9sg]*) fortified=yes ;;
*) fortified= ;;
esac
[ -z "$fortified" ] ||
	like "$(setting HARDEN_CPPFLAGS)" '_FORTIFY_SOURCE=[23]' "FORTIFY_SOURCE"

# Programs may be libtool's scripts, with the real ones in .libs.
built() { # NAME
	if [ -e "$top_builddir/.libs/$1" ]; then
		echo "$top_builddir/.libs/$1"
	else
		echo "$top_builddir/$1"
	fi
}
faults() { # FILE KIND: what is missing, one word each
	local text
	text=$(readelf -W -h -l -d --dyn-syms "$1") || echo unreadable
	[[ $text =~ Type:\ +DYN ]] || echo not-DYN
	[ "$2" = library ] || [[ $text =~ FLAGS_1.*PIE ]] || echo not-PIE
	[[ $text =~ FLAGS_1.*NOW|BIND_NOW ]] || echo no-BIND_NOW
	[[ $text =~ GNU_RELRO ]] || echo no-RELRO
	[[ $text =~ GNU_STACK[^$'\n']*\ RW\ + ]] || echo executable-stack
	[[ ! $text =~ LOAD[^$'\n']*\ RWE ]] || echo RWX
	[[ ! $text =~ TEXTREL ]] || echo TEXTREL
	[[ ! $text =~ \(RPATH\)|\(RUNPATH\) ]] || echo RPATH
	[[ $text =~ __stack_chk_fail ]] || echo no-stack-protector
	[ -z "$fortified" ] || [[ $text =~ _chk@GLIBC ]] || echo no-FORTIFY
}
for name in hypersdk hypersdkd; do
	is "$(faults "$(built "$name")" program | xargs)" "" "$name"
done
plugins=0
for so in "$HYPERSDK_PLUGIN_DIR"/*/*.so; do
	is "$(faults "$so" library | xargs)" "" "${so#"$HYPERSDK_PLUGIN_DIR/"}"
	plugins=$((plugins + 1))
done
is "$plugins" "$(find "$top_srcdir"/plugins/*/* -maxdepth 0 -type d | wc -l)" \
	"every plugin"
for so in "$top_builddir"/.libs/libhypersdk.so.*.*; do
	[ ! -e "$so" ] || is "$(faults "$so" library | xargs)" "" "libhypersdk"
done

# The linker marks a file for CET only if every object in it is, the C library's
# start files too, and those are not everywhere: so the objects are looked at.
case $(setting HARDEN_CFLAGS) in
*-fcf-protection*)
	# Those that the Makefile knows: others may lie about in an old tree.
	grep -oE '(core|plugins)/[A-Za-z0-9_/-]+\.lo' "$top_builddir/Makefile" |
		sort -u | sed 's|\([^/]*\)\.lo$|.libs/\1.o|' >"$TMP/known"
	unmarked=$(cd "$top_builddir" && find core plugins -name '*.o' \
		-exec readelf -n {} + |
		awk '/^File: / { if (file) print file; file = $2 }
			/IBT, SHSTK/ { file = "" }
			END { if (file) print file }' | grep -xFf "$TMP/known")
	is "$unmarked" "" "every object has its branch targets marked"
	;;
esac
done_testing
