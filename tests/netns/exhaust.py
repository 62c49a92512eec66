# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs vnetapply once for each request that it makes, with that request failing, or the run killed there.

    exhaust.py fail|kill [--errno N]... [--when BEFORE|AFTER]... [--every K] [--converge] --name NAME FILE CHANGED ARG...

FILE is applied, changed to CHANGED and destroyed; ARGs are for every apply. `fail`: a run that fails has status 1 and
changes nothing; one that could do without the request does all it should. `kill`: what is left, the next apply makes
whole and the next destroy removes; before a request (the default) is for the kernel the same as after the last one.
--converge does after each failure a run without one, and after each kill both ways instead of one by turns. Prints `ok` and `FAIL` lines as the tests do. The shim is $SHIM, the program $V.
"""

import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from host_state import explain, files, snapshot  # noqa: E402

LOG = os.path.join(os.environ.get("WORK", "/tmp"), "requests")
PATIENCE = 3  # seconds for what the kernel and a worker do in their own time


def run(arguments, **shim):
    """Exit status, what it said, and the requests that it made."""
    environment = dict(os.environ, **{f"VNET_SHIM_{k}": str(v) for k, v in shim.items()})
    if shim:
        environment.update(LD_PRELOAD=os.environ["SHIM"], VNET_SHIM_LOG=LOG)
        with open(LOG, "w", encoding="utf-8"):
            pass
    with open(LOG + ".said", "w+", encoding="utf-8") as said:
        # No pipe: a worker that a killed run was about to start would hold it open.
        status = subprocess.run([os.environ["V"], *arguments], env=environment, check=False,
                                stdin=subprocess.DEVNULL, stdout=said, stderr=said).returncode
        said.seek(0)
        words = said.read()
    requests = []
    if shim:
        with open(LOG, encoding="utf-8") as log:
            requests = log.read().splitlines()
    return status, words, requests


def difference(wanted):
    """How the host differs from what is wanted, when it had time to settle; "" if not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        now = snapshot()
        if now == wanted:
            return ""
        if time.monotonic() > deadline:
            return explain(wanted, now)
        time.sleep(0.02)


def settle():
    """The state, once it no longer changes."""
    last, since = snapshot(), time.monotonic()
    while time.monotonic() - since < 0.5:
        time.sleep(0.05)
        now = snapshot()
        if now != last:
            last, since = now, time.monotonic()
    return last


def records():
    """Those that a run which changes nothing leaves alone, too."""
    return list(files("/run/vnetapply", records=True))


class Scenario:
    def __init__(self, name, start, goal, before, after):
        self.name, self.start, self.goal, self.before, self.after = name, start, goal, before, after

    def begin(self):
        for arguments in ([DESTROY] if self.start is None else [self.start]):
            status, words, _ = run(arguments)
            if status != 0:
                raise SystemExit(f"FAIL {self.name}: its start\n{words}")


class Count:
    def __init__(self, what):
        self.what, self.k, self.failures = what, 0, 0

    def fail(self, request, *details):
        self.failures += 1
        if self.failures > 12:
            return
        print(f"FAIL {self.what}: request {request}")
        for detail in filter(None, details):
            print("    " + detail.strip()[:3000].replace("\n", "\n    "))
        sys.stdout.flush()

    def end(self):
        if not self.failures:
            print(f"ok {self.what}: {self.k} requests")
        return self.failures


def clear():
    """After something went wrong: nothing, so that the next request has a fair chance."""
    run(DESTROY)
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/comm", encoding="utf-8") as name:
                if name.read().strip() == "vnettunnel":
                    os.kill(int(process), 9)
        except (FileNotFoundError, ProcessLookupError):
            pass
    run(DESTROY)


def restart(scenario):
    clear()
    if scenario.start is not None:
        scenario.begin()


