#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Address translation with real packets: port maps of every kind, both families, with bridge netfilter on and off; what
# passes through stays untouched, established connections live on, foreign rules stay as they are.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peer=tests/netns/nat_peer.py
topology=$WORK/nat.yaml

write_topology() { # PORTS... : the ports of red; $maps: port maps written out
	cat <<-END >"$topology"
		version: 1
		name: nat-test
		nat: {dnat: [$(printf '%s, ' "${maps[@]}")]}
		bridges:
		  br0: {addresses: [10.0.0.1/24, "fd00::1/64"], forward: nat}
		namespaces:
		  red: {attach: {br0: [10.0.0.2/24, "fd00::2/64"]}, ports: [$(printf '%s, ' "$@")]}
		  blue: {attach: {br0: [10.0.0.3/24, "fd00::3/64"]}}
	END
}

all_ports=(
	'"8080:80"' '"5353:53/udp"' '"4000:53/tcp+udp"' '"6000-6002:6000-6002"'
	'"7000-7002:7100-7102"' '"203.0.113.1:9001:80"' '"[2001:db8:ff::1]:9001:80"'
	'{port: "9002", target: "80", source: [203.0.113.2/32]}'
	'{port: "9003", target: "80", loopback: true}'
)
maps=('{port: "9004", to: "10.0.0.2:80", in: wan0}')

# The outside: a host that we do not own, on the same segment as wan0.
ip netns add wan
ip link add wan0 type veth peer name eth0 netns wan
ip addr add 203.0.113.1/24 dev wan0
ip addr add 2001:db8:ff::1/64 dev wan0 nodad
ip link set wan0 up
ip -n wan addr add 203.0.113.2/24 dev eth0
ip -n wan addr add 203.0.113.3/24 dev eth0
ip -n wan addr add 2001:db8:ff::2/64 dev eth0 nodad
ip -n wan link set eth0 up
ip -n wan link set lo up

# Rules of others, to be left alone byte by byte.
nft -f - <<-END
	table inet vnet_other { comment "vnetapply 105"; chain c { counter accept; }; }
	table ip nat { chain PREROUTING { type nat hook prerouting priority -100; }; }
	table ip filter { chain FORWARD { type filter hook forward priority 0; counter; }; }
END
foreign() {
	nft -s list table inet vnet_other
	nft -s list table ip nat
	nft -s list table ip filter
}
foreign_before=$(foreign)

write_topology "${all_ports[@]}"
check "it applies" "$V" -f "$topology"
ip netns exec red python3 "$peer" serve 80 53 6000 6001 6002 7100 7101 7102 &
ip netns exec wan python3 "$peer" serve 8080 &
listen_ready red 7102
listen_ready wan 8080

# Neighbours are asked for from the link-local address, which the kernel makes by itself and tests first.
settled() { [[ -z $(ip -6 addr show tentative; ip -n wan -6 addr show tentative) ]]; }
check "link-local addresses are settled" wait_until 5 settled

# answer EXPECTED FROM PROTOCOL HOST PORT: FROM is a namespace or "-".
answer() {
	local expected=$1 from=$2 enter=()
	shift 2
	[[ $from == - ]] || enter=(ip netns exec "$from")
	expect_equal "${from/-/host} asks $*" "$expected" "$("${enter[@]}" python3 "$peer" ask "$@")"
}

answer "80 203.0.113.2" wan tcp 203.0.113.1 8080
answer "80 2001:db8:ff::2" wan tcp 2001:db8:ff::1 8080
answer "53 203.0.113.2" wan udp 203.0.113.1 5353
answer "53 2001:db8:ff::2" wan udp 2001:db8:ff::1 5353
answer nothing wan tcp 203.0.113.1 5353
answer "53 203.0.113.2" wan tcp 203.0.113.1 4000
answer "53 203.0.113.2" wan udp 203.0.113.1 4000
answer "6001 203.0.113.2" wan tcp 203.0.113.1 6001
answer "7101 203.0.113.2" wan tcp 203.0.113.1 7001
answer "7102 2001:db8:ff::2" wan tcp 2001:db8:ff::1 7002
answer nothing wan tcp 203.0.113.1 7003

# A listening address, a source, an interface.
answer "80 203.0.113.2" wan tcp 203.0.113.1 9001
answer "80 2001:db8:ff::2" wan tcp 2001:db8:ff::1 9001
answer nothing - tcp 10.0.0.1 9001
answer "80 203.0.113.2" wan tcp 203.0.113.1 9002
ip -n wan route add 203.0.113.1/32 dev eth0 src 203.0.113.3
answer nothing wan tcp 203.0.113.1 9002
answer "80 203.0.113.3" wan tcp 203.0.113.1 8080
ip -n wan route del 203.0.113.1/32
answer "80 203.0.113.2" wan tcp 203.0.113.1 9004
answer nothing blue tcp 203.0.113.1 9004

