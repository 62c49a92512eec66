#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thousand peers and ten thousand addresses: both processes of a worker stay small, and do nothing when there is
# nothing to do.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2
for host in a b; do
	start_worker $host
	declare "key_$host=$("$TUNNEL" key new "$WORK/$host.key")"
done
pids() { echo "${worker_pid[a]}" && plane_of a; }
# Kilobytes, of both.
memory() { for pid in $(pids); do grep VmRSS: "/proc/$pid/status"; done | awk '{ sum += $2 } END { print sum }'; }
ticks() { for pid in $(pids); do sed 's/.*) //' "/proc/$pid/stat"; done | awk '{ sum += $12 + $13 } END { print sum }'; }
peers() {
	python3 -c '
import base64, os, sys
for i in range(999):
    key = ",key:" + base64.b64encode(os.urandom(32)).decode() if sys.argv[1] == "noise" else ""
    print(f"--peer=p{i}=198.18.{i // 250}.{i % 250 + 1}{key}")' "$1"
}
learn_all() {
	ip netns exec b python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("vtap0", 0))
import time
for i in range(10000):
    s.send(bytes.fromhex("029900000000") + b"\x02\x77" + i.to_bytes(4, "big") + b"\x88\xb5" + bytes(46))
    if i % 50 == 49: time.sleep(0.005)'
	holds a '.learned >= 10000'
}

# A stranger's key is any number: nobody answers.
# shellcheck disable=SC2154
for mode in plain noise; do
	mapfile -t options < <(peers $mode)
	if [[ $mode == noise ]]; then
		ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,key:$key_a"
		options+=(--key-file "$WORK/a.key" --peer "b=192.0.2.2,key:$key_b")
	else
		ask b configure vtap0 --peer a=192.0.2.1
		options+=(--peer b=192.0.2.2)
	fi
	configure_a() { ask a configure vtap0 "${options[@]}"; }
	check "$mode: a thousand peers" configure_a
	check "$mode: ping crosses" wait_until 10 ip netns exec b ping -q -c 1 -W 1 10.5.0.1
	check "$mode: ten thousand addresses are learned" wait_until 30 learn_all
	expect_equal "$mode: all peers are shown" 1000 "$(status_of a '.peers | length')"
	used=$(memory) || true
	# Sanitizers take several times as much.
	[[ $BUILD == *release* ]] || used=0
	expect_equal "$mode: in less than 64 MB" true "$([[ $used -lt 65536 ]] && echo true || echo "$used kB")"
	[[ $mode == plain ]] || continue
	before=$(ticks)
	sleep 3
	expect_equal "$mode: an idle worker uses no time" "$before" "$(ticks)"
done

# ---- all that a configuration may have ----
# 1024 peers of the longest names, with keys, and 16384 static addresses. Nobody looks these names up in earnest.
fullest() {
	python3 -c '
import base64, os
for i in range(1024):
    name = f"{i:063}." + ".".join("x" * 62 for _ in range(3))
    macs = ",".join(f"02:00:00:{i // 256:02x}:{i % 256:02x}:{m:02x}" for m in range(16))
    print(f"--peer={i:063}={name},key:" + base64.b64encode(os.urandom(32)).decode() + "," + macs)'
}
mapfile -t options < <(fullest)
full() { ask a configure vtap0 --key-file "$WORK/a.key" "${options[@]}"; }
check "a configuration of all that may be in one" full
expect_equal "comes back" "1024 16384" "$(json '"\(.peers | length) \([.peers[].macs | length] | add)"' ask a query)"
expect_equal "with its names whole" 252 "$(json '.peers | to_entries[0].value.host | length' ask a query)"
expect_equal "and is in the state" "1024 16384" "$(status_of a '"\(.peers | length) \(.static)"')"
kill -KILL "$(plane_of a)"
has_plane() { [[ $(status_of a '."plane-uptime" < 1000000 and .static == 16384') == true ]]; }
check "another data plane gets it, too" wait_until 10 has_plane
options+=("--peer=more=192.0.2.9,key:$key_b")
expect_match "one peer more is told" "Argument list too long" "$(full 2>&1)"
