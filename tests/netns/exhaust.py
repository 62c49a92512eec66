# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs vnetapply once for each request that it makes, with that request failing, or the run killed there.

    exhaust.py fail|kill|confirm [OPTION]... --name NAME FILE CHANGED ARG...

FILE is applied, changed to CHANGED, by a saved plan and without, rolled back and destroyed; ARGs are for every apply.
`fail`: a run that fails has status 1 and changes nothing; one that could do without the request does all it should.
`kill`: what is left, the next run makes whole and the next destroy removes. `confirm`: an apply that waits for
confirmation is killed; what is left goes back by itself.

    --errno N             this error, not one that fits the request (0: that one); repeatable
    --when BEFORE|AFTER   killed before a request (the default; for the kernel the same as after the last one), or after
    --every K             each K-th request alone, from the first on or, with --first, the N-th
    --kinds               of each kind of request the first alone
    --stacks              after the first errno only the first of each kind of request that the same calls led to: what
                          the program does about an error it decides in one of these; that it can go back from each
                          request the first errno has shown
    --only SCENARIO       this one alone; repeatable
    --converge            after each failure a run without one, and after each kill both ways instead of one by turns;
                          of failures only with the first errno, as the state that the others leave is the same: that
                          is what was compared

Prints `ok` and `FAIL` lines as the tests do. The shim is $SHIM, the program $V.
"""

import argparse
import itertools
import os
import re
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
    return sorted(files("/run/vnetapply", records=True))  # some are named by the number of a namespace


def kind_of(request):
    """What is done, and in which directory; without the names in it."""
    what, _, detail = request.partition(" ")
    if what == "rtnetlink":
        return request
    return what + " " + ("/".join(detail.split("/")[:4]) if detail[:1] == "/" else re.sub(r"[0-9a-f]{8,}.*", "N", detail))


class Scenario:
    def __init__(self, name, starts, goal, before, after):
        self.name, self.starts, self.goal, self.before, self.after = name, starts, goal, before, after

    def begin(self):
        for arguments in self.starts:
            status, words, _ = run(arguments)
            if status != 0:
                raise SystemExit(f"FAIL {self.name}: its start\n{words}")

    def requests(self, options, stacks=False):
        """Which ones, in the order of a run without any failure, as long as it has so many."""
        if not options.kinds and not stacks:
            yield from itertools.count(options.first, options.every)
        self.begin()
        first = {}
        for request in run(self.goal, FAIL_AT=0, STACKS=int(stacks))[2]:
            k, request = request.split(" ", 1)
            request, _, stack = request.partition(" @")
            first.setdefault((kind_of(request), stack), int(k))
        yield from list(first.values())[options.first - 1::options.every]


class Count:
    """Of what was asked; each half a minute it says how far that is, for a run that is ended before its end."""

    def __init__(self, what):
        self.what, self.k, self.failures, self.said = what, 0, 0, time.monotonic()

    def add(self, request):
        self.k += 1
        if time.monotonic() - self.said > 30:
            self.said = time.monotonic()
            print(f"so far {self.what}: {self.k} requests, {self.failures} of them wrong, the last {request}", flush=True)

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
            print(f"ok {self.what}: {self.k} requests", flush=True)
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
    scenario.begin()


def fail_each(scenario, error, is_first, options):
    stacks = options.stacks and not is_first
    converge = options.converge and is_first
    count = Count(f"{scenario.name}, {'each call' if stacks else 'each request'} failing"
                  + (f" with errno {error}" if error else ""))
    shim = {"ERRNO": error} if error else {}
    asked = scenario.requests(options, stacks)
    k = next(asked, None)
    scenario.begin()
    while k:
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
        elif converge:
            status, words, _ = run(scenario.goal)
            wrong = difference(scenario.after)
            if status or wrong:
                count.fail(request, f"and the run after it: status {status}", words, wrong)
                restart(scenario)
            scenario.begin()
        count.add(request)
        k = next(asked, None)
    wrong = difference(scenario.after) if k else ""
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
    count.add(request)
    return True


def kill_each(scenario, empty, when, options):
    """By turns the aim is reached first, or all is destroyed at once."""
    count = Count(f"{scenario.name}, killed {when.lower()} each request")
    gone = (DESTROY, empty)
    goal = scenario.goal
    if "--plan" in goal:  # which is stale then: its file is applied
        goal = ["apply", *scenario.starts[-1][3:]]
    whole = [(goal, scenario.after), gone] if scenario.goal is not DESTROY else [gone]
    for k in scenario.requests(options):
        ways = [whole, [gone]] if options.converge else [whole if k % 2 else [gone]]
        if not all([kill_once(scenario, k, when, way, count) for way in ways]):
            break
    run(DESTROY)
    return count.end()


def confirm_each(scenario, options):
    """Killed at each request: whoever was to go back does."""
    count = Count(f"{scenario.name} until confirmed, killed before each request")
    goal = scenario.goal + ["--confirm-timeout", "1s"]
    for k in Scenario(scenario.name, scenario.starts, goal, None, None).requests(options):
        scenario.begin()
        status, words, requests = run(goal, KILL_BEFORE=k)
        if len(requests) < k:
            break
        wrong = difference(scenario.before)
        if status != -9 or wrong:
            count.fail(requests[k - 1], f"status {status}", words, wrong)
            clear()
        count.add(requests[k - 1])
    status, words, _ = run(goal)
    wrong = difference(scenario.before)
    if status != 3 or wrong:
        count.fail("none", f"status {status}, not confirmed", words, wrong)
    return count.end()


def arguments_of_command():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("fail", "kill", "confirm"))
    parser.add_argument("--errno", type=int, action="append")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--stacks", action="store_true")
    parser.add_argument("--only", action="append")
    parser.add_argument("--when", action="append", choices=("BEFORE", "AFTER"))
    parser.add_argument("--converge", action="store_true")
    parser.add_argument("--name", required=True)
    parser.add_argument("file")
    parser.add_argument("changed")
    parser.add_argument("arguments", nargs="*")
    return parser.parse_args()


def make_scenarios(options):
    """With the states that they are between, and what is wrong with these already."""
    saved = os.path.join(os.environ.get("WORK", "/tmp"), "saved-plan")
    of_file = ["-f", options.file, *options.arguments]
    of_changed = ["-f", options.changed, *options.arguments]
    first, second = ["apply", *of_file], ["apply", *of_changed]
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
    plan = ["plan", "--out", saved, *of_changed]
    return failures, [
        Scenario("applying", [DESTROY], first, nothing, again),
        Scenario("changing", [first], second, again, two),
        Scenario("changing back", [second], first, two, again),
        Scenario("by plan", [first, plan], ["apply", "--plan", saved], again, two),
        Scenario("rolling back", [first, second], ["rollback", "--name", options.name], two, again),
        Scenario("destroying", [first], DESTROY, again, nothing)]


def main():
    global DESTROY
    options = arguments_of_command()
    DESTROY = ["destroy", "--name", options.name]
    failures, scenarios = make_scenarios(options)
    empty = scenarios[0].before
    for scenario in scenarios:
        if options.only and scenario.name not in options.only:
            continue
        if options.what == "confirm":
            failures += confirm_each(scenario, options)
        elif options.what == "fail":
            for error in options.errno or [0]:
                is_first = error == (options.errno or [0])[0]
                failures += fail_each(scenario, error, is_first, options)
        else:
            for when in options.when or ["BEFORE"]:
                failures += kill_each(scenario, empty, when, options)
    run(DESTROY)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
