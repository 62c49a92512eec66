#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each trap that doctor knows, set up for real: it names the place, and what it prints mends it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

topology=$WORK/net.yaml
findings() { "$V" doctor -f "$topology" -o json || [[ $? == 2 ]]; }
codes() { json '[.findings[].code] | unique | join(" ")' findings; }
of() { json "first(.findings[] | select(.code == \"$1\") | .$2) // empty" findings; } # of CODE KEY
apply() { "$V" apply -q -f "$topology"; }
gone() { expect_equal "$1: it is found no more" "" "$(of "$1" message)"; }
for key in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do
	[[ ! -e $key ]] || echo 0 >"$key"
done

# A way out, and a second one to the same neighbour.
ip netns add wan
ip -n wan link set lo up
ip -n wan addr add 198.51.100.1/32 dev lo
for i in 0 1; do
	ip link add "wan$i" type veth peer name "eth$i" netns wan
	ip addr add "203.0.11$i.1/24" dev "wan$i"
	ip link set "wan$i" up
	ip -n wan addr add "203.0.11$i.2/24" dev "eth$i"
	ip -n wan link set "eth$i" up
done
# Who asks for the address of a link-layer neighbour is filtered, too.
ip -n wan neigh add 203.0.111.1 lladdr "$(</sys/class/net/wan1/address)" dev eth1
ip route add default via 203.0.110.2
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter

# ---- rp_filter ----

write_routes() {
	cat >"$topology" <<-END
		version: 1
		name: net
		${1:-}
		routes:
		  - {to: 198.51.100.0/24, via: 203.0.110.2, interface: wan0}
		  - {to: 198.51.100.0/24, via: 203.0.111.2, interface: wan1, metric: 50}
	END
}
from_far() { ip netns exec wan ping -c 1 -W 2 -n -I 198.51.100.1 203.0.111.1; }
write_routes
check "two ways to one network" apply
check_not "what comes in by the worse one is dropped" from_far
expect_equal "W-RP-FILTER: it is found" \
	"rp_filter of wan1 is strict (all 1, wan1 $(</proc/sys/net/ipv4/conf/wan1/rp_filter)): what comes in there from 198.51.100.0/24 is dropped, because the way back leaves by wan0 (metric 0, not 50)" \
	"$(of W-RP-FILTER message)"
expect_equal "W-RP-FILTER: its key" 'sysctls: {net.ipv4.conf.wan1.rp_filter: 2}' "$(of W-RP-FILTER fix)"
write_routes "$(of W-RP-FILTER fix)"
check "its key is applied" apply
check "what comes in is answered" from_far
gone W-RP-FILTER
"$V" destroy -q -y --name net

# The same of a tunnel: its address is on one interface, and its peer behind the other.
cat >"$topology" <<'END'
version: 1
name: net
bridges: {br0: {}}
overlays: {lan: {bridge: br0, encryption: none}}
hosts: {alpha: {address: 203.0.111.1}, beta: {address: 198.51.100.1}}
END
check "a tunnel" apply
expect_equal "W-RP-FILTER: of a tunnel" \
	"rp_filter of wan1 is strict (all 1, wan1 0): datagrams of tunnel lan from 198.51.100.1 to 203.0.111.1 are dropped there, because the way back leaves by wan0" \
	"$(of W-RP-FILTER message)"
frames() { "$V" tunnel status -o json | jq '[.. | .rx_frames? // empty] | add'; }
send() { # a frame from the peer, as the tutorial sends it
	ip netns exec wan python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.1", 40000))
s.sendto(b"\xff" * 6 + b"\x02\0\0\0\0\x09" + b"\x88\xb5" + bytes(50), ("203.0.111.1", 40000))'
}
heard() { send; [[ $(frames) -gt 0 ]]; }
send
check_not "it hears nothing" wait_until 1 heard
sed -i "3i $(of W-RP-FILTER fix)" "$topology"
check "its key is applied" apply
check "it hears its peer" wait_until 10 heard
gone W-RP-FILTER
"$V" destroy -q -y --name net
echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter

# ---- ports ----