def fail_each(scenario, error, options):
    count = Count(f"{scenario.name}, each request failing" + (f" with errno {error}" if error else ""))
    shim = {"ERRNO": error} if error else {}
    scenario.begin()
    k = options.first
    while True:
        kept = records()
        status, words, requests = run(scenario.goal, FAIL_AT=k, **shim)
        if len(requests) < k and status == 0:
            break
        request = requests[k - 1] if len(requests) >= k else f"{k} (in a child)"
        wrong = difference(scenario.after if status == 0 else scenario.before)
        if status and not wrong:
            wrong = explain(kept, records())
        if status not in (0, 1) and not (error and status in (69, 71, 75, 77)):
            count.fail(request, f"status {status}", words, wrong)
        elif wrong:
            count.fail(request, f"status {status}, and the host is not as it "
                       + ("should be" if status == 0 else "was"), words, wrong)
        if wrong:
            restart(scenario)
        elif status == 0:
            scenario.begin()
        elif options.converge:
            status, words, _ = run(scenario.goal)
            wrong = difference(scenario.after)
            if status or wrong:
                count.fail(request, f"and the run after it: status {status}", words, wrong)
                restart(scenario)
            scenario.begin()
        count.k += 1
        k += options.every
    wrong = difference(scenario.after)
    if wrong:
        count.fail("none", "the run without a failure", wrong)
    return count.end()


def kill_once(scenario, k, when, then, count):
    """Whether there was a k-th request."""
    scenario.begin()
    status, words, requests = run(scenario.goal, **{f"KILL_{when}": k})
    if status == 0 and len(requests) < k:
        return False
    request = requests[k - 1] if len(requests) >= k else f"{k} (in a child)"
    if status != -9:
        count.fail(request, f"status {status}, not killed", words)
    for arguments, wanted in then:
        status, words, _ = run(arguments)
        wrong = difference(wanted)
        if status or wrong:
            count.fail(f"{request}, then {arguments[0]}", f"status {status}", words, wrong)
            clear()
            break
    count.k += 1
    return True


def kill_each(scenario, empty, when, options):
    """By turns the aim is reached first, or all is destroyed at once."""
    count = Count(f"{scenario.name}, killed {when.lower()} each request")
    gone = (DESTROY, empty)
    whole = [(scenario.goal, scenario.after), gone] if scenario.goal is not DESTROY else [gone]
    k = options.first
    while True:
        ways = [whole, [gone]] if options.converge else [whole if k % 2 else [gone]]
        if not all([kill_once(scenario, k, when, way, count) for way in ways]):
            break
        k += options.every
    run(DESTROY)
    return count.end()


def main():
    global DESTROY
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("fail", "kill"))
    parser.add_argument("--errno", type=int, action="append")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--when", action="append", choices=("BEFORE", "AFTER"))
    parser.add_argument("--converge", action="store_true")
    parser.add_argument("--name", required=True)
    parser.add_argument("file")
    parser.add_argument("changed")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    DESTROY = ["destroy", "--name", options.name]
    first = ["apply", "-f", options.file, *options.arguments]
    second = ["apply", "-f", options.changed, *options.arguments]
    states = [settle()]
    for arguments in (first, second, first, DESTROY):
        status, words, _ = run(arguments)
        if status:
            raise SystemExit(f"FAIL {arguments}: status {status}\n{words}")
        states.append(settle())
    empty, one, two, again, nothing = states
    failures = 0
    for what, was, now in (("changing back", one, again), ("destroying", empty, nothing)):
        wrong = explain(was, now)
        if wrong:
            failures += 1
            print(f"FAIL {what} leads to what was\n    " + wrong.replace("\n", "\n    "))
    empty, one = nothing, again
    scenarios = [Scenario("applying", None, first, empty, one), Scenario("changing", first, second, one, two),
                 Scenario("changing back", second, first, two, one),
                 Scenario("destroying", first, DESTROY, one, empty)]
    for scenario in scenarios:
        if options.what == "fail":
            for error in options.errno or [0]:
                failures += fail_each(scenario, error, options)
        else:
            for when in options.when or ["BEFORE"]:
                failures += kill_each(scenario, empty, when, options)
    run(DESTROY)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
