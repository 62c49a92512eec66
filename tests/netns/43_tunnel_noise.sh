#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Encrypted tunnels between hosts made by hand: frames cross and nothing of them is seen outside, strangers and
# changed or repeated datagrams reach nothing, and restarts, new addresses and new keys heal by themselves.

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
	ip -n $host link set vtap0 mtu 1426
	ip -n $host link set virbr0 mtu 1426
	start_worker $host
done

# crossing_measures HOST PEER: microseconds; what takes ten seconds is lost
crossing_measures() {
	ip netns exec "$1" ping -q -c 1 -W 1 "10.5.0.$([[ $2 == a ]] && echo 1 || echo 2)" >/dev/null
	holds "$1" ".peers.$2.rtt | . > 0 and . < 10000000"
}
ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 2 "${@:2}" >/dev/null; }

# Keys; `declare` hides from shellcheck which.
# shellcheck disable=SC2034,SC2154
key_a='' key_b='' key_c='' key_new=''
for name in a b c new psk; do
	declare "key_$name=$("$TUNNEL" key new "$WORK/$name.key")"
done
expect_match "a public key is 32 bytes in base64" '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$' "$key_a"
expect_equal "it is what the file has" "$key_a" "$("$TUNNEL" key public "$WORK/a.key")"
expect_equal "the file is its owner's alone" 600 "$(stat -c %a "$WORK/a.key")"
expect_match "a key is not overwritten" "exists" "$("$TUNNEL" key new "$WORK/a.key" 2>&1)"
cp "$WORK/a.key" "$WORK/open.key"
chmod 640 "$WORK/open.key"
expect_match "a file that others can read is refused" "others have access" \
	"$("$TUNNEL" key public "$WORK/open.key" 2>&1)"
head -c 40 /dev/urandom >"$WORK/bad.key"
chmod 600 "$WORK/bad.key"
expect_match "and one without a key" "expected one line with a key" \
	"$("$TUNNEL" key public "$WORK/bad.key" 2>&1)"

# configure_noise HOST PEER=ADDRESS...
configure_noise() {
	local host=$1 options=() peer name key
	shift
	for peer in "$@"; do
		name=${peer%%=*}
		key=key_$name
		options+=(--peer "$peer,key:${!key}")
	done
	ask "$host" configure vtap0 --key-file "${keyfile:-$WORK/$host.key}" "${options[@]}"
}

check "a is configured" configure_noise a b=192.0.2.2
check "b is configured" configure_noise b a=192.0.2.1
check "ping crosses" ping_ok a -c 5 10.5.0.2
check "ping crosses at full size" ping_ok a -c 5 -M "do" -s 1398 10.5.0.2
expect_equal "TCP carries 20 MB unchanged" same "$(send_bytes a b 10.5.0.2 20)"
expect_equal "and back" same "$(send_bytes b a 10.5.0.1 20)"
check "the handshake has an age" holds a '.peers.b.handshake < 60000'
check "how long b takes to answer is known" wait_until 15 crossing_measures a b
check "and a" wait_until 15 crossing_measures b a
expect_equal "no frame was dropped" 0 \
	"$(status_of b '.drops | [.malformed, .handshake, .forged, .replay, .short, .long] | add')"
expect_equal "secrets are in no answer" 0 \
	"$(ask a query | grep -c -F "$(cat "$WORK/a.key")" || true)"
expect_equal "nor in the stored configuration" 0 "$(grep -c -F "$(cat "$WORK/a.key")" "$WORK/a.conf" || true)"

# What is on the wire: only datagrams of the protocol, no address of the overlay.
ip netns exec b python3 tests/netns/attack.py capture >"$WORK/wire" &
dumper=$!
check "a dump listens" wait_until 20 grep -q ready "$WORK/wire"
ping_ok a -c 30 -s 1000 -p 77696c64 10.5.0.2
dump_has_seen() { [[ $(grep -c "^192.0.2.1 " "$WORK/wire") -ge 20 ]]; }
check "and sees datagrams" wait_until 10 dump_has_seen
kill $dumper
wait $dumper 2>/dev/null || true
expect_equal "no frame is seen outside" "0" "$(grep -c 77696c6477696c64 "$WORK/wire" || true)"

