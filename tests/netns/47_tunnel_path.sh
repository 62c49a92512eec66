#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A path that is narrower than its ends: behind a router, from the beginning or in the middle of a transfer, with or
# without the ICMP that says so. What is too big is answered or cut into fragments, and TCP does not notice.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
# A router between them: 198.51.100.0/24 and 2001:db8:a::/64 before it, 203.0.113.0/24 and 2001:db8:b::/64 behind.
ip netns add router
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
wire_router() {
	ip link add far0 netns "$1" type veth peer name "to-$1" netns router
	ip -n "$1" addr add "$2.1/24" dev far0
	ip -n "$1" addr add "$3::1/64" dev far0 nodad
	ip -n router addr add "$2.9/24" dev "to-$1"
	ip -n router addr add "$3::9/64" dev "to-$1" nodad
	ip -n "$1" link set far0 up
	ip -n router link set "to-$1" up
	ip -n "$1" route add "$4.0/24" via "$2.9"
	ip -n "$1" route add "$5::/64" via "$3::9"
}
wire_router a 198.51.100 2001:db8:a 203.0.113 2001:db8:b
wire_router b 203.0.113 2001:db8:b 198.51.100 2001:db8:a
start_ends

# set_hop MTU: of the router's link to b, both ends
set_hop() {
	ip -n router link set to-b mtu "$1"
	ip -n b link set far0 mtu "$1"
}
# Large pings without DF until a has heard from the router.
is_learned() {
	ip netns exec a ping -q -c 1 -W 0.2 -s 1390 -M "dont" 10.5.0.2 >/dev/null || true
	holds a '.peers.b."path-mtu" == 1400'
}
learn() { wait_until 15 is_learned || true; }

# As expect_path has its variables.
told() {
	output=$(ip netns exec a ping -c 2 -i 0.1 -W 1 -M "do" -s $((1500 - headers - 28)) 10.5.0.2 2>&1) || true
	expect_match "$name: IPv4 is told what fits" "([Ff]rag needed|message too long).*mtu ?= ?$((1400 - headers))" "$output"
	check "$name: and it is counted" holds a '.drops."too-big" > 0'
	check "$name: what fits crosses" ip netns exec a ping -q -c 1 -W 2 -M "do" -s $((1400 - headers - 28)) 10.5.0.2
	output=$(ip netns exec a ping -c 2 -i 0.1 -W 1 -M "do" -s $((1500 - headers - 48)) 2001:db8:5::2 2>&1) || true
	expect_match "$name: IPv6 is told what fits" "(too big|message too long).*mtu ?= ?$((1400 - headers))" "$output"
}

# fragments_seen: on the router, of both families, on their way through the tunnel
fragments_seen() {
	json '[.nftables[].rule?.expr[]?.counter?.packets? // empty] | add' ip netns exec router nft -j list table inet seen
}
ip netns exec router nft -f - <<-NFT
	table inet seen {
		chain arriving {
			type filter hook prerouting priority -450
			udp dport 40000 ip frag-off & 0x3fff != 0 counter
			exthdr frag exists counter
		}
	}
NFT

# expect_path NAME plain|whole|noise A-ADDRESS B-ADDRESS HEADERS: those of the underlay and the tunnel, Ethernet's included
expect_path() {
	local name=$1 headers=$5 output before
	set_hop 1500
	forget
	check "$name: configured" configure_ends "$2" "$3" "$4" $((1500 - headers))
	check "$name: ping crosses" wait_until 10 ip netns exec a ping -q -c 1 -W 1 10.5.0.2
	check "$name: the path is known" wait_until 5 holds a '.peers.b."path-mtu" == 1500'
	expect_equal "$name: a path that becomes narrower loses nothing" same \
		"$(send_bytes a b 10.5.0.2 16 set_hop 1400)"
	learn
	check "$name: that is known" holds a '.peers.b."path-mtu" == 1400'
	if [[ $2 == plain ]]; then
		check "$name: what is too big is cut" ip netns exec a ping -q -c 2 -i 0.2 -W 2 -M "do" -s $((1500 - headers - 28)) 10.5.0.2
		check "$name: IPv6, too" ip netns exec a ping -q -c 2 -i 0.2 -W 2 -M "do" -s $((1500 - headers - 48)) 2001:db8:5::2
	else
		told
	fi
	forget
	learn
	before=$(fragments_seen)
	check "$name: what may be cut is cut" ip netns exec a ping -q -c 2 -i 0.2 -W 2 -M "dont" -s $((1500 - headers - 28)) 10.5.0.2
	if [[ $2 == whole ]]; then
		expect_equal "$name: by its sender" "$before" "$(fragments_seen)"
	else
		check "$name: on its way" test "$(fragments_seen)" -gt "$before"
	fi
	expect_equal "$name: TCP over IPv6 finds its size" same "$(send_bytes b a 2001:db8:5::1 8)"
	forget
	learn
	# Both ends are offered what fits.
	ip netns exec b timeout 60 python3 -c '
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("vtap0", 3)) # ETH_P_ALL
print("listening", flush=True)
while True:
    f = s.recv(65536)
    if f[12:14] == b"\x08\x00" and f[23] == 6 and f[47] & 2: # a SYN
        options = f[54:34 + (f[46] >> 4) * 4]
        while options[0] != 2: # the segment size
            options = options[1:] if options[0] == 1 else options[options[1]:]
        print("mss %d," % struct.unpack("!H", options[2:4]), flush=True)
        break' >"$WORK/syn" &
	check "$name: a dump listens" wait_until 30 grep -q listening "$WORK/syn"
	expect_equal "$name: TCP goes on" same "$(send_bytes a b 10.5.0.2 1)"
	wait $! || true
	expect_match "$name: the segment size is clamped" "mss $((1400 - headers - 40))," "$(cat "$WORK/syn")"
}
expect_path "plain, IPv4" plain 198.51.100.1 203.0.113.1 42
expect_path "plain, IPv6" plain 2001:db8:a::1 2001:db8:b::1 62
expect_path "whole, IPv4" whole 198.51.100.1 203.0.113.1 42
expect_path "whole, IPv6" whole 2001:db8:a::1 2001:db8:b::1 62
expect_path "noise, IPv4" noise 198.51.100.1 203.0.113.1 74
expect_path "noise, IPv6" noise 2001:db8:a::1 2001:db8:b::1 94

# Jumbo frames where the underlay has them.
for link in to-a to-b; do ip -n router link set $link mtu 9000; done
for host in a b; do ip -n $host link set far0 mtu 9000; done
forget
check "jumbo: configured" configure_ends noise 198.51.100.1 203.0.113.1 8926
check "jumbo: the largest packet crosses" wait_until 10 ip netns exec a ping -q -c 1 -W 1 -M "do" -s 8898 10.5.0.2
check "jumbo: the path is known" wait_until 5 holds a '.peers.b."path-mtu" == 9000'
