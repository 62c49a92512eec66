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
ip netns exec wan python3 "$peer" segment eth0 out >"$WORK/out" &
out=$!
ip netns exec red python3 "$peer" segment eth0 back >"$WORK/back" &
back=$!
check "segments are watched" wait_until 5 grep -q ready "$WORK/out"
wait_until 5 grep -q ready "$WORK/back"
ask red tcp 203.0.113.2 >/dev/null
wait $out $back || true
expect_match "they are cut to the way out, and the source port is of the range" '5[0-9]{3} 1360' \
	"$(<"$WORK/out")"
expect_match "and what comes back" '80 1360' "$(<"$WORK/back")"

expect_equal "an extra host has a name" "10.0.0.3        db" "$(ip netns exec red getent hosts db)"
expect_equal "and in IPv6" "fd00::3         db6" "$(ip netns exec red getent hosts db6)"
expect_equal "localhost, too" "::1             localhost ip6-localhost ip6-loopback" \
	"$(ip netns exec red getent hosts localhost)"
expect_equal "the name server is the namespace's" "nameserver 10.0.0.1" \
	"$(ip netns exec red grep -v '^#' /etc/resolv.conf)"

# As on a host with systemd-resolved, whose module answers for the host's network and ends the search: here with
# a module that knows no name at all.
if command -v cc >/dev/null; then
	cat >"$WORK/resolve.c" <<-'END'
		#include <nss.h>
		#include <errno.h>
		#include <netdb.h>
		enum nss_status _nss_resolve_gethostbyname4_r(void)
		{
			h_errno = HOST_NOT_FOUND;
			return NSS_STATUS_NOTFOUND;
		}
	END
	cc -shared -fPIC -o "$WORK/libnss_resolve.so.2" "$WORK/resolve.c"
	cp /etc/nsswitch.conf "$WORK/nsswitch.conf"
	sed -i 's/^hosts:.*/hosts: files resolve [!UNAVAIL=return] dns/' /etc/nsswitch.conf
	python3 tests/netns/name_server.py 10.0.0.1 &
	wait_until 5 bash -c 'ss -Hlun "sport = :53" | grep -q .'
	lookup() { LD_LIBRARY_PATH=$WORK ip netns exec red getent ahosts host.example | head -n 1; }
	expect_equal "systemd-resolved would hide the name server" "" "$(lookup)"
	check "the host's nsswitch.conf is followed" "$V" -f "$topology"
	expect_match "the namespace's name server is asked" '^192\.0\.2\.77 ' "$(lookup)"
	cp "$WORK/nsswitch.conf" /etc/nsswitch.conf
else
	skip "a host with systemd-resolved" "no compiler"
fi

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
