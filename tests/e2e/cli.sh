#!/bin/bash
# The command line itself: help, mistakes, exit codes, streams.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:?is set by make check}/tests/e2e/lib.sh" || exit 1

run hypersdk --version
is "$rc" 0 "--version succeeds"
like "$out" '^hypersdk [0-9]+\.[0-9]+\.[0-9]+$' "--version says which"

run hypersdk --help
is "$rc" 0 "--help succeeds"
for code in 0 1 2 3 4 5 130; do
	like "$out" "
 +$code  [a-z]" "--help states exit code $code"
done
mapfile -t commands < <(sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)\( .*\)\?$/\1/p' \
	<<<"$out")
is "$((${#commands[@]} >= 4))" 1 "--help lists the commands"
for command in "${commands[@]}"; do
	read -r -a words <<<"$command"
	run hypersdk "${words[@]}" --help
	like "$rc $out" "^0 Usage: hypersdk $command" "$command --help"
	is "$(($(wc -L <<<"$out") <= 100))" 1 "$command --help fits a terminal"
	help=$out
	run hypersdk help "${words[@]}"
	is "$out" "$help" "help $command says the same"
	case $command in
	completion) ;;  # prints a script for a shell
	help) ;;        # is for people
	plugin-test) ;; # prints TAP, which is for programs
	*) like "$help" '
  -j, --json  ' "$command has --json" ;;
	esac
done

run hypersdk vms --help
like "$rc $out" '^0 Usage: .*vms .*vms list .*vms show' "help on a group"
unlike "$out" 'ova create' "and on nothing else"
# refused CODE REGEX NAME ARGUMENT...: one line on stderr, nothing on stdout.
refused() {
	local code=$1 want=$2 name=$3
	shift 3
	run hypersdk "$@"
	is "$rc" "$code" "$name: exit code"
	is "$out" "" "$name: nothing on standard output"
	like "$err_out" "^hypersdk: .*$want" "$name: says what"
	[ "$(grep -vc '^Try "hypersdk' <<<"$err_out")" -eq 1 ] ||
		fail "$name: in one line" "$err_out"
}
refused 2 'which command' "no command"
refused 2 'no command "exprot"' "help on nothing" help exprot
refused 2 'did you mean "export"' "a typing error" exprot x
refused 2 'did you mean --output' "a typing error in an option" \
	export x --outptu y
refused 2 'export needs PATH' "no VM" export --output "$out_dir"
refused 2 'where to\?' "no output" export x --provider synthetic
refused 2 '--format zip: give ova or ovf' "a wrong format" \
	export x --provider synthetic --output "$out_dir" --format zip
refused 2 'an OVF package is a folder' "OVF into a file" \
	export x --provider synthetic --output "$out_dir/x.ova" --format ovf
refused 2 'do not fit into one OVA' "two VMs into one file" \
	export x y --provider synthetic --output "$out_dir/x.ova"
refused 2 '--hot and --cold exclude' "hot and cold" \
	export x --provider synthetic --output "$out_dir" --hot --cold
refused 2 '--digest md5: give' "a wrong digest" \
	export x --provider synthetic --output "$out_dir" --digest md5
refused 2 '--parallel: ' "a wrong number" \
	export x --provider synthetic --output "$out_dir" --parallel 17
refused 2 '--parallel: ' "no number" \
	export x --provider synthetic --output "$out_dir" --parallel many
refused 2 '--bandwidth: ' "a wrong rate" \
	export x --provider synthetic --output "$out_dir" --bandwidth fast
refused 2 '--bandwidth 0 would never end' "no bandwidth at all" \
	export x --provider synthetic --output "$out_dir" --bandwidth 0
refused 2 '--power maybe: give on or off' "a wrong power state" \
	vms list --provider synthetic --power maybe
refused 2 'which vCenter\?' "no endpoint" vms list
refused 2 'no.* pipeline' "an unknown pipeline" vms list --pipeline x
refused 2 'exclude each other' "pipeline and provider" \
	vms list --pipeline x --provider y
refused 2 'there is no provider plugin "nothing"' "an unknown provider" \
	vms list --provider nothing
refused 2 'fill' "an option of the provider with a typing error" \
	vms list --provider synthetic --provider-option fil=1
refused 2 'write KEY=VALUE' "an option without a value" \
	vms list --provider synthetic --provider-option vms
refused 2 'disks' "a value that is none" \
	vms list --provider synthetic --provider-option disks=many
refused 2 'a password in --url' "a password that everybody sees" \
	vms list --url https://root:hunter2@127.0.0.1/sdk
unlike "$err_out" hunter2 "the password is not repeated"
refused 2 'write KEY=VALUE' "--set without a value" \
	vms list --provider synthetic --set state_dir
refused 2 'state_dir' "an unknown setting" \
	vms list --provider synthetic --set state_dri=/x
refused 2 '--log-level loud' "an unknown level" \
	vms list --provider synthetic --log-level loud
refused 2 'missing.conf' "a configuration that is not there" \
	vms list --provider synthetic --config "$TMP/missing.conf"
refused 3 'synthetic-9' "a VM that is not there" \
	vms show synthetic-9 --provider synthetic
echo 'pipelines = ( { name = "a"; provider = { plugni = "x"; }; } );' \
	>"$TMP/bad.conf"
refused 2 'bad.conf:1: .*plugin' "a mistake in the configuration" \
	vms list --provider synthetic --config "$TMP/bad.conf"

# Names from outside never reach the terminal as they are.
run hypersdk vms list --provider synthetic \
	--provider-option name=$'a\e[2J\u202eb'
unlike "$out" $'\e' "escapes in names are escaped"
unlike "$out" $'\u202e' "so are bidirectional overrides"
run hypersdk vms list --provider $'x\e[2J'
unlike "$err_out" $'\e' "and what an error repeats"

# Lists.
run hypersdk vms list --provider synthetic --provider-option vms=12
is "$rc" 0 "vms list succeeds"
is "$(sed -n '3p;11p' <<<"$out" | awk '{ print $1 }' | tr '\n' ' ')" \
	"/synthetic/vm/synthetic-2 /synthetic/vm/synthetic-10 " \
	"vms list sorts numbers as numbers"
run hypersdk vms list --provider synthetic --provider-option vms=12 --json
is "$(jq -c '[(keys | sort), .total, (.vms | length)]' <<<"$out")" \
	'[["timestamp","total","vms"],12,12]' "vms list --json: as GET /vms/list"
is "$(jq -c '.vms[0] | [.name, .path, .power_state, .guest_os, .memory_mb,
	.num_cpu] + [.storage_bytes > 0]' <<<"$out")" \
	'["synthetic-1","/synthetic/vm/synthetic-1","poweredOff","Other (64-bit)",2048,2,true]' \
	"vms list --json: the members of an entry"
