#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A stranger on the same segment, who sees every datagram and sends what it likes in anybody's name: none of it reaches
# the tap, each kind is counted by its reason, no process grows, and the session goes on as if nothing happened.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
make_host c 3
make_outside stranger 9
for host in a b c; do
	ip -n $host link set vtap0 mtu 1400
	ip -n $host link set virbr0 mtu 1400
	# Sources of nobody's network are let in, as on a host with a default route.
	ip netns exec $host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
	start_worker $host
	declare "key_$host=$("$TUNNEL" key new "$WORK/$host.key")"
done
mac_of() { ip -n "$1" -j link show "$2" | jq -r '.[].address'; }
mac_b=$(mac_of b eth0)
# Nobody asks for a neighbour while frames are counted.
ip -n a neigh replace 10.5.0.2 lladdr "$(mac_of b virbr0)" dev virbr0 nud permanent
ip -n b neigh replace 10.5.0.1 lladdr "$(mac_of a virbr0)" dev virbr0 nud permanent

ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 2 "${@:2}" >/dev/null; }
received() { ip -n "$1" -s -j link show vtap0 | jq '.[].stats64.rx.packets'; }
pids_of_b() { echo "${worker_pid[b]}" && plane_of b; }
# memory VmData|VmRSS: kilobytes, of both processes
memory() { for pid in $(pids_of_b); do grep "$1:" "/proc/$pid/status"; done | awk '{ sum += $2 } END { print sum }'; }
# drops REASON…: of b, added up
drops() {
	local reasons=$*
	status_of b "[.drops[\"${reasons// /\",\"}\"]] | add"
}
# grew COUNT REASON…: by so many since $before
grew() { [[ $(drops "${@:2}") -ge $((before + $1)) ]]; }

# What crosses is captured, from the first handshake on.
ip netns exec b python3 tests/netns/attack.py capture >"$WORK/wire" &
capturer=$!
wait_until 10 grep -q ready "$WORK/wire"
# One that is not there, for the sake of a socket of IPv6.
key_absent=$("$TUNNEL" key new "$WORK/absent.key")
# shellcheck disable=SC2154 # declared above
check "b is configured" ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,key:$key_a" \
	--peer "absent=2001:db8::99,key:$key_absent"
# shellcheck disable=SC2154
check "a is configured" ask a configure vtap0 --key-file "$WORK/a.key" --peer "b=192.0.2.2,key:$key_b"
check "ping crosses" wait_until 10 ping_ok a -c 3 10.5.0.2
check "and what will be sent again" ping_ok a -c 30 -s 600 10.5.0.2
# Whatever is allocated once is.
expect_equal "TCP carries 10 MB unchanged" same "$(send_bytes a b 10.5.0.2 10)"
captured() { [[ $(grep -c "^192.0.2.$1 " "$WORK/wire") -gt 30 ]]; }
for n in 1 2; do check "both ways are captured" wait_until 10 captured $n; done
kill $capturer
wait $capturer 2>/dev/null || true

# attack KIND CAPTURE|KEY COUNT [TO]: in the name of a; exec, so that a background job's pid is its own
attack() { exec ip netns exec stranger python3 tests/netns/attack.py "${@:1:3}" 192.0.2.1 "${4:-192.0.2.2}" "$mac_b"; }
(attack flood "$key_b" 2000) >/dev/null
# The room for an answer, too: what is freed the first time is kept the second.
for _ in 1 2 3; do drops handshake >/dev/null; done
allocated=$(memory VmData) used=$(memory VmRSS)

# expect_dropped KIND REASON…: 200 of that in the name of a; half of them at least, as a busy machine may lose some
expect_dropped() {
	local kind=$1 before on_tap
	shift
	before=$(drops "$@") on_tap=$(received b)
	(attack "$kind" "$WORK/wire" 200)
	check "$kind: counted as $*" wait_until 10 grew 100 "$@"
	expect_equal "$kind: nothing reaches the tap" "$on_tap" "$(received b)"
}
expect_dropped replayed replay
expect_dropped replayed-handshake handshake-old handshake-rate
expect_dropped reflected no-session
expect_dropped truncated malformed
expect_dropped shortened forged
expect_dropped lengthened forged
expect_dropped oversized forged long malformed
expect_dropped flipped forged replay no-session malformed
expect_dropped wrong-key forged
expect_dropped in-clear malformed
expect_equal "the peer has not moved" "192.0.2.1 port 40000" "$(status_of b .peers.a.endpoint)"
check "the session goes on" ping_ok a -c 5 10.5.0.2

# Somebody with a key of its own, which b was not told of.
before=$(drops handshake) on_tap=$(received b)
# shellcheck disable=SC2154
check "c knows b's key" ask c configure vtap0 --key-file "$WORK/c.key" --peer "b=192.0.2.2,key:$key_b"
check_not "c is not let in" ping_ok c -c 2 -W 1 10.5.0.2
check "its handshake is counted" wait_until 10 grew 1 handshake
expect_equal "nothing of c reaches the tap" "$on_tap" "$(received b)"
ask c stop

# A flood of handshakes that cost a computation each, from thousands of addresses. Over IPv6 one of them is a network:
# addresses are what a stranger there has more than enough of.
flooder=
end_flood() {
	kill "$flooder"
	wait "$flooder" || true
	expect_match "the flood of $1 went on to the end" "^[0-9]{3,}$" "$(cat "$WORK/flood")"
}
for to in 2001:db8::2 192.0.2.2; do
	before=$(drops handshake-rate) on_tap=$(received b)
	attack flood "$key_b" 0 $to >"$WORK/flood" &
	flooder=$!
	check "most handshakes of a flood of $to are not looked at" wait_until 20 grew 500 handshake-rate
	expect_equal "nothing of the flood reaches the tap" "$on_tap" "$(received b)"
	check "ping crosses it" wait_until 20 ping_ok a -c 10 10.5.0.2
	before=$(drops handshake-rate)
	expect_equal "TCP carries 10 MB through it unchanged" same "$(send_bytes a b 10.5.0.2 10)"
	expect_equal "and back" same "$(send_bytes b a 10.5.0.1 10)"
	check "all the while" grew 1 handshake-rate
	[[ $to != *:* ]] || end_flood $to
done
if [[ $BUILD == *release* ]]; then
	# What is allocated stays; of its buffers, which have a fixed size, more may be in use now, by huge pages.
	now=$(memory VmData)
	check "b has allocated less than 1 MB more: $allocated kB, now $now kB" test "$now" -lt $((allocated + 1024))
	now=$(memory VmRSS)
	check "and uses no more than its buffers: $used kB, now $now kB" test "$now" -lt $((used + 8192))
fi

# A peer that is expected comes through.
kill -9 "${worker_pid[a]}"
end_of a
start_worker a
check "a restarted peer comes through the flood" wait_until 20 ping_ok a -c 1 10.5.0.2
end_flood 192.0.2.2
expect_equal "the peer is where it was" "192.0.2.1 port 40000" "$(status_of b .peers.a.endpoint)"
for host in a b; do ask $host stop; done
