#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A path that loses what is too large and says nothing: its routers' ICMP is filtered, and fragments are, too. Encrypted
# tunnels find out by themselves what passes, TCP gets through, and so does what nobody can be told of; what passes
# again later is found.

export VNET_SECONDS=${VNET_SECONDS:-400}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
# a - r1 - r2 - b; the link in the middle is the narrow one, so that neither host knows of it.
for router in r1 r2; do
	ip netns add $router
	ip netns exec $router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip netns exec $router nft -f - <<-NFT
		table inet filter {
			chain output {
				type filter hook output priority 0
				icmp type destination-unreachable icmp code frag-needed counter drop
				icmpv6 type packet-too-big counter drop
			}
			chain arriving {
				type filter hook prerouting priority -450
				ip frag-off & 0x3fff != 0 drop
				exthdr frag exists drop
			}
		}
	NFT
done
# link NS DEVICE NET HOST-PART NS DEVICE HOST-PART
link() {
	ip link add "$2" netns "$1" type veth peer name "$6" netns "$5"
	ip -n "$1" addr add "$3.$4/24" dev "$2"
	ip -n "$5" addr add "$3.$7/24" dev "$6"
	ip -n "$1" addr add "2001:db8:${3##*.}::$4/64" dev "$2" nodad
	ip -n "$5" addr add "2001:db8:${3##*.}::$7/64" dev "$6" nodad
	ip -n "$1" link set "$2" up
	ip -n "$5" link set "$6" up
}
link a far0 198.51.100 1 r1 near 9
link r1 middle 198.51.101 1 r2 middle 2
link b far0 198.51.102 1 r2 near 9
for way in "a 102 198.51.100.9 2001:db8:100::9" "r1 102 198.51.101.2 2001:db8:101::2" \
	"b 100 198.51.102.9 2001:db8:102::9" "r2 100 198.51.101.1 2001:db8:101::1"; do
	# shellcheck disable=SC2086
	set -- $way
	ip -n "$1" route add "198.51.$2.0/24" via "$3"
	ip -n "$1" route add "2001:db8:$2::/64" via "$4"
done
# set_hop MTU
set_hop() {
	ip -n r1 link set middle mtu "$1"
	ip -n r2 link set middle mtu "$1"
}
export VNETTUNNEL_PATH_RAISE=6
start_ends
# with_frames SECONDS HOST PEER QUERY: frames flow until the state of HOST says so
is_found() {
	ip netns exec "$1" ping -q -c 1 -W 1 "10.5.0.$([[ $2 == a ]] && echo 1 || echo 2)" >/dev/null || true
	holds "$1" "$3"
}
with_frames() { wait_until "$1" is_found "${@:2}"; }

# large_cross SIZE send|flood: two of so many bytes, from a to b: an IPv6 multicast, and a frame that is not IP, which
# goes to b alone or, as its address is nobody's, to whoever there is
large_cross() {
	local to
	to=$(ip -n b -j link show virbr0 | jq -r '.[].address')
	[[ $2 == send ]] || to=02:00:00:00:00:77
	ip netns exec b timeout 30 python3 tests/netns/large.py take "$1" >"$WORK/large" &
	local taker=$!
	wait_until 10 grep -q ready "$WORK/large" || return
	ip netns exec a timeout 30 python3 tests/netns/large.py send "$1" "$to" &
	local sender=$! status=0
	wait $taker || status=$?
	kill "$sender" 2>/dev/null || true
	wait "$sender" || true
	return $status
}

# expect_path NAME A-ADDRESS B-ADDRESS HEADERS
expect_path() {
	local name=$1 headers=$4
	set_hop 1500
	check "$name: configured" configure_ends noise "$2" "$3" $((1500 - headers))
	forget
	check "$name: ping crosses" wait_until 10 ip netns exec a ping -q -c 1 -W 1 10.5.0.2
	check "$name: a path that carries all is left alone" with_frames 15 a b \
		'.peers.b | ."path-mtu" == 1500 and ."probed-mtu" == 1500 and ."kernel-mtu" == 1500'
	expect_equal "$name: a path that becomes a black hole loses no byte" same \
		"$(SEND_SECONDS=60 send_bytes a b 10.5.0.2 16 set_hop 1400)"
	check "$name: what passes is found" with_frames 40 a b \
		'.peers.b | ."path-mtu" == 1400 and ."probed-mtu" == 1400 and ."kernel-mtu" == 1500'
	forget
	expect_equal "$name: TCP the other way, over IPv6" same "$(SEND_SECONDS=60 send_bytes b a 2001:db8:5::1 8)"
	check "$name: is found there, too" with_frames 40 b a '.peers.a | ."path-mtu" == 1400'
	forget
	output=$(ip netns exec a ping -c 2 -i 0.1 -W 1 -M "do" -s $((1500 - headers - 28)) 10.5.0.2 2>&1) || true
	expect_match "$name: senders are told what fits" "([Ff]rag needed|message too long).*mtu ?= ?$((1400 - headers))" "$output"
	check "$name: what may be cut crosses" ip netns exec a ping -q -c 3 -i 0.2 -W 2 -M "dont" -s $((1500 - headers - 28)) 10.5.0.2
	check "$name: frames that nobody can be told of arrive whole" large_cross $((1500 - headers)) send
	check "$name: as they do in floods" large_cross $((1500 - headers)) flood
	set_hop 1500
	check "$name: a path that becomes wider is found" with_frames 40 a b \
		'.peers.b | ."path-mtu" == 1500 and ."probed-mtu" == 1500'
}
expect_path "IPv4" 198.51.100.1 198.51.102.1 74
expect_path "IPv6" 2001:db8:100::1 2001:db8:102::1 94
for router in r1 r2; do
	check "$router was told to be silent, and had something to say" jq -e \
		'[.nftables[].rule?.expr[]?.counter?.packets? // empty] | add > 0' \
		<<<"$(ip netns exec $router nft -j list ruleset)"
done

# From the beginning, and where the peer moves nothing of before is taken to hold.
set_hop 1400
check "a restarted worker" ask a stop
end_of a
start_worker a
check "has the tunnel again" configure_ends noise 198.51.100.1 198.51.102.1 1426
check "ping crosses" wait_until 15 ip netns exec a ping -q -c 1 -W 1 10.5.0.2
forget
expect_equal "the first bytes get through" same "$(SEND_SECONDS=60 send_bytes a b 10.5.0.2 4)"
check "what passes is found from the beginning" with_frames 40 a b '.peers.b | ."path-mtu" == 1400 and .rtt > 0'
move() {
	ip -n a addr del 198.51.100.1/24 dev far0
	ip -n a addr add 198.51.100.3/24 dev far0
	ip -n a route replace 198.51.102.0/24 via 198.51.100.9
}
set_hop 1500
check "a moves" move
check "b asks anew" with_frames 40 b a '.peers.a | .endpoint == "198.51.100.3 port 40000" and ."path-mtu" == 1500 and ."probed-mtu" == 1500'
