# SPDX-License-Identifier: GPL-2.0-or-later
"""The bed on which ways to carry Ethernet between two hosts are compared, and the ways.

The bed: namespaces hA and hB are hosts joined by a veth (the underlay, MTU 1500), each with a bridge;
cA and cB are their clients. Run inside tests/bench/tunnel.sh, which makes the namespaces that these
live in.

Underlay profiles: ON as veth has it (TSO and GSO, no GRO), OFFGRO without TSO and GSO but with GRO,
nearest to a real card, OFF without all of them.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

WORKER = os.path.abspath(os.environ["BUILD"] + "/vnettunnel")
RELAY = os.path.abspath(os.environ["BUILD"] + "/tests/bench/bench_relay")
CONTROL = os.path.abspath("tests/netns/worker_control.py")
WORK = os.environ["WORK"]
OUTSIDE = {"A": "192.168.50.6", "B": "192.168.50.5"}
INSIDE = {"A": "10.5.0.11", "B": "10.5.0.31"}
OTHER = {"A": "B", "B": "A"}
OFFLOADS = "tso uso gso gro coalesce batch".split()
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=60)


def ip(side, *command):
    run("ip", "-n", side, *command)


def inside(side, *command):
    return ["ip", "netns", "exec", side, *command]


def bed_down():
    for name in ("hA", "hB", "cA", "cB", "hF"):
        run("ip", "netns", "del", name, check=False)


def bed_up(profile, mtu):
    bed_down()
    for name in ("hA", "hB", "cA", "cB"):
        run("ip", "netns", "add", name)
        ip(name, "link", "set", "lo", "up")
        run(*inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1"))
        # As Debian has it: one that paces itself finds other things than the way's limits.
        run(*inside(name, "sysctl", "-qw", "net.ipv4.tcp_congestion_control=cubic"), check=False)
    ip("hA", "link", "add", "ul0", "type", "veth", "peer", "name", "ul0", "netns", "hB")
    for side in "AB":
        host, client = "h" + side, "c" + side
        ip(host, "addr", "add", OUTSIDE[side] + "/24", "dev", "ul0")
        ip(host, "link", "set", "ul0", "up")
        ip(host, "link", "add", "br0", "mtu", mtu, "type", "bridge")
        ip(host, "link", "add", "vp0", "mtu", mtu, "type", "veth", "peer", "name", "eth0",
           "netns", client, "mtu", mtu)
        ip(host, "link", "set", "vp0", "master", "br0", "up")
        ip(host, "link", "set", "br0", "up")
        ip(client, "addr", "add", INSIDE[side] + "/16", "dev", "eth0")
        ip(client, "link", "set", "eth0", "up")
        if profile != "ON":
            gro = "on" if profile == "OFFGRO" else "off"
            run(*inside(host, "ethtool", "-K", "ul0", "tso", "off", "gso", "off",
                        "tx-udp-segmentation", "off", "gro", gro))


def join_bridge(side, name, mtu):
    for _ in range(50):
        if run("ip", "-n", "h" + side, "link", "show", name, check=False).returncode == 0:
            break
        time.sleep(0.1)
    ip("h" + side, "link", "set", name, "mtu", mtu, "master", "br0", "txqueuelen", "1000", "up")


class Way:
    """One way to carry frames: up, then down. KIND: own, peer, sealed (a peer that encrypts), part.
    MORE: what is measured of this one besides what is of its kind, by profile."""

    kind = "own"
    more = {}

    def __init__(self, name):
        self.name, self.processes = name, []

    def start(self, side, *command, environment=None):
        with open(f"{WORK}/{self.name}.{side}.log", "a") as log:
            self.processes.append(subprocess.Popen(
                inside("h" + side, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, **(environment or {})}))

    def end(self, number):
        """Whatever they started has their session: daemons like to have children."""
        for process in self.processes:
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                pass

    def down(self):
        self.end(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                pass
        self.end(signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []

    def why(self):
        """The last line that it said."""
        for side in "BA":
            try:
                with open(f"{WORK}/{self.name}.{side}.log", errors="replace") as log:
                    lines = [line.strip() for line in log if line.strip()]
                if lines:
                    return lines[-1]
            except FileNotFoundError:
                pass
        return "it said nothing"


class Vxlan(Way):
    def up(self, mtu):
        for side in "AB":
            ip("h" + side, "link", "add", "vx0", "mtu", mtu, "type", "vxlan", "id", "42", "local",
               OUTSIDE[side], "remote", OUTSIDE[OTHER[side]], "dstport", "4789", "dev", "ul0")
            ip("h" + side, "link", "set", "vx0", "master", "br0", "up")

    def down(self):
        for side in "AB":
            run("ip", "-n", "h" + side, "link", "del", "vx0", check=False)


class Bare(Way):
    def up(self, mtu):
        ip("hA", "link", "add", "bb0", "mtu", mtu, "type", "veth", "peer", "name", "bb0", "netns",
           "hB", "mtu", mtu)
        for side in "AB":
            ip("h" + side, "link", "set", "bb0", "master", "br0", "up")

    def down(self):
        run("ip", "-n", "hA", "link", "del", "bb0", check=False)


class Tap(Way):
    def up(self, mtu):
        for side in "AB":
            ip("h" + side, "tuntap", "add", "tap0", "mode", "tap")
            join_bridge(side, "tap0", mtu)
        self.carry()

    def down(self):
        super().down()
        for side in "AB":
            run("ip", "-n", "h" + side, "link", "del", "tap0", check=False)


class Relay(Tap):
    """The tutorial's relay in C, without any technique."""

    def carry(self):
        for side in "AB":
            self.start(side, RELAY, "tap0", OUTSIDE[side], OUTSIDE[OTHER[side]])