write_ports() {
	cat >"$topology" <<-END
		version: 1
		name: net
		bridges: {br0: {addresses: [10.0.0.1/24], forward: nat${2:-}}}
		namespaces: {red: {attach: {br0: 10.0.0.2/24}, ports: ["$1:80"]}}
	END
}
serve() { # serve NAME PORT [COMMAND...]: answers with its name
	mkdir -p "$WORK/$1"
	echo "$1" >"$WORK/$1/name"
	"${@:3}" python3 -m http.server -d "$WORK/$1" "$2" >"$WORK/$1.log" 2>&1 &
}
ask() { ip netns exec wan python3 -c 'import sys, urllib.request
print(urllib.request.urlopen("http://203.0.110.1:%s/name" % sys.argv[1], timeout=5).read().decode().strip())' "$1"; }
serve local 8080
listen_ready - 8080
write_ports 8080
expect_match "W-PORT: the plan warns" 'W-PORT  tcp port 8080 is mapped to 10.0.0.2:80, and python3 \(pid [0-9]+\)' \
	"$(tr -s ' \n' ' ' <<<"$("$V" plan -f "$topology")" | sed 's/W-PORT /W-PORT  /')"
check "a port that is taken" apply
serve red 80 ip netns exec red
listen_ready red 80
expect_equal "the port map wins" red "$(ask 8080)"
expect_match "W-PORT: it is found" '^tcp port 8080 is mapped to 10.0.0.2:80, and python3 \(pid [0-9]+\) listens on \*:8080' \
	"$(of W-PORT message)"
expect_match "W-PORT: its key" '^another port in the place of "8080"' "$(of W-PORT fix)"
expect_equal "W-PORT: the line of the file" 4 "$(of W-PORT source.line)"
write_ports 8081
check "another port" apply
expect_equal "the program is heard" local "$(ask 8080)"
expect_equal "and so is the port map" red "$(ask 8081)"
gone W-PORT

# ---- forwarding ----

out() { ip netns exec red ping -c 1 -W 2 -n 203.0.110.2; }
check "forwarding" out
expect_equal "nothing is found" "" "$(codes)"
echo 0 >/proc/sys/net/ipv4/ip_forward
check_not "switched off" out
expect_equal "W-FORWARDING: it is found" \
	"net.ipv4.ip_forward is 0, and it was 1 when topology net was applied: somebody switched it off, and nothing is forwarded" \
	"$(of W-FORWARDING message)"
expect_match "W-FORWARDING: without a file, too" 'net.ipv4.ip_forward is 0, and it was 1' "$("$V" doctor | tr '\n' ' ')"
check "its command runs" bash -ec "$(of W-FORWARDING fix)"
check "switched on" out
gone W-FORWARDING
echo 0 >/proc/sys/net/ipv4/conf/br0/forwarding
check_not "one interface switched off" out
expect_match "W-FORWARDING: it is found" '^forwarding of br0 is off' "$(of W-FORWARDING message)"
check "its command runs" bash -ec "$(of W-FORWARDING fix)"
check "switched on" out
gone W-FORWARDING

# ---- MTU of a foreign port ----

ip netns add vm
ip link add vm0 mtu 1400 type veth peer name eth0 mtu 1400 netns vm
ip -n vm addr add 10.0.0.9/24 dev eth0
ip -n vm link set eth0 up
ip link set vm0 up master br0
check "the bridge keeps its MTU" apply
large() { ip netns exec red ping -c 1 -W 2 -n -M dont -s 1450 10.0.0.9; }
check "small packets pass" ip netns exec red ping -c 1 -W 5 -n 10.0.0.9
check_not "large ones are lost" large
expect_equal "W-MTU: it is found" \
	"mtu 1400 of port vm0 is below the 1500 of its bridge br0: longer packets are lost there" \
	"$(of W-MTU message)"
expect_equal "W-MTU: its key" 'bridges: {br0: {mtu: 1400}}' "$(of W-MTU fix)"
write_ports 8081 ', mtu: 1400'
check "its key is applied" apply
check "large packets pass" large
gone W-MTU
ip link del vm0

# ---- programs ----

mkdir -p "$WORK/bin" /run/systemd/netif/links
# Without root the machine's own may not be changed even in a layer above it.
mkdir -p /etc/systemd /etc/NetworkManager
mount -t tmpfs tmpfs /etc/systemd
mount -t tmpfs tmpfs /etc/NetworkManager
mkdir /etc/NetworkManager/conf.d /etc/systemd/network
for program in systemctl nmcli networkctl; do
	printf '#!/bin/sh\necho "%s $*" >>%s\n' "$program" "$WORK/called" >"$WORK/bin/$program"
	chmod +x "$WORK/bin/$program"
done
export PATH=$WORK/bin:$PATH
cp "$(command -v sleep)" "$WORK/bin/systemd-networkd"
cp "$(command -v sleep)" "$WORK/bin/NetworkManager"
systemd-networkd 1000 &
networkd=$!
runs() { [[ $(<"/proc/$1/comm") == "$2" ]]; }
wait_until 5 runs "$networkd" systemd-network
expect_equal "W-NETWORKD: a file without routes on the host does not mind" "" "$(of W-NETWORKD message)"
write_routes
expect_match "W-NETWORKD: it is found" '^systemd-networkd runs and takes away routes and routing policy rules' \
	"$(of W-NETWORKD message)"
check "its command runs" bash -ec "$(of W-NETWORKD fix)"
expect_equal "networkd is restarted" "systemctl restart systemd-networkd" "$(<"$WORK/called")"
gone W-NETWORKD
printf '[Network]\nManageForeignRoutes=yes\n' >/etc/systemd/networkd.conf.d/zz.conf
expect_match "W-NETWORKD: the last drop-in counts" 'takes away routes that' "$(of W-NETWORKD message)"
rm /etc/systemd/networkd.conf.d/zz.conf
write_ports 8081
echo ADMIN_STATE=configured >"/run/systemd/netif/links/$(</sys/class/net/br0/ifindex)"
expect_match "W-NETWORKD: an interface that it manages" '^systemd-networkd manages br0' "$(of W-NETWORKD message)"
check "its command runs" bash -ec "$(of W-NETWORKD fix)"
expect_equal "networkd leaves it alone" $'[Match]\nName=br0\n[Link]\nUnmanaged=yes' \
	"$(</etc/systemd/network/05-vnet-br0.network)"
kill "$networkd"
wait "$networkd" || true
gone W-NETWORKD

mkdir -p /run/NetworkManager
NetworkManager 1000 &
manager=$!
wait_until 5 runs "$manager" NetworkManager
expect_match "W-NETWORKMANAGER: it is found" 'nothing tells it to leave br0, red-eth0 alone' \
	"$(of W-NETWORKMANAGER message)"
check "its command runs" bash -ec "$(of W-NETWORKMANAGER fix)"
gone W-NETWORKMANAGER
kill "$manager"
wait "$manager" || true
expect_equal "nothing is left" "" "$(codes)"

# ---- limits ----

if [[ -e /proc/sys/net/netfilter/nf_conntrack_count ]]; then
	maximum=$(</proc/sys/net/netfilter/nf_conntrack_max)
	echo $((maximum * 9 / 10)) >"$WORK/count"
	mount --bind "$WORK/count" /proc/sys/net/netfilter/nf_conntrack_count
	expect_match "W-CONNTRACK: it is found" "^$((maximum * 9 / 10)) of $maximum connections are tracked" \
		"$(of W-CONNTRACK message)"
	expect_equal "W-CONNTRACK: its command" "sysctl -w net.netfilter.nf_conntrack_max=$((2 * maximum))" \
		"$(of W-CONNTRACK fix)"
	umount /proc/sys/net/netfilter/nf_conntrack_count
	gone W-CONNTRACK
else
	skip "W-CONNTRACK" "this kernel tells no count"
fi

# ---- tunnels ----

"$V" destroy -q -y --name net
write_tunnel() { # write_tunnel [MORE]: keys of the overlay
	cat >"$topology" <<-END
		version: 1
		name: net
		bridges: {br0: {}}
		overlays: {lan: {bridge: br0, encryption: none${1:+, $1}}}
		hosts:
		  alpha: {address: 203.0.110.1, namespaces: {red: {attach: {br0: 10.0.0.2/24}}}}
		  beta: {address: 192.0.2.2}
	END
}
write_tunnel
mount -t tmpfs tmpfs /dev/net
expect_match "W-TUN: it is found" '^/dev/net/tun cannot be opened \(No such file or directory\)' "$(of W-TUN message)"
check_not "and a tunnel cannot be made" apply
if [[ -z $rootless ]] && mknod "$WORK/null" c 1 3 2>/dev/null; then
	check "its command runs" bash -c "$(of W-TUN fix)" # there may be no modprobe
	gone W-TUN
fi
umount /dev/net
gone W-TUN

python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 40000))
time.sleep(1000)' &
taker=$!
wait_until 5 bash -c "ss -Hlun 'sport = :40000' | grep -q ."
expect_match "W-PORT: of a tunnel" '^udp port 40000 of tunnel lan is taken: python3 \(pid [0-9]+\) has \*:40000' \
	"$(of W-PORT message)"
