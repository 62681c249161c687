#!/bin/bash
# Plugins that are no good, and a daemon: half-installed, of another version,
# of a wrong owner, gone. Each is told in one clear line; everything else works,
# and nothing that was acknowledged is lost.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
unset LD_LIBRARY_PATH
umask 022
plugins=$TMP/plugins
cp -r "$HYPERSDK_PLUGIN_DIR" "$plugins"
export HYPERSDK_PLUGIN_DIR=$plugins
good=$plugins/provider/synthetic.so
here=$plugins/provider
cli() { "$HYPERSDK" "$@" --config "$daemon_conf"; }
submit_and_wait() { # NAME
	run cli jobs submit --vm synthetic-1 --pipeline synthetic --output \
		"$daemon_out/$1" --wait
	is "$rc" 0 "$1: an export goes on"
}

# What may lie in the folder, and what is said of it.
plant() {
	: >"$here/empty.so"
	head -c 20000 "$good" >"$here/half.so"
	mkdir "$here/folder.so"
	ln -s /no/such/file.so "$here/dangling.so"
	mkfifo "$here/fifo.so"
	cp "$good" "$here/group.so" && chmod 0664 "$here/group.so"
	cp "$top_builddir/tests/unit/plugin/.libs/module-v2.so" "$here/v2.so"
	cp "$good" "$here/copy.so"
	bad=(empty half folder dangling fifo group v2 copy)
	# Only root can give a file away.
	[ "$(id -u)" -ne 0 ] || {
		cp "$good" "$here/theirs.so" && chown 65534 "$here/theirs.so"
		bad+=(theirs)
	}
}
said() { # TEXT
	local line
	for line in empty:'not a shared object|is empty|too short' \
		half:'cut off|truncated|not a shared object|file too short' \
		folder:'is not a regular file' dangling:'is a symbolic link' \
		fifo:'is not a regular file' \
		group:'can be written by others \(mode 0664\); chmod go-w it' \
		v2:'found v2, this core speaks v1' \
		copy:'calls itself "synthetic", but its file is copy\.so' \
		theirs:'belongs to user 65534, not to root or to user'; do
		[[ " ${bad[*]} " == *" ${line%%:*} "* ]] || continue
		like "$(grep -E "/${line%%:*}\.so:? " <<<"$1" | head -n 1)" \
			"${line#*:}" "$2: ${line%%:*}"
	done
}

# --- they are there when it starts --------------------------------------------

plant
run "$HYPERSDK" plugins list --json
is "$rc" 0 "plugins list"
said "$(jq -r '.refused[] | .path + ": " + .reason' <<<"$out")" "plugins list"
is "$(jq '.plugins | length' <<<"$out")" \
	"$(find "$top_srcdir"/plugins/*/* -maxdepth 0 -type d | wc -l)" \
	"plugins list: and the good ones"
start_daemon
ok "the daemon starts among them" daemon_answers
submit_and_wait among
run cli plugins reload
is "$rc" 1 "a reload tells of them"
said "$err_out" "reload"
is "$(grep -c '\.so' <<<"$err_out")" "${#bad[@]}" "one line for each"
submit_and_wait reloaded

# --- one that a pipeline names goes bad while it runs ---------------------------

cat >>"$daemon_conf" <<-CONF
	log_level = "info";
CONF
mkdir "$TMP/conf.d"
for name in half v2 nothing; do
	cat >"$TMP/conf.d/bad.conf" <<-CONF
		pipelines = ({ name = "bad"; provider = { plugin = "$name"; }; });
	CONF
	: >"$daemon_log"
	kill -HUP "$daemon_pid"
	ok "$name: a pipeline of it is told" \
		daemon_says "bad.conf:1: .*(provider/$name\\.so: |provider plugin \"$name\")"
	ok "$name: the daemon lives" daemon_lives
done
submit_and_wait old-settings
job=$(submit_vm synthetic-2)
wait_job "$job" completed
stop_daemon
is "$daemon_rc" 0 "it ends well"
: >"$daemon_log"
launch_daemon
wait_daemon
is "$daemon_rc" 2 "and does not start with it"
like "$(<"$daemon_log")" 'bad.conf:1: .*provider plugin "nothing"' "it says why"
rm "$TMP/conf.d/bad.conf"

# --- the shipped one is gone, or half there: nothing is lost -------------------

for how in gone half; do
	cp "$good" "$TMP/keep.so"
	rm "$good"
	[ "$how" = gone ] || head -c 20000 "$TMP/keep.so" >"$good"
	: >"$daemon_log"
	launch_daemon
	wait_daemon
	is "$daemon_rc" 2 "$how: the daemon does not start"
	like "$(<"$daemon_log")" 'hypersdk.conf:[0-9]+: .*synthetic' \
		"$how: it says which line wants what"
	is "$(wc -l <"$daemon_log")" "$(grep -c synthetic "$daemon_log")" \
		"$how: and nothing else"
	mv "$TMP/keep.so" "$good"
done
start_daemon
job_is "$job" completed
is "$?" 0 "what it had acknowledged is there"
submit_and_wait again

# --- a folder that others may write to ------------------------------------------

stop_daemon
chmod 0775 "$here"
: >"$daemon_log"
launch_daemon
wait_daemon
is "$daemon_rc" 2 "a folder of plugins that others may write to"
like "$(<"$daemon_log")" 'provider can be written by others \(mode 0775\); chmod go-w it' \
	"it says which and what to do"
done_testing
