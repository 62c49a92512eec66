#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nothing of what makes the worker fast shows: bytes arrive unchanged over TCP and UDP, IPv4 and IPv6,
# at small and large MTU, with each technique alone switched off, over an underlay with and without its own.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
for host in a b; do
	ip netns exec $host sysctl -qw net.ipv6.conf.virbr0.disable_ipv6=0
	ip -n $host addr add "2001:db8:5::$([[ $host == a ]] && echo 1 || echo 2)/64" dev virbr0 nodad
	start_worker $host
done
every=tso,uso,gso,gro,coalesce,batch

# set_offload A-LIST B-LIST
set_offload() {
	ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2 --offload "$1"
	ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1 --offload "$2"
}

# set_mtu INNER OUTER
set_mtu() {
	local host
	for host in a b; do
		ip link set "port-$host" mtu "$2"
		ip -n $host link set eth0 mtu "$2"
		ip -n $host link set vtap0 mtu "$1"
		ip -n $host link set virbr0 mtu "$1"
	done
	ip link set switch mtu "$2"
	# The data plane asks for its TAP's MTU a few times per second.
	sleep 0.15
}

# set_underlay on|off GRO
set_underlay() {
	local host
	for host in a b; do
		ip netns exec $host ethtool -K eth0 tso "$1" gso "$1" tx-udp-segmentation "$1" gro "$2"
		ethtool -K "port-$host" tso "$1" gso "$1" tx-udp-segmentation "$1"
	done
}

# Super-frames of UDP where the sender asks for them, single datagrams beside them, in sizes that do not
# divide. The next burst waits until the receiver has the last one: what is tested is not its buffer.
send_datagrams() {
	rm -f "$WORK/received"
	ip netns exec "$2" python3 -c '
import hashlib, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 7778)); s.settimeout(5)
print("ready", flush=True)
digest, count = hashlib.sha256(), 0
while True:
    data, sender = s.recvfrom(1 << 16)
    if data == b"end":
        break
    if data:
        digest.update(data); count += 1
    else:
        s.sendto(b"next", sender)
print(count, digest.hexdigest())' "$3" >"$WORK/received" &
	local receiver=$!
	wait_until 5 grep -q ready "$WORK/received"
	ip netns exec "$1" python3 -c '
import hashlib, os, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 7778)); s.settimeout(5)
digest, count = hashlib.sha256(), 0
for i in range(200):
    size = (1, 64, 501, 1180)[i % 4]
    data = os.urandom(size * (i % 40 + 1) - (i % 3 if size > 3 else 0))
    s.setsockopt(socket.SOL_UDP, 103, size if i % 5 else 0) # UDP_SEGMENT
    if not i % 5:
        data = data[:size]
    s.send(data)
    for at in range(0, len(data), size):
        digest.update(data[at:at + size]); count += 1
    s.setsockopt(socket.SOL_UDP, 103, 0)
    s.send(b"")
    s.recv(100)
s.send(b"end")
print("ready")
print(count, digest.hexdigest())' "$3" >"$WORK/sent"
	wait "$receiver" || true
	[[ -s $WORK/sent ]] && cmp -s "$WORK/sent" "$WORK/received" && echo same && return
	tail -n 1 "$WORK/sent" "$WORK/received"
}

# expect_same WHAT MEGABYTES
expect_same() {
	local megabytes=${VNET_BRIEF:-$2}
	expect_equal "TCP over IPv4 is unchanged, $1" same "$(send_bytes a b 10.5.0.2 "$megabytes")"
	expect_equal "TCP over IPv6 is unchanged, $1" same "$(send_bytes b a 2001:db8:5::1 "$megabytes")"
	expect_equal "UDP over IPv4 is unchanged, $1" same "$(send_datagrams a b 10.5.0.2)"
	expect_equal "UDP over IPv6 is unchanged, $1" same "$(send_datagrams b a 2001:db8:5::1)"
}

set_offload $every $every
expect_same "with everything" 48
expect_equal "not every frame is a datagram's own system call" true \
	"$(status_of b "(.peers.a.\"rx-frames\" > $((${VNET_BRIEF:-48} * 200)))")"
set_offload "" ""
expect_same "with nothing" 4
# VNET_BRIEF=1: on a slow machine no more than that, with one megabyte each.
[[ -z ${VNET_BRIEF:-} ]] || exit 0
for word in ${every//,/ }; do
	rest=$(sed -E "s/(^|,)$word//; s/^,//" <<<$every)
	set_offload "$rest" "$rest"
	expect_same "without $word" 8
done
set_offload $every ""
expect_same "with everything on one side alone" 8

set_offload $every $every
set_underlay off on
expect_same "over an underlay with GRO alone" 8
set_underlay off off
expect_same "over an underlay without offloads" 8
set_underlay on off

set_mtu 8958 9000
expect_same "with jumbo frames" 16
set_mtu 1280 1500
expect_same "with the smallest MTU of IPv6" 8
# Datagrams larger than the path: UDP_SEGMENT is refused, and fragments carry them.
set_mtu 1500 1500
expect_same "through a path that is too narrow" 4
set_mtu 1458 1500

# VLANs are frames like others.
ip netns exec b python3 tests/netns/vlan_stream.py receive vtap0 >"$WORK/received" &
receiver=$!
wait_until 5 grep -q ready "$WORK/received"
merged=$(ip -n b -s -j link show vtap0 | jq '.[].stats64.rx.packets')
# They wait in the tap's queue, so that they are a burst.
kill -STOP "$(plane_of a)"
ip netns exec a python3 tests/netns/vlan_stream.py send vtap0 >"$WORK/sent"
kill -CONT "$(plane_of a)"
wait $receiver || true
expect_equal "TCP and UDP in a VLAN are unchanged" "$(cat "$WORK/sent")" "$(tail -n 4 "$WORK/received")"
merged=$(($(ip -n b -s -j link show vtap0 | jq '.[].stats64.rx.packets') - merged))
expect_equal "and are merged as others are" true "$([[ $merged -lt 400 ]] && echo true || echo "$merged of 640")"

# What is sent to everybody is cut once for each peer.
make_host c 3
start_worker c
for host in a b; do
	ask $host configure vtap0 --no-learning --peer "c=192.0.2.3" \
		--peer "$([[ $host == a ]] && echo b=192.0.2.2 || echo a=192.0.2.1)"
done
ask c configure vtap0 --local 192.0.2.3 --peer a=192.0.2.1 --peer b=192.0.2.2 --no-learning
before=$(status_of c '.peers.a."rx-frames"')
expect_equal "flooded TCP is unchanged" same "$(send_bytes a b 10.5.0.2 8)"
expect_equal "and reaches everybody" true \
	"$([[ $(status_of c '.peers.a."rx-frames"') -gt $((before + 5000)) ]] && echo true)"
for host in a b; do
	expect_equal "no frame was dropped on $host" "{}" \
		"$(status_of $host '.drops | with_entries(select(.value > 0)) | tojson')"
done
