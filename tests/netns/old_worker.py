# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket of a worker of an earlier version: old_worker.py SOCKET INTERFACE

It has a configuration for the tunnel host/lan, does not say which build it is, does not know how to be replaced, and
ends when it is told to.
"""
import os
import socket
import struct
import sys

CONFIGURE, QUERY, STATUS, STOP, DONE, CONFIG, STATE, FAILED = range(1, 9)
EPROTONOSUPPORT = 93


def attr(kind, payload):
    return struct.pack("!HH", kind, len(payload)) + payload


def message(kind, body=b""):
    return b"VT" + struct.pack("!BBI", 1, kind, 8 + len(body)) + body


netns = os.stat("/proc/self/ns/net")
config = (attr(1, sys.argv[2].encode()) + attr(9, b"host/lan") + attr(2, b"\0\0")
          + attr(3, b"\0" + struct.pack("!H", 40000)) + attr(4, b"\1") + attr(8, bytes(8))
          + attr(10, struct.pack("!QQ", netns.st_dev, netns.st_ino)))
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
listener.listen()
while True:
    client, _ = listener.accept()
    while request := client.recv(1 << 18):
        if request[3] == QUERY:
            client.send(message(CONFIG, config))
        elif request[3] == STOP:
            os.unlink(sys.argv[1])
            client.send(message(DONE))
            sys.exit()
        else:
            client.send(message(FAILED, attr(1, struct.pack("!I", EPROTONOSUPPORT))))
