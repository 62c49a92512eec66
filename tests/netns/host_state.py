# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host is like, as lines of text that can be compared.

Run, it prints them; imported, snapshot() returns them. The places are the namespace it runs in and all under
/run/netns; each with links, addresses, routes, rules, bridge ports, where vxlans lead, nft rules and sysctls. Then
the files of /run and /etc/netns, and the programs that run. Left out is what no run can bring back or choose:
ifindexes, nsids, counters, timers, process numbers, what was learned from packets.
"""

import ctypes
import json
import os
import re
import stat
import subprocess
import sys

CLONE_NEWNET = 0x40000000
UNSTABLE = {
    "ifindex", "link_index", "link_netnsid", "stats", "stats64", "hello_timer", "tcn_timer",
    "topology_change_timer", "gc_timer", "expires", "valid_life_time", "preferred_life_time",
    "topology_change_detected", "message_age_timer", "forward_delay_timer", "hold_timer", "age",
    "no", "id", "designated_port", "root_port",  # of a bridge's ports: in the order in which they came
    "bridge_id", "root_id",  # what a port that is down last heard of; the parts of a bridge's own are compared
    "nodad",  # whether an address was probed when it came
    "num_tx_queues", "num_rx_queues", "gso_max_size", "gso_max_segs",
    "tso_max_size", "tso_max_segs",  # of a bridge: what the ports could do that it once had
}
# Rows of /proc/sys/net/*/conf; ALL looks at every file instead.
CONF = ("forwarding", "rp_filter", "promote_secondaries", "route_localnet", "arp_ignore", "accept_ra",
        "disable_ipv6", "addr_gen_mode", "proxy_arp", "autoconf", "mc_forwarding")
VOLATILE = re.compile(r"/(random_table|.*_secret|.*cookie|tcp_fastopen_key|route/(flush|gc_.*)|"
                      r"neigh/.*/(app_solicit|.*_time.*)|uuid)$|nf_conntrack_count$")
# Records of how the host came to be so: of two ways to one state they tell different things.
RECORDS = {"inputs", "before.yaml"}
libc = ctypes.CDLL(None, use_errno=True)
home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def ask(*command, lines=None):
    return subprocess.run(command, input=lines, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False).stdout


def settled(value):
    """Without what is unstable, in an order that does not depend on it."""
    if isinstance(value, dict):
        return {k: settled(v) for k, v in sorted(value.items())
                if k not in UNSTABLE and not (k == "link" and re.match(r"if\d", str(v)))}
    if isinstance(value, list):
        return sorted((settled(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    return value


def is_kernels_whim(value, idle):
    """The kernel's multicast route and link-local address come with a link's first carrier, and stay without."""
    return value.get("protocol") == "kernel" and (value.get("dst") == "ff00::/8" or (
        str(value.get("dst")).startswith("fe80:") and value.get("dev") in idle))


def follows_an_open_file(value):
    """A tap's carrier says whether somebody had it open within the last second, its bridge's that a port has one, and
    that of a link on the bridge that this has one."""
    return value.get("linkinfo", {}).get("info_kind") in ("tun", "bridge", "macvlan") or "hairpin" in value


def without_carrier(value):
    left_out = {"linkdown"} if "dst" in value else set()
    if follows_an_open_file(value):
        left_out |= {"NO-CARRIER", "LOWER_UP"}
        value.get("linkinfo", {}).get("info_slave_data", {}).pop("state", None)
        value = {key: row for key, row in value.items() if key not in ("operstate", "state")}
    if "flags" in value:
        value["flags"] = [flag for flag in value["flags"] if flag not in left_out]
    return value


def rows(text):
    """Each object of each of the JSON lists in text."""
    decoder = json.JSONDecoder()
    idle = set()
    lines = []
    text = text.strip()
    while text:
        values, end = decoder.raw_decode(text)
        idle |= {v["ifname"] for v in values if "NO-CARRIER" in v.get("flags", []) or follows_an_open_file(v)}
        for value in settled([without_carrier(v) for v in values]):
            if value.get("ifname") in idle and "addr_info" in value:
                value["addr_info"] = [a for a in value["addr_info"] if a.get("scope") != "link"]
            if value and not is_kernels_whim(value, idle):
                lines.append(json.dumps(value))
        yield from sorted(lines)
        lines = []
        text = text[end:].lstrip()


def sysctls(everything):
    for family in ("ipv4", "ipv6", "netfilter", "core") if everything else ("ipv4", "ipv6"):
        top = f"/proc/sys/net/{family}"
        if everything:
            paths = (os.path.join(d, f) for d, _, files in os.walk(top) for f in files)
        else:
            paths = [f"{top}/ip_forward", f"{top}/tcp_ecn"]
            paths += [f"{top}/conf/{link}/{row}" for link in os.listdir(f"{top}/conf") for row in CONF]
        for path in sorted(paths):
            if VOLATILE.search(path):
                continue
            try:
                with open(path, encoding="utf-8") as file:
                    yield f"{path[len('/proc/sys/'):]} = {file.read().strip()}"
            except OSError:
                pass


def place(name, everything):
    """The lines of the namespace that the process is in."""
    text = ask("ip", "-j", "-d", "-batch", "-",
               lines="link show\naddr show\nroute show table all\nrule show\n")
    for line in rows(text):
        yield f"{name}: {line}"
    for line in rows(ask("ip", "-j", "-6", "rule")):
        yield f"{name}: rule6 {line}"
    for line in rows(ask("bridge", "-j", "-d", "link")):
        yield f"{name}: port {line}"
    for line in rows(ask("bridge", "-j", "fdb")):
        if '"dst": ' in line and '"permanent"' in line:
            yield f"{name}: fdb {line}"
    for line in ask("nft", "-s", "list", "ruleset").splitlines():
        yield f"{name}: nft {line}"
    for line in sysctls(everything):
        yield f"{name}: {line}"


def files(top, records=False):
    for directory, names, entries in os.walk(top):
        names.sort()
        for name in sorted(names + entries):
            path = os.path.join(directory, name)
            if name in RECORDS and not records:
                continue
            try:
                mode = os.lstat(path).st_mode
                text = ""
                # The lock names the last process; a log says what happened.
                if stat.S_ISREG(mode) and not name.endswith((".lock", ".log")) and \
                        directory != "/run/netns":
                    with open(path, encoding="utf-8", errors="replace") as file:
                        # Of a foreign link, what it had been set to before, too: it depends on the way.
                        text = re.sub(r"^set set .*\n", "", file.read(), flags=re.M)
            except FileNotFoundError:
                continue
            # The number of a namespace is part of some names and texts.
            yield re.sub(r"\b0{4,}[0-9a-f]+\b|(?<=namespace )[0-9a-f]+|(?<=interface )\d+", "N",
                         f"{stat.filemode(mode)} {path} {text!r}")


def programs(ignored):
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        if words and int(process) not in ignored:
            yield f"program {words}"


def snapshot(everything=False, ignored=()):
    lines = []
    names = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
    try:
        for name in [""] + names:
            try:
                fd = home if not name else os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
                enter(fd)
            except OSError as error:  # a plain file
                lines.append(f"{name}: no namespace: {error.strerror}")
                continue
            lines += place(name or "host", everything)
            if name:
                os.close(fd)
    finally:
        enter(home)
    lines += sorted(files("/run")) + sorted(files("/etc/netns"))
    lines += sorted(programs(set(ignored) | {1, os.getpid()}))
    return lines


def values_of(line):
    """The leaves of a line, by what leads to them."""
    place, _, text = line.partition(": {")

    def leaves(value, path):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from leaves(inner, f"{path}.{key}")
        else:
            yield path, json.dumps(value)
    try:
        return place, dict(leaves(json.loads("{" + text), ""))
    except ValueError:
        return line, {}


def name_of(values):
    return [values.get(key) for key in (".ifname", ".dst", ".dev", ".protocol", ".priority", ".linkmode", ".cost")]


def explain(wanted, now):
    """How two snapshots differ: for lines of one link or route, only what differs in them. "" if they do not."""
    gone = [line for line in wanted if line not in set(now)]
    come = [line for line in now if line not in set(wanted)]
    words = []
    for line in gone:
        place, values = values_of(line)
        for other in come:
            other_place, others = values_of(other)
            if values and place == other_place and name_of(values) == name_of(others) and \
                    (".flags" in values) == (".flags" in others):
                come.remove(other)
                words += [f"{place}: {values.get('.ifname', values.get('.dst'))}{key}: {values.get(key)}, is "
                          f"{others.get(key)}" for key in values | others if values.get(key) != others.get(key)]
                break
        else:
            words.append(f"- {line[:300]}")
    words += [f"+ {line[:300]}" for line in come]
    if not words and wanted != now:
        words += ["the order of lines"] + [f"{a[:100]} | {b[:100]}" for a, b in zip(wanted, now) if a != b][:6]
    return "\n".join(words)


if __name__ == "__main__":
    print("\n".join(snapshot(everything="--all" in sys.argv, ignored=(os.getppid(),))))
