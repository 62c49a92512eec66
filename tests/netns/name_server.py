# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server for one test: name_server.py ADDRESS [FILE]

Every name of type A is 192.0.2.77, nothing else exists. With FILE, which is read anew for each question, its lines
"NAME ADDRESS…" are all that exists.
"""
import ipaddress
import socket
import struct
import sys

A, AAAA = 1, 28


def find(name):
    if len(sys.argv) < 3:
        return ["192.0.2.77"]
    with open(sys.argv[2], encoding="ascii") as lines:
        return next((words[1:] for words in map(str.split, lines) if words[:1] == [name]), [])


def labels(data):
    while data[0]:
        yield data[1:1 + data[0]].decode()
        data = data[1 + data[0]:]


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
while True:
    query, client = server.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack("!H", query[end - 4:end - 2])[0]
    packed = [ipaddress.ip_address(address).packed for address in find(".".join(labels(query[12:])))]
    found = [data for data in packed if kind == {4: A, 16: AAAA}[len(data)]]
    answer = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0) + query[12:end]
    for data in found:
        answer += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data
    server.sendto(answer, client)
