# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure ways to carry Ethernet between two hosts, taken in turns on one bed.

The bed: namespaces hA and hB are hosts joined by a veth (the underlay, MTU 1500), each with a bridge;
cA and cB are their clients. Clients, servers and both ends of the tunnel share the processors of this
machine: only ratios within one run mean something. Run inside tests/bench/tunnel.sh, which makes
the namespaces that this one lives in.

Underlay profiles: ON as veth has it (TSO and GSO, no GRO), OFFGRO without TSO and GSO but with GRO,
nearest to a real card, OFF without all of them.
"""
import argparse
import json
import os
import re
import shutil
import statistics
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


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


def ip(side, *command):
    run("ip", "-n", side, *command)


def inside(side, *command):
    return ["ip", "netns", "exec", side, *command]


def bed_down():
    for name in ("hA", "hB", "cA", "cB"):
        run("ip", "netns", "del", name, check=False)


def bed_up(profile, mtu):
    bed_down()
    for name in ("hA", "hB", "cA", "cB"):
        run("ip", "netns", "add", name)
        ip(name, "link", "set", "lo", "up")
        run(*inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1"))
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
    """One way to carry frames: up, then down."""

    def __init__(self, name):
        self.name, self.processes = name, []

    def start(self, side, *command, environment=None):
        log = open(f"{WORK}/{self.name}.{side}.log", "a")
        self.processes.append(subprocess.Popen(
            inside("h" + side, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, **(environment or {})}))

    def down(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


class Vxlan(Way):
    def up(self, mtu):
        for side in "AB":
            ip("h" + side, "link", "add", "vx0", "mtu", mtu, "type", "vxlan", "id", "42", "local",
               OUTSIDE[side], "remote", OUTSIDE[OTHER[side]], "dstport", "4789", "dev", "ul0")
            ip("h" + side, "link", "set", "vx0", "master", "br0", "up")

    def down(self):
        for side in "AB":
            ip("h" + side, "link", "del", "vx0")


class Bare(Way):
    def up(self, mtu):
        ip("hA", "link", "add", "bb0", "mtu", mtu, "type", "veth", "peer", "name", "bb0", "netns",
           "hB", "mtu", mtu)
        for side in "AB":
            ip("h" + side, "link", "set", "bb0", "master", "br0", "up")

    def down(self):
        ip("hA", "link", "del", "bb0")


class Tap(Way):
    def up(self, mtu):
        for side in "AB":
            ip("h" + side, "tuntap", "add", "tap0", "mode", "tap")
            join_bridge(side, "tap0", mtu)
        self.carry()

    def down(self):
        super().down()
        for side in "AB":
            ip("h" + side, "link", "del", "tap0")


class Relay(Tap):
    def carry(self):
        for side in "AB":
            self.start(side, RELAY, "tap0", OUTSIDE[side], OUTSIDE[OTHER[side]])


class Worker(Tap):
    def __init__(self, name, without=()):
        super().__init__(name)
        self.offloads = [word for word in OFFLOADS if word not in without]

    def carry(self):
        for side in "AB":
            path = f"{WORK}/bench{side}.sock"
            self.start(side, WORKER, "--control", path)
            for _ in range(100):
                if os.path.exists(path):
                    break
                time.sleep(0.05)
            run(sys.executable, CONTROL, path, "configure", "tap0", "--local", OUTSIDE[side],
                "--offload", ",".join(self.offloads), *self.peer(side))

    def peer(self, side):
        return "--peer", "other=" + OUTSIDE[OTHER[side]]

    def down(self):
        for side in "AB":
            self.last = json.loads(run(sys.executable, CONTROL, f"{WORK}/bench{side}.sock",
                                       "status").stdout)
            run(sys.executable, CONTROL, f"{WORK}/bench{side}.sock", "stop")
        super().down()


class EncryptedWorker(Worker):
    """The same with encryption: noise."""

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


class Quicktun(Way):
    """Debian's quicktun without encryption: the fastest userspace peer, with the same wire format."""

    program = shutil.which("quicktun", path="/usr/sbin:/usr/bin")

    def up(self, mtu):
        for side in "AB":
            settings = {"INTERFACE": "tap0", "LOCAL_ADDRESS": OUTSIDE[side], "LOCAL_PORT": "40000",
                        "REMOTE_ADDRESS": OUTSIDE[OTHER[side]], "REMOTE_PORT": "40000",
                        "PROTOCOL": "raw"}
            # As ifupdown gives them.
            settings = {"IF_QT_" + key: value for key, value in settings.items()}
            settings["IFACE"] = "tap0"
            self.start(side, self.program, environment=settings)
            join_bridge(side, "tap0", mtu)


class Tinc(Way):
    """Debian's tinc as a switch without encryption."""

    program = shutil.which("tincd", path="/usr/sbin:/usr/bin")

    def up(self, mtu):
        for side in "AB":
            folder = f"{WORK}/tinc{side}"
            os.makedirs(folder + "/hosts", exist_ok=True)
            with open(folder + "/tinc.conf", "w") as file:
                file.write(f"Name=h{side}\nMode=switch\nDeviceType=tap\nInterface=tap0\n"
                           f"ConnectTo=h{OTHER[side]}\n")
            for host in "AB":
                path = f"{folder}/hosts/h{host}"
                if not os.path.exists(path):
                    with open(path, "w") as file:
                        file.write(f"Address={OUTSIDE[host]}\nCipher=none\nDigest=none\n"
                                   "MACLength=0\nCompression=0\n")
            if not os.path.exists(folder + "/rsa_key.priv"):
                run(self.program, "-c", folder, "-K", "2048")
        for side in "AB":
            shutil.copy(f"{WORK}/tinc{side}/hosts/h{side}",
                        f"{WORK}/tinc{OTHER[side]}/hosts/h{side}")
        for side in "AB":
            self.start(side, self.program, "-c", f"{WORK}/tinc{side}", "-D",
                       f"--pidfile={WORK}/tinc{side}.pid")
            join_bridge(side, "tap0", mtu)
        time.sleep(2)


