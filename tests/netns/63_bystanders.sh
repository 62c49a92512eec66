#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is not ours stays as it is: a host full of foreign links, namespaces, addresses, routes, rules, sysctls, nft
# tables as Docker and firewalld make them, and a program, through apply, change, failure, rollback, and destroy.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

# Beside ours by name, group and place; nothing has our alias.
ip link add docker0 type bridge
ip link add virbr1 type bridge
ip link add v0 type veth peer name v1
ip link set v1 master docker0
ip link set v0 group 1443096951 # the group of two-hosts: a collision
ip link set docker0 mtu 1400
ip tuntap add dev tap9 mode tap
ip link set tap9 alias "vnet:two-hosts2:host/tap9"
ip addr add 172.17.0.1/16 dev docker0
ip addr add 192.168.50.66/24 dev eth0 # beside the underlay's
for link in docker0 virbr1 v0 v1; do
	ip link set "$link" addrgenmode none
	ip link set "$link" up
done
ip netns add other
ip -n other link add inner type bridge
ip -n other link set inner addrgenmode none
ip -n other link set inner up
ip -n other addr add 10.5.0.11/16 dev inner # an address that ours has, elsewhere
ip netns exec other nft add table inet vnet_two_hosts # our name, in a place that is not ours
ip route add 198.51.100.0/24 via 192.168.50.5 proto static
ip route add 203.0.113.0/24 via 192.168.50.5 table 7 proto 101
ip rule add from 172.17.0.0/16 lookup 7 priority 100
ip neigh add 192.168.50.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
echo 1 >/proc/sys/net/ipv4/ip_forward # as Docker does; where nobody had, ours stays on for them (25_forwarding_stays)
echo 1 >/proc/sys/net/ipv4/conf/docker0/route_localnet
mkdir -p /etc/netns/other
echo "nameserver 192.0.2.1" >/etc/netns/other/resolv.conf
ip netns exec other sleep 600 &

cat >"$WORK/docker.rules" <<'END'
*nat
:POSTROUTING ACCEPT
:DOCKER -
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:FORWARD ACCEPT
:DOCKER -
:DOCKER-USER -
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
END
docker_load() { iptables-nft-restore "$WORK/docker.rules"; }
cat >"$WORK/firewalld.nft" <<'END'
table inet firewalld {
	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
		ct state { established, related } accept
	}
	set trusted { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
}
END
docker_load
nft -f "$WORK/firewalld.nft"

# Everything but what is ours, which is told by names that nothing foreign here has; and what ours forwards.
ours='virbr0|vtap0|veth[12]0|ns[12]\b|vnet_two_hosts|10\.5\.|/run/vnetapply|vnettunnel'
foreign() {
	nft list tables | grep -v vnet_two_hosts | sort | while read -r _ family name; do
		nft -s list table "$family" "$name" 2>/dev/null
	done
	ip netns exec other nft -s list ruleset
	python3 tests/netns/host_state.py | grep -Ev "^(ns[12]|host: nft|other: nft)|$ours|forwarding|ip_forward|host_state" | sort
	ip -n other addr show inner | grep -o 'inet .*'
	ip -j neigh show nud permanent
	cat /etc/netns/other/resolv.conf
	ls /etc/netns
}
two_hosts() { "$V" "$@" --host alpha; }
unmoved() { expect_equal "nothing foreign moved: $1" "$before" "$(foreign)"; }
everything=$(python3 tests/netns/host_state.py | grep -v host_state)
before=$(foreign)

check "apply" two_hosts -f topologies/two-hosts.yaml
unmoved "apply"
check "change" two_hosts -f "$CHANGED"
unmoved "change"
expect_status "a change that nobody confirms is undone" 3 two_hosts apply --confirm-timeout 1s -f topologies/two-hosts.yaml
unmoved "undone"
check "rollback" "$V" rollback --name two-hosts
unmoved "rollback"
check "change again" two_hosts -f "$CHANGED"
for k in 8 20 26; do
	expect_status "a change fails" 1 env VNET_SHIM_FAIL_AT=$k LD_PRELOAD="$SHIM" "$V" \
		-f topologies/two-hosts.yaml --host alpha
	unmoved "a failure at request $k"
done

# Each reloads its own, Docker's rules first of all, and one that flushes all takes ours along: the next run makes that again.
iptables-nft -F FORWARD
docker_load
check "apply after Docker reloaded" two_hosts -f "$CHANGED"
unmoved "Docker reloaded"
nft -f - <<<"flush table inet firewalld; delete table inet firewalld"
nft -f "$WORK/firewalld.nft"
check "apply after firewalld reloaded" two_hosts -f "$CHANGED"
unmoved "firewalld reloaded"
nft flush ruleset
docker_load
nft -f "$WORK/firewalld.nft"
expect_status "what a flush took is seen" 2 two_hosts diff -f "$CHANGED"
check "and made again" two_hosts -f "$CHANGED"
unmoved "all was flushed"
check "nothing is left to do" two_hosts diff -f "$CHANGED"

for k in 5 12 18; do
	# In a shell that says nothing of its being killed.
	VNET_SHIM_KILL_BEFORE=$k LD_PRELOAD=$SHIM bash -c '"$0" destroy --name two-hosts; exit 0' "$V" >/dev/null 2>&1
	sleep 0.1 # a namespace goes in the kernel's own time
	unmoved "destroy killed at request $k"
done
check "destroy" "$V" destroy --name two-hosts
unmoved "destroy"
check "the foreign program runs" pgrep -f '^sleep 600$'
expect_equal "the whole host is as it was" "$everything" "$(python3 tests/netns/host_state.py | grep -v host_state)"
