# SPDX-License-Identifier: GPL-2.0-or-later
"""A bad underlay: passes datagrams between two addresses, and loses, repeats, delays and changes some.

  bad_wire.py SEED FIRST SECOND        both at port 40000, and so is this; "ready", then counts at SIGTERM

One bit of a datagram is changed: every checksum of the Internet notices that, so what arrives must be right.
"""
import heapq
import random
import select
import signal
import socket
import sys
import time

LOSS, TWICE, LATE, CHANGED = 0.01, 0.01, 0.02, 0.005

randomness = random.Random(int(sys.argv[1]))
first, second = sys.argv[2:4]
other = {first: second, second: first}
s = socket.socket(socket.AF_INET6 if ":" in first else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
s.bind(("", 40000))
s.setblocking(False)
counts = dict.fromkeys(("passed", "lost", "twice", "late", "changed"), 0)
late = []


def end(*_):
    print(counts, flush=True)
    sys.exit()


def pass_on(data, to):
    try:
        s.sendto(data, (to, 40000))
        counts["passed"] += 1
    except OSError:
        counts["lost"] += 1


def handle(data, to):
    if randomness.random() < LOSS:
        counts["lost"] += 1
        return
    if data and randomness.random() < CHANGED:
        counts["changed"] += 1
        data = bytearray(data)
        bit = randomness.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
    twice = randomness.random() < TWICE
    counts["twice"] += twice
    for _ in range(1 + twice):
        if randomness.random() < LATE:
            counts["late"] += 1
            heapq.heappush(late, (time.monotonic() + randomness.uniform(0.0002, 0.003), counts["late"],
                                  bytes(data), to))
        else:
            pass_on(data, to)


signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    now = time.monotonic()
    while late and late[0][0] <= now:
        pass_on(*heapq.heappop(late)[2:])
    if not select.select([s], [], [], max(0, late[0][0] - now) if late else 1)[0]:
        continue
    for _ in range(32):
        try:
            data, source = s.recvfrom(1 << 16)
        except BlockingIOError:
            break
        if source[0] in other:
            handle(data, other[source[0]])
