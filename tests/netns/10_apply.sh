#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One apply makes what the file says: seen through ip, bridge and nft, and by packets. --dry-run
# before it touches nothing.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24, "2001:db8:1::1/64"], forward: nat}
namespaces:
  red: {attach: {br0: [10.1.0.2/24, "2001:db8:1::2/64"]}, ports: ["8080:80"]}
  blue: {attach: {br0: 10.1.0.3/24}}
END

everything() {
	ip -d -j link
	ip -j addr
	ip -j route show table all
	ip -6 -j route show table all
	ip -j rule
	ip netns
	nft list ruleset
	sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.(ip_forward|conf\.[^.]*\.forwarding)' || true
	find /run /etc/netns 2>/dev/null || true
}

before=$(everything)
plan=$("$V" --dry-run -f "$WORK/net.yaml" 2>&1)
expect_match "the plan names the bridge" '\+ bridge +br0' "$plan"
expect_match "the plan names both ends of a wire" '\+ link +red/eth0  <->  host/red-eth0' "$plan"
expect_equal "a dry run touches nothing" "$before" "$(everything)"

output=$("$V" -f "$WORK/net.yaml" 2>&1) || fail "apply" "$output"
expect_match "apply says in one line what it did" '^net: [0-9]+ created, [0-9]+ changed  \(0 unchanged\)$' "$output"

expect_equal "both namespaces are there" "blue red" "$(ip netns | awk '{print $1}' | sort | paste -sd ' ')"
expect_equal "the bridge has its addresses" "10.1.0.1/24 2001:db8:1::1/64" \
	"$(json '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | join(" ")' \
		ip -j addr show br0)"
expect_equal "both wires are ports of it" "blue-eth0 red-eth0" \
	"$(json '[.[].ifname] | sort | join(" ")' bridge -j link)"
expect_equal "the end in the namespace has its addresses" "10.1.0.2/24 2001:db8:1::2/64" \
	"$(json '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | join(" ")' \
		ip -n red -j addr show eth0)"
expect_equal "its default route is the bridge" 10.1.0.1 \
	"$(json '.[] | select(.dst == "default") | .gateway' ip -n red -j route)"
expect_equal "and for IPv6" 2001:db8:1::1 \
	"$(json '.[] | select(.dst == "default") | .gateway' ip -n red -6 -j route)"
expect_equal "lo is up" UNKNOWN "$(json '.[0].operstate' ip -n red -j link show lo)"
mac=$(printf 'net/%s/red/eth0' "$(hostname -s)" | sha256sum | cut -c 1-10)
expect_equal "the MAC is derived from the names" "02:${mac:0:2}:${mac:2:2}:${mac:4:2}:${mac:6:2}:${mac:8:2}" \
	"$(json '.[0].address' ip -n red -j link show eth0)"
expect_equal "forwarding is on" "1 1" \
	"$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding | paste -sd ' ')"
expect_match "there is a port map" '8080' "$(nft list table inet vnet_net)"

check "an IPv6 address is usable at once" ip netns exec red ping -6 -c 1 -W 1 2001:db8:1::1
check "namespaces reach each other" ip netns exec red ping -c 1 -W 2 10.1.0.3
ip netns exec red python3 -c 'import socket
s = socket.create_server(("10.1.0.2", 80))
while True:
    c, a = s.accept(); c.sendall(b"red"); c.close()' &
listen_ready red 80
expect_equal "the port map leads to the namespace" red \
	"$(ip netns exec blue python3 -c 'import socket
s = socket.create_connection(("10.1.0.1", 8080), 3); print(s.recv(99).decode())')"
