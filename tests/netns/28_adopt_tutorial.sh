#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The network that the tutorial builds by hand, on each of its two machines: adopted whole, then diff shows only what
# differs, apply takes over while a connection goes on, and destroy leaves what is not ours. The other machine stays
# as it was made by hand.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"
# shellcheck source=tests/netns/tutorial_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tutorial_lib.sh"

declare -A relay_pid
relay() { # relay HOST ADDRESS
	ip netns exec "$1" python3 tests/netns/relay.py vtap0 "$2" &
	relay_pid[$1]=$!
}
stop_relay() {
	kill "${relay_pid[$1]}"
	wait "${relay_pid[$1]}" 2>/dev/null || true
}
# Without file and --host, which every command here has.
on() { # on HOST COMMAND...
	local host=$1
	shift
	nsenter --net="/run/netns/$host" "$V" "$1" --host "$host" -f topologies/two-hosts.yaml "${@:2}"
}

differences() { on "$1" diff -o json || true; }
own_diff() { nsenter --net="/run/netns/$1" "$V" diff -o json -f "$WORK/$1.yaml" --host "$1" || true; }

# A connection in which each line has to come back, while the network below it changes hands.
cat >"$WORK/echo.py" <<'END'
import socket, sys
connection, _ = socket.create_server((sys.argv[1], 7000)).accept()
while data := connection.recv(4096):
    connection.sendall(data)
END
cat >"$WORK/talk.py" <<'END'
import os, socket, sys, time
connection = socket.create_connection((sys.argv[1], 7000), 5)
connection.settimeout(60)
lines, answers, n = connection.makefile("w"), connection.makefile("r"), 0
while not os.path.exists(sys.argv[2]):
    print(n, file=lines, flush=True)
    assert answers.readline() == f"{n}\n"
    n += 1
    time.sleep(0.02)
print(n)
END
talk() { # talk FROM TO ADDRESS
	rm -f "$WORK/enough"
	ip netns exec "$2" python3 "$WORK/echo.py" "$3" &
	listen_ready "$2" 7000
	ip netns exec "$1" python3 "$WORK/talk.py" "$3" "$WORK/enough" >"$WORK/talked" &
	talker=$!
}

# take_over HOST ADDRESS OTHER OTHERS_ADDRESS NAMESPACE GATEWAY FAR COUNT
take_over() {
	local host=$1 address=$2 other=$3 others_address=$4 ns=$5 gateway=$6 far=$7 count=$8 before output status=0
	relay "$host" "$others_address"
	relay "$other" "$address"
	check "$host: by hand both machines are one network" wait_until 40 ip netns exec "$ns" ping -q -c 1 -W 1 "$far"
	before=$(ip -n "$host" -j -4 addr show eth0)
	talk "$ns" "$host" "$gateway"

	output=$(on "$host" apply 2>&1) || status=$?
	expect_equal "$host: apply refuses" 5 "$status"
	expect_match "$host: and says how to go on" 'adopt -f topologies/two-hosts.yaml --host [a-z]+ bridges/virbr0' "$output"
	output=$(on "$host" adopt 2>&1) || fail "$host: adopt" "$output"
	expect_match "$host: the whole network is adopted" "$count adopted  \(0 unchanged\)" "$output"
	expect_match "$host: but for rules" 'table ip nat translates' "$output"
	check "$host: nothing notices" ip netns exec "$ns" ping -q -i 0.05 -c 5 -W 1 "$far"

	expect_status "$host: diff shows what differs" 2 on "$host" diff
	expect_equal "$host: makes only what adopt cannot" "rules tunnels/lan" \
		"$(json '[.changes[] | select(.actions != ["update"]).address] | join(" ")' differences "$host")"
	on "$host" state -o yaml >"$WORK/$host.yaml"
	expect_equal "$host: a file that is written like it differs in rules and lo" "lo rules" \
		"$(own_diff "$host" | jq -r '[.changes[].address | sub(".*/"; "")] | unique | join(" ")')"

	output=$(on "$host" apply 2>&1) && fail "$host: a relay that holds the tap is in the way" "$output"
	expect_match "$host: a relay that holds the tap is named" 'a program is attached|already bound|in use' "$output"
	stop_relay "$host"
	check "$host: apply" on "$host" apply
	check "$host: is all there is to do" on "$host" diff
	check "$host: ours reaches theirs" wait_until 20 ip netns exec "$ns" ping -q -c 1 -W 1 "$far"
	touch "$WORK/enough"
	if wait "$talker"; then ok "$host: the connection went on all the while"; else fail "$host: the connection is cut"; fi
	expect_match "$host: and carried lines" '^[0-9]{2,}$' "$(cat "$WORK/talked")"
	stop_relay "$other"

	check "$host: destroy" on "$host" destroy -y
	expect_equal "$host: takes all that was adopted" "eth0 lo" \
		"$(ip -n "$host" -j link | jq -r '[.[].ifname] | sort | join(" ")')"
	expect_equal "$host: the wire is as it was" "$before" "$(ip -n "$host" -j -4 addr show eth0)"
	expect_equal "$host: what was not adopted stays" "table ip nat" "$(ip netns exec "$host" nft list tables)"
	check_not "$host: no records" test -e /run/vnetapply
	ip netns exec "$host" nft delete table ip nat
}

two_machines
alpha_by_hand
beta_by_hand
for ns in ns1 ns2 ns3; do ip -n "$ns" link set lo down; done # the tutorial does not bring it up
take_over alpha 192.168.50.6 beta 192.168.50.5 ns1 10.5.0.1 10.5.0.31 13
alpha_by_hand
# One kernel, but two machines: ns1 and ns2 are not beta's to see.
take_over beta 192.168.50.5 alpha 192.168.50.6 ns3 10.5.0.2 10.5.0.11 8
