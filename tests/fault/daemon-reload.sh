#!/bin/bash
# SIGHUP while the database's disk is full: the reload waits for room, and
# nobody waits for the reload: not who asks, not the watchdog, not a stop.
# shellcheck source=tests/fault/lib.sh
. "${top_srcdir:?is set by make check}/tests/fault/lib.sh" || exit 1
in_namespace
# shellcheck source=tests/lib/daemon.sh
. "${top_srcdir:?is set by make check}/tests/lib/daemon.sh" || exit 1
daemon_state=$TMP/small/state
told=$TMP/told
hears() { grep -Eq "$1" "$told"; }
count_of() { grep -Ec "$1" "$told"; }
more_than() { [ "$(count_of "$1")" -gt "$2" ]; }
reloads() { [ "$(grep -c 'reload: done' "$daemon_log")" -ge "$1" ]; }
ready_is() { [ "$(api GET /ready | jq -r .status)" = "$1" ]; }
fill() {
	dd if=/dev/zero of="$TMP/small/ballast" bs=4k status=none 2>/dev/null
	api POST /jobs/submit "{\"vm_path\":\"nobody\",\"output_path\":
		\"$daemon_out\",\"metadata\":{\"a\":\"$(printf 'a%.0s' {1..20000})\"}}" \
		>/dev/null
}
# A reload writes down its webhook, which takes room.
configure() {
	daemon_configure "webhooks = ( { name = \"ops$1\"; url =
		\"http://127.0.0.1:1/$(printf "$1%.0s" {1..1500})\";
		allow_cidrs = [ \"127.0.0.1\" ]; } );"
}
launch() {
	rm -f "$daemon_socket" "$told"*
	WATCHDOG_USEC=200000 /usr/bin/python3 "$top_srcdir/tests/lib/notify.py" \
		"$told" "$daemon_socket" "$HYPERSDKD" --config "$daemon_conf" \
		--state-dir "$daemon_state" </dev/null >>"$daemon_log" 2>&1 &
	daemon_pid=$!
	wait_ready
}

mkdir -m 700 "$TMP/small"
mount -t tmpfs -o size=1m,mode=700 tmpfs "$TMP/small"
configure a
launch
fill
ok "the disk is full" wait_for 10 ready_is not_ready
configure b
kill -HUP "$daemon_pid"
ok "SIGHUP then: RELOADING=1" wait_for 20 hears '^RELOADING=1$'
pings=$(count_of '^WATCHDOG=1$')
ok "the watchdog is fed meanwhile" wait_for 20 more_than '^WATCHDOG=1$' \
	"$((pings + 10))"
is "$(count_of '^READY=1$')" 1 "it is not done"
kill -HUP "$daemon_pid"
pings=$(count_of '^WATCHDOG=1$')
wait_for 20 more_than '^WATCHDOG=1$' "$((pings + 15))"
is "$(count_of '^RELOADING=1$')" 1 "another SIGHUP waits for its end"
rm "$TMP/small/ballast"
ok "once there is room, both are done" wait_for 30 reloads 2
ok "and told" wait_for 20 more_than '^READY=1$' 2
is "$(grep -E '^(READY|RELOADING)=1$' "$told" | paste -sd' ')" \
	"READY=1 RELOADING=1 READY=1 RELOADING=1 READY=1" "one after the other"
like "$(api GET /webhooks | jq -r '.webhooks[].id')" '^opsb$' \
	"the new settings are in force"

fill
ok "the disk is full again" wait_for 10 ready_is not_ready
kill -HUP "$daemon_pid"
more_reloads() { more_than '^RELOADING=1$' 2; }
ok "a reload begins" wait_for 20 more_reloads
stop_daemon
is "$daemon_rc" 0 "SIGTERM during it: exit 0"
is "$(grep -E '^(READY|RELOADING|STOPPING)=1$' "$told" | tail -n 2 |
	paste -sd' ')" "RELOADING=1 STOPPING=1" "and no READY=1 behind STOPPING=1"
is "$(grep -c 'not everything stopped in time' "$daemon_log")" 0 \
	"everything stopped in time"
umount "$TMP/small"
done_testing
