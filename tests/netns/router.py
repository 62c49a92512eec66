#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""router.py INTERFACE: sends one router advertisement (RFC 4861, 4.2) to all nodes."""

import socket
import struct
import sys

index = socket.if_nametoindex(sys.argv[1])
# Type 134, code 0, checksum by the kernel, hop limit 64, no flags, lifetime 1800 s, no timers.
message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
sender.sendto(message, ("ff02::1", 0, 0, index))
