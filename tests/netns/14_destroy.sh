#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# destroy removes everything of one topology, by its file or by its name alone, and leaves the
# machine as it was before the first apply.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24, "2001:db8:1::1/64"], forward: nat}
namespaces:
  red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80"], bridges: {inner: {addresses: [10.2.0.1/24]}}}
  blue: {attach: {br0: 10.1.0.3/24}, nameservers: [192.0.2.53], extra-hosts: {red: 10.1.0.2}}
taps: {t0: {bridge: br0}}
routes: [{to: 10.4.0.0/16, via: 10.1.0.2}]
sysctls: {net.ipv4.tcp_ecn: 1}
END
everything() {
	ip -j link | jq -c '.[] | [.ifname, .mtu, .operstate, .group]'
	ip -j addr | jq -c '.[].addr_info'
	ip route show table all
	ip -6 route show table all
	ip netns
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/tcp_ecn /proc/sys/net/ipv6/conf/all/forwarding
	find /etc/netns 2>/dev/null || true
}
before=$(everything)

check "apply" "$V" -f "$WORK/net.yaml"
expect_equal "something is there" "blue red" "$(ip netns | awk '{print $1}' | sort | paste -sd ' ')"
expect_match "a dry run says what goes" '- namespace red' "$("$V" destroy -n -f "$WORK/net.yaml")"
expect_equal "and removes nothing" "blue red" "$(ip netns | awk '{print $1}' | sort | paste -sd ' ')"
expect_match "destroy by the file" '^net: [0-9]+ removed' "$("$V" destroy -f "$WORK/net.yaml" 2>&1)"
expect_equal "everything is as before" "$before" "$(everything)"
expect_equal "no record stays" "" "$(find /run/vnetapply -mindepth 1 ! -name .lock)"
expect_match "destroying nothing is no failure" 'nothing to do' "$("$V" destroy -f "$WORK/net.yaml" 2>&1)"

check "apply again" "$V" -f "$WORK/net.yaml"
rm "$WORK/net.yaml"
expect_status "destroy must be told what" 64 "$V" destroy
expect_status "another name destroys nothing of this one" 0 "$V" destroy --name netx
expect_equal "it is still there" "blue red" "$(ip netns | awk '{print $1}' | sort | paste -sd ' ')"
check "destroy by name, the file is gone" "$V" destroy --name net
expect_equal "everything is as before once more" "$before" "$(everything)"