run hypersdk vms list --provider synthetic --provider-option vms=12 \
	--filter '*-1?' --json
is "$(jq -c '[.vms[].name]' <<<"$out")" \
	'["synthetic-10","synthetic-11","synthetic-12"]' "--filter on names"
run hypersdk vms list --provider synthetic --filter '/synthetic/*/*-3' --json
is "$(jq -c '[.vms[].name]' <<<"$out")" '["synthetic-3"]' "--filter on paths"
run hypersdk vms list --provider synthetic --provider-option power=mixed \
	--provider-option vms=4 --power on --json
is "$(jq -c '[.vms[].name]' <<<"$out")" '["synthetic-2","synthetic-4"]' \
	"--power on"
run hypersdk vms list --provider synthetic --filter nothing --json
is "$rc $(jq -c '[.vms, .total]' <<<"$out")" '0 [[],0]' "an empty list"

run hypersdk vms show synthetic-2 --provider synthetic
like "$out" 'path +/synthetic/vm/synthetic-2' "vms show by a bare name"
like "$out" 'disk +Hard disk 2, 64.0 MiB' "vms show shows the disks"
run hypersdk vms show /synthetic/vm/synthetic-2 --provider synthetic --json
is "$(jq -c '[.success, .vm_info.name, (.vm_info.disks | length)]' <<<"$out")" \
	'[true,"synthetic-2",2]' "vms show --json: as POST /vms/info"

# Streams.
run bash -c '"$HYPERSDK" vms list --provider synthetic >/dev/full'
is "$rc" 1 "a full standard output is a failure"
like "$err_out" 'No space left' "and says so"
run bash -c '"$HYPERSDK" vms list --provider synthetic \
	--provider-option vms=100000 | head -n 1'
is "$err_out" "" "a reader that leaves early is no news"
done_testing
