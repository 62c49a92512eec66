#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IPv6 is usable when apply returns: no address of ours waits for duplicate address detection where nobody else is
# on the segment, those that the kernel makes for the link included.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/v6.yaml" <<'YAML'
version: 1
name: v6
bridges:
  br0: {addresses: ["2001:db8:1::1/64"], forward: route}
  br1: {addresses: ["2001:db8:2::1/64"], forward: route}
namespaces:
  red: {attach: {br0: "2001:db8:1::2/64"}}
  blue: {attach: {br1: "2001:db8:2::2/64"}}
YAML
# Adds nothing to the time in which detection would go on.
"$V" apply -q -f "$WORK/v6.yaml" && ip netns exec red ping -6 -c 1 -W 1 2001:db8:2::2 >"$WORK/ping" &&
	answered=yes || answered=no
for place in host red blue; do
	ns=()
	[[ $place == host ]] || ns=(-n "$place")
	expect_equal "nothing is tentative in $place" "[]" \
		"$(ip "${ns[@]}" -j -6 addr show tentative | jq -c '[.[] | select(.ifname)]')"
done
expect_equal "a packet is forwarded as soon as apply returns" yes "$answered"
"$V" destroy -q -y --name v6

# A port of somebody else's makes it their segment: there addresses are looked for.
ip link add eth1 type veth peer name far
ip link set eth1 up
ip link set far up
cat >"$WORK/foreign.yaml" <<'YAML'
version: 1
name: foreign
bridges:
  br0: {addresses: ["2001:db8:1::1/64"], interfaces: [eth1]}
YAML
ip addr add 2001:db8:1::1/64 dev far nodad
status=0
"$V" apply -f "$WORK/foreign.yaml" 2>"$WORK/err" || status=$?
expect_equal "an address that somebody there has is refused" 1 "$status"
expect_match "and named" 'br0.*2001:db8:1::1.*somebody else' "$(cat "$WORK/err")"
check "nothing of it is left" test ! -e /sys/class/net/br0
