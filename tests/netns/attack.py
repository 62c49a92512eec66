# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger on the same segment can send to a worker, with any source address.

  attack.py capture                               "ready", then all datagrams, until SIGTERM
  attack.py KIND CAPTURE COUNT FROM TO TO-MAC     COUNT datagrams made of those in CAPTURE (see KINDS), from FROM to TO,
                                                  both at port 40000
  attack.py flood KEY COUNT - TO TO-MAC           handshakes of nobody, made well for the public key KEY, from anywhere;
                                                  COUNT 0: until SIGTERM; then how many. TO may be of IPv6
"""
import base64
import hashlib
import hmac
import os
import random
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
FIRST, DATA, HEADER, OVERHEAD, FIRST_LENGTH, LONGEST = 1, 4, 16, 32, 136, 1446
PACE = 20  # so many, then a hundredth of a second: the receiver's buffer is not what is attacked

random.seed(5)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", ETH_P_ALL if sys.argv[1] == "capture" else 0))
own_mac = s.getsockname()[4]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(payload, source, to, to_mac, mtu=1500):
    datagram = struct.pack("!HHHH", 40000, 40000, 8 + len(payload), 0) + payload
    identity, most = random.randrange(65536), (mtu - 20) // 8 * 8
    for at in range(0, len(datagram), most):
        part = datagram[at:at + most]
        more = at + most < len(datagram)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), identity, more << 13 | at // 8, 64, 17, 0,
                             socket.inet_aton(source), socket.inet_aton(to))
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        s.send(to_mac + own_mac + b"\x08\x00" + header + part)


def send6(payload, source, to, to_mac):
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to)
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", 40000, 40000, length, 0) + payload
    # IPv6 wants the checksum; a length that is even keeps it simple.
    total = checksum(addresses + struct.pack("!II", length, 17) + datagram)
    datagram = datagram[:6] + struct.pack("!H", total or 0xFFFF) + datagram[8:]
    s.send(to_mac + own_mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, length, 17, 64) + addresses + datagram)


def capture():
    """Not what was captured as one but is several."""
    print("ready", flush=True)
    while True:
        frame = s.recv(1 << 16)
        ip, payload = frame[14:34], frame[42:]
        if frame[12:14] == b"\x08\x00" and ip[9] == 17 and 0 < len(payload) <= LONGEST:
            print(socket.inet_ntoa(ip[12:16]), payload.hex(), flush=True)


def captured(path, source, kind):
    """The datagrams of KIND that SOURCE sent; of data those under the key used last that have content."""
    with open(path) as f:
        lines = [line.split() for line in f if line.startswith(source + " ") and line.endswith("\n")]
    found = [d for d in (bytes.fromhex(payload) for _, payload in lines) if d[0] == kind]
    return [d for d in found if kind != DATA or (d[4:8] == found[-1][4:8] and len(d) > OVERHEAD)]


def unseen(datagram):
    return datagram[:8] + random.randrange(1 << 20, 1 << 30).to_bytes(8, "big") + datagram[16:]


def flipped(datagram):
    changed, bit = bytearray(datagram), random.randrange(8 * len(datagram))
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# From a datagram that FROM sent, or (reflected) that TO sent.
KINDS = {
    "replayed": lambda d: d,
    "replayed-handshake": lambda d: d,
    "reflected": lambda d: d,
    "truncated": lambda d: d[:random.randrange(OVERHEAD)],
    "shortened": lambda d: unseen(d)[:random.randrange(OVERHEAD, len(d))],
    "lengthened": lambda d: unseen(d) + os.urandom(random.randrange(1, 200)),
    "oversized": lambda d: unseen(d) + os.urandom(random.choice((3000, 9000, 60000))),
    "flipped": flipped,
    "wrong-key": lambda d: unseen(d)[:HEADER] + os.urandom(len(d) - HEADER),
    "in-clear": lambda d: bytes.fromhex("ffffffffffff020000000007" "88b5") + bytes(46),
}


def flood_message(key):
    message = struct.pack("!I", FIRST << 24) + os.urandom(FIRST_LENGTH - 4 - 16)
    return message + hmac.new(key, message, "sha256").digest()[:16]


def flood(public_key, count, to, to_mac):
    key = hashlib.sha256(b"vnettunnel mac" + base64.b64decode(public_key)).digest()
    going, sent = [True], 0
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    while going and (sent < count or not count):
        if ":" in to:
            send6(flood_message(key), f"2001:db8:{random.randrange(1, 65536):x}:{random.randrange(65536):x}::1", to,
                  to_mac)
        else:
            send(flood_message(key), f"198.18.{random.randrange(256)}.{random.randrange(1, 255)}", to, to_mac)
        sent += 1
        if sent % PACE == 0:
            time.sleep(0.01)
    print(sent)


if sys.argv[1] == "capture":
    capture()
kind, what, count, source, to, mac = sys.argv[1:]
mac = bytes.fromhex(mac.replace(":", ""))
if kind == "flood":
    flood(what, int(count), to, mac)
    sys.exit()
datagrams = captured(what, to if kind == "reflected" else source, FIRST if kind == "replayed-handshake" else DATA)
for i in range(int(count)):
    send(KINDS[kind](datagrams[i % len(datagrams)]), source, to, mac)
    if i % PACE == 0 or kind == "oversized":
        time.sleep(0.01)
