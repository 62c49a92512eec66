# SPDX-License-Identifier: GPL-2.0-or-later
"""What a flood of handshakes costs an encrypted tunnel: the throughput of its session beside the flood, and
the processor time that the flooded worker spends on each message.

The messages come from thousands of addresses, look well to whoever has no key, and fit the responder's public
key, so that only its limits keep it from computing. The attacker has the same processors: what it costs by
itself, with the kernel's part of receiving, is shown by the same flood to a port that nobody has.
"""
import base64
import contextlib
import hashlib
import hmac
import os
import random
import signal
import socket
import struct
import subprocess
import time

from tunnel_ways import OUTSIDE, WORK, inside, ip, run

FLOOD = os.path.abspath(os.environ["BUILD"] + "/tests/bench/bench_flood")
MESSAGES, RATE = 8192, 40000  # different ones; of all, per second
PORT, CLOSED = 40000, 40001
FIRST_LENGTH, MAC_LENGTH = 136, 16


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def first_message(mac_key):
    message = b"\x01\0\0\0" + os.urandom(FIRST_LENGTH - 4 - MAC_LENGTH)
    return message + hmac.new(mac_key, message, "sha256").digest()[:MAC_LENGTH]


def frames_write(path, mac, key, port):
    """Returns the size of each."""
    mac_key = hashlib.sha256(b"vnettunnel mac" + base64.b64decode(key)).digest()
    with open(path, "wb") as file:
        for _ in range(MESSAGES):
            message = first_message(mac_key)
            udp = struct.pack("!HHHH", 40000, port, 8 + len(message), 0) + message
            source = bytes([198, 18, random.randrange(256), random.randrange(1, 255)])
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, source,
                                 socket.inet_aton(OUTSIDE["B"]))
            header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
            frame = mac + b"\x02\0\0\0\0\x0f" + b"\x08\0" + header + udp
            file.write(frame)
    return len(frame)


def attacker_up():
    """A namespace hF with a wire of its own to hB, which lets any source in."""
    if run("ip", "-n", "hF", "link", "show", "fl0", check=False).returncode != 0:
        run("ip", "netns", "add", "hF")
        ip("hF", "link", "add", "fl0", "type", "veth", "peer", "name", "fl0", "netns", "hB")
        ip("hF", "link", "set", "fl0", "up")
        ip("hB", "addr", "add", "192.168.51.5/24", "dev", "fl0")
        ip("hB", "link", "set", "fl0", "up")
        run(*inside("hB", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0",
                    "net.ipv4.conf.fl0.rp_filter=0"))
    text = run(*inside("hB", "cat", "/sys/class/net/fl0/address")).stdout
    return bytes.fromhex(text.strip().replace(":", ""))


@contextlib.contextmanager
def flood(key, port, counts):
    """While it lasts, messages come; COUNTS gets how many came in a second."""
    path = f"{WORK}/flood.frames"
    size = frames_write(path, attacker_up(), key, port)
    begun = time.time()
    process = subprocess.Popen(inside("hF", FLOOD, "fl0", path, str(size), str(RATE)),
                               stdout=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        counts.append(int(process.communicate(timeout=10)[0]) / (time.time() - begun))


def processor_seconds(pid):
    """Of a process and its children."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = file.read().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(child) for child in children)


def measure_flood(way, seconds, tcp):
    """TCP gives what a stream carries, in Gbit/s, or nothing. One after the other, so that they compare."""
    key, worker, counts = way.keys["B"], way.processes[1].pid, []
    alone = tcp()
    with flood(key, CLOSED, []):
        closed = tcp()
    with flood(key, PORT, counts):
        flooded = tcp()
    with flood(key, PORT, counts):
        begun, before = time.time(), processor_seconds(worker)
        time.sleep(seconds)
        spent = (processor_seconds(worker) - before) / (time.time() - begun)
    values = {"gbps": flooded, "kpps": counts[0] / 1e3, "us each": spent / counts[1] * 1e6}
    if alone and closed and flooded:
        values.update({"ratio": flooded / alone, "ratio closed": closed / alone,
                       "ratio to closed": flooded / closed})
    return {unit: value for unit, value in values.items() if value is not None}
