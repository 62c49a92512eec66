# SPDX-License-Identifier: GPL-2.0-or-later
"""The ends of connections in the tests of port maps.

serve PORT...           answer on TCP and UDP, every address: "PORT PEER"; TCP then echoes lines
ask tcp|udp HOST PORT   print the answer, or "nothing"
hold HOST PORT FIFO     keep a TCP connection open; for each line read from FIFO print an echo or "broken"
segment IFACE WAY      print "ready", then "PORT MSS" of the first TCP SYN (WAY out) or SYN-ACK (back) that
                       comes in by an interface: its source port, and the size it announces
stray IFACE MAC PORT    send a UDP datagram to 127.0.0.1 by an interface, as no kernel would
"""
import socket
import struct
import sys
import threading

TIMEOUT = 2


def plain(address):
    return address.removeprefix("::ffff:")


def answer_tcp(connection, port, peer):
    connection.sendall(f"{port} {plain(peer[0])}\n".encode())
    for line in connection.makefile("rb"):
        connection.sendall(line)


def serve_tcp(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, peer = server.accept()
        threading.Thread(target=answer_tcp, args=(connection, port, peer), daemon=True).start()


def serve_udp(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    while True:
        _, peer = server.recvfrom(2048)
        server.sendto(f"{port} {plain(peer[0])}\n".encode(), peer)


def serve(*ports):
    threads = []
    for port in ports:
        for target in (serve_tcp, serve_udp):
            threads.append(threading.Thread(target=target, args=(int(port),)))
            threads[-1].start()
    for thread in threads:
        thread.join()


def ask(protocol, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    try:
        with socket.socket(family, kind) as client:
            client.settimeout(TIMEOUT)
            client.connect((host, int(port)))
            if protocol == "udp":
                client.send(b"?")
            print(client.recv(2048).decode().strip() or "nothing")
    except OSError:
        print("nothing")


def hold(host, port, fifo):
    client = socket.create_connection((host, int(port)), TIMEOUT)
    answers = client.makefile("rb")
    answers.readline()
    print("open", flush=True)
    with open(fifo, encoding="ascii") as lines:
        for line in lines:
            try:
                client.sendall(line.encode())
                print(answers.readline().decode().strip() or "broken", flush=True)
            except OSError:
                print("broken", flush=True)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def stray(interface, mac, port):
    source, to = socket.inet_aton("10.0.0.3"), socket.inet_aton("127.0.0.1")
    datagram = struct.pack("!HHHH", 4444, int(port), 9, 0) + b"x"
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0, source, to)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    own = link.getsockname()[4]
    link.send(bytes.fromhex(mac.replace(":", "")) + own + b"\x08\x00" + header + datagram)


def maximum_segment(options):
    while options and options[0] != 0:
        if options[0] == 1:
            options = options[1:]
        elif options[0] == 2:
            return struct.unpack("!H", options[2:4])[0]
        else:
            options = options[options[1]:]
    return None


def segment(interface, way):
    ethernet_ipv4 = 0x0800
    link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ethernet_ipv4))
    link.bind((interface, ethernet_ipv4))
    link.settimeout(10)
    print("ready", flush=True)
    while True:
        packet, origin = link.recvfrom(65536)
        if origin[2] == socket.PACKET_OUTGOING or packet[9] != socket.IPPROTO_TCP:
            continue
        tcp = packet[(packet[0] & 15) * 4:]
        if tcp[13] & 0x12 == {"out": 0x02, "back": 0x12}[way]:
            port = struct.unpack("!H", tcp[:2])[0]
            print(port, maximum_segment(tcp[20:(tcp[12] >> 4) * 4]))
            return


{"serve": serve, "segment": segment, "ask": ask, "hold": hold, "stray": stray}[sys.argv[1]](*sys.argv[2:])
