# SPDX-License-Identifier: GPL-2.0-or-later
"""Passes TCP connections on to a target, and on the way there puts text in the place of other text of the same length.

    relay.py LISTEN TARGET FROM TO        addresses; port 3260 at both ends

So a real target is brought to choose what it can and would not: CHAP_A=6,6,6,6 offers SHA-1 alone. Not for sessions with digests.
"""

import socket
import sys
import threading

PORT = 3260


def pump(source, sink, old=None, new=None):
    while data := source.recv(65536):
        sink.sendall(data.replace(old, new) if old else data)
    sink.shutdown(socket.SHUT_WR)


def main(listen, target, old, new):
    family, _, _, _, address = socket.getaddrinfo(listen, PORT, type=socket.SOCK_STREAM)[0]
    server = socket.create_server(address, family=family)
    while True:
        near, _ = server.accept()
        far = socket.create_connection((target, PORT))
        threading.Thread(target=pump, args=(near, far, old.encode(), new.encode()), daemon=True).start()
        threading.Thread(target=pump, args=(far, near), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
