#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Peers with an address of each family, encrypted: handshakes find the one that works, also when the other one fails
# later and when it is mended, and who roamed and is silent is looked for where it belongs.
VNET_SECONDS=${VNET_SECONDS:-400}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/dual_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual_lib.sh"

make_dual 1406
key_a=$("$TUNNEL" key new "$WORK/a.key")
key_b=$("$TUNNEL" key new "$WORK/b.key")
configure_a() { ask a configure vtap0 --key-file "$WORK/a.key" --local 192.0.2.1+2001:db8::1 --peer "b=192.0.2.2+2001:db8::2,key:$key_b"; }
configure_b() { ask b configure vtap0 --key-file "$WORK/b.key" --local 192.0.2.2+2001:db8::2 --peer "a=192.0.2.1+2001:db8::1,key:$key_a"; }

# ---- the first handshake ----
drop_v4 a
drop_v4 b
check "a has an address of each family, and b two" configure_a
check "and the other way round" configure_b
check "the handshake that is not answered goes to the second address" wait_until 40 crosses_at a b "$B6"
check "b answers there" wait_until 10 crosses_at b a "$A6"
let_v4 a
let_v4 b
check "the first one is taken when it works" wait_until 90 crosses_at a b "$B4"
check "on both sides" wait_until 90 crosses_at b a "$A4"
check "the path is that of IPv4" wait_until 10 path_is a b 1500

# ---- a session that breaks ----
ip -n a -6 route add 2001:db8::2/128 dev eth0 mtu 1400
drop_v4 a
drop_v4 b
check "where nothing comes through it goes on over IPv6" wait_until 60 crosses_at a b "$B6"
check "in both directions" wait_until 60 crosses_at b a "$A6"
check "the path is that of IPv6" wait_until 10 path_is a b 1400
let_v4 a
let_v4 b
check "and it comes back" wait_until 90 crosses_at a b "$B4"
check "b, too" wait_until 90 crosses_at b a "$A4"
ip -n a route del 192.0.2.0/24
check "what the kernel refuses goes to the next" wait_until 20 crosses_at a b "$B6"
ip -n a route add 192.0.2.0/24 dev eth0 src 192.0.2.1

# ---- who roamed and is silent ----
ip -n b addr add 192.0.2.22/24 dev eth0
check "b is elsewhere now" ask b configure vtap0 --key-file "$WORK/b.key" --local 192.0.2.22 --peer "a=192.0.2.1,key:$key_a"
check "a follows" wait_until 20 crosses_at b a "$A4"
check "to an address that it was not told of" at a b "192.0.2.22 port 40000"
expect_equal "and has both others" "[\"$B4\",\"$B6\"]" "$(status_of a '.peers.b.others | tojson')"
kill -KILL "${worker_pid[b]}"
end_of b
ip -n b addr del 192.0.2.22/24 dev eth0
ip netns exec b timeout 90 python3 -c '
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
    listener.bind(("192.0.2.2", 40000))
    while listener.recv(2000)[:4] != b"\1\0\0\0": pass
print("handshake")' >"$WORK/came" &
ip netns exec a ping -q -i 0.2 10.5.0.2 >/dev/null &
ping=$!
check "when it does not answer a handshake goes where it belongs" wait_until 90 grep -q handshake "$WORK/came"
kill "$ping"
