#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a file leaves to the kernel or to other links does not depend on what an earlier file said.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mtu() { cat "/sys/class/net/$1/mtu"; }
file() { printf 'version: 1\nname: net\nnamespaces: {keep: {}}\n%s\n' "$1" >"$WORK/net.yaml"; }
applied() { # applied NAME TEXT: the file is applied, and nothing is left to do, also for a later run
	file "$2"
	check "$1" "$V" -f "$WORK/net.yaml"
	expect_status "$1: the next plan is empty" 0 "$V" diff -f "$WORK/net.yaml"
}
for link in eth0 eth1; do
	ip link add $link type veth peer name far$link
	ip link set $link up
	ip link set far$link up
done
ip addr add 192.0.2.1/24 dev eth0
ip link set eth1 mtu 1450

# A bridge that was given an MTU no longer follows its ports by itself.
applied "a bridge has an MTU" 'bridges: {br0: {mtu: 1300, interfaces: {eth1: {}}}}'
expect_equal "the written one" 1300 "$(mtu br0)"
applied "none is written any more" 'bridges: {br0: {interfaces: {eth1: {}}}}'
expect_equal "it has that of its port" 1450 "$(mtu br0)"
ip link set eth1 mtu 1400
applied "after the port changed" 'bridges: {br0: {interfaces: {eth1: {}}}}'
expect_equal "it follows" 1400 "$(mtu br0)"
applied "with a port of its own" 'bridges: {br0: {interfaces: {eth1: {}}}}
taps: {t0: {bridge: br0, mtu: 1350}}'
expect_equal "the least counts" 1350 "$(mtu br0)"
ip link set eth1 mtu 1500
file ''
expect_match "the plan says that a port which is not ours stays" 'eth1 +no longer in the file: given back, not removed' \
	"$("$V" plan -f "$WORK/net.yaml")"

# STP goes off with the delay that it needs, and comes back.
applied "STP" 'bridges: {br0: {parameters: {stp: true, forward-delay: 4}}}'
applied "no STP" 'bridges: {br0: {parameters: {ageing-time: 60}}}'
expect_equal "is off, without a delay" "0 0 6000" \
	"$(ip -j -d link show br0 | jq -r '.[].linkinfo.info_data | "\(.stp_state) \(.forward_delay) \(.ageing_time)"')"
applied "STP again" 'bridges: {br0: {parameters: {stp: true, forward-delay: 3}}}'

# What a tunnel carries depends on the MTU that its underlay has by this file.
tunnel='tunnels: {t0: {mode: tap, interface: tap0, port: 40000, encryption: none, peers: [{name: far, endpoint: "192.0.2.2:40000"}]}}'
applied "a tunnel over an interface" "$tunnel"
expect_equal "less 42 bytes of headers" 1458 "$(mtu tap0)"
applied "whose MTU the file sets" "interfaces: {eth0: {mtu: 1400}}
$tunnel"
expect_equal "it carries less, at once" "1400 1358" "$(mtu eth0) $(mtu tap0)"
applied "and gives back" "$tunnel"
expect_equal "it carries what it did" "1500 1458" "$(mtu eth0) $(mtu tap0)"

# A port that is made elsewhere has what the kernel gave it when the file says no longer what it has.
port() { bridge -j -d link show dev eth1 | jq -r '.[] | "\(.master) \(.cost) \(.isolated)"'; }
applied "a port" 'bridges: {br0: {interfaces: {eth1: {}}}}'
plain=$(port)
applied "has settings" 'bridges: {br0: {interfaces: {eth1: {path-cost: 100, isolated: true}}}}'
expect_equal "those" "br0 100 true" "$(port)"
applied "has one" 'bridges: {br0: {interfaces: {eth1: {isolated: true}}}}'
expect_equal "the other is what it was" "${plain% false} true" "$(port)"
applied "has none" 'bridges: {br0: {interfaces: {eth1: {}}}}'
expect_equal "all is what it was" "$plain" "$(port)"
check "destroy" "$V" destroy --name net
applied "a port with settings from the start" 'bridges: {br0: {interfaces: {eth1: {path-cost: 100, isolated: true}}}}'
applied "and without" 'bridges: {br0: {interfaces: {eth1: {}}}}'
expect_equal "is a plain one" "$plain" "$(port)"
check "destroy" "$V" destroy --name net
ip link add foreign type bridge
ip link set eth1 master foreign
bridge link set dev eth1 cost 55
applied "a port of another bridge before" 'bridges: {br0: {interfaces: {eth1: {path-cost: 100}}}}'
check "destroy" "$V" destroy --name net
expect_equal "it is that bridge's again" "foreign 55 false" "$(port)"
ip link set eth1 nomaster

# Whether an interface listens to router advertisements while IPv6 is forwarded, when it was a port before.
router='bridges: {br0: {addresses: ["2001:db8:1::1/64"], forward: route}}'
ra() { cat /proc/sys/net/ipv6/conf/eth1/accept_ra; }
applied "a port" 'bridges: {br0: {interfaces: {eth1: {}}}}'
applied "is released, and IPv6 forwarded" "$router"
expect_equal "it listens" 2 "$(ra)"
applied "a port of a router" 'bridges: {br0: {addresses: ["2001:db8:1::1/64"], forward: route, interfaces: {eth1: {}}}}'
expect_equal "has what it had" 1 "$(ra)"
check "destroy" "$V" destroy --name net
expect_equal "leaves all as it was" "1500 1500 1" "$(mtu eth0) $(mtu eth1) $(ra)"
