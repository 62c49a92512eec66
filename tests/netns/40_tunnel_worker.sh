#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tunnel worker between hosts made by hand: frames cross, nothing is sent twice, strangers are
# not heard, a new configuration costs no packet, and a dead worker leaves the tap alone.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2 multi_queue
make_host c 3 vnet_hdr
make_outside stranger 9
for host in a b c; do start_worker $host; done

ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 2 "${@:2}" >/dev/null; }

# Two hosts.
expect_match "no configuration is told" "errno 61: not configured" "$(ask a query 2>&1)"
check "a is configured" ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
check "b is configured, its tap has several queues" \
	ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1
check "ping crosses" ping_ok a -c 5 10.5.0.2
check "ping crosses at full size" ping_ok a -c 5 -M "do" -s 1430 10.5.0.2
expect_equal "TCP carries 8 MB unchanged" same "$(send_bytes a b 10.5.0.2 8)"
expect_equal "the configuration comes back whole" \
	'{"peers":{"b":{"endpoint":"192.0.2.2 port 40000","macs":[]}},"interface":"vtap0","mtu":0,"local":"192.0.2.1 port 40000","mac-learning":true}' \
	"$(json 'del(.hash, .netns) | tojson' ask a query)"
expect_equal "the peer was heard just now" true "$(status_of a '.peers.b.heard < 5000')"
expect_equal "the peer's address was learned" true "$(status_of a '.learned >= 1')"
expect_equal "no frame was dropped on the way in" 0 \
	"$(status_of b '.drops | .short + .long + ."source-mac" + .tap')"

# The tap's MTU is followed.
ip -n a link set vtap0 mtu 1472
ip -n a link set virbr0 mtu 1472
ip -n b link set vtap0 mtu 1472
ip -n b link set virbr0 mtu 1472
check "a raised MTU is followed, in fragments" wait_until 5 ping_ok a -c 2 -M "do" -s 1444 10.5.0.2
for host in a b; do
	ip -n $host link set vtap0 mtu 1458
	ip -n $host link set virbr0 mtu 1458
done

# Strangers.
send_datagram() {
	ip netns exec "$1" python3 -c '
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 40000))' \
		"$2" "$3"
}
frame=ffffffffffff02000000000188b5$(printf '00%.0s' {1..46})
before=$(ip -n a -s -j link show vtap0 | jq '.[].stats64.rx.packets')
send_datagram stranger 192.0.2.1 "$frame"
send_datagram c 192.0.2.1 "$frame"
check "datagrams of strangers are counted" wait_until 5 bash -c \
	"python3 tests/netns/worker_control.py $WORK/a.sock status | jq -e '.drops.\"unknown-source\" == 2'"
expect_equal "and go nowhere" "$before" "$(ip -n a -s -j link show vtap0 | jq '.[].stats64.rx.packets')"
# Sent until they are seen: a datagram may be lost, the long one is in two fragments.
bad_frames() {
	send_datagram b 192.0.2.1 0011
	send_datagram b 192.0.2.1 "ffffffffffff01000000000188b5$(printf '00%.0s' {1..46})"
	send_datagram b 192.0.2.1 "ffffffffffff02000000000188b5$(printf '00%.0s' {1..1459})"
	ask a status | jq -e '.drops | .short >= 1 and ."source-mac" >= 1 and .long >= 1' >/dev/null
}
taken() { [[ $(ip -n a -s -j link show vtap0 | jq '.[].stats64.rx.packets') == $((before + 1)) ]]; }
check "bad frames of a peer are counted by reason" wait_until 5 bad_frames
expect_equal "and for that peer, those of strangers for none" "true 0" \
	"$(status_of a '"\(.peers.b.drops | .short >= 1 and ."source-mac" >= 1 and .long >= 1) \(.peers.b.drops."unknown-source")"')"
