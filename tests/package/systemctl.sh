#!/bin/bash
# systemctl as tests/package/*.sh need it, in a chroot without systemd: it starts
# and stops hypersdkd as the unit would, by its user, with its folders, and waits
# until it is ready, as for Type=notify.
words=()
for word; do [[ $word == -* ]] || words+=("$word"); done
pid_file=/run/hypersdkd.pid
lives() { # and is no zombie that nobody has waited for
	[ -e $pid_file ] &&
		grep -q '^State:[[:blank:]]*[^ZX]' "/proc/$(cat $pid_file)/status" 2>/dev/null
}
stop() {
	if lives; then
		kill "$(cat $pid_file)"
		while lives; do sleep 0.05; done
	fi
	rm -f $pid_file
}
start() {
	! lives || return 0
	install -d -m 750 -o hypersdk -g hypersdk /run/hypersdk
	install -d -m 700 -o hypersdk -g hypersdk /var/lib/hypersdk \
		/var/lib/hypersdk/exports
	setsid setpriv --reuid=hypersdk --regid=hypersdk --init-groups \
		--no-new-privs --bounding-set=-all \
		/usr/sbin/hypersdkd </dev/null >>/var/log/journal.log 2>&1 &
	echo $! >$pid_file
	until hypersdk status >/dev/null 2>&1; do
		lives || return 1
		sleep 0.05
	done
}
case "${words[0]} $*" in
"disable "*--now*) stop ;;
"try-restart "*) ! lives || { stop && start; } ;;
esac
case ${words[0]} in
start) start ;;
stop) stop ;;
restart) stop && start ;;
is-active) lives ;;
is-enabled) [[ $* == *--quiet* ]] || echo enabled ;;
esac
