#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What leaves: source addresses and ports in both families, and the size of TCP segments. What the names of a namespace
# mean, and sysctls that two topologies share.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peer=tests/netns/nat_peer.py
topology=$WORK/snat.yaml
cat >"$topology" <<END
version: 1
name: snat-test
bridges:
  br0: {addresses: [10.0.0.1/24, "fd00::1/64"], forward: route}
namespaces:
  red:
    attach: {br0: [10.0.0.2/24, "fd00::2/64"]}
    nameservers: [10.0.0.1]
    extra-hosts: {db: 10.0.0.3, db6: "fd00::3"}
    sysctls: {net.ipv4.ip_default_ttl: 70}
  blue: {attach: {br0: [10.0.0.3/24, "fd00::3/64"]}}
nat:
  snat:
    - {source: 10.0.0.2/32, out: wan0, to: "203.0.113.8-203.0.113.9:5000-5999"}
    - {source: "fd00::2/128", out: wan0, to: "2001:db8:ff::8"}
  masquerade:
    - {source: 10.0.0.0/24, out: wan0}
    - {source: "fd00::/64", out-not: br0}
mss-clamp: [wan0]
END

ip netns add wan
ip link add wan0 type veth peer name eth0 netns wan
ip addr add 203.0.113.1/24 dev wan0
for i in 8 9; do
	ip addr add 203.0.113.$i/32 dev wan0
	ip addr add 2001:db8:ff::$i/128 dev wan0 nodad
done
ip addr add 2001:db8:ff::1/64 dev wan0 nodad
ip link set wan0 up mtu 1400
ip -n wan addr add 203.0.113.2/24 dev eth0
ip -n wan addr add 2001:db8:ff::2/64 dev eth0 nodad
ip -n wan link set eth0 up
ip netns exec wan python3 "$peer" serve 80 &
listen_ready wan 80

check "it applies" "$V" -f "$topology"
settled() { [[ -z $(ip -6 addr show tentative; ip -n wan -6 addr show tentative) ]]; }
check "link-local addresses are settled" wait_until 5 settled

ask() { # FROM PROTOCOL HOST: the address that the other side sees
	ip netns exec "$1" python3 "$peer" ask "$2" "$3" 80
}
expect_match "TCP leaves with an address of the range" '^80 203\.0\.113\.[89]$' "$(ask red tcp 203.0.113.2)"
expect_match "UDP does" '^80 203\.0\.113\.[89]$' "$(ask red udp 203.0.113.2)"
expect_equal "IPv6 leaves with its address" "80 2001:db8:ff::8" "$(ask red tcp 2001:db8:ff::2)"
expect_equal "others are masqueraded" "80 203.0.113.1" "$(ask blue tcp 203.0.113.2)"
expect_match "in IPv6, too" '^80 2001:db8:ff::[189]$' "$(ask blue tcp 2001:db8:ff::2)"
check "what has no ports gets the address alone" ip netns exec red ping -c 1 -W 2 203.0.113.2

# The first segment of each direction, where it arrives.
capture() { # NAMESPACE SOURCE-PORT-FILTER
	ip netns exec "$1" timeout 10 tcpdump -ni eth0 -c 1 -vv "$2 and tcp[tcpflags] & tcp-syn != 0" 2>"$WORK/tcpdump-$1"
}
capture wan "tcp dst port 80" >"$WORK/out" &
out=$!
capture red "tcp src port 80" >"$WORK/back" &
back=$!
check "packets are captured" wait_until 5 grep -q listening "$WORK/tcpdump-wan"
wait_until 5 grep -q listening "$WORK/tcpdump-red"
ask red tcp 203.0.113.2 >/dev/null
wait $out $back || cat "$WORK"/tcpdump-*
expect_equal "segments are cut to the way out, both ways" "mss 1360 mss 1360" \
	"$(cat "$WORK/out" "$WORK/back" | grep -o 'mss [0-9]*' | paste -sd ' ')"
expect_match "source ports are of the range" '203\.0\.113\.[89]\.5[0-9]{3} >' "$(<"$WORK/out")"

expect_equal "an extra host has a name" "10.0.0.3        db" "$(ip netns exec red getent hosts db)"
expect_equal "and in IPv6" "fd00::3         db6" "$(ip netns exec red getent hosts db6)"
expect_equal "localhost, too" "::1             localhost ip6-localhost ip6-loopback" \
	"$(ip netns exec red getent hosts localhost)"
expect_equal "the name server is the namespace's" "nameserver 10.0.0.1" \
	"$(ip netns exec red grep -v '^#' /etc/resolv.conf)"

ttl() { ip netns exec red cat /proc/sys/net/ipv4/ip_default_ttl; }
expect_equal "a sysctl of a namespace is set there" 70 "$(ttl)"
expect_equal "and not on the host" 64 "$(</proc/sys/net/ipv4/ip_default_ttl)"
sed -i '/ip_default_ttl/d' "$topology"
check "it leaves the file" "$V" -f "$topology"
expect_equal "then it is what a new namespace has" 64 "$(ttl)"

# A second topology wants forwarding too; whoever goes last puts it back.
sed 's/snat-test/other/; s/br0/br1/; s/10\.0\.0/10.0.1/; s/fd00:/fd01:/; /^namespaces/,$d' "$topology" >"$WORK/other.yaml"
expect_equal "forwarding is on" 1 "$(</proc/sys/net/ipv4/ip_forward)"
check "a second topology applies" "$V" -f "$WORK/other.yaml"
check "the first is destroyed" "$V" destroy -f "$topology" --yes
expect_equal "forwarding stays on" "1 1" \
	"$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding | paste -sd ' ')"
check "the second is destroyed" "$V" destroy -f "$WORK/other.yaml" --yes
expect_equal "forwarding is as it was" "0 0" \
	"$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding | paste -sd ' ')"
check_not "no record stays" test -e /run/vnetapply/.sysctl
check_not "no file stays in /etc/netns" test -e /etc/netns/red
