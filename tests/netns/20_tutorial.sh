#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The two-host network of topologies/two-hosts.yaml, but beta is built by hand, with the commands that the file stands
# for and a relay of a few lines of Python. Ours and that one are one network. And alpha, built by hand as well,
# is what ip and bridge show of ours.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"
# shellcheck source=tests/netns/tutorial_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tutorial_lib.sh"

# What ip and bridge say of a host and its namespaces, but for what differs by nature: indexes, MACs, MTUs.
shape() {
	local host=$1 ns
	shift
	for ns in "$host" "$@"; do
		ip -n "$ns" -d -j link | jq -cS '[.[] | select(.ifname | test("eth0") | not) |
			{ifname, kind: .linkinfo.info_kind, master, port: .linkinfo.info_slave_kind,
			 up: (.flags | contains(["UP"]))}] | sort_by(.ifname)'
		ip -n "$ns" -j -4 addr | jq -cS '[.[] | select(.ifname | test("eth0") | not) |
			{ifname, addresses: [.addr_info[] | "\(.local)/\(.prefixlen)"]}] | sort_by(.ifname)'
		ip -n "$ns" -j route | jq -cS '[.[] | select(.dev != "eth0") | {dst, gateway, dev}]'
		ip netns exec "$ns" sysctl -n net.ipv4.ip_forward
	done
	ip netns exec "$host" bridge -j link | jq -cS '[.[] | {ifname, master, state}] | sort_by(.ifname)'
}

two_machines
beta_by_hand
ip netns exec beta python3 tests/netns/relay.py vtap0 192.168.50.6 &
relay=$!

# Our alpha is the namespace alpha. Not by "ip netns exec": its mount namespace would keep the new namespaces to itself.
check "alpha is applied" nsenter --net=/run/netns/alpha "$V" apply -q --host alpha -f topologies/two-hosts.yaml
check "ours reaches theirs" wait_until 5 ip netns exec ns1 ping -c 1 -W 1 10.5.0.31
check "theirs reaches ours" ip netns exec ns3 ping -q -i 0.05 -c 5 -W 2 10.5.0.11
check "at full size" ip netns exec ns1 ping -q -i 0.05 -c 5 -W 2 -M "do" -s 1430 10.5.0.31
expect_equal "our TCP arrives unchanged" same "$(send_bytes ns1 ns3 10.5.0.31 4)"
expect_equal "theirs, from an MTU of 1500, too" same "$(send_bytes ns3 ns1 10.5.0.11 4)"
check "out through NAT" ip netns exec ns1 ping -q -c 1 -W 2 192.168.50.5
ours=$(shape alpha ns1 ns2)
table=$(ip netns exec alpha nft list table inet vnet_two_hosts)
expect_match "with the same masquerading" \
	'ip saddr 10\.5\.0\.0/16 oifname != "virbr0" masquerade' "$table"
nsenter --net=/run/netns/alpha "$V" destroy -q -y --name two-hosts
kill "$relay"
wait "$relay" 2>/dev/null || true

alpha_by_hand
# A tap runs while something holds it; without carrier its port does not forward.
ip netns exec alpha python3 tests/netns/relay.py vtap0 192.168.50.5 &
relay=$!
# By hand the bridge listens and learns for 30 seconds before it forwards, unless it is told not to.
ip -n alpha link set virbr0 type bridge forward_delay 0
forwards() { [[ $(ip netns exec alpha bridge -j link | jq '[.[] | select(.state == "forwarding")] | length') == 3 ]]; }
wait_until 20 forwards
expect_equal "alpha is what is typed by hand" "$(shape alpha ns1 ns2)" "$ours"
kill "$relay"
wait "$relay" 2>/dev/null || true
