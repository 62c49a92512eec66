# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure ways to carry Ethernet between two hosts, taken in turns on one bed (tunnel_ways.py).

Clients, servers and both ends of the tunnel share the processors of this machine: only ratios within
one round mean something. A round takes every way once; the ratios of a way to VXLAN are those of its
rounds, and the median, the least and the largest are printed.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

from tunnel_flood import measure_flood
from tunnel_ways import INSIDE, bed_down, bed_up, every_way, inside, run

# What is worth measuring on each underlay, by kind of way.
PLAN = {
    "ON": {"own": "tcp1 tcp4 pps paced rtt", "peer": "tcp1 pps rtt", "sealed": "tcp1 pps rtt",
           "part": "tcp1 pps"},
    "OFFGRO": {"own": "tcp1 tcp4", "part": "tcp1"},
    "OFF": {"own": "tcp1"},
}

# What is wanted: (what, profile, unit, way, compared with, must, aim). The last two bound from below, but
# for "less" from above. A name in brackets is the best of that kind.
TARGETS = [
    ("plain, 1 stream / VXLAN", "ON", "tcp1 gbps", "worker", "vxlan", 0.80, 1.0),
    ("plain, 1 stream / VXLAN", "OFFGRO", "tcp1 gbps", "worker", "vxlan", 1.10, 1.1),
    ("plain, 1 stream / VXLAN", "OFF", "tcp1 gbps", "worker", "vxlan", 0.85, 1.0),
    ("plain, 4 streams / VXLAN", "ON", "tcp4 gbps", "worker", "vxlan", 0.5, 0.8),
    ("plain, 4 streams / VXLAN", "OFFGRO", "tcp4 gbps", "worker", "vxlan", 0.9, 1.1),
    ("plain / best plain peer", "ON", "tcp1 gbps", "worker", "[peer]", 9, 12),
    ("plain / naive mode", "ON", "tcp1 gbps", "worker", "naive", 8, 10),
    ("encrypted / VXLAN", "ON", "tcp1 gbps", "encrypted", "vxlan", 0.45, 0.6),
    ("encrypted / VXLAN", "OFFGRO", "tcp1 gbps", "encrypted", "vxlan", 0.80, 1.0),
    ("encrypted / best sealed peer", "ON", "tcp1 gbps", "encrypted", "[sealed]", 7, 10),
    ("64-byte packets / VXLAN", "ON", "pps kpps", "worker", "vxlan", 1.5, 2),
    ("64-byte packets / naive", "ON", "pps kpps", "worker", "naive", 1.4, 2),
    ("loss at 117 kpps, %", "ON", "paced loss", "worker", "less", 0.5, 0),
    ("RTT over bare path, us", "ON", "rtt us", "worker", "less bare", 50, 35),
]


def processors_busy():
    """Seconds of work of all processors, since the start."""
    with open("/proc/stat") as file:
        fields = [int(x) for x in file.readline().split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:7])) / os.sysconf("SC_CLK_TCK")


def wait_quiet(patience):
    """Other work of the machine falls on whoever is measured: wait for it to end, for a while."""
    end = time.time() + patience
    while time.time() < end:
        before = processors_busy()
        time.sleep(0.3)
        if processors_busy() - before < 0.3 * 0.15:
            return


def client_reaches():
    end = time.time() + 25  # fastd asks again after up to 20
    while time.time() < end:
        if run(*inside("cA", "ping", "-c1", "-W1", INSIDE["B"]), check=False).returncode == 0:
            return True
    return False


