#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: cut-answers.py LISTEN TARGET N

Between two Unix sockets: passes everything on, but closes the first N
connections when an answer begins to come, after the request was carried out.
"""
import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, target, cut):
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    if cut:
        server.recv(1)
        for end in (client, server):
            end.shutdown(socket.SHUT_RDWR)
    else:
        pump(server, client)
    client.close()
    server.close()


def main():
    listen, target, cuts = sys.argv[1], sys.argv[2], int(sys.argv[3])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen(16)
    while True:
        client, _ = listener.accept()
        # A try to connect that says nothing is no request.
        client.settimeout(10)
        if not client.recv(1, socket.MSG_PEEK):
            client.close()
            continue
        threading.Thread(target=serve, args=(client, target, cuts > 0),
                         daemon=True).start()
        cuts -= 1


main()
