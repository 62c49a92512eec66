#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many stations and what is odd about them: floods are limited, a full table says so, an address that is at two
# places and a loop of two bridges are noticed, named, and do no harm. Frames of VLANs cross.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
make_host c 3
for host in a b c; do start_worker $host; done

# send_frames HOST [OPTION...] SOURCE... TO
send_frames() { ip netns exec "$1" python3 tests/netns/frames.py send vtap0 "${@:2}"; }
# A frame "sent" on a tap goes to its program: what the host's bridge would forward.
everybody=ff:ff:ff:ff:ff:ff group=01:00:5e:00:00:05 nobody=02:99:00:00:00:09
station=02:99:00:00:00:01

mesh() {
	ask a configure vtap0 --peer b=192.0.2.2 --peer c=192.0.2.3 "$@"
	ask b configure vtap0 --peer a=192.0.2.1 --peer c=192.0.2.3 "$@"
	ask c configure vtap0 --peer a=192.0.2.1 --peer b=192.0.2.2 "$@"
}

# ---- limits of what goes to everybody ----
check "a mesh with limits" mesh --flood-limit 200,300,400
ask c configure vtap0 --peer a=192.0.2.1 --peer b=192.0.2.2 --flood-limit 0,0,0
# all_arrived DIFFERENCE: c now has counted at least that many more of a's frames than a. The host sends one of its
# own now and then: one on its way while the difference was taken (c asked first) makes it greater afterwards.
all_arrived() { (($(status_of c '.peers.a."rx-frames"') - $(status_of a '.peers.c."tx-frames"') >= $1)); }
# limited WHAT DESTINATION REASON: of many frames some pass, others are counted, and c gets what passed
limited() {
	local from to
	to=$(status_of c '.peers.a."rx-frames"') from=$(status_of a '.peers.c."tx-frames"')
	send_frames a --count 3000 $station "$2"
	# The tap's queue is short: what is left of the 3000 may be lost before it comes to the worker.
	check "$1: those beyond the limit are counted" wait_until 5 holds a ".drops.\"$3\" >= 300"
	check "$1: the others are sent" holds a ".peers.c.\"tx-frames\" >= $((from + 200))"
	check "$1: and arrive" wait_until 5 all_arrived $((to - from))
}
limited "broadcast" $everybody broadcast-rate
limited "multicast" $group multicast-rate
limited "to the unknown" $nobody unknown-rate
check "who listens has limits" ask c configure vtap0 --peer a=192.0.2.1 --peer b=192.0.2.2 --flood-limit 200,0,0
check "one who floods is limited where he is heard, too" ask b configure vtap0 --peer a=192.0.2.1 \
	--peer c=192.0.2.3 --flood-limit 0,0,0
before=$(status_of c '.drops."broadcast-rate"') own=$(status_of b '.drops."broadcast-rate"')
send_frames b --count 3000 $station $everybody
check "it is counted there" wait_until 5 holds c ".drops.\"broadcast-rate\" >= $((before + 1000))"
check "as the sender's, not as another's" holds c '.peers | ([.[].drops."broadcast-rate"] | add) >= 1000 and any(.[]; .drops."broadcast-rate" == 0)'
expect_equal "and not by the sender" "$own" "$(status_of b '.drops."broadcast-rate"')"
check "with one peer nothing is unknown" ask a configure vtap0 --peer b=192.0.2.2 --flood-limit 1,1,1
before=$(status_of a '.drops."unknown-rate"')
counted=$(status_of a '.peers.b."tx-frames"')
send_frames a --count 500 $station $nobody
check "all of it goes there" wait_until 5 holds a ".peers.b.\"tx-frames\" == $((counted + 500))"
expect_equal "and nothing is dropped" "$before" "$(status_of a '.drops."unknown-rate"')"

# ---- a full table ----
check "a mesh with room for five" mesh --mac-limit 5
for i in {10..29}; do send_frames b "02:99:00:00:01:$i" $everybody; done
check "what is too much is counted" wait_until 5 holds a '.refused >= 15 and .learned == 5 and .limit == 5'
expect_equal "and said once" 1 "$(grep -c "5 addresses are learned, which is the limit" "$WORK/a.log")"
check "and what was known stays known" holds a '.learned == 5'

# ---- an address at two places ----
check "a mesh" mesh
twice=02:99:00:00:00:77
for _ in {1..6}; do
	send_frames b $twice $everybody
	send_frames c $twice $everybody
	sleep 0.01
done
check "an address of two peers flaps" wait_until 5 holds a \
	".flaps | map(select(.mac == \"$twice\")) | .[0].places == [\"b\", \"c\"] and .[0].count >= 5"
expect_match "it is said" "$twice moves to and fro between [bc] and [bc]: is the address there twice" \
	"$(cat "$WORK/a.log")"

# Static entries stand, and who sends from one of another host is named.
check "an address is given" ask a configure vtap0 --peer "b=192.0.2.2,02:99:00:00:00:50" --peer c=192.0.2.3
send_frames c 02:99:00:00:00:50 $everybody
check "another host's use of it is counted" wait_until 5 holds a '.conflicts == 1'
expect_match "and said" "c sends from 02:99:00:00:00:50, which the configuration has behind b" \
	"$(cat "$WORK/a.log")"

# ---- a loop ----
check "a mesh" mesh
check "ping crosses before the loop" ip netns exec a ping -q -c 2 -i 0.1 -W 2 10.5.0.2
ip link add second netns a type veth peer name second netns b
ip -n a link set second master virbr0 up
ip -n b link set second master virbr0 up
# The first frames of the bridge itself are learned on both sides; then some of a station behind it.
for _ in {1..10}; do
	ip netns exec a ping -q -b -c 1 -W 1 10.5.255.255 >/dev/null 2>&1 || true
done
check "a loop of two bridges is noticed" wait_until 10 holds a '.drops.loop + .drops."broadcast-rate" > 0'
looped() {
	holds a '.flaps | map(select(.places | index("here"))) | length > 0' ||
		holds b '.flaps | map(select(.places | index("here"))) | length > 0'
}
check "and which address and peer" looped
expect_match "and said" "is there a second way between their bridges" "$(cat "$WORK/a.log" "$WORK/b.log")"
still() {
	local before
	before=$(status_of a '.peers.b."rx-frames" + .peers.b."tx-frames"')
	sleep 0.5
	[[ $(status_of a '.peers.b."rx-frames" + .peers.b."tx-frames"') -le $((before + 20)) ]]
}
check "nothing runs in circles" wait_until 20 still
ip -n a link del second
check "ping crosses after the loop" wait_until 30 ip netns exec a ping -q -c 1 -W 1 10.5.0.2

# ---- VLANs ----
ip netns exec b python3 tests/netns/frames.py watch vtap0 20 >"$WORK/watched" &
watcher=$!
wait_until 5 grep -q ready "$WORK/watched"
send_frames a --vlan 7 $station 02:99:00:00:00:08
check "a tagged frame crosses with its tag" wait_until 5 grep -q "^$station 02:99:00:00:00:08 7 frame 0" "$WORK/watched"
size=$((1458 + 18))
send_frames a --vlan 8 --size $size $station 02:99:00:00:00:08
check "one of full size, too" wait_until 5 grep -q "^$station 02:99:00:00:00:08 8 frame 0" "$WORK/watched"
kill $watcher
