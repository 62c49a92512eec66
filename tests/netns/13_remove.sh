#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is taken out of the file goes from the system, and nothing else: neither what another
# topology made nor what was made by hand.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ip link add hand type bridge
sysctl -qw net.ipv6.conf.hand.accept_dad=0 # its link-local address shall not change by itself
ip addr add 192.0.2.1/24 dev hand
ip link set hand up
ip netns add byhand
ip route add 198.51.100.0/24 dev hand
nft add table inet byhand
cat >"$WORK/other.yaml" <<'END'
version: 1
name: other
bridges: {br9: {addresses: [10.9.0.1/24], forward: nat}}
namespaces: {far: {attach: {br9: 10.9.0.2/24}}}
END
check "apply another topology" "$V" -f "$WORK/other.yaml"
foreign() {
	ip -j -d addr show hand | jq 'del(.. | .valid_life_time?, .preferred_life_time?, .gc_timer?, .tcn_timer?, .hello_timer?, .topology_change_timer?)'
	ip -j -d link show br9 | jq 'del(.. | .gc_timer?, .tcn_timer?, .hello_timer?, .topology_change_timer?)'
	ip route show dev hand
	ip -n far -j addr | jq -c '.[].addr_info'
	nft list table inet byhand
	nft list table inet vnet_other
	ip netns | sort | grep -E '^(byhand|far)'
}
before=$(foreign)

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24, 10.3.0.1/24], forward: nat}
namespaces:
  red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80", "8081:81"], routes: [{to: 10.7.0.0/16, via: 10.1.0.1}]}
  blue: {attach: {br0: 10.1.0.3/24}}
taps: {t0: {bridge: br0}}
sysctls: {net.ipv4.tcp_ecn: 1}
END
ecn=$(cat /proc/sys/net/ipv4/tcp_ecn)
check "apply" "$V" -f "$WORK/net.yaml"
expect_equal "a sysctl is set" 1 "$(cat /proc/sys/net/ipv4/tcp_ecn)"
cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24], forward: nat}
namespaces:
  red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80"]}
END
plan=$("$V" plan -f "$WORK/net.yaml")
expect_match "the plan says what goes and why" '- namespace blue +no longer in the file' "$plan"
check "apply less" "$V" -f "$WORK/net.yaml"
expect_equal "the namespace is gone" "byhand far red" "$(ip netns | awk '{print $1}' | sort | paste -sd ' ')"
expect_equal "so are its wire and the tap" "br0 br9 far-eth0 hand lo red-eth0" \
	"$(json '[.[].ifname] | sort | join(" ")' ip -j link)"
expect_equal "the second address is gone" 10.1.0.1 \
	"$(json '[.[0].addr_info[] | select(.family == "inet").local] | join(" ")' ip -j addr show br0)"
expect_equal "the route is gone" "" "$(ip -n red route show 10.7.0.0/16)"
rules=$(nft list table inet vnet_net)
expect_match "one port map stays" '8080' "$rules"
expect_equal "the other one is gone" "" "$(grep 8081 <<<"$rules" || true)"
expect_equal "the sysctl has its former value" "$ecn" "$(cat /proc/sys/net/ipv4/tcp_ecn)"
expect_equal "what is not ours is as it was" "$before" "$(foreign)"
expect_status "nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"

# A name that is taken by something foreign is refused, and nothing is touched.
sed -i 's/^  br0:/  hand: {}\n  br0:/' "$WORK/net.yaml"
expect_status "a foreign object in the way is a refusal" 5 "$V" -f "$WORK/net.yaml"
expect_match "with the line that wants it" 'net.yaml:4:3: error: refused: host/hand exists already' \
	"$("$V" -f "$WORK/net.yaml" 2>&1 || true)"
expect_equal "and what is not ours is still as it was" "$before" "$(foreign)"
