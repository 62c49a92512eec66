#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP through the worker beside TCP through the tutorial's relay in Python, taken in turns, so that what
# else the machine does falls on both. Both ends, iperf3 included, share the processors of this machine:
# only the ratio means something. BENCH_ROUNDS (3), BENCH_SECONDS (3).
export VNET_SECONDS=${VNET_SECONDS:-300}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. tests/netns/tunnel_lib.sh

if ! command -v iperf3 >/dev/null; then
	skip "tunnel throughput" "iperf3 is not installed"
	exit
fi

make_switch
make_host a 1
make_host b 2

# measure NAME: megabits per second into $WORK/NAME
measure() {
	wait_until 5 ip netns exec a ping -c 1 -W 1 10.5.0.2
	ip netns exec b iperf3 -s -1 >/dev/null &
	local server=$!
	listen_ready b 5201
	ip netns exec a iperf3 -c 10.5.0.2 -t "${BENCH_SECONDS:-3}" -J |
		jq '.end.sum_received.bits_per_second / 1e6 | floor' >>"$WORK/$1"
	wait $server
}

with_worker() {
	start_worker a
	start_worker b
	ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
	ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1
	measure worker
	for host in a b; do
		ask $host stop
		end_of $host
	done
}

with_relay() {
	local pids=()
	ip netns exec a python3 tests/netns/relay.py vtap0 192.0.2.2 &
	pids+=($!)
	ip netns exec b python3 tests/netns/relay.py vtap0 192.0.2.1 &
	pids+=($!)
	measure relay
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null || true
}

for ((round = 0; round < ${BENCH_ROUNDS:-3}; round++)); do
	with_worker
	with_relay
done

median() { sort -n "$WORK/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo "tunnel, TCP, 1 stream, inner MTU 1458, $(wc -l <"$WORK/worker") runs of each in turns, medians:"
printf '  %-24s %6d Mbit/s\n' vnettunnel "$(median worker)" "Python relay" "$(median relay)"
awk -v w="$(median worker)" -v r="$(median relay)" 'BEGIN { printf "  ratio %.2f\n", w / r }'
