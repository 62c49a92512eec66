#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A default route learned from a router advertisement outlives IPv6 forwarding going on and off:
# accept_ra becomes 2 before, and 1 again afterwards.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ip netns add router
ip link add up0 type veth peer name down0 netns router
ip -n router link set down0 up
ip link set up0 up
# usable NS|"" DEVICE: it has a link-local address, which is not being probed any more
usable() {
	local addresses
	addresses=$(ip ${1:+-n "$1"} -6 addr show dev "$2" scope link)
	[[ $addresses =~ inet6 && ! $addresses =~ tentative ]]
}
check "link-local addresses are usable" wait_until 10 usable router down0
check "on both sides" wait_until 10 usable "" up0
learned() { ip -6 route show default proto ra | grep -q 'dev up0'; }
# One advertisement may come to nothing while the machine is busy.
advertised() { ip netns exec router python3 tests/netns/router.py down0 && sleep 0.1 && learned; }
check "a default route is learned" wait_until 10 advertised
value() { cat "/proc/sys/net/ipv6/conf/$1"; }
expect_equal "nothing forwards" "0 1" "$(value all/forwarding) $(value up0/accept_ra)"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {addresses: ["2001:db8:1::1/64"], forward: route}}
namespaces: {red: {attach: {br0: "2001:db8:1::2/64"}}}
END
expect_match "the plan shows it" 'accept_ra.*2' "$("$V" plan -f "$WORK/net.yaml")"
expect_equal "before forwarding, and for no other interface" \
	"sysctls/net.ipv6.conf.up0.accept_ra sysctls/net.ipv6.conf.all.forwarding" \
	"$("$V" plan -o json -f "$WORK/net.yaml" | jq -r '[.changes[].address | select(test("^sysctl"))] | join(" ")')"
check "apply" "$V" -f "$WORK/net.yaml"
expect_equal "IPv6 is forwarded, and advertisements are heard" "1 2" \
	"$(value all/forwarding) $(value up0/accept_ra)"
check "the learned route is still there" learned
expect_status "nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"
ip -6 route del default
check "and is learned again while forwarding" wait_until 10 advertised

# A second topology that forwards holds it too.
sed 's/net$/two/; s/br0/br2/g; s/red/blue/; s/db8:1:/db8:2:/g' "$WORK/net.yaml" >"$WORK/two.yaml"
check "apply another one" "$V" -f "$WORK/two.yaml"
check "destroy the first" "$V" destroy --name net
expect_equal "the second still needs it" "1 2" "$(value all/forwarding) $(value up0/accept_ra)"
check "destroy the second" "$V" destroy --name two
expect_equal "both are as they were" "0 1" "$(value all/forwarding) $(value up0/accept_ra)"
check "the learned route outlives that too" learned
check "no record is left" test ! -e /run/vnetapply/.sysctl

# What the file says itself counts.
echo 'sysctls: {net.ipv6.conf.up0.accept_ra: 0}' >>"$WORK/net.yaml"
echo 'interfaces: {up0: {}}' >>"$WORK/net.yaml"
check "a file with a value of its own" "$V" -f "$WORK/net.yaml"
expect_equal "has it" "1 0" "$(value all/forwarding) $(value up0/accept_ra)"
check "destroy" "$V" destroy --name net
expect_equal "and gives it back" "0 1" "$(value all/forwarding) $(value up0/accept_ra)"

# An isolated bridge forwards nothing, so nothing changes.
printf 'version: 1\nname: net\nbridges: {br0: {addresses: ["2001:db8:1::1/64"], forward: isolated}}\n' >"$WORK/net.yaml"
check "apply an isolated one" "$V" -f "$WORK/net.yaml"
expect_equal "nothing forwards for it" "0 1" "$(value all/forwarding) $(value up0/accept_ra)"
