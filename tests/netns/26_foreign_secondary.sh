#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Somebody else's addresses of the same network stay when ours goes, which is the network's first: the kernel would take
# them along.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

addresses() { ip -j addr show dev eth0 | jq -r '[.[].addr_info[] | select(.family == "inet") | .local] | join(" ")'; }
file() { # file [ADDRESSES]
	printf 'version: 1\nname: net\nnamespaces: {keep: {}}\ninterfaces: {eth0: {addresses: [%s]}}\n' "$1" >"$WORK/net.yaml"
}
ip link add eth0 type veth peer name far
ip link set eth0 up
ip link set far up
promote=/proc/sys/net/ipv4/conf/eth0/promote_secondaries
for value in 0 1; do
	echo $value >$promote
	file "10.9.0.1/24, 10.9.0.2/24"
	check "apply, promote_secondaries $value" "$V" -f "$WORK/net.yaml"
	ip addr add 10.9.0.3/24 dev eth0
	ip addr add 10.9.0.4/24 dev eth0
	ip addr add 10.9.0.5/25 dev eth0 # of another network
	expect_equal "ours are the first" "10.9.0.1 10.9.0.5 10.9.0.2 10.9.0.3 10.9.0.4" "$(addresses)"
	file "10.9.0.2/24"
	check "ours goes" "$V" -f "$WORK/net.yaml"
	expect_equal "the others stay" "10.9.0.2 10.9.0.3 10.9.0.4 10.9.0.5" "$(addresses | tr ' ' '\n' | sort | paste -sd ' ')"
	expect_equal "in one run" "" "$("$V" diff -f "$WORK/net.yaml" >/dev/null || echo different)"
	file "10.9.0.6/24, 10.8.0.1/24"
	check "another instead" "$V" -f "$WORK/net.yaml"
	expect_equal "the others stay then, too" "10.8.0.1 10.9.0.3 10.9.0.4 10.9.0.5 10.9.0.6" \
		"$(addresses | tr ' ' '\n' | sort | paste -sd ' ')"
	check "destroy" "$V" destroy --name net
	expect_equal "leaves what is not ours" "10.9.0.3 10.9.0.4 10.9.0.5" "$(addresses | tr ' ' '\n' | sort | paste -sd ' ')"
	expect_equal "and the value" "$value" "$(<$promote)"
	check "the network is reached still" ip route get 10.9.0.77
	ip addr flush dev eth0
done