def iperf(*options, seconds):
    server = subprocess.Popen(inside("cB", "iperf3", "-s", "-1"), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if "5201" in run(*inside("cB", "ss", "-Htln", "sport = :5201")).stdout:
                break
            time.sleep(0.02)
        before, begun = processors_busy(), time.time()
        output = run(*inside("cA", "timeout", str(seconds + 8), "iperf3", "-c", INSIDE["B"], "-J",
                             "-t", str(seconds), *options), check=False).stdout
        end = json.loads(output)["end"]
        end["cores"] = (processors_busy() - before) / (time.time() - begun)
        return end
    except (ValueError, KeyError, subprocess.TimeoutExpired):
        return None
    finally:
        server.kill()
        server.wait()


def measure_tcp(streams, seconds):
    end = iperf("-P", str(streams), seconds=seconds)
    return {"gbps": end["sum_received"]["bits_per_second"] / 1e9, "cores": end["cores"]} if end else {}


def measure_udp(rate, seconds):
    end = iperf("-u", "-l", "64", "-w", "4M", "-b", rate, seconds=seconds)
    if not end:
        return {}
    end = end["sum"]
    return {"kpps": (end["packets"] - end["lost_packets"]) / end["seconds"] / 1e3,
            "loss": 100 * end["lost_packets"] / max(end["packets"], 1)}


def measure_rtt():
    output = run(*inside("cA", "ping", "-i", "0.002", "-c", "500", "-W", "1", INSIDE["B"]),
                 check=False).stdout
    times = sorted(float(x) * 1e3 for x in re.findall(r"time=([\d.]+)", output))
    return {"us": statistics.median(times), "p99": times[len(times) * 99 // 100]} if times else {}


TESTS = {
    "tcp1": lambda way, seconds: measure_tcp(1, seconds),
    "tcp4": lambda way, seconds: measure_tcp(4, seconds),
    "pps": lambda way, seconds: measure_udp("0", seconds),
    "paced": lambda way, seconds: measure_udp("60M", seconds),  # 117 kpps
    "rtt": lambda way, seconds: measure_rtt(),
    "flood": lambda way, seconds: measure_flood(
        way, seconds, lambda: measure_tcp(1, seconds).get("gbps")),
}


def measure_way(way, tests, options):
    """Numbers by "test unit"; a way that does not work has none, and says why."""
    values = {}
    try:
        way.up(str(options.mtu))
        if not client_reaches():
            raise RuntimeError("its clients do not reach each other: " + way.why())
        for test in tests:
            wait_quiet(options.patience)
            for unit, value in TESTS[test](way, options.seconds).items():
                values[f"{test} {unit}"] = value
    except (RuntimeError, OSError, KeyError, subprocess.SubprocessError) as error:
        print(f"skip {way.name}: {error}", file=sys.stderr)
    finally:
        way.down()
    return values


def measure_round(profile, ways, options):
    tests = PLAN[profile]
    result = {"profile": profile, "ways": {}}
    bed_up(profile, str(options.mtu))
    for way in ways:
        wanted = [test for test in (tests.get(way.kind, "") + way.more.get(profile, "")).split()
                  if not options.tests or test in options.tests.split(",")]
        if wanted:
            values = measure_way(way, wanted, options)
            if values:
                result["ways"][way.name] = values
    bed_down()
    return result


def ratios(rounds, profile, unit, way, other):
    """Of the rounds that have both."""
    pairs = [(one["ways"].get(way, {}).get(unit), one["ways"].get(other, {}).get(unit))
             for one in rounds if one["profile"] == profile]
    return [mine / theirs for mine, theirs in pairs if mine is not None and theirs]


def numbers(rounds, profile, unit, way):
    found = [one["ways"].get(way, {}).get(unit) for one in rounds if one["profile"] == profile]
    return [value for value in found if value is not None]


def spread(values, form="{:8.2f}"):
    if not values:
        return " ".join([" " * 7 + "-"] * 3)
    return " ".join(form.format(x) for x in (statistics.median(values), min(values), max(values)))


def report_profile(rounds, profile, ways):
    print(f"\nunderlay {profile}: median, least, most; the same of the ratio to VXLAN in a round")
    units = dict.fromkeys(unit for one in rounds if one["profile"] == profile
                          for values in one["ways"].values() for unit in values)
    for unit in units:
        print(f"  {unit}")
        for way in ways:
            values = numbers(rounds, profile, unit, way.name)
            if values:
                print(f"    {way.name:17}{spread(values)}    "
                      f"{spread(ratios(rounds, profile, unit, way.name, 'vxlan'))}")


def best_of(kind, rounds, profile, unit, ways):
    names = [way.name for way in ways if way.kind == kind]
    medians = {name: statistics.median(numbers(rounds, profile, unit, name))
               for name in names if numbers(rounds, profile, unit, name)}
    return max(medians, key=medians.get) if medians else None


def target_values(target, rounds, ways):
    """The numbers that a target is about, and with whom they compare."""
    _, profile, unit, way, other, _, _ = target
    if other == "less":
        return numbers(rounds, profile, unit, way), ""
    if other.startswith("less "):
        bare = numbers(rounds, profile, unit, other[5:])
        mine = numbers(rounds, profile, unit, way)
        return [a - b for a, b in zip(mine, bare)], ""
    if other.startswith("["):
        other = best_of(other[1:-1], rounds, profile, unit, ways)
        return ratios(rounds, profile, unit, way, other), f" ({other})" if other else ""
    return ratios(rounds, profile, unit, way, other), ""


def verdict(value, target):
    *_, other, must, aim = target
    if other.startswith("less"):
        return "aim" if value <= aim else "must" if value <= must else "missed"
    return "aim" if value >= aim else "must" if value >= must else "missed"


def report_targets(rounds, ways):
    print("\ntarget                              underlay  must   aim    median    least     most")
    for target in TARGETS:
        what, profile, *_, must, aim = target
        values, whom = target_values(target, rounds, ways)
        if values:
            print(f"{what:36}{profile:7}{must:7}{aim:6}  {spread(values)}  "
                  f"{verdict(statistics.median(values), target)}{whom}")


def report(rounds, ways):
    for profile in PLAN:
        if any(one["profile"] == profile for one in rounds):
            report_profile(rounds, profile, ways)
    report_targets(rounds, ways)


def rounds_load(path):
    """What earlier runs with the same --json measured."""
    try:
        with open(path) as file:
            return json.load(file)["rounds"]
    except FileNotFoundError:
        return []


def rounds_store(path, rounds, options):
    with open(path, "w") as file:
        json.dump({"mtu": options.mtu, "seconds": options.seconds, "rounds": rounds}, file, indent=1)


def options_parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", default="ON,OFFGRO,OFF")
    parser.add_argument("--tests", help="of " + ",".join(TESTS) + "; default: what suits the way")
    parser.add_argument("--ways", help="default: all")
    parser.add_argument("--ablation", action="store_true", help="each technique switched off, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=30, help="begin no round after that long")
    parser.add_argument("--mtu", type=int, default=1400)
    parser.add_argument("--patience", type=float, default=5, help="seconds to wait for quiet")
    parser.add_argument("--json", help="also write every number there")
    parser.add_argument("--more", action="store_true", help="add to the rounds that --json has")
    return parser.parse_args()


def main():
    options = options_parse()
    ways, missing = every_way(options.ablation)
    if options.ways:
        ways = [way for way in ways if way.name in options.ways.split(",")]
    else:
        for name in missing:
            print(f"skip {name}: not installed")
    rounds = rounds_load(options.json) if options.json and options.more else []
    end = time.time() + 60 * options.minutes
    for _ in range(options.rounds):
        for profile in options.profiles.split(","):
            if time.time() < end:
                rounds.append(measure_round(profile, ways, options))
                if options.json:
                    rounds_store(options.json, rounds, options)
    report(rounds, every_way(True)[0])


main()