# shellcheck disable=SC2016 # jq's variable
expect_equal "which are all that there are" true \
	"$(status_of a '.drops as $all | .peers.b.drops | .short == $all.short and .long == $all.long and ."source-mac" == $all."source-mac"')"
send_datagram b 192.0.2.1 "$frame"
check "a good frame is taken, the bad ones were not" wait_until 5 taken

# Three hosts: a full mesh, where each frame arrives once.
check "a gets a second peer" ask a configure vtap0 --peer b=192.0.2.2 --peer c=192.0.2.3
check "b gets a second peer" ask b configure vtap0 --peer a=192.0.2.1 --peer c=192.0.2.3
check "c is configured, its tap had a header" ask c configure vtap0 --peer a=192.0.2.1 --peer b=192.0.2.2
for pair in "a 10.5.0.2" "a 10.5.0.3" "b 10.5.0.3"; do
	# shellcheck disable=SC2086
	set -- $pair
	output=$(ip netns exec "$1" ping -i 0.02 -c 5 -W 2 "$2") || true
	expect_match "$1 reaches $2" " 0% packet loss" "$output"
	expect_equal "no answer comes twice from $2" "" "$(grep DUP <<<"$output" || true)"
done
relayed=$(status_of c '.peers.b."rx-frames"')
flooded=$(status_of c '.peers.a."rx-frames"')
ip netns exec a python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("virbr0", 0))
for i in range(20):
    s.send(bytes.fromhex("02aabbccddee" "020000000001" "88b5") + bytes(46))'
wait_until 5 test "$(status_of c '.peers.a."rx-frames"')" -ge $((flooded + 20)) || true
expect_equal "what is unknown reaches c once each" $((flooded + 20)) \
	"$(status_of c '.peers.a."rx-frames"')"
expect_equal "b passes on nothing of it" "$relayed" "$(status_of c '.peers.b."rx-frames"')"

# Known addresses go to their peer alone; static entries stand against learning.
quiet=$(status_of c '.peers.a."rx-frames"')
ping_ok a -c 10 10.5.0.2
expect_equal "a known address is not flooded" "$quiet" "$(status_of c '.peers.a."rx-frames"')"
mac_b=$(ip -n b -j link show virbr0 | jq -r '.[].address')
check "the address of b is put behind c" \
	ask a configure vtap0 --peer b=192.0.2.2 --peer c=192.0.2.3,"$mac_b"
check_not "b is not reached then" ping_ok a -c 2 -W 1 10.5.0.2
expect_match "an address behind two peers is refused" "given twice" \
	"$(ask a configure vtap0 --peer b=192.0.2.2,"$mac_b" --peer c=192.0.2.3,"$mac_b" 2>&1)"
check "no learning, all static" ask a configure vtap0 --no-learning --peer b=192.0.2.2,"$mac_b" --peer c=192.0.2.3
ping_ok a -c 2 10.5.0.3
expect_equal "nothing is learned" "0 1" "$(status_of a '"\(.learned) \(.static)"')"

# A new configuration under traffic.
check "a is configured again" ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
ip netns exec a ping -q -i 0.001 -c 2000 -W 2 10.5.0.2 >"$WORK/ping" &
pinger=$!
ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2 --peer c=192.0.2.3 --flip 200 &
flipper=$!
ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1 --flip 200
wait $flipper $pinger || true
expect_match "no packet is lost while peers and addresses change" "2000 received, 0% packet loss" \
	"$(cat "$WORK/ping")"
ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1 --peer c=192.0.2.3
counted=$(status_of a '.peers.b."rx-frames"')
expect_equal "the counters of a peer that stays go on" true "$([[ $counted -gt 400 ]] && echo true)"
expect_equal "also of what was dropped" true "$(status_of a '.peers.b.drops | .short >= 1 and ."source-mac" >= 1')"

# What is refused leaves everything as it was.
expect_match "a missing interface is an error" "interface nope: does not exist" \
	"$(ask a configure nope --peer b=192.0.2.2 2>&1)"
