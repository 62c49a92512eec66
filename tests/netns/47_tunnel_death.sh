#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A worker's processes end under encrypted traffic, with all their keys: what is sent on under keys that nobody has any
# more is lost for a moment, not until the sender notices by itself, also when the peer's address is not in the configuration
# or is another one by now.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
for host in a b; do
	start_worker $host
	"$TUNNEL" key new "$WORK/$host.key" >"$WORK/$host.pub"
done
key_of() { cat "$WORK/$1.pub"; }
# shellcheck disable=SC2119,SC2120 # check passes arguments on
# configure_a [ADDRESS OF b]
configure_a() { ask a configure vtap0 --key-file "$WORK/a.key" --peer "b=${1-},key:$(key_of b)"; }
ping_ok() { ip netns exec b ping -q -c 2 -i 0.1 -W 1 10.5.0.1; }
# It may have been started by a subshell.
supervisor() { pgrep -f "^$TUNNEL --control $WORK/a.sock"; }
plane() { pgrep -P "$(supervisor)"; }
has_other_plane() { local now; now=$(plane) && [[ $now != "$1" ]]; }

kill_plane() { kill -KILL "$(plane)"; }
kill_worker() {
	kill -KILL "$(supervisor)"
	start_worker a
}
# shellcheck disable=SC2119
configure_hung() { kill -STOP "$(plane)" && configure_a; }
replace_worker() { ask a replace "$TUNNEL"; }

# survives WHAT COMMAND...: of nine seconds of pings to a and back some seven seconds' are lost at most (five of them until one
# that hangs is ended), and a transfer goes on
survives() {
	local what=$1 before received
	shift
	check "$what: ping crosses before" wait_until 30 ping_ok
	before=$(plane)
	ip netns exec b ping -q -i 0.01 -c 900 -W 1 10.5.0.1 >"$WORK/ping" &
	local pinger=$!
	sleep 1
	"$@" || fail "$what: it is done"
	wait $pinger || true
	check "$what: the data plane is another one" has_other_plane "$before"
	received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$WORK/ping")
	expect_equal "$what: it is found again at once" true "$([[ $received -ge 150 ]] && echo true || echo "$received of 900")"
	expect_equal "$what: a TCP stream goes on" same "$(send_bytes b a 10.5.0.1 4 "$@")"
}

ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,key:$(key_of a)"
check "a does not know where b is" configure_a
survives "the data plane is killed" kill_plane
survives "the supervisor is killed" kill_worker
survives "another program takes its place" replace_worker
survives "it does not answer to a configuration" configure_hung

check "a has an address of b" configure_a 192.0.2.2
check "ping crosses" wait_until 30 ping_ok
ip -n b addr del 192.0.2.2/24 dev eth0
ip -n b addr add 192.0.2.22/24 dev eth0
at_new_address() { [[ $(status_of a .peers.b.endpoint) == "192.0.2.22 port 40000" ]]; }
check "b is at another one" wait_until 30 at_new_address
survives "the data plane is killed then" kill_plane
expect_equal "b is where it was heard" "192.0.2.22 port 40000" "$(status_of a .peers.b.endpoint)"
check "another address in the configuration is believed" configure_a 192.0.2.99
expect_equal "at first" "192.0.2.99 port 40000" "$(status_of a .peers.b.endpoint)"

expect_equal "what is kept is nobody else's to read" 600 "$(stat -c %a "$WORK/a.peers")"
expect_equal "and there is no secret in it" 0 "$(grep -c -a -F "$(base64 -d "$WORK/a.key" | head -c 8 | tr -d '\0\n')" "$WORK/a.peers" || true)"
printf 'no sense' | dd of="$WORK/a.peers" conv=notrunc status=none
check "it is not believed when it makes no sense" kill_worker
check "ping crosses all the same" wait_until 30 ping_ok
check "a worker is stopped" ask a stop
check "and ends" wait_until 5 bash -c "! pgrep -f '^$TUNNEL --control $WORK/a.sock'"
check_not "and leaves nothing of it" test -e "$WORK/a.peers"