# The host reaches them by its own addresses, and by 127.0.0.1 only where asked for.
answer "80 10.0.0.1" - tcp 10.0.0.1 8080
answer "80 203.0.113.1" - tcp 203.0.113.1 8080
answer "80 fd00::1" - tcp fd00::1 8080
answer nothing - tcp 127.0.0.1 8080
answer nothing - tcp ::1 8080
answer "80 10.0.0.1" - tcp 127.0.0.1 9003

# Members of the network, the target itself among them.
bridge_netfilter=/proc/sys/net/bridge
for on in 0 1; do
	if [[ -d $bridge_netfilter ]]; then
		echo $on >$bridge_netfilter/bridge-nf-call-iptables
		echo $on >$bridge_netfilter/bridge-nf-call-ip6tables
	elif [[ $on == 1 ]]; then
		skip "bridge netfilter" "this kernel has none"
		break
	fi
	for host in 10.0.0.1 203.0.113.1; do
		answer "80 10.0.0.1" blue tcp $host 8080
		answer "80 10.0.0.1" red tcp $host 8080
		answer "53 10.0.0.1" blue udp $host 5353
	done
	for host in fd00::1 2001:db8:ff::1; do
		answer "80 fd00::1" blue tcp $host 8080
		answer "80 fd00::1" red tcp $host 8080
	done
	answer "80 10.0.0.3" blue tcp 10.0.0.2 80
	# What passes through on a mapped port goes where it was sent.
	answer "8080 203.0.113.1" blue tcp 203.0.113.2 8080
	answer "8080 2001:db8:ff::1" blue tcp 2001:db8:ff::2 8080
done

# Nothing from outside gets in unasked, and nothing for 127.0.0.1 comes in by the bridge.
ip -n wan route add 10.0.0.0/24 via 203.0.113.1
answer nothing wan tcp 10.0.0.2 80
ip -n wan route del 10.0.0.0/24
mac=$(json '.[].address' ip -j link show br0)
stray() { # prints what a listener at 127.0.0.1 hears from blue
	timeout 1 python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 7777))
print(s.recv(9).decode())' &
	local listener=$!
	wait_until 10 bash -c 'ss -Hlun "sport = :7777" | grep -q .'
	ip netns exec blue python3 "$peer" stray eth0 "$mac" 7777
	wait $listener || echo nothing
}
expect_equal "a datagram for 127.0.0.1 is dropped" nothing "$(stray)"
nft flush chain inet vnet_nat_test loopback_guard
expect_equal "without our rule it would get in" x "$(stray)"

# That was an edit: it is seen, and put right.
expect_status "an edited table is a difference" 2 "$V" diff -f "$topology"
check "it is put right" "$V" -f "$topology"
expect_equal "then nothing is to do" 0 "$("$V" diff -f "$topology" >/dev/null; echo $?)"
expect_equal "a datagram for 127.0.0.1 is dropped again" nothing "$(stray)"

# An established connection lives through changes beside it: an element, and the whole table.
mkfifo "$WORK/lines"
ip netns exec wan python3 "$peer" hold 203.0.113.1 8080 "$WORK/lines" >"$WORK/held" &
wait_until 5 grep -q open "$WORK/held"
exec 5>"$WORK/lines"
held() { # says a word through it and expects it back
	echo "$1" >&5
	check "$2" wait_until 5 grep -qx "$1" "$WORK/held"
}
held one "a connection is established"
handles=$(nft -a list chain inet vnet_nat_test port_maps)
write_topology "${all_ports[@]}" '"8081:81"'
check "a port map is added" "$V" -f "$topology"
held two "the connection outlives a new port map"
expect_equal "no rule was made anew" "$handles" "$(nft -a list chain inet vnet_nat_test port_maps)"
maps+=('{port: "8082", to: "10.0.0.2:82", in: wan0}')
write_topology "${all_ports[@]}"
check "a port map that is a rule is added" "$V" -f "$topology"
held three "the connection outlives a new table"
maps=("${maps[0]}")
write_topology "${all_ports[@]}"
check "the port map is removed" "$V" -f "$topology"
held four "the connection outlives that, too"
exec 5>&-

expect_equal "the rules of others are untouched" "$foreign_before" "$(foreign)"
monitor=$WORK/monitor
nft monitor >"$monitor" &
watcher=$!
sleep 0.2
check "a run without changes" "$V" -f "$topology"
sleep 0.2
kill $watcher
expect_equal "it writes no rule" "" "$(<"$monitor")"

check "it is destroyed" "$V" destroy -f "$topology" --yes
check_not "no table stays" nft list table inet vnet_nat_test
expect_equal "the rules of others are still untouched" "$foreign_before" "$(foreign)"
expect_equal "forwarding stays on for the rules of others" 1 "$(</proc/sys/net/ipv4/ip_forward)"
check_not "no record stays" test -e /run/vnetapply/.sysctl
