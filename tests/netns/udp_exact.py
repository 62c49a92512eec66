# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP datagrams whose content follows from their number, so that a receiver knows what was sent.

  udp_exact.py receive ADDRESS COUNT      "ready"; then "arrived N, wrong N", of COUNT, when the sender is done
  udp_exact.py send ADDRESS COUNT LONGEST
"""
import hashlib
import random
import socket
import sys
import time

PORT, BURST, HEADER, DIGEST = 7778, 20, 4, 16
END = 0xFFFFFFFF

mode, address, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)


def content(number, length):
    rest = random.Random(number).randbytes(length - HEADER - DIGEST)
    head = number.to_bytes(HEADER, "big")
    return head + hashlib.sha256(head + rest).digest()[:DIGEST] + rest


def length_of(number, longest):
    """The same for a burst, so that it can be merged."""
    return random.Random(number // BURST).randrange(HEADER + DIGEST, longest + 1)


def is_right(datagram):
    number = int.from_bytes(datagram[:HEADER], "big")
    return number < count and len(datagram) >= HEADER + DIGEST and datagram == content(number, len(datagram))


def send(longest):
    for number in range(count):
        s.sendto(content(number, length_of(number, longest)), (address, PORT))
        if number % BURST == BURST - 1:
            time.sleep(0.005)
    for _ in range(30):  # some are lost
        time.sleep(0.01)
        s.sendto(END.to_bytes(HEADER, "big"), (address, PORT))


def receive():
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
    s.bind((address, PORT))
    print("ready", flush=True)
    s.settimeout(30)
    datagrams = []  # judged later, so that few are lost meanwhile
    try:
        while True:
            datagrams.append(s.recv(1 << 16))
            if datagrams[-1] == END.to_bytes(HEADER, "big"):
                s.settimeout(0.3)  # late ones
                datagrams.pop()
    except TimeoutError:
        pass
    right = [d for d in datagrams if is_right(d)]
    print(f"arrived {len(set(right))}, wrong {len(datagrams) - len(right)}")


receive() if mode == "receive" else send(int(sys.argv[4]))
