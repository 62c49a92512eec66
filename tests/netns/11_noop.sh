#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A second apply writes nothing: every monitor of every place stays silent, and every value is what
# it was. That a monitor would have spoken is shown by a change made by hand at the end.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24, "2001:db8:1::1/64"], forward: nat}
namespaces:
  red:
    attach: {br0: [10.1.0.2/24, "2001:db8:1::2/64"]}
    ports: ["8080:80", "53:53/udp"]
    routes: [{to: 10.9.0.0/16, via: 10.1.0.3}, {to: 203.0.113.0/24, type: blackhole}]
  blue: {attach: {br0: 10.1.0.3/24}, forwarding: true, sysctls: {net.ipv4.tcp_ecn: 1}}
taps:
  t0: {bridge: br0}
links:
  - ["red:p0 10.2.0.1/30", "blue:p0 10.2.0.2/30"]
END
places=(- red blue)

inside() {
	local place=$1
	shift
	if [[ $place == - ]]; then "$@"; else ip netns exec "$place" "$@"; fi
}

check "apply" "$V" -f "$WORK/net.yaml"
# Duplicate address detection, carriers and the bridge's timers come to rest.
sleep 2

monitors=()
for place in "${places[@]}"; do
	inside "$place" ip monitor link address route rule netconf >"$WORK/ip.$place" 2>&1 &
	monitors+=($!)
	inside "$place" stdbuf -oL nft monitor >"$WORK/nft.$place" 2>&1 &
	monitors+=($!)
done
sleep 0.5
values() {
	local place
	for place in "${places[@]}"; do
		inside "$place" sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.(conf|ip_forward|tcp_ecn|neigh)' |
			grep -v '_secret' || true
	done
}
before=$(values)

output=$("$V" -f "$WORK/net.yaml" 2>&1) || fail "the second apply" "$output"
expect_match "the second apply finds nothing to do" '^net: nothing to do  \([0-9]+ unchanged\)$' "$output"
expect_status "diff finds no difference" 0 "$V" diff -f "$WORK/net.yaml"
expect_status "a dry run finds none either" 0 "$V" -n --detailed-exitcode -f "$WORK/net.yaml"
sleep 0.5
for place in "${places[@]}"; do
	expect_equal "ip monitor is silent in $place" "" "$(cat "$WORK/ip.$place")"
	expect_equal "nft monitor is silent in $place" "" "$(cat "$WORK/nft.$place")"
done
expect_equal "no value of the kernel moved" "$before" "$(values)"

for place in "${places[@]}"; do
	inside "$place" ip link add probe type bridge
	inside "$place" nft add table inet probe
done
spoke() {
	local place
	for place in "${places[@]}"; do
		grep -q probe "$WORK/ip.$place" && grep -q probe "$WORK/nft.$place" || return 1
	done
}
check "the monitors do speak of a change" wait_until 5 spoke
kill "${monitors[@]}"
