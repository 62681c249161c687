#!/bin/bash
# run.sh SECONDS FUZZER CORPUS: a target that libFuzzer drives; what it learns
# stays in the build folder, what breaks it is kept and shown.
set -eu
seconds=$1 fuzzer=$2 corpus=$3
mkdir -p "$fuzzer.corpus" "$fuzzer.findings"
options=(-max_total_time="$seconds" -max_len=65536 -timeout=10
	-rss_limit_mb=1024 -print_final_stats=1
	-artifact_prefix="$fuzzer.findings/")
if ! "$fuzzer" "${options[@]}" "$fuzzer.corpus" "$corpus" \
	>"$fuzzer.log" 2>&1; then
	tail -n 40 "$fuzzer.log"
	echo "$fuzzer: found something, see $fuzzer.findings" >&2
	exit 1
fi
printf '%s: %s executions, nothing found\n' "${fuzzer##*/}" \
	"$(sed -n 's/stat::number_of_executed_units: *//p' "$fuzzer.log")"
