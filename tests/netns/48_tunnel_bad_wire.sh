#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An underlay that loses, repeats, delays and changes datagrams: TCP carries every byte unchanged, and what arrives of
# UDP is what was sent, in clear and encrypted, IPv4 and IPv6 inside and outside, with small and large frames. VNET_SOAK=N sends N times as much.

SEND_SECONDS=$((60 * ${VNET_SOAK:-1}))
export SEND_SECONDS VNET_SECONDS=${VNET_SECONDS:-$((300 * ${VNET_SOAK:-1}))}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
make_outside wire 9
ip link set switch mtu 9000
for host in a b wire; do
	ip link set "port-$host" mtu 9000
	ip -n $host link set eth0 mtu 9000
done
for host in a b; do
	ip netns exec $host sysctl -qw net.ipv6.conf.virbr0.disable_ipv6=0
	ip -n $host addr add "2001:db8:5::$([[ $host == a ]] && echo 1 || echo 2)/64" dev virbr0 nodad
	start_worker $host
	declare "key_$host=$("$TUNNEL" key new "$WORK/$host.key")"
done

# Both know the other at the address of the wire.
configure_bad() {
	local host peer options key
	for host in a b; do
		[[ $host == a ]] && peer=b || peer=a
		ip -n $host link set vtap0 mtu "$3"
		ip -n $host link set virbr0 mtu "$3"
		key=key_$peer
		options=(--peer "$peer=$2")
		[[ $1 == plain ]] || options=(--key-file "$WORK/$host.key" --peer "$peer=$2,key:${!key}")
		ask $host configure vtap0 "${options[@]}"
	done
}

# udp_bytes FROM TO ADDRESS LONGEST: prints exact when many arrive (a busy machine loses some) and all are as sent
udp_bytes() {
	local count=$((2000 * ${VNET_SOAK:-1})) receiver arrived wrong
	: >"$WORK/udp"
	ip netns exec "$2" python3 tests/netns/udp_exact.py receive "$3" $count >"$WORK/udp" &
	receiver=$!
	wait_until 10 grep -q ready "$WORK/udp"
	ip netns exec "$1" python3 tests/netns/udp_exact.py send "$3" $count "$4"
	wait $receiver
	read -r _ arrived _ wrong <<<"$(tail -n 1 "$WORK/udp")"
	if [[ $wrong == 0 && ${arrived%,} -gt $((count / 4)) ]]; then echo exact; else tail -n 1 "$WORK/udp"; fi
}

# expect_exact NAME plain|noise WIRE FIRST SECOND INNER-MTU
seed=1
expect_exact() {
	local name="$2 over $1, MTU $6" wire counts
	ip netns exec wire python3 tests/netns/bad_wire.py $seed "$4" "$5" >"$WORK/wire" &
	wire=$!
	seed=$((seed + 1))
	wait_until 5 grep -q ready "$WORK/wire"
	check "$name: configured" configure_bad "$2" "$3" "$6"
	check "$name: ping gets through" wait_until 20 ip netns exec a ping -q -c 1 -W 1 10.5.0.2
	expect_equal "$name: IPv4 is unchanged" same "$(send_bytes a b 10.5.0.2 $((6 * ${VNET_SOAK:-1})))"
	expect_equal "$name: IPv6 is unchanged" same "$(send_bytes b a 2001:db8:5::1 $((6 * ${VNET_SOAK:-1})))"
	expect_equal "$name: UDP over IPv4 is what was sent" exact "$(udp_bytes a b 10.5.0.2 $(($6 - 28)))"
	expect_equal "$name: UDP over IPv6 is what was sent" exact "$(udp_bytes b a 2001:db8:5::1 $(($6 - 48)))"
	kill -TERM $wire
	wait $wire || true
	counts=$(tail -n 1 "$WORK/wire")
	expect_match "$name: the wire was bad" "'lost': [1-9].*'twice': [1-9].*'late': [1-9].*'changed': [1-9]" "$counts"
}
for mtu in 1280 1426 8900; do
	for mode in plain noise; do
		expect_exact IPv4 $mode 192.0.2.9 192.0.2.1 192.0.2.2 $mtu
	done
done
expect_exact IPv6 plain 2001:db8::9 2001:db8::1 2001:db8::2 1400
expect_exact IPv6 noise 2001:db8::9 2001:db8::1 2001:db8::2 1400
expect_equal "forgeries and repetitions were noticed" true \
	"$(status_of a '.drops | .forged > 0 and .replay > 0')"
