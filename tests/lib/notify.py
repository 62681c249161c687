#!/usr/bin/python3
"""A service manager, as far as a service sees it.

notify.py LOG SOCKET COMMAND...: runs the command with the listening socket
SOCKET handed over as descriptor 3, and writes what it is told to LOG, one line
for each assignment. Ends when the command has, with its exit code. A signal
that it gets itself is passed on.
"""
import os
import signal
import socket
import sys
import threading


def listen(sock, log):
    while True:
        message = sock.recv(65536).decode()
        if message == "END":
            return
        for line in message.splitlines():
            log.write(line + "\n")
        log.flush()


def spawn(listener, notify, command):
    pid = os.fork()
    if pid > 0:
        return pid
    os.dup2(listener.fileno(), 3)
    os.environ.update(NOTIFY_SOCKET=notify, LISTEN_FDS="1",
                      LISTEN_PID=str(os.getpid()))
    os.execv(command[0], command)
    return 127


def main():
    log_path, path, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    notify = log_path + ".socket"
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(notify)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()
    pid = spawn(listener, notify, command)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _frame: os.kill(pid, n))
    with open(log_path, "w", encoding="utf-8") as log:
        thread = threading.Thread(target=listen, args=(told, log))
        thread.start()
        _, status = os.waitpid(pid, 0)
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        end.sendto(b"END", notify)
        thread.join()
    sys.exit(os.waitstatus_to_exitcode(status) & 0xff)


main()
