# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A switch and hosts on it, each a namespace with a tap in a bridge, all made by hand; and workers.
# Host N has 192.0.2.N and 2001:db8::N outside, 10.5.0.N in the overlay.
# The tests of the worker source it after lib.sh.

TUNNEL=$PWD/$BUILD/vnettunnel
declare -A worker_pid

make_switch() {
	ip link add switch type bridge
	ip link set switch up
}

# make_outside NAME N: a namespace on the switch
make_outside() {
	local name=$1 n=$2
	ip netns add "$name"
	ip -n "$name" link set lo up
	ip link add "port-$name" type veth peer name eth0 netns "$name"
	ip link set "port-$name" master switch up
	ip -n "$name" addr add "192.0.2.$n/24" dev eth0
	ip -n "$name" addr add "2001:db8::$n/64" dev eth0 nodad
	ip -n "$name" link set eth0 up
}

# make_host NAME N [TAP-OPTION...]: and with a persistent tap
make_host() {
	local name=$1 n=$2
	shift 2
	make_outside "$name" "$n"
	ip -n "$name" tuntap add dev vtap0 mode tap "$@"
	ip -n "$name" link add virbr0 type bridge
	# The hosts say nothing of their own accord, so that frames can be counted.
	ip netns exec "$name" sysctl -qw net.ipv6.conf.virbr0.disable_ipv6=1 net.ipv6.conf.vtap0.disable_ipv6=1
	ip -n "$name" link set vtap0 mtu 1458 master virbr0 up
	ip -n "$name" addr add "10.5.0.$n/16" dev virbr0
	ip -n "$name" link set virbr0 mtu 1458 up
}

# set_inner NAME MTU: of its tap and its bridge
set_inner() {
	ip -n "$1" link set vtap0 mtu "$2"
	ip -n "$1" link set virbr0 mtu "$2"
}

# start_worker NAME [VARIABLE=VALUE…]
start_worker() {
	ip netns exec "$1" env "${@:2}" "$TUNNEL" --control "$WORK/$1.sock" --name "test/$1" \
		>/dev/null 2>>"$WORK/$1.log" &
	worker_pid[$1]=$!
	wait_until 5 ask "$1" status
}

# Two clocks that tests/shim/clock.so sets for a worker that is started with "${clocked[@]}".
# shellcheck disable=SC2034 # used by the tests
clocked=("LD_PRELOAD=$PWD/$BUILD/tests/shim/clock.so" "VNET_CLOCK=$WORK/clock"
	"ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0")
# set_clocks WALL SLEPT: both in seconds, from what they are
set_clocks() {
	python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("=qq", *map(int, sys.argv[1:])))' "$@" \
		1<>"$WORK/clock"
}

# plane_of NAME: the process that moves the frames
plane_of() { pgrep -P "${worker_pid[$1]}"; }

# end_of NAME: its exit status, in $ended. Not in a subshell: only a parent can wait.
end_of() {
	ended=0
	# shellcheck disable=SC2034 # read by the tests
	wait "${worker_pid[$1]}" 2>/dev/null || ended=$?
}

# ask NAME REQUEST [OPTION...]
ask() { python3 tests/netns/worker_control.py "$WORK/$1.sock" "${@:2}"; }

# status_of NAME QUERY
status_of() { json "$2" ask "$1" status; }

# holds NAME QUERY: its state says so
holds() { [[ $(status_of "$@") == true ]]; }

# start_ends: hosts a and b, which are made, have 2001:db8:5::1 and ::2 inside, a worker and a key each
start_ends() {
	local host n=0
	for host in a b; do
		ip netns exec $host sysctl -qw net.ipv6.conf.virbr0.disable_ipv6=0
		ip -n $host addr add "2001:db8:5::$((++n))/64" dev virbr0 nodad
		start_worker $host
		"$TUNNEL" key new "$WORK/$host.key" >"$WORK/$host.pub"
	done
}

# configure_ends plain|whole|noise A-ADDRESS B-ADDRESS INNER-MTU: each is the other's peer
configure_ends() {
	local host peer address options
	for host in a b; do
		[[ $host == a ]] && peer=b address=$3 || peer=a address=$2
		set_inner $host "$4"
		options=(--peer "$peer=$address")
		[[ $1 != whole ]] || options+=(--do-not-fragment)
		[[ $1 != noise ]] || options=(--key-file "$WORK/$host.key" --peer "$peer=$address,key:$(cat "$WORK/$peer.pub")")
		ask $host configure vtap0 "${options[@]}"
	done
}

# forget: what the kernels of a and b learned of paths, and what the hosts inside learned
forget() {
	local host
	for host in a b; do
		ip -n $host route flush cache
		ip -n $host -6 route flush cache
	done
}

# send_bytes FROM TO ADDRESS MEGABYTES [COMMAND...]: over TCP; prints same when they arrive unchanged. COMMAND runs when
# half of them is sent.
send_bytes() {
	ip netns exec "$2" python3 -c '
import hashlib, socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.create_server((sys.argv[1], 7777), family=family)
connection, _ = listener.accept()
digest = hashlib.sha256()
while data := connection.recv(1 << 16): digest.update(data)
print(digest.hexdigest())' "$3" >"$WORK/received" &
	local receiver=$!
	rm -f "$WORK/half"
	listen_ready "$2" 7777
	# shellcheck disable=SC2094 # who waits for the file reads what the other writes
	ip netns exec "$1" timeout "${SEND_SECONDS:-30}" python3 -c '
import hashlib, os, socket, sys
data = os.urandom(int(sys.argv[2]) << 20)
half = len(data) // 2
with socket.create_connection((sys.argv[1], 7777), 5) as connection:
    connection.settimeout(None)
    connection.sendall(data[:half])
    print("half", file=sys.stderr, flush=True)
    if len(sys.argv) > 3: sys.stdin.readline()
    connection.sendall(data[half:])
print(hashlib.sha256(data).hexdigest())' "$3" "$4" "${@:5:1}" >"$WORK/sent" 2>"$WORK/half" \
		< <([[ $# -lt 5 ]] || { wait_until 30 grep -q half "$WORK/half" && "${@:5}" >&2 && echo; })
	wait "$receiver"
	[[ -s $WORK/sent ]] && cmp -s "$WORK/sent" "$WORK/received" && echo same
}
