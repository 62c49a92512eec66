# SPDX-License-Identifier: GPL-2.0-or-later
"""Speak the worker's control protocol from tests, written from backends/tunnel/protocol.h alone.

  worker_control.py SOCKET configure INTERFACE [--local A[+A]] [--port N] [--mtu N] [--no-learning]
                    [--offload tso,uso,gso,gro,coalesce,batch]
                    [--do-not-fragment] [--mac-limit N] [--flood-limit BROADCAST,MULTICAST,UNKNOWN]
                    [--key-file FILE [--psk-file FILE] [--public-key KEY] [--keepalive SECONDS]]
                    [--peer NAME=ADDRESS[+ADDRESS…][,PORT][,key:KEY][,MAC…]]… [--flip N]
  worker_control.py SOCKET query|status|stop      prints JSON
  worker_control.py SOCKET replace PROGRAM

--flip: N times more, in turns with any local address and with this one, a few milliseconds apart.
"""
import argparse
import fcntl
import ipaddress
import json
import os
import socket
import struct
import sys
import time

CONFIGURE, QUERY, STATUS, STOP, DONE, CONFIG, STATE, FAILED, REPLACE = range(1, 10)
DROPS = ("unknown-source short long source-mac no-peer too-big no-buffer unreachable send"
         " tap-down tap malformed handshake handshake-rate handshake-old no-session replay forged"
         " queue broadcast-rate multicast-rate unknown-rate loop").split()

OFFLOADS = "tso uso gso gro coalesce batch".split()


def attr(kind, payload):
    return struct.pack("!HH", kind, len(payload)) + payload


def message(kind, body=b""):
    return b"VT" + struct.pack("!BBI", 1, kind, 8 + len(body)) + body


def send(worker, data):
    if len(data) <= 192 << 10:
        worker.send(data)
        return
    memory = os.memfd_create("", os.MFD_ALLOW_SEALING)
    with open(memory, "wb") as file:
        file.write(data)
        file.flush()
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, 15)
        socket.send_fds(worker, [data[:8]], [memory])


def receive(worker):
    data, fds, _, _ = socket.recv_fds(worker, 1 << 18, 1)
    for fd in fds:
        with open(fd, "rb") as file:
            data = file.read()
    return data


def attrs(data):
    while data:
        kind, length = struct.unpack_from("!HH", data)
        yield kind, data[4:4 + length]
        data = data[4 + length:]


def endpoint(address, port):
    if not address:
        return struct.pack("!BH", 0, port)
    packed = ipaddress.ip_address(address).packed
    return struct.pack("!BH", 4 if len(packed) == 4 else 6, port) + packed


def parse_endpoint(data):
    version, port = struct.unpack_from("!BH", data)
    return (str(ipaddress.ip_address(data[3:])) if version else "any") + f" port {port}"


def parse_endpoints(data):
    return [parse_endpoint(one) for _, one in attrs(data)]


def peer(text, port):
    name, _, rest = text.partition("=")
    parts = rest.split(",")
    parts[0], *others = parts[0].split("+")
    if len(parts) > 1 and parts[1].isdigit():
        port = int(parts.pop(1))
    is_name = parts[0].strip("[]").upper() != parts[0].lower() and ":" not in parts[0]
    body = attr(1, name.encode())
    body += attr(2, endpoint("" if is_name else parts[0], port if parts[0] else 0))
    if is_name:
        body += attr(5, parts[0].encode())
    if others:
        body += attr(6, b"".join(attr(1, endpoint(other, port)) for other in others))
    keys = [part[4:] for part in parts[1:] if part.startswith("key:")]
    macs = b"".join(bytes.fromhex(part.replace(":", "")) for part in parts[1:]
                    if not part.startswith("key:"))
    return body + b"".join(attr(4, key.encode()) for key in keys) + (attr(3, macs) if macs else b"")


def configuration(options):
    local, *other = (options.local or "").split("+")
    body = attr(1, options.interface.encode()) + attr(3, endpoint(local, options.port))
    if other:
        body += attr(18, endpoint(other[0], 0))
    body += attr(2, struct.pack("!H", options.mtu)) + attr(4, bytes([not options.no_learning]))
    if options.offload is not None:
        on = sum(1 << OFFLOADS.index(name) for name in options.offload.split(",") if name)
        body += attr(11, struct.pack("!I", on))
    if options.mac_limit is not None:
        body += attr(5, struct.pack("!I", options.mac_limit))
    if options.flood_limit:
        body += attr(17, struct.pack("!3I", *map(int, options.flood_limit.split(","))))
    if options.do_not_fragment:
        body += attr(19, b"\1")
    if options.key_file:
        body += attr(12, b"\1") + attr(13, options.key_file.encode())
        if options.psk_file:
            body += attr(14, options.psk_file.encode())
        if options.public_key:
            body += attr(15, options.public_key.encode())
        if options.keepalive:
            body += attr(16, struct.pack("!H", options.keepalive))
    return body + b"".join(attr(7, peer(text, options.port)) for text in options.peer)


