# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after lib.sh: the tutorial's two machines, as namespaces alpha and beta, and what one types on them.
#
#   two_machines                 both, with a wire between them
#   alpha_by_hand, beta_by_hand  the network of topologies/two-hosts.yaml; without the relay (relay.py)

# A host on the wire between both, as far as it is there before anybody makes anything.
underlay() {
	ip -n "$1" link set lo up
	ip -n "$1" addr add "$2/24" dev eth0
	ip -n "$1" link set eth0 up
}

# by_hand HOST ADDRESS NAMESPACE:ADDRESS:PORT:INTERFACE...: what one types on one machine
by_hand() {
	local host=$1 address=$2 entry ns inner port interface
	shift 2
	ip -n "$host" link add virbr0 type bridge
	ip -n "$host" addr add "$address/16" dev virbr0
	ip -n "$host" link set virbr0 up
	for entry in "$@"; do
		IFS=: read -r ns inner port interface <<<"$entry"
		ip netns add "$ns"
		ip -n "$ns" link set lo up
		ip -n "$host" link add "$port" type veth peer name "$interface" netns "$ns"
		ip -n "$host" link set "$port" master virbr0 up
		ip -n "$ns" link set "$interface" up
		ip -n "$ns" addr add "$inner/16" dev "$interface"
		ip -n "$ns" route add default via "$address" dev "$interface"
	done
	ip -n "$host" tuntap add vtap0 mode tap
	ip -n "$host" link set vtap0 master virbr0 up
	ip netns exec "$host" sysctl -qw net.ipv4.ip_forward=1
	ip netns exec "$host" nft -f - <<-'NFT'
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			ip saddr 10.5.0.0/16 oifname != "virbr0" masquerade
		}
	}
	NFT
}

two_machines() {
	ip netns add alpha
	ip netns add beta
	ip link add eth0 netns alpha type veth peer name eth0 netns beta
	underlay alpha 192.168.50.6
	underlay beta 192.168.50.5
}
alpha_by_hand() { by_hand alpha 10.5.0.1 ns1:10.5.0.11:veth10:veth11 ns2:10.5.0.21:veth20:veth21; }
beta_by_hand() { by_hand beta 10.5.0.2 ns3:10.5.0.31:veth30:veth31; }
