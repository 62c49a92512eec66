# SPDX-License-Identifier: GPL-2.0-or-later
"""A valid topology made from a number: random_topology.py SEED prints it, as JSON (which is YAML).

Names come from small pools, so that two topologies share many objects, some of them with other values or of another
kind. The host that it is for has links eth0 (192.168.50.6/24) and eth1 (free to be a port).
"""

import json
import random
import sys

NAME = "random"


def chance(r, percent):
    return r.random() * 100 < percent


class Maker:
    def __init__(self, seed, density=55):
        self.r = random.Random(seed)
        self.density = density
        self.file = {"version": 1, "name": NAME}
        self.namespaces = {}
        self.bridges = {}

    def yes(self, percent=None):
        return chance(self.r, self.density if percent is None else percent)

    def of(self, *values):
        return self.r.choice(values)

    def make_bridges(self):
        for b in range(3):
            if not self.yes(70):
                continue
            bridge = {}
            if self.yes(75):
                bridge["addresses"] = [f"10.{10 + b}.0.1/24"]
                if self.yes(30):
                    bridge["addresses"].append(f"2001:db8:{b + 1}::1/64")
                if self.yes(30):
                    bridge["addresses"].append(f"10.{10 + b}.0.{self.of(2, 3)}/24")
                if self.yes():
                    bridge["forward"] = self.of("nat", "route", "isolated", "open")
            if self.yes(40):
                bridge["mtu"] = self.of(1400, 1500, 9000)
            if self.yes(30):
                bridge["parameters"] = self.of({"ageing-time": 60}, {"ageing-time": 300, "priority": 4096},
                                               {"multicast-snooping": False})  # not STP: that takes its time
            if self.yes(15):
                bridge["isolate-ports"] = True
            if self.yes(15):
                bridge["macaddress"] = f"02:00:00:00:0{b}:0{self.of(1, 2)}"
            if self.yes(15):
                bridge["link-local"] = True
            if bridge.get("forward") == "nat" and self.yes(30):
                bridge["forward"] = {"mode": "nat", "snat": "192.168.50.6"}
            self.bridges[f"br{b}"] = bridge
        if self.bridges and self.yes(30):
            self.bridges[self.of(*self.bridges)] |= {"interfaces": {"eth1": {"path-cost": self.of(10, 100)}}}

    def attach(self, i, b):
        place = {"addresses": [f"10.{10 + int(b[2])}.0.{10 + i + 10 * self.r.randrange(2)}/24"]}
        if self.yes(25):
            place["interface"] = self.of("lan0", "net0") + b[2]
        if self.yes(20):
            place["port"] = self.of({"isolated": True}, {"hairpin": True, "path-cost": 7}, {"flood": False})
        if self.yes(15) and self.bridges[b].get("addresses"):
            place["gateway"] = f"10.{10 + int(b[2])}.0.1"
        return place

    def make_inner(self, i, namespace):
        """What a host has, a namespace may have as well."""
        if self.yes(20):
            namespace["bridges"] = {"in": {"addresses": [f"10.97.{i}.1/24"]}}
            if self.yes():
                namespace["bridges"]["in"]["forward"] = self.of("nat", "route")
            if self.yes():
                namespace["taps"] = {"it": {"bridge": "in"}}
        if self.yes(15):
            namespace["nat"] = {"masquerade": [{"source": f"10.97.{i}.0/24", "out-not": "in"}]}
        if self.yes(10):
            namespace["mss-clamp"] = True

    def make_tunnels(self):
        ports = [40000, 40001, 40002]
        self.r.shuffle(ports)
        tunnels = {}
        for k in range(2):
            if not self.yes(30):
                continue
            tunnels[f"tn{k}"] = {"mode": "tap", "interface": f"tt{k}", "port": ports[k], "encryption": "none",
                                 "peers": [{"name": "far", "endpoint": f"192.168.50.5:{self.of(40000, 41000)}"}]}
            if self.yes(30):
                tunnels[f"tn{k}"]["local"] = "192.168.50.6"
            if self.yes(30):
                tunnels[f"tn{k}"]["offload"] = False
            if self.yes(30):
                tunnels[f"tn{k}"]["mac-learning"] = False
        if tunnels:
            self.file["tunnels"] = tunnels

    def make_rules(self):
        if len(self.bridges) > 1 and self.yes(40):
            self.file["policy"] = [{"in": self.of(*self.bridges), "out": self.of(*self.bridges),
                                    "action": self.of("accept", "drop", "reject")}]
        nat = {}
        if self.yes(25):
            nat["dnat"] = [{"port": self.of(2222, 2223), "to": "10.10.0.11:22"}]
        if self.yes(25):
            nat["snat"] = [{"source": "10.98.0.0/24", "out": "eth0", "to": "192.168.50.6"}]
        if nat:
            self.file["nat"] = nat
        if self.yes(15):
            self.file["mss-clamp"] = True
        if self.yes(15):
            self.file["forwarding"] = True
        routes = []
        if self.yes(25):
            routes.append({"to": "10.92.0.0/16", "via": f"192.168.50.{self.of(9, 10)}", "metric": self.of(50, 60)})
        if self.yes(25):
            routes.append({"to": "10.95.0.0/16", "type": self.of("blackhole", "unreachable"), "table": 100})
        if self.yes(15):
            routes.append({"to": "10.96.0.0/16", "nexthops": [{"via": "192.168.50.9", "weight": self.of(1, 3)},
                                                              {"via": "192.168.50.10"}]})
        if routes:
            self.file["routes"] = routes

    def make_namespaces(self):
        for i in range(4):
            if not self.yes(70):
                continue
            namespace, attached = {}, [b for b in self.bridges if self.yes(45)]
            if attached:
                namespace["attach"] = {b: self.attach(i, b) for b in attached}
            first = attached[0] if attached else None
            if first and self.bridges[first].get("forward") == "nat" and self.yes():
                namespace["ports"] = [f"{8000 + i + 10 * self.r.randrange(2)}:80"]
            if self.yes(20):
                namespace["extra-hosts"] = {"db": f"10.10.0.{self.of(5, 6)}"}
            if self.yes(20):
                namespace["nameservers"] = ["192.0.2.53"]
            if self.yes(30):
                namespace["sysctls"] = {"net.ipv4.conf.all.rp_filter": self.of(1, 2)}
            if self.yes(20):
                namespace["forwarding"] = True
            if self.bridges and self.yes(20):
                namespace["interfaces"] = {"mv0": {"type": "macvlan", "link": f"host:{self.of(*self.bridges)}",
                                                   "mode": self.of("bridge", "private"),
                                                   "addresses": [f"10.40.{i}.1/24"]}}
            if self.yes(15):
                namespace.setdefault("interfaces", {})["vx0"] = {
                    "type": "vxlan", "id": self.of(42, 43), "local": "127.0.0.1", "remote": f"127.0.0.{i + 2}",
                    "mtu": 1400, "addresses": [f"10.41.{i}.1/24"],
                    "fdb": [{"macaddress": "02:00:00:00:00:01", "to": self.of("127.0.0.8", "127.0.0.9")},
                            {"to": self.of("127.0.0.8", "127.0.0.9")}]}
            self.make_inner(i, namespace)
            self.namespaces[f"ns{i}"] = namespace

    def make_wires(self):
        names, wires = list(self.namespaces), []
        for k, (a, b) in enumerate(zip(names, names[1:])):
            if self.yes(50):
                wires.append([f"{a}:w{k} 10.9.{k}.1/30", f"{b}:{self.of('w', 'x')}{k} 10.9.{k}.2/30"])
                if self.yes(50):
                    self.namespaces[a].setdefault("routes", []).append(
                        {"to": f"10.5{k}.0.0/16", "via": f"10.9.{k}.2", "metric": self.of(10, 20)})
                if self.yes(25):
                    self.namespaces[b].setdefault("routes", []).append(
                        {"to": f"10.6{k}.0.0/16", "type": "blackhole"})
        if wires:
            self.file["links"] = wires

    def make_others(self):
        taps = {f"t{k}": ({"bridge": self.of(*self.bridges)} if self.bridges and self.yes() else {})
                for k in range(2) if self.yes(40)}
        for tap in taps.values():
            if self.yes(40):
                tap["user"] = 0
            if self.yes(20):
                tap["queues"] = 2
        if taps:
            self.file["taps"] = taps
        interfaces = {}
        if self.yes(25):
            interfaces["vpn0"] = {"type": "tun", "addresses": ["10.81.0.1/30"]}
        if self.yes(30):
            interfaces["eth0"] = {"addresses": [f"198.51.100.{self.of(1, 2)}/24"]}
            if self.yes():
                interfaces["eth0"]["mtu"] = self.of(1400, 1450)
        if interfaces:
            self.file["interfaces"] = interfaces
        if self.yes(30):
            self.file["sysctls"] = {"net.ipv4.tcp_ecn": self.of(0, 1)}

    def make(self):
        self.make_bridges()
        self.make_namespaces()
        self.make_wires()
        self.make_others()
        self.make_tunnels()
        self.make_rules()
        if self.bridges:
            self.file["bridges"] = self.bridges
        # Something is always wanted.
        self.namespaces.setdefault("keep", {})
        self.file["namespaces"] = self.namespaces
        return self.file


if __name__ == "__main__":
    json.dump(Maker(int(sys.argv[1]), *(int(a) for a in sys.argv[2:])).make(), sys.stdout, indent=1)
