#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What state and render print is a topology again: diff against it is empty, and after destroy it
# makes the same network. It holds nothing that moves by itself.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24, "2001:db8:1::1/64"], forward: nat}
  br1: {addresses: [10.8.0.1/24], forward: route, parameters: {ageing-time: 100}}
namespaces:
  red:
    attach: {br0: [10.1.0.2/24, "2001:db8:1::2/64"]}
    ports: ["8080:80", "10.1.0.1:5000-5002:5000-5002/udp"]
    routes: [{to: 10.9.0.0/16, via: 10.1.0.3}, {to: 203.0.113.0/24, type: blackhole}]
  blue: {attach: {br0: 10.1.0.3/24, br1: 10.8.0.3/24}, forwarding: true}
taps:
  t0: {bridge: br1}
links:
  - ["red:p0 10.2.0.1/30", "blue:p0 10.2.0.2/30"]
sysctls: {net.ipv4.tcp_ecn: 1}
END
check "apply" "$V" -f "$WORK/net.yaml"

"$V" state -f "$WORK/net.yaml" >"$WORK/state.yaml" || fail "state"
expect_status "the printed state is a valid topology" 0 "$V" check -f "$WORK/state.yaml"
output=$("$V" diff -f "$WORK/state.yaml" 2>&1) || fail "diff against it is empty" "$output"
expect_match "diff against it is empty" 'nothing to do' "$output"
expect_equal "no name is needed where one topology is live" "$(cat "$WORK/state.yaml")" "$("$V" state)"
expect_equal "nor the file" "$(cat "$WORK/state.yaml")" "$("$V" state --name net)"

"$V" render -f "$WORK/net.yaml" >"$WORK/render.yaml" || fail "render"
output=$("$V" diff -f "$WORK/render.yaml" 2>&1) || fail "diff against the rendered file is empty" "$output"
expect_match "diff against the rendered file is empty" 'nothing to do' "$output"

first=$("$V" state -o json --name net)
expect_equal "JSON says what it is" "1.0 state net" \
	"$(jq -r '"\(.format_version) \(.kind) \(.name)"' <<<"$first")"
expect_equal "no index, counter or lifetime is in it" "" \
	"$(jq -r '[paths | .[-1] | strings | select(test("index|bytes|packets|lifetime|handle"))] | unique[]' <<<"$first")"
ip netns exec red ping -c 2 -i 0.2 10.1.0.3 >/dev/null || true
expect_equal "traffic changes nothing in it" "$first" "$("$V" state -o json --name net)"

ip link add hand type bridge
expect_equal "what is foreign is left out" "$first" "$("$V" state -o json --name net)"
expect_match "unless all is asked for" '"hand"' "$("$V" state -o json --all --name net)"
ip link del hand

check "destroy" "$V" destroy --name net
check "apply the printed state" "$V" -f "$WORK/state.yaml"
expect_equal "it makes the same network" "$first" "$("$V" state -o json --name net)"
expect_status "which is that of the first file" 0 "$V" diff -f "$WORK/net.yaml"
printf 'version: 1\nname: two\ntaps: {x1: {}}\n' >"$WORK/two.yaml"
check "apply a second topology" "$V" -f "$WORK/two.yaml"
expect_status "64 where several are live" 64 "$V" state
expect_match "with their names" 'net, two|two, net' "$("$V" state 2>&1 || true)"

# A file with hosts: what is printed says which host it is for.
ip link add eth0 type bridge
ip addr add 192.168.50.6/24 dev eth0
ip link set eth0 up
check "apply one host of two" "$V" -f topologies/two-hosts.yaml
for how in state render; do
	"$V" "$how" -f topologies/two-hosts.yaml >"$WORK/$how.yaml" || fail "$how"
	expect_equal "$how keeps who it is for" alpha "$("$V" whoami -f "$WORK/$how.yaml" 2>/dev/null)"
	expect_status "and differs in nothing" 0 "$V" diff -f "$WORK/$how.yaml"
done
check "destroy it" "$V" destroy --name two-hosts