# Attack: what was sent once is sent again, cut, lengthened, changed, and sent back to its sender.
received() { ip -n "$1" -s -j link show vtap0 | jq '.[].stats64.rx.packets'; }
rx_a=$(received a) rx_b=$(received b)
sed -n '/ready/d; p; 41q' "$WORK/wire" >"$WORK/datagrams"
attack='
import random, socket, sys
random.seed(3)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in open(sys.argv[1]):
    source, payload = line.split()
    payload = bytearray.fromhex(payload)
    for to in ("192.0.2.1", "192.0.2.2"):
        s.sendto(payload, (to, 40000))
        s.sendto(payload[:random.randrange(len(payload))], (to, 40000))
        s.sendto(payload + bytes(random.randrange(1, 99)), (to, 40000))
        for i in range(10):
            changed = bytearray(payload)
            bit = random.randrange(8 * len(payload))
            changed[bit // 8] ^= 1 << bit % 8
            s.sendto(changed, (to, 40000))
        unseen = payload[:8] + (1000000 + i).to_bytes(8, "big") + payload[16:]
        s.sendto(unseen, (to, 40000))
        s.sendto(random.randbytes(random.randrange(1400)), (to, 40000))
        for kind, length in ((1, 136), (2, 80), (4, 32), (4, 1458)):
            s.sendto(bytes([kind, 0, 0, 0]) + random.randbytes(length - 4), (to, 40000))
s.settimeout(0.5)
try: print("answered", len(s.recv(2000)))
except TimeoutError: print("silence")'
expect_equal "an attack gets no answer" silence \
	"$(ip netns exec stranger python3 -c "$attack" "$WORK/datagrams")"
expect_equal "nothing of it reaches a" "$rx_a" "$(received a)"
expect_equal "nothing of it reaches b" "$rx_b" "$(received b)"
check "it is counted by reason" holds b \
	'.drops | .replay >= 10 and .forged >= 10 and .malformed >= 10 and ."no-session" >= 10 and .handshake >= 10'
expect_equal "for no peer, when it is a stranger's" 0 "$(status_of b '.peers.a.drops | .replay + .forged + .malformed + ."no-session"')"
check "the session goes on" ping_ok a -c 20 10.5.0.2
expect_equal "and the peer has not moved" "192.0.2.1 port 40000" "$(status_of b .peers.a.endpoint)"

# A flood of handshakes that are well made but of nobody: limited, and the session goes on.
keyfile=$WORK/new.key
check "a stranger with a key of its own" configure_noise c b=192.0.2.2
unset keyfile
check_not "is not let in" ping_ok c -c 2 -W 1 10.5.0.2
check "its handshake is counted" holds b '.drops.handshake >= 11'
check "it has no session" holds c '.peers.b.handshake == null'

# Three peers.
for pair in "a b=192.0.2.2 c=192.0.2.3" "b a=192.0.2.1 c=192.0.2.3" "c a=192.0.2.1 b=192.0.2.2"; do
	# shellcheck disable=SC2086
	check "mesh: ${pair%% *}" configure_noise $pair
done
check "a reaches c" ping_ok a -c 3 10.5.0.3
check "c reaches b" ping_ok c -c 3 10.5.0.2

# A pre-shared key that one side does not have, and then has.
check "a wants a pre-shared key" \
	ask a configure vtap0 --key-file "$WORK/a.key" --psk-file "$WORK/psk.key" --peer "b=192.0.2.2,key:$key_b"
check "b too" \
	ask b configure vtap0 --key-file "$WORK/b.key" --psk-file "$WORK/psk.key" --peer "a=192.0.2.1,key:$key_a"
check "they talk" wait_until 10 ping_ok a -c 2 10.5.0.2
check "without it again" configure_noise a b=192.0.2.2
check "without it again" configure_noise b a=192.0.2.1

# A peer that is killed and comes back, reading its configuration and its key from their files.
check "before the restart" wait_until 10 ping_ok a -c 2 10.5.0.2
kill -9 "${worker_pid[b]}"
end_of b
start_worker b
check "a restart heals within seconds" wait_until 15 ping_ok a -c 2 -W 1 10.5.0.2

# A new key pair on one side, then the other learns of it, under traffic.
ip netns exec a ping -q -i 0.01 -c 600 -W 2 10.5.0.2 >"$WORK/ping" &
pinger=$!
sleep 1
keyfile=$WORK/new.key
check "a gets a new key" configure_noise a b=192.0.2.2
unset keyfile
sleep 1
key_a=$key_new
check "b learns of it" configure_noise b a=192.0.2.1
wait $pinger || true
expect_match "no packet is lost" "600 received, 0% packet loss" "$(cat "$WORK/ping")"
check "the new key is in use" wait_until 10 holds b '.peers.a.handshake < 8000'
expect_match "a public key that is not the file's is refused" "its public key is" \
	"$(ask a configure vtap0 --key-file "$WORK/new.key" --public-key "$key_b" --peer "b=192.0.2.2,key:$key_b" 2>&1)"

# Roaming: b's address changes; who hears b from the new one answers there.
check "b has no fixed address" ask a configure vtap0 --key-file "$WORK/new.key" --peer "b=,key:$key_b"
check "b says where it is" configure_noise b a=192.0.2.1
check "ping finds it" wait_until 10 ping_ok b -c 2 10.5.0.1
ip -n b addr add 192.0.2.22/24 dev eth0
ip -n b addr del 192.0.2.2/24 dev eth0
ip -n b addr add 192.0.2.22/24 dev eth0 2>/dev/null || true
check "and after it moved" wait_until 10 ping_ok b -c 2 10.5.0.1
expect_equal "a knows the new address" "192.0.2.22 port 40000" "$(status_of a .peers.b.endpoint)"
ip -n b addr add 192.0.2.23/24 dev eth0
ip -n b addr del 192.0.2.22/24 dev eth0
ip -n b addr replace 192.0.2.23/24 dev eth0
check "b says where it is now, though it has nothing to send" wait_until 8 ping_ok a -c 1 -W 1 10.5.0.2
for host in a b c; do ask $host stop; done
