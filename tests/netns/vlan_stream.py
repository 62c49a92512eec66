# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP and UDP in a VLAN without a VLAN interface: segments of four flows, made and understood here.

  vlan_stream.py send INTERFACE [SEGMENTS]     prints a digest of each flow's bytes
  vlan_stream.py receive INTERFACE [SEGMENTS]  the same of what arrives, merged or not; "ready" first
"""
import hashlib
import ipaddress
import random
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING, VLAN, SIZE = 263, 8, 4, 7, 1000
ETHERNET = bytes.fromhex("029900000008" "029900000001")
FLOWS = ("tcp4", "tcp6", "udp4", "udp6")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(flow, number, payload):
    six, tcp = flow.endswith("6"), flow.startswith("tcp")
    pair = [ipaddress.ip_address(text).packed
            for text in (("fd07::1", "fd07::2") if six else ("10.7.0.1", "10.7.0.2"))]
    length = len(payload) + (20 if tcp else 8)
    if tcp:
        header = struct.pack("!HHIIBBHHH", 1, 2, number * SIZE, 1, 0x50, 0x10, 500, 0, 0)
    else:
        header = struct.pack("!HHHH", 1, 2, length, 0)
    pseudo = b"".join(pair) + struct.pack("!IHBB", length, 0, 0, 6 if tcp else 17)
    value = checksum(pseudo + header + payload) or 0xFFFF
    at = 16 if tcp else 6
    body = header[:at] + struct.pack("!H", value) + header[at + 2:] + payload
    if six:
        network = struct.pack("!IHBB", 6 << 28, length, 6 if tcp else 17, 64) + b"".join(pair)
    else:
        network = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, number, 0x4000, 64,
                              6 if tcp else 17, 0) + b"".join(pair)
        network = network[:10] + struct.pack("!H", checksum(network)) + network[12:]
    return struct.pack("!H", 0x86DD if six else 0x0800) + network + body


def understand(data):
    """The flow, the number of the first segment (of TCP), and the payload; None for anything else."""
    kind, six = data[12:14], data[12:14] == b"\x86\xdd"
    if not six and kind != b"\x08\0":
        return None
    ip = data[14:]
    protocol, rest = (ip[6], ip[40:]) if six else (ip[9], ip[20:])
    if protocol == 6:
        return f"tcp{6 if six else 4}", struct.unpack("!I", rest[4:8])[0] // SIZE, rest[20:]
    return (f"udp{6 if six else 4}", None, rest[8:]) if protocol == 17 else None


def send(interface, segments):
    randomness = random.Random(7)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    tag = ETHERNET + struct.pack("!HH", 0x8100, VLAN)
    digests = {flow: hashlib.sha256() for flow in FLOWS}
    for number in range(segments):
        for flow in FLOWS if number % 64 < 32 else reversed(FLOWS):
            payload = randomness.randbytes(SIZE)
            digests[flow].update(payload)
            s.send(tag + packet(flow, number, payload))
    for flow in FLOWS:
        print(flow, digests[flow].hexdigest())


def receive(interface, segments):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    s.bind((interface, 3))
    s.settimeout(10)
    print("ready", flush=True)
    flows = {flow: bytearray() for flow in FLOWS}
    while any(len(data) < segments * SIZE for data in flows.values()):
        data, control, _, address = s.recvmsg(1 << 17, 256)
        if address[2] == PACKET_OUTGOING or data[:12] != ETHERNET:
            continue
        tagged = [struct.unpack("IIIHHHH", value[:20])[5] & 0xFFF for level, kind, value in control
                  if (level, kind) == (SOL_PACKET, PACKET_AUXDATA)]
        if data[12:14] == b"\x81\0":
            tagged, data = [data[15]], data[:12] + data[16:]
        known = understand(data)
        if known and VLAN in tagged:
            flow, number, payload = known
            # Nothing of a flow overtakes, so what TCP has is where its numbers say.
            if number in (None, len(flows[flow]) // SIZE):
                flows[flow] += payload
    for flow in FLOWS:
        print(flow, hashlib.sha256(flows[flow]).hexdigest())


segments = int(sys.argv[3]) if len(sys.argv) > 3 else 160
(send if sys.argv[1] == "send" else receive)(sys.argv[2], segments)