class Worker(Tap):
    def __init__(self, name, without=(), kind="own"):
        super().__init__(name)
        self.kind = kind
        self.offloads = [word for word in OFFLOADS if word not in without]

    def control(self, side, *command):
        return run(sys.executable, CONTROL, f"{WORK}/bench{side}.sock", *command, check=False)

    def carry(self):
        for side in "AB":
            path = f"{WORK}/bench{side}.sock"
            self.start(side, WORKER, "--control", path)
            for _ in range(100):
                if os.path.exists(path):
                    break
                time.sleep(0.05)
            done = self.control(side, "configure", "tap0", "--local", OUTSIDE[side], "--offload",
                                ",".join(self.offloads), *self.peer(side))
            if done.returncode:
                raise RuntimeError(done.stderr.strip() or done.stdout.strip())

    def peer(self, side):
        return "--peer", "other=" + OUTSIDE[OTHER[side]]

    def down(self):
        for side in "AB":
            self.control(side, "stop")
        super().down()


class EncryptedWorker(Worker):
    """The same with encryption: noise."""

    more = {"ON": " flood"}

    def carry(self):
        self.keys = {}
        for side in "AB":
            path = f"{WORK}/bench{side}.key"
            if os.path.exists(path):
                os.unlink(path)
            self.keys[side] = run(WORKER, "key", "new", path).stdout.strip()
        super().carry()

    def peer(self, side):
        return ("--key-file", f"{WORK}/bench{side}.key",
                "--peer", f"other={OUTSIDE[OTHER[side]]},key:{self.keys[OTHER[side]]}")


class Peer(Way):
    """A program of Debian's, which makes its own tap0."""

    kind = "peer"
    program = None
    patience = 0.5  # seconds until it may be asked to carry something

    def up(self, mtu):
        self.carry(mtu)
        for side in "AB":
            join_bridge(side, "tap0", mtu)
        time.sleep(self.patience)

    def down(self):
        super().down()
        for side in "AB":
            run("ip", "-n", "h" + side, "link", "del", "tap0", check=False)

    def file(self, name, text):
        path = f"{WORK}/{self.name}.{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path


class Quicktun(Peer):
    """Settings as ifupdown gives them; `raw` has the worker's wire format."""

    program = shutil.which("quicktun", path=PATH)

    def __init__(self, name, protocol):
        super().__init__(name)
        self.protocol = protocol
        self.kind = "peer" if protocol == "raw" else "sealed"

    def carry(self, mtu):
        keys = {}
        for side in "AB":
            if self.protocol != "raw":
                text = run(shutil.which("keypair", path=PATH)).stdout
                keys[side] = dict(line.split(": ") for line in text.split("\n") if ": " in line)
        for side in "AB":
            settings = {"INTERFACE": "tap0", "LOCAL_ADDRESS": OUTSIDE[side], "LOCAL_PORT": "40000",
                        "REMOTE_ADDRESS": OUTSIDE[OTHER[side]], "REMOTE_PORT": "40000",
                        "PROTOCOL": self.protocol}
            if keys:
                settings["PRIVATE_KEY"] = keys[side]["SECRET"]
                settings["PUBLIC_KEY"] = keys[OTHER[side]]["PUBLIC"]
            settings = {"IF_QT_" + key: value for key, value in settings.items()}
            settings["IFACE"] = "tap0"
            self.start(side, self.program, environment=settings)


class Tinc(Peer):
    """As a switch."""

    program = shutil.which("tincd", path=PATH)
    patience = 2

    def __init__(self, name, cipher, digest):
        super().__init__(name)
        self.cipher, self.digest = cipher, digest
        self.kind = "peer" if cipher == "none" else "sealed"

    def carry(self, mtu):
        hosts = {}
        for side in "AB":
            self.file(f"{side}/tinc.conf", f"Name=h{side}\nMode=switch\nDeviceType=tap\n"
                      f"Interface=tap0\nConnectTo=h{OTHER[side]}\n")
            path = self.file(f"{side}/hosts/h{side}",
                             f"Address={OUTSIDE[side]}\nCipher={self.cipher}\n"
                             f"Digest={self.digest}\nMACLength={0 if self.digest == 'none' else 4}\n"
                             "Compression=0\n")
            key = f"{WORK}/{self.name}.{side}/rsa_key.priv"
            if os.path.exists(key):
                os.unlink(key)
            run(self.program, "-c", f"{WORK}/{self.name}.{side}", "-K", "2048")
            with open(path) as file:
                hosts[side] = file.read()
        for side in "AB":
            self.file(f"{side}/hosts/h{OTHER[side]}", hosts[OTHER[side]])
            self.start(side, self.program, "-c", f"{WORK}/{self.name}.{side}", "-D",
                       f"--pidfile={WORK}/{self.name}.{side}.pid")


