# SPDX-License-Identifier: GPL-2.0-or-later
"""Path independence: paths.py PAIRS|SECONDSs [SEED] walks through random topologies (random_topology.py).

The state after A, then B, is that after B alone, and destroying leads back to the start. Prints `ok` and `FAIL` lines
as the tests do, and the seed with which it can be repeated.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from exhaust import difference, run, settle  # noqa: E402
from random_topology import NAME, Maker  # noqa: E402

FILE = os.path.join(os.environ["WORK"], "random.yaml")
DESTROY = ["destroy", "--name", NAME]


def apply(seed):
    with open(FILE, "w", encoding="utf-8") as file:
        json.dump(Maker(seed).make(), file, indent=1)
    return run(["apply", "-f", FILE])


def pair(a, b, empty):
    """What is wrong with the way over a to b, or ""."""
    for what, arguments in (("destroyed", DESTROY), ("b", b), ("destroyed", DESTROY), ("a", a), ("b after a", b),
                            ("destroyed", DESTROY)):
        status, words, _ = run(arguments) if arguments is DESTROY else apply(arguments)
        if status:
            return f"{what}: status {status}\n{words}"
        if arguments is DESTROY:
            wrong = difference(empty)
        elif what == "b":
            alone, wrong = settle(), ""
        else:
            wrong = difference(alone) if what == "b after a" else ""
        if wrong:
            return f"{what}\n{wrong}"
    return ""


def main():
    amount, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9
    until = time.monotonic() + float(amount[:-1]) if amount.endswith("s") else None
    pairs = failures = 0
    empty = settle()
    while time.monotonic() < until if until else pairs < int(amount):
        a, b = seed + 2 * pairs, seed + 2 * pairs + 1
        wrong = pair(a, b, empty)
        pairs += 1
        if wrong:
            failures += 1
            print(f"FAIL topology {b} after {a}\n    " + wrong.strip().replace("\n", "\n    "), flush=True)
            run(DESTROY)
    if not failures:
        print(f"ok path independence: {pairs} pairs from seed {seed}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
