# SPDX-License-Identifier: GPL-2.0-or-later
"""Raw Ethernet frames for tests.

  frames.py send INTERFACE [--count N] [--gap SECONDS] [--vlan ID] [--size N] SOURCE... TO
                           the frames have the sources in turns; type 0x88b5, payload "frame N"
  frames.py watch INTERFACE SECONDS       the frames of that type that come, one line each: source,
                                          destination, VLAN or -, payload
"""
import argparse
import socket
import struct
import time

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 3, 263, 8, 4
TYPE = 0x88B5


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def send(options):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((options.interface, 0))
    tag = struct.pack("!HH", 0x8100, options.vlan) if options.vlan else b""
    *sources, to = options.words
    for i in range(options.count):
        frame = mac(to) + mac(sources[i % len(sources)]) + tag + struct.pack("!H", TYPE)
        frame += f"frame {i} ".encode()
        s.send(frame + bytes(max(0, options.size - len(frame))))
        if options.gap:
            time.sleep(options.gap)


def watch(options):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind((options.interface, ETH_P_ALL))
    print("ready", flush=True)
    end = time.monotonic() + float(options.words[0])
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            data, control, _, address = s.recvmsg(1 << 16, 256)
        except TimeoutError:
            break
        vlan = "-"
        for level, kind, value in control:
            status, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", value[:20])
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and status & 16:
                vlan = str(tci & 0xFFF)
        if data[12:14] == b"\x81\0":
            vlan, data = str(struct.unpack("!H", data[14:16])[0] & 0xFFF), data[:12] + data[16:]
        if address[2] != PACKET_OUTGOING and data[12:14] == struct.pack("!H", TYPE):
            print(data[6:12].hex(":"), data[:6].hex(":"), vlan, data[14:].split(b"\0")[0].decode(),
                  flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("mode", choices=("send", "watch"))
parser.add_argument("interface")
parser.add_argument("words", nargs="+")
parser.add_argument("--count", type=int, default=1)
parser.add_argument("--gap", type=float, default=0)
parser.add_argument("--vlan", type=int)
parser.add_argument("--size", type=int, default=60)
options = parser.parse_args()
send(options) if options.mode == "send" else watch(options)