check_not "the tunnel cannot be made" apply
write_tunnel 'port: 40001'
gone W-PORT
check "another port" apply
write_tunnel
kill "$taker"
wait "$taker" || true
check "the program is stopped" apply
gone W-PORT

# The way to the peer is narrower than it looks; packets are then sent in pieces.
ip -n wan link add far mtu 1300 type veth peer name eth0 netns vm
ip -n wan addr add 192.0.2.1/24 dev far
ip -n wan link set far up
ip -n vm addr add 192.0.2.2/24 dev eth0
ip -n vm link set eth0 mtu 1300 up
ip -n vm route add default via 192.0.2.1
ip netns exec wan sysctl -qw net.ipv4.ip_forward=1
expect_equal "the path looks wide" "" "$(of W-MTU message)"
ping -c 1 -W 1 -n -M do -s 1400 192.0.2.2 >/dev/null || true
expect_equal "W-MTU: of a path" \
	"the way to 192.0.2.2 carries 1300 bytes, and a full packet of lan (mtu 1458) in tunnel lan has 1500: it is sent in pieces, or lost" \
	"$(of W-MTU message)"
expect_equal "W-MTU: its key" "mtu: 1258 of overlay (or tunnel) lan" "$(of W-MTU fix)"
pieces() { # how many fragments a full packet becomes
	local before
	ip -n red neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0
	before=$(nstat -asz IpFragCreates | awk '/Frag/ { print $2 }')
	ip netns exec red ping -c 1 -W 1 -n -s $(($(ip netns exec red cat /sys/class/net/eth0/mtu) - 28)) 10.0.0.9 >/dev/null || true
	echo $(($(nstat -asz IpFragCreates | awk '/Frag/ { print $2 }') - before))
}
expect_equal "a full packet leaves in two pieces" 2 "$(pieces)"
write_tunnel 'mtu: 1258'
check "its key is applied" apply
expect_equal "a full packet leaves whole" 0 "$(pieces)"
gone W-MTU

write_tunnel 'offload: {gro: false, tso: false}'
expect_match "W-OFFLOAD: it is found" '^offloads of tunnel lan are switched off by the file: tso, gro' \
	"$(of W-OFFLOAD message)"
expect_equal "a plan does not tell of it" 0 \
	"$(json '[.warnings[] | select(.code == "W-OFFLOAD")] | length' "$V" plan -f "$topology" -o json)"

# ---- the command ----

expect_match "a code is explained" '^W-RP-FILTER: .*The key sets 2' "$("$V" doctor W-RP-FILTER | tr '\n' ' ')"
expect_status "an unknown code" 64 "$V" doctor W-DOKCER
expect_match "what was meant" 'did you mean W-DOCKER' "$("$V" doctor W-DOKCER 2>&1 || true)"
expect_match "a file is no code" 'did you mean -f net.yaml' "$("$V" doctor net.yaml 2>&1 || true)"
expect_status "only that code" 0 "$V" doctor -f "$topology" W-TUN
expect_status "that is found" 2 "$V" doctor -f "$topology" W-OFFLOAD