def processor_use(seconds):
    def busy():
        fields = [int(x) for x in open("/proc/stat").readline().split()[1:]]
        return sum(fields[:3]) + sum(fields[5:7])
    before = busy()
    time.sleep(seconds)
    return (busy() - before) / os.sysconf("SC_CLK_TCK") / seconds


def wait_quiet(patience):
    """Other work of the machine falls on whoever is measured: wait for it to end, for a while."""
    end = time.time() + patience
    while processor_use(0.3) > 0.15 and time.time() < end:
        pass


def client_reaches():
    end = time.time() + 8
    while time.time() < end:
        if run(*inside("cA", "ping", "-c1", "-W1", INSIDE["B"]), check=False).returncode == 0:
            return True
    return False


def iperf(*options):
    server = subprocess.Popen(inside("cB", "iperf3", "-s", "-1"), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if "5201" in run(*inside("cB", "ss", "-Htln", "sport = :5201")).stdout:
                break
            time.sleep(0.02)
        output = run(*inside("cA", "timeout", "30", "iperf3", "-c", INSIDE["B"], "-J", *options),
                     check=False).stdout
        return json.loads(output)["end"]
    except (ValueError, KeyError):
        return None
    finally:
        server.terminate()
        server.wait()


def measure_tcp(streams, seconds):
    end = iperf("-P", str(streams), "-t", str(seconds))
    return {"gbps": end["sum_received"]["bits_per_second"] / 1e9} if end else {}


def measure_udp(rate, seconds):
    end = iperf("-u", "-l", "64", "-w", "4M", "-b", rate, "-t", str(seconds))
    if not end:
        return {}
    end = end["sum"]
    return {"kpps": (end["packets"] - end["lost_packets"]) / end["seconds"] / 1e3,
            "loss": 100 * end["lost_packets"] / max(end["packets"], 1)}


def measure_rtt():
    output = run(*inside("cA", "ping", "-i", "0.002", "-c", "500", "-W", "1", INSIDE["B"]),
                 check=False).stdout
    times = sorted(float(x) * 1e3 for x in re.findall(r"time=([\d.]+)", output))
    return {"rtt": statistics.median(times), "p99": times[len(times) * 99 // 100]} if times else {}


TESTS = {
    "tcp1": lambda seconds: measure_tcp(1, seconds),
    "tcp4": lambda seconds: measure_tcp(4, seconds),
    "pps": lambda seconds: measure_udp("0", seconds),
    "paced": lambda seconds: measure_udp("60M", seconds),
    "rtt": lambda seconds: measure_rtt(),
}


def every_way(options):
    ways = [Vxlan("vxlan"), Worker("worker"), EncryptedWorker("encrypted"), Relay("naive"), Bare("bare")]
    for kind in (Quicktun, Tinc):
        if kind.program:
            ways.append(kind(kind.__name__.lower()))
        else:
            print(f"skip {kind.__name__.lower()}: not installed")
    ways += [Worker("no-" + word, [word]) for word in OFFLOADS] if options.ablation else []
    ways += [Worker("no-offload", OFFLOADS)] if options.ablation else []
    wanted = options.ways.split(",") if options.ways else None
    return [way for way in ways if not wanted or way.name in wanted]


def measure_way(way, options, results):
    way.up(str(options.mtu))
    try:
        if not client_reaches():
            print(f"skip {way.name}: its clients do not reach each other", file=sys.stderr)
            return
        for test in options.tests.split(","):
            wait_quiet(options.patience)
            for unit, value in TESTS[test](options.seconds).items():
                results.setdefault(f"{test} {unit}", {}).setdefault(way.name, []).append(value)
    finally:
        way.down()


def row(name, values, reference):
    middle = statistics.median(values)
    ratio = f"{middle / reference:6.2f}" if reference else "     -"
    return f"    {name:12} {middle:9.2f} {min(values):9.2f} {max(values):9.2f} {ratio}"


def report(profile, results):
    print(f"underlay {profile}")
    for test, ways in results.items():
        reference = ways.get("vxlan")
        print(f"  {test:14}    median       min       max  x vxlan")
        for name, values in ways.items():
            print(row(name, values, reference and statistics.median(reference)))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", default="ON,OFFGRO,OFF")
    parser.add_argument("--tests", default="tcp1,tcp4,pps,paced,rtt", help=",".join(TESTS))
    parser.add_argument("--ways", help="default: all")
    parser.add_argument("--ablation", action="store_true", help="each technique switched off, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--mtu", type=int, default=1400)
    parser.add_argument("--patience", type=float, default=20, help="seconds to wait for quiet")
    parser.add_argument("--json", help="also write the numbers there")
    options = parser.parse_args()
    everything = {"mtu": options.mtu, "seconds": options.seconds, "profiles": {}}
    for profile in options.profiles.split(","):
        results = everything["profiles"][profile] = {}
        bed_up(profile, str(options.mtu))
        ways = every_way(options)
        for _ in range(options.rounds):
            for way in ways:
                measure_way(way, options, results)
        bed_down()
        report(profile, results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(everything, file, indent=1)


main()
