#!/bin/bash
# libhypersdk as it is installed: the example is built elsewhere with pkg-config
# alone, and exports; what the library shows, links and leaves alone.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
# shellcheck source=tests/package/lib.sh
. "${top_srcdir:?is set by make check}/tests/package/lib.sh" || exit 1
install_all
lib=$installed/lib/libhypersdk.so.1
export LD_LIBRARY_PATH=$installed/lib

# --- what is installed ----------------------------------------------------------

is "$(readlink "$installed/lib/libhypersdk.so") $(readlink "$lib")" \
	"libhypersdk.so.1.0.0 libhypersdk.so.1.0.0" "the library and its names"
like "$(objdump -p "$lib")" 'SONAME +libhypersdk.so.1
' "its soname"
public=$(cc -E -I"$installed/include" -x c - \
	<<<'#include <hypersdk/hypersdk.h>' | grep -v '^#' | tr '\n' ' ' |
	grep -o '\bhypersdk_[a-z_]*(' | tr -d '(' | grep -v '_fn$' | sort -u)
is "$(nm -D --defined-only --with-symbol-versions "$lib" |
	awk '$2 == "T" { print $3 }' | sort)" \
	"$(sed 's/$/@@HYPERSDK_1.0/' <<<"$public")" \
	"it exports what the header declares, each with its version"
is "$(nm -D --defined-only "$lib" | awk '$2 != "T" { print $2, $3 }')" \
	"A HYPERSDK_1.0" "and nothing else"
is "$(grep -c . <<<"$public")" 30 "which are so many"
is "$(objdump -p "$lib" | awk '$1 == "NEEDED" { print $2 }' |
	grep -E 'microhttpd|gnutls|curl|sqlite|systemd')" "" \
	"what plugins and sockets need, it does not"
is "$(pkg-config --modversion libhypersdk) $(pkg-config --variable=api \
	libhypersdk)" "$("$HYPERSDK" --version | sed 's/.* //') 1" \
	"libhypersdk.pc says which it is"
is "$(pkg-config --libs hypersdk | tr -d ' ')" "" "plugins do not link it"

# --- the example, elsewhere -----------------------------------------------------

cp -r "$top_srcdir/examples/export-one" "$TMP/example"
chmod -R u+w "$TMP/example"
# A library with sanitizers needs a program with them.
sanitize=
! nm -D "$lib" | grep -q __asan_init || sanitize=-fsanitize=address,undefined
ok "the example is built" make -C "$TMP/example" -s CC=gcc \
	CFLAGS="-std=c11 -Wall -Wextra -Werror -O1 $sanitize"
example=$TMP/example/export-one
is "$(nm -u "$example" | grep -o '\bhyp_[a-z_]*')" "" \
	"it takes what hypersdk.h declares"
for language in c++:g++:c++11 c:gcc:c11; do
	IFS=: read -r name compiler standard <<<"$language"
	cat >"$TMP/user.$name" <<-'C'
		#include <hypersdk/hypersdk.h>
		int main(void) { return hypersdk_api() != HYPERSDK_API; }
	C
	# shellcheck disable=SC2046,SC2086
	ok "a user in $name" $compiler -x $name -std=$standard -Wall -Wextra \
		-pedantic-errors -Werror $sanitize -o "$TMP/user" \
		"$TMP/user.$name" $(pkg-config --cflags --libs libhypersdk)
	ok "runs" "$TMP/user"
done

export HYPERSDK_PLUGIN_DIR=$installed/lib/hypersdk/plugins
export HYPERSDK_PROGRAM=$installed/bin/hypersdk
daemon_configure "state_dir = \"$daemon_state\";"
run "$example" "$daemon_conf" synthetic-1 "$daemon_out"
is "$rc" 0 "it exports"
is "$err_out" "" "and the library prints nothing"
is "$(grep ^vm <<<"$out")" "vm /synthetic/vm/synthetic-1
vm /synthetic/vm/synthetic-2" "having listed the VMs"
like "$out" 'event job.created
event job.started
(event job.progress
)*event job.completed$' "and told every event"
judge_ova "$daemon_out/synthetic-1.ova" "the OVA"
is "$(stat -c '%n %a' "$daemon_state" "$daemon_state"/* | sed 's|.*/||')" \
	"state 700
jobs.db 600
lock 600
seal.key 600" "what it keeps is its owner's, whatever the umask"

# --- what goes wrong ------------------------------------------------------------

run "$example" "$daemon_conf" synthetic-1 "$daemon_out"
is "$rc" 1 "an export that is refused"
like "$err_out" 'is there already.*\(output_exists\)' "says why"
run "$example" "$daemon_conf" synthetic-9 "$daemon_out"
is "$rc" 1 "an export that fails"
like "$err_out" 'synthetic-9.*\(not_found\)' "says why"
run "$example" /not/there.conf synthetic-1 "$daemon_out"
like "$rc $err_out" '^1 .*/not/there.conf.*\(bad_config\)' \
	"a configuration that is not there"
HYPERSDK_PLUGIN_DIR=$TMP/none run "$example" "$daemon_conf" x "$daemon_out"
like "$rc $err_out" "^1 .*$TMP/none.*\(bad_config\)" "plugins that are not"
HYPERSDK_PROGRAM=/not/there run "$example" "$daemon_conf" x "$daemon_out"
like "$rc $err_out" "^1 .*/not/there.*No such file" \
	"no program to try plugins with"
start_daemon
run "$example" "$daemon_conf" synthetic-2 "$daemon_out"
is "$rc" 1 "where hypersdkd runs, it does not"
like "$err_out" "process $daemon_pid works with $daemon_state already: .*\
\(already_running\)" "and names who does"
stop_daemon
run "$example" "$daemon_conf" synthetic-2 "$daemon_out"
is "$rc" 0 "after hypersdkd, it does again"
judge_ova "$daemon_out/synthetic-2.ova" "its OVA"
start_daemon
api GET /jobs/stats >"$TMP/stats"
is "$(jq .completed "$TMP/stats")" 2 "hypersdkd knows what was done meanwhile"
done_testing
