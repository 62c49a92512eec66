# SPDX-License-Identifier: GPL-2.0-or-later
"""The tutorial's relay in Python 3: one raw frame per datagram to port 40000, from a socket of its own.

  relay.py TAP ADDRESS      ADDRESS is the other host, IPv4 or IPv6
"""
import fcntl
import os
import socket
import struct
import sys
import threading

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000

tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TAP | IFF_NO_PI))
family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
sender, receiver = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
receiver.bind(("", 40000))


def receive():
    while True:
        os.write(tap, receiver.recv(2048))


threading.Thread(target=receive, daemon=True).start()
while True:
    sender.sendto(os.read(tap, 2048), (sys.argv[2], 40000))
