# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as large as the MTU, of kinds that no router answers when they are too large, on virbr0.

  large.py send SIZE MAC   until it is ended, by turns: UDP to an IPv6 group, and a frame of type 0x88b5 to MAC
  large.py take SIZE       ends well when one of each has come unchanged
"""
import select
import socket
import struct
import sys
import time

DEVICE, GROUP, PORT, TYPE, HEADERS = "virbr0", "ff02::4242", 4242, 0x88B5, 48
size = int(sys.argv[2])
payload = bytes(i * 7 % 251 for i in range(size))
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
index = socket.if_nametoindex(DEVICE)

if sys.argv[1] == "send":
    packets.bind((DEVICE, 0))
    datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    source = packets.getsockname()[4]
    frame = bytes.fromhex(sys.argv[3].replace(":", "")) + source + struct.pack("!H", TYPE) + payload
    while True:
        datagrams.sendto(payload[HEADERS:], (GROUP, PORT))
        packets.send(frame)
        time.sleep(0.1)

packets.bind((DEVICE, TYPE))
packets.setsockopt(263, 1, struct.pack("IHH8s", index, 1, 0, bytes(8)))  # PACKET_MR_PROMISC
datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     socket.inet_pton(socket.AF_INET6, GROUP) + struct.pack("@I", index))
datagrams.bind((GROUP, PORT, 0, index))
print("ready", flush=True)
wanted = {packets: payload, datagrams: payload[HEADERS:]}
while wanted:
    for s in select.select(list(wanted), [], [])[0]:
        data = s.recv(1 << 16)
        if (data[14:] if s is packets else data) == wanted[s]:
            del wanted[s]