def decode_config(body):
    result = {"peers": {}}
    for kind, data in attrs(body):
        if kind == 1:
            result["interface"] = data.decode()
        elif kind == 2:
            result["mtu"] = struct.unpack("!H", data)[0]
        elif kind == 3:
            result["local"] = parse_endpoint(data)
        elif kind == 4:
            result["mac-learning"] = bool(data[0])
        elif kind == 7:
            fields = dict(attrs(data))
            macs = [fields.get(3, b"")[i:i + 6].hex(":") for i in range(0, len(fields.get(3, b"")), 6)]
            result["peers"][fields[1].decode()] = {"endpoint": parse_endpoint(fields[2]), "macs": macs}
            if 5 in fields:
                result["peers"][fields[1].decode()]["host"] = fields[5].decode()
            if 6 in fields:
                result["peers"][fields[1].decode()]["others"] = parse_endpoints(fields[6])
        elif kind in (13, 14, 15):
            result[{13: "key-file", 14: "psk-file", 15: "public-key"}[kind]] = data.decode()
        elif kind in (8, 10):
            result["hash" if kind == 8 else "netns"] = data.hex()
    return result


def traffic(data):
    return dict(zip(("rx-frames", "rx-bytes", "tx-frames", "tx-bytes"), struct.unpack("!4Q", data)))


def decode_state(body):
    result = {"peers": {}, "flaps": []}
    for kind, data in attrs(body):
        if kind == 1:
            values = struct.unpack("!QQIIQQQ", data)
            result.update(zip(("hash", "uptime", "learned", "static", "moves", "refused", "errors"), values))
        elif kind == 2:
            result["traffic"] = traffic(data)
        elif kind == 3:
            result["drops"] = dict(zip(DROPS, struct.unpack(f"!{len(DROPS)}Q", data)))
        elif kind == 16:
            result["plane-uptime"], result["restarts"] = struct.unpack("!QI", data)
        elif kind in range(17, 21):
            result[("last-end", "user", "seccomp", "landlock")[kind - 17]] = data.decode()
        elif kind == 5:
            result.update(zip(("here", "limit", "conflicts", "flap-count"), struct.unpack("!IIQQ", data)))
        elif kind == 6:
            fields = dict(attrs(data))
            count, ago = struct.unpack("!QQ", fields[1][6:])
            result["flaps"].append({"mac": fields[1][:6].hex(":"), "count": count, "ago": ago,
                                    "places": sorted(fields.get(i, b"here").decode() for i in (2, 3))})
        elif kind == 7:
            result.update(zip(("wanted", "known"), struct.unpack("!II", data)))
        elif kind == 4:
            fields = dict(attrs(data))
            heard = struct.unpack("!Q", fields[3])[0]
            result["peers"][fields[1].decode()] = {
                "heard": None if heard == 2**64 - 1 else heard, **traffic(fields[4]),
                "endpoint": parse_endpoint(fields[2]), "others": parse_endpoints(fields.get(8, b""))}
            if 6 in fields:
                result["peers"][fields[1].decode()].update(
                    zip(("path-mtu", "rtt", "kernel-mtu", "probed-mtu"), struct.unpack("!4I", fields[6])))
            drops = dict(struct.iter_unpack("!BQ", fields.get(7, b"")))
            result["peers"][fields[1].decode()]["drops"] = {
                name: drops.get(i, 0) for i, name in enumerate(DROPS)}
            if 5 in fields:
                result["peers"][fields[1].decode()]["handshake"] = struct.unpack("!Q", fields[5])[0]
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("request", choices=("configure", "query", "status", "stop", "replace"))
    parser.add_argument("interface", nargs="?")
    parser.add_argument("--local")
    parser.add_argument("--port", type=int, default=40000)
    parser.add_argument("--mtu", type=int, default=0)
    parser.add_argument("--no-learning", action="store_true")
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--offload")
    parser.add_argument("--do-not-fragment", action="store_true")
    parser.add_argument("--mac-limit", type=int)
    parser.add_argument("--flood-limit")
    parser.add_argument("--key-file")
    parser.add_argument("--psk-file")
    parser.add_argument("--public-key")
    parser.add_argument("--keepalive", type=int, default=0)
    parser.add_argument("--flip", type=int, default=0)
    options = parser.parse_args()

    worker = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    worker.settimeout(12)
    worker.connect(options.socket)
    if options.request == "configure":
        send(worker, message(CONFIGURE, configuration(options)))
        local = options.local
        for i in range(options.flip):
            if receive(worker)[3] != DONE:
                sys.exit("refused")
            time.sleep(0.004)
            options.local = local if i % 2 else None
            send(worker, message(CONFIGURE, configuration(options)))
    elif options.request == "replace":
        worker.send(message(REPLACE, attr(1, options.interface.encode())))
    else:
        worker.send(message({"query": QUERY, "status": STATUS, "stop": STOP}[options.request]))
    reply = receive(worker)
    kind, body = reply[3], reply[8:]
    if kind == FAILED:
        fields = dict(attrs(body))
        sys.exit(f"errno {struct.unpack('!I', fields[1])[0]}: {fields.get(2, b'').decode()}")
    if kind == CONFIG:
        print(json.dumps(decode_config(body)))
    elif kind == STATE:
        print(json.dumps(decode_state(body)))
    elif options.request == "stop":
        worker.recv(1)


main()