expect_match "an interface that is no tap is an error" "interface virbr0" \
	"$(ask a configure virbr0 --peer b=192.0.2.2 2>&1)"
expect_match "two peers with one address are an error" "the same address" \
	"$(ask a configure vtap0 --peer b=192.0.2.2 --peer c=192.0.2.2 2>&1)"
ip netns exec a python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 41234)); time.sleep(60)' &
occupant=$!
wait_until 5 ip netns exec a bash -c "ss -Huln 'sport = :41234' | grep -q ."
expect_match "a port that is taken is an error" "UDP port 41234 of 192.0.2.1: Address already in use" \
	"$(ask a configure vtap0 --local 192.0.2.1 --port 41234 --peer b=192.0.2.2,40000 2>&1)"
kill $occupant
check "traffic goes on after all that" ping_ok a -c 3 10.5.0.2

# Another port, and IPv6 below.
check "a moves to another port" ask a configure vtap0 --port 41000 --peer b=192.0.2.2
check "b moves to it too" ask b configure vtap0 --port 41000 --peer a=192.0.2.1
check "ping crosses on the new port" ping_ok a -c 3 10.5.0.2
check "a goes IPv6" ask a configure vtap0 --local 2001:db8::1 --peer b=2001:db8::2
check "b goes IPv6, and keeps c on IPv4" ask b configure vtap0 --peer a=2001:db8::1 --peer c=192.0.2.3
check "ping crosses over IPv6" ping_ok a -c 3 10.5.0.2
check "and over IPv4 beside it" ping_ok b -c 3 10.5.0.3
expect_match "a peer of the other family than the local address is an error" "address family" \
	"$(ask a configure vtap0 --local 2001:db8::1 --peer b=192.0.2.2 2>&1)"

# A link that is down, and peers that are away, are no end.
ip -n a link set vtap0 down
ping_ok b -c 2 -W 1 10.5.0.1 || true
ip -n a link set vtap0 up
check "ping crosses after the tap was down" wait_until 5 ping_ok a -c 1 10.5.0.2
ip -n b link set eth0 down
ping_ok a -c 2 -W 1 10.5.0.2 || true
ip -n b link set eth0 up
ip -n b addr replace 2001:db8::2/64 dev eth0 nodad
check "ping crosses after the underlay was down" wait_until 5 ping_ok a -c 1 10.5.0.2

# One worker per socket; a dead one leaves the tap, and is replaced.
expect_match "a second worker at the same socket refuses" "another worker is running" \
	"$(timeout 5 ip netns exec a "$TUNNEL" --control "$WORK/a.sock" 2>&1)"
kill -KILL "${worker_pid[a]}"
end_of a
expect_equal "the tap stays in its bridge" virbr0 "$(ip -n a -j link show vtap0 | jq -r '.[].master')"
check "the dead worker's socket is still there" test -S "$WORK/a.sock"
start_worker a
expect_equal "a worker that starts again reads its configuration" "2001:db8::1 port 40000" \
	"$(json .local ask a query)"
check "ping crosses again" wait_until 5 ping_ok a -c 1 10.5.0.2

# Ends.
check "a worker is stopped" ask a stop
end_of a
expect_equal "it ends with success" 0 "$ended"
check_not "its socket is gone" test -e "$WORK/a.sock"
check_not "its configuration is gone" test -e "$WORK/a.conf"
check "the tap is not" ip -n a link show vtap0
kill -HUP "${worker_pid[b]}"
check "SIGHUP is nothing" ask b status
kill -TERM "${worker_pid[b]}"
end_of b
expect_equal "SIGTERM is a clean end" 0 "$ended"
check_not "its socket is gone too" test -e "$WORK/b.sock"
check "its configuration is kept for the next start" test -s "$WORK/b.conf"
ip -n c link del vtap0
end_of c
expect_equal "without its tap a worker ends" 0 "$ended"
expect_match "and says why" "interface vtap0 is gone" "$(cat "$WORK/c.log")"
