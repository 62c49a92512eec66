#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a run costs that finds nothing to do, from start to exit, for alpha of topologies/two-hosts.yaml; beside
# the bare netlink dumps that it needs, and beside two runs of ip. Taken in turns. BENCH_ROUNDS (30).
export VNET_SECONDS=${VNET_SECONDS:-300}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"

file=topologies/two-hosts.yaml
ip link add eth0 type veth peer name underlay
ip addr add 192.168.50.6/24 dev eth0
ip link set eth0 up
ip link set underlay up
"$V" apply -q -f "$file"

"${BUILD:-build/release}/tests/bench/bench_noop" time "${BENCH_ROUNDS:-30}" \
	"vnetapply apply" "$V" apply -q -f "$file" -- \
	"vnetapply diff" "$V" diff -q -f "$file" -- \
	"bare dumps" "${BUILD:-build/release}/tests/bench/bench_noop" dumps ns1 ns2 -- \
	"ip -j link; ip -j addr" sh -c 'ip -j link && ip -j addr' \
	>"$WORK/times"
"$V" destroy -y -q -f "$file"

printf '%-24s %9s %9s %9s %9s  %s\n' "" "median ms" min max "peak KB" "ratio to apply"
awk -F '\t' 'NR == 1 { base = $2 }
	{ printf "%-24s %9s %9s %9s %9s  %.2f\n", $1, $2, $3, $4, $5, $2 / base }' "$WORK/times"
ok "noop"