class Fastd(Peer):
    program = shutil.which("fastd", path=PATH)
    patience = 2

    def __init__(self, name, method):
        super().__init__(name)
        self.method = method
        self.kind = "peer" if method == "null" else "sealed"

    def carry(self, mtu):
        keys = {}
        for side in "AB":
            text = run(self.program, "--generate-key").stdout
            keys[side] = dict(line.split(": ") for line in text.split("\n") if ": " in line)
        for side in "AB":
            path = self.file(f"{side}.conf", f"""
mode tap; interface "tap0"; method "{self.method}"; mtu {mtu}; bind 0.0.0.0:10000;
log level warn; secret "{keys[side]['Secret']}";
peer "other" {{ key "{keys[OTHER[side]]['Public']}";
                remote {OUTSIDE[OTHER[side]]} port 10000; }}
""")
            self.start(side, self.program, "-c", path)


class Vtun(Peer):
    program = shutil.which("vtund", path=PATH)
    patience = 1

    def carry(self, mtu):
        path = self.file("conf", """
options { port 5000; syslog daemon; timeout 60; ip /bin/true; ifconfig /bin/true; }
bench { passwd secret; device tap0; type ether; proto udp; compress no; encrypt no;
        keepalive yes; stat no; speed 0; up { }; down { }; }
""")
        self.start("B", self.program, "-n", "-s", "-f", path, "-L", OUTSIDE["B"])
        time.sleep(0.5)
        self.start("A", self.program, "-n", "-f", path, "bench", OUTSIDE["B"])


class Openvpn(Peer):
    """Between two hosts, with large socket buffers; sealed with certificates made for it."""

    program = shutil.which("openvpn", path=PATH)
    patience = 3

    def __init__(self, name, cipher):
        super().__init__(name)
        self.cipher = cipher
        self.kind = "peer" if cipher == "none" else "sealed"

    def certificate(self, side):
        base = f"{WORK}/{self.name}.{side}"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", base + ".key", "-out", base + ".crt", "-days", "2", "-subj",
            "/CN=h" + side)
        text = run("openssl", "x509", "-in", base + ".crt", "-noout", "-fingerprint",
                   "-sha256").stdout
        return text.strip().split("=")[1]

    def carry(self, mtu):
        if self.cipher != "none":
            prints = {side: self.certificate(side) for side in "AB"}
        for side in "AB":
            options = ["--cipher", self.cipher]
            if self.cipher == "none":
                options += ["--auth", "none"]
            else:
                base = f"{WORK}/{self.name}.{side}"
                options += ["--data-ciphers", self.cipher, "--cert", base + ".crt", "--key",
                            base + ".key", "--peer-fingerprint", prints[OTHER[side]]]
                options += ["--tls-client"] if side == "A" else ["--tls-server", "--dh", "none"]
            self.start(side, self.program, "--dev", "tap0", "--dev-type", "tap", "--proto", "udp",
                       "--local", OUTSIDE[side], "--remote", OUTSIDE[OTHER[side]], "--tun-mtu",
                       mtu, "--mssfix", "0", "--verb", "1", "--sndbuf", "4194304", "--rcvbuf",
                       "4194304", *options)


class N2n(Peer):
    """Bridged traffic goes by way of the supernode, here on hB."""

    program = shutil.which("edge", path=PATH)
    kind = "sealed"
    patience = 3

    def carry(self, mtu):
        self.start("B", shutil.which("supernode", path=PATH), "-l", "7777")
        time.sleep(0.3)
        for side in "AB":
            self.start(side, self.program, "-d", "tap0", "-a", "10.9.0." + str("_AB".index(side)),
                       "-c", "bench", "-k", "secret", "-l", OUTSIDE["B"] + ":7777", "-M", mtu,
                       "-r", "-f")
        time.sleep(1)


def every_way(ablation):
    """In the order in which they are measured, and why others are not."""
    ways = [Vxlan("vxlan"), Worker("worker"), EncryptedWorker("encrypted"),
            Worker("naive", OFFLOADS), Relay("relay"), Bare("bare")]
    peers = [Quicktun("quicktun", "raw"), Tinc("tinc", "none", "none"), Fastd("fastd", "null"),
             Vtun("vtun"), Openvpn("openvpn", "none"), Quicktun("quicktun-nacltai", "nacltai"),
             Fastd("fastd-gmac", "salsa2012+gmac"), Openvpn("openvpn-gcm", "AES-256-GCM"),
             Tinc("tinc-aes", "aes-256-cbc", "sha256"), N2n("n2n")]
    missing = [way.name for way in peers if not way.program]
    ways += [way for way in peers if way.program]
    if ablation:
        ways += [Worker("no-" + word, [word], "part") for word in OFFLOADS]
    return ways, missing
