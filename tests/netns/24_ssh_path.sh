#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A plan that touches the way of the caller's own SSH connection wants --confirm written out, also
# where sudo has hidden the variable.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

said() { "$@" 2>&1 || true; }
ip link add nic type veth peer name far
ip link add other type veth peer name far2
ip addr add 192.0.2.2/24 dev nic
for link in nic far other far2; do ip link set "$link" up; done
ip route add default via 192.0.2.1
over_ssh() { SSH_CONNECTION="203.0.113.9 50000 192.0.2.2 22" "$@"; }
# The shell keeps the variable, what it starts does not have it.
below_ssh() { SSH_CONNECTION="203.0.113.9 50000 192.0.2.2 22" bash -c 'env -u SSH_CONNECTION "$@"; exit $?' -- "$@"; }
file() { printf 'version: 1\nname: net\n%s\n' "$1" >"$WORK/net.yaml"; }

file 'interfaces: {nic: {mtu: 1400}}'
expect_status "its interface: refused" 5 over_ssh "$V" -f "$WORK/net.yaml"
expect_match "and said" 'interfaces/nic, which carries your SSH connection from 203.0.113.9' \
	"$(said over_ssh "$V" -f "$WORK/net.yaml")"
expect_match "with what to do" -- '--confirm-timeout 60s' "$(said over_ssh "$V" -f "$WORK/net.yaml")"
expect_status "behind sudo, too" 5 below_ssh "$V" -f "$WORK/net.yaml"
expect_equal "nothing was changed" 1500 "$(cat /sys/class/net/nic/mtu)"
expect_match "the plan warns" 'which carries your SSH connection' "$(over_ssh "$V" plan -f "$WORK/net.yaml" 2>&1)"
expect_equal "so does the JSON of it" "interfaces/nic control-connection" \
	"$(over_ssh "$V" plan -q -o json -f "$WORK/net.yaml" | jq -r '.changes[] | select(.disruption != "none") | "\(.address) \(.disruption)"')"
expect_match "and each line of it" '~ mtu .*! your SSH connection' "$(over_ssh "$V" plan -q -f "$WORK/net.yaml")"
expect_status "--max-disruption refuses it" 5 over_ssh "$V" apply --confirm none --max-disruption traffic-loss -f "$WORK/net.yaml"
expect_equal "nothing was changed" 1500 "$(cat /sys/class/net/nic/mtu)"
check "a plan saved here" over_ssh "$V" plan -q --out "$WORK/plan.json" -f "$WORK/net.yaml"
check "is the same for whoever applies it" "$V" apply -n -q --plan "$WORK/plan.json"
expect_status "and wants --confirm here" 5 over_ssh "$V" apply --plan "$WORK/plan.json"
check "without SSH it is done" "$V" plan -f "$WORK/net.yaml"
expect_status "with a timer it is done, and undone" 3 over_ssh "$V" apply --confirm-timeout 1s -f "$WORK/net.yaml"
check "with --confirm none it is done" over_ssh "$V" apply --confirm none -f "$WORK/net.yaml"
expect_equal "so it is" 1400 "$(cat /sys/class/net/nic/mtu)"
expect_status "destroying it is refused" 5 over_ssh "$V" destroy --name net
expect_status "and has no timer" 64 "$V" destroy --confirm ask --name net
check "destroy" over_ssh "$V" destroy --confirm none --name net

file 'bridges: {br0: {interfaces: [nic]}}'
expect_status "its interface into a bridge: refused" 5 over_ssh "$V" -f "$WORK/net.yaml"
file 'routes: [{to: 203.0.113.0/24, via: 192.0.2.7}]'
expect_status "a route to the client: refused" 5 over_ssh "$V" -f "$WORK/net.yaml"
file 'routes: [{to: default, via: 192.0.2.7, metric: 9}]'
expect_status "another default route: refused" 5 over_ssh "$V" -f "$WORK/net.yaml"
file 'routes: [{to: 198.51.100.0/24, via: 192.0.2.7}]'
check "a route to elsewhere is done" over_ssh "$V" -f "$WORK/net.yaml"
file 'interfaces: {other: {mtu: 1400}}'
check "another interface is done" over_ssh "$V" -f "$WORK/net.yaml"
file 'bridges: {br0: {addresses: [10.1.0.1/24]}}'
check "a network of its own is done" over_ssh "$V" -f "$WORK/net.yaml"
file 'interfaces: {nic: {mtu: 1400}}'
check "a connection that ends elsewhere does not count" \
	env SSH_CONNECTION="203.0.113.9 50000 192.0.2.77 22" "$V" -f "$WORK/net.yaml"
