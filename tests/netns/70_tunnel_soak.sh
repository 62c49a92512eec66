#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An encrypted tunnel under TCP for a while, and everything that happens to one in its life, in random order: its
# processes die or hang, its peer moves, keys are rotated, the underlay goes, settings change, clocks are set, it sleeps.
# Each time the stream goes on by itself, and neither memory nor descriptors grow. VNET_SOAK: for so many seconds;
# VNET_SEED repeats a run.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

RANDOM=${VNET_SEED:=$RANDOM}
make_switch
make_host a 1
make_host b 2
for host in a b; do "$V" key new "$WORK/$host.key" >"$WORK/$host.pub"; done
address=192.0.2.2 generation=0

# configure NAME PEER PEER-ADDRESS [OPTION…]
configure() {
	ask "$1" configure vtap0 --key-file "$WORK/$1.key" \
		--peer "$2=$3,key:$(cat "$WORK/$2.pub")" "${@:4}"
}
configure_both() {
	configure a b "$address" "$@"
	configure b a 192.0.2.1 "$@"
}
plane_of() { pgrep -P "${worker_pid[$1]}" -f data-plane; }
received() { ip -n b -s -j link show vtap0 | jq '.[].stats64.rx.bytes'; }

# ---- what happens ----
kill_plane_of_a() { kill -KILL "$(plane_of a)"; }
kill_plane_of_b() { kill -KILL "$(plane_of b)"; }
# As a service manager would.
kill_supervisor_of_b() {
	kill -KILL "${worker_pid[b]}"
	end_of b 2>/dev/null
	start_worker b
}
hang() {
	kill -STOP "$1"
	sleep 1
	kill -CONT "$1"
}
hang_plane() { hang "$(plane_of a)"; }
hang_supervisor() { hang "${worker_pid[a]}"; }
move_peer() {
	local old=$address
	address=192.0.2.$((10 + RANDOM % 200))
	ip -n b addr add "$address/24" dev eth0
	[[ $old == "$address" ]] || ip -n b addr del "$old/24" dev eth0
	# The first address went, and with it the others of its network, unless they were promoted.
	ip -n b addr replace "$address/24" dev eth0
}
rotate_key() {
	generation=$((generation + 1))
	"$V" key new "$WORK/a.key$generation" >"$WORK/a.pub"
	mv "$WORK/a.key$generation" "$WORK/a.key"
	# The same file with another key: named anew, as an unchanged configuration would not be sent.
	configure_both
}
underlay_goes() {
	ip -n b link set eth0 down
	sleep 1
	ip -n b link set eth0 up
}
settings_change() { configure_both --mtu $((1300 + RANDOM % 120)) && configure_both; }
port_changes() { configure_both --port 41000 && configure_both; }
# An hour ahead or behind, as a clock without a battery is.
wall=0 slept=0
wall_clock_is_set() {
	wall=$((RANDOM % 7200 - 3600))
	set_clocks $wall $slept
}
# It forgets which time stamps it has sent, and the next are older.
wall_clock_is_set_back_and_plane_dies() {
	wall=$((wall - 600))
	set_clocks $wall $slept
	kill_plane_of_a
}
# Longer than keys live. Wall clocks go on, too.
sleeps() {
	slept=$((slept + 200)) wall=$((wall + 200))
	set_clocks $wall $slept
}
events=(kill_plane_of_a kill_plane_of_b kill_supervisor_of_b hang_plane hang_supervisor move_peer rotate_key
	underlay_goes settings_change port_changes wall_clock_is_set wall_clock_is_set_back_and_plane_dies sleeps)

# ---- the stream ----
set_clocks 0 0
start_worker a "${clocked[@]}"
start_worker b
configure_both
check "ping crosses" wait_until 10 ip netns exec a ping -q -c 1 -W 1 10.5.0.2
ip netns exec b iperf3 -s >/dev/null 2>&1 &
listen_ready b 5201
# Slow, so that everything else here has the processor, too; and again, should a connection be given up.
while :; do
	ip netns exec a iperf3 -c 10.5.0.2 -t 80000 -b 50M >/dev/null 2>&1 || sleep 0.5
done &

moves() { [[ $(received) -gt $((mark + 500000)) ]]; }
goes_on() {
	mark=$(received)
	wait_until 20 moves
}
sizes() {
	local pid
	for pid in "${worker_pid[a]}" "$(plane_of a)"; do
		echo "$(find "/proc/$pid/fd" -type l | wc -l) $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
	done
}

check "the stream runs" goes_on
deadline=$((SECONDS + ${VNET_SOAK:-0})) rounds=0 first=
while [[ $rounds -lt 2 || $SECONDS -lt $deadline ]]; do
	for event in $(shuf -e "${events[@]}" --random-source=<(yes "$RANDOM")); do
		"$event" >"$WORK/output" 2>&1 || fail "$event" "$(cat "$WORK/output")"
		goes_on || fail "the stream goes on after $event (VNET_SEED=$VNET_SEED)" "$(ask a status)" "$(ask b status)"
		[[ $failures == 0 ]] || break 2
	done
	rounds=$((rounds + 1))
	# Two rounds, and everything that is allocated once is.
	[[ $rounds != 2 ]] || first=$(sizes)
done
[[ $failures != 0 ]] || ok "the stream went on after everything, each of $rounds rounds"
if [[ -n $first && $BUILD != *san ]]; then
	last=$(sizes)
	expect_equal "no descriptor more, no memory more than 2 MB: ${first//$'\n'/, } kB, at last ${last//$'\n'/, } kB" "" \
		"$(paste <(echo "$first") <(echo "$last") | awk '$3 > $1 || $4 > $2 + 2048 { print "descriptors, KB: " $0 }')"
fi
expect_equal "nothing but what we did was complained of" "" \
	"$(grep -v -E "killed by signal 9|is started again" "$WORK/a.log" "$WORK/b.log" || true)"
