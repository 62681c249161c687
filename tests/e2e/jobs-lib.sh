# shellcheck shell=bash
# For tests of the commands that ask the daemon: after tests/e2e/lib.sh.
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1

# pipeline NAME MEMBERS: made-up VMs of two disks of 1 MiB; MEMBERS are more of
# the provider's options.
pipeline() {
	local size='disk_size = "1MiB";'
	[[ $2 != *disk_size* ]] || size=
	printf '{ name = "%s"; provider = { plugin = "synthetic"; %s %s }; }' \
		"$1" "$size" "$2"
}
# configure API PIPELINE...: the first pipeline is the default. API: members of
# api = { ... }.
configure() {
	local api=$1 pipelines
	shift
	pipelines=$(printf ', %s' "$@")
	pipelines=${pipelines#, }
	pipelines="{ default = true;${pipelines#\{}"
	[[ $api == *listen* ]] || api="listen = \"127.0.0.1:0\"; $api"
	daemon_configure "api = { socket = \"$daemon_socket\"; $api };
		pipelines = ( $pipelines );"
}
# The job's bytes arrive: for wait_for.
moves() { # ID
	api GET "/jobs/progress/$1" | jq -e '.progress.phase == "transferring"
		and .progress.bytes_transferred > 0'
}
