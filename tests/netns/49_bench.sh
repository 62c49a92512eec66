#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The benchmark of the tunnel measures what it says: each way in each round, in a file, to be gone on with.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export BUILD WORK PYTHONDONTWRITEBYTECODE=1

bench() {
	python3 tests/bench/tunnel_bench.py --profiles ON --tests rtt --rounds 1 --patience 0 \
		--json "$WORK/bench.json" "$@"
}

bench --ways bare,worker,encrypted >"$WORK/first"
expect_equal "each way that was asked for is measured" "bare encrypted worker" \
	"$(json '[.rounds[0].ways | to_entries[] | select(.value["rtt us"] > 0).key] | sort | join(" ")' \
		cat "$WORK/bench.json")"
expect_match "the targets that were measured are judged" 'RTT over bare path.*(aim|must|missed)' \
	"$(cat "$WORK/first")"

bench --ways bare,worker --more >/dev/null
expect_equal "--more keeps the rounds of before" 2 "$(json '.rounds | length' cat "$WORK/bench.json")"
expect_equal "nothing is left of it" "" "$(ip netns list)$(pgrep vnettunnel || :)"

bench --ways encrypted --tests flood --seconds 1 >/dev/null
expect_equal "a flood is measured, and what it costs" "closed each gbps kpps open" \
	"$(json '.rounds[0].ways.encrypted | [
		{gbps: .["flood gbps"], kpps: .["flood kpps"], each: .["flood us each"], open: .["flood ratio"],
		 closed: .["flood ratio closed"]} | to_entries[] | select(.value > 0).key] | sort | join(" ")' \
		cat "$WORK/bench.json")"
expect_equal "nothing is left of that" "" "$(ip netns list)$(pgrep 'vnettunnel|bench_flood' || :)"

mkdir "$WORK/broken"
printf '#!/bin/sh\necho "out of order" >&2\nexit 1\n' >"$WORK/broken/vnettunnel"
chmod +x "$WORK/broken/vnettunnel"
BUILD=$WORK/broken bench --ways worker >/dev/null 2>"$WORK/errors" || fail "a way that fails ends the run"
expect_match "a way that does not work says why" 'skip worker:' "$(cat "$WORK/errors")"
