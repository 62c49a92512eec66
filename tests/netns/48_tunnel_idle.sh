#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thousand encrypted peers, of which three have a session and the others never answer: both processes of a worker stay
# small, and do nothing once there is nothing to do.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

set_clocks 0 0
make_switch
n=0
for host in a b c d; do
	make_host $host $((n += 1))
	if [[ $host == a ]]; then start_worker a "${clocked[@]}"; else start_worker $host; fi
	declare "key_$host=$("$TUNNEL" key new "$WORK/$host.key")"
done
pids() { echo "${worker_pid[a]}" && plane_of a; }
# Kilobytes, of both.
memory() { for pid in $(pids); do grep VmRSS: "/proc/$pid/status"; done | awk '{ sum += $2 } END { print sum }'; }
ticks() { for pid in $(pids); do sed 's/.*) //' "/proc/$pid/stat"; done | awk '{ sum += $12 + $13 } END { print sum }'; }
# Longer than the pause between two handshakes.
rests() {
	local before
	before=$(ticks)
	sleep 6
	[[ $(ticks) == "$before" ]]
}
# A stranger's key is any number: nobody answers.
mapfile -t options < <(python3 -c '
import base64, os
for i in range(997):
    print(f"--peer=p{i}=198.18.{i // 250}.{i % 250 + 1},key:" + base64.b64encode(os.urandom(32)).decode())')
# shellcheck disable=SC2154 # declared above
options+=(--key-file "$WORK/a.key" --peer "b=192.0.2.2,key:$key_b" --peer "c=192.0.2.3,key:$key_c"
	--peer "d=192.0.2.4,key:$key_d")
for host in b c d; do
	# shellcheck disable=SC2154
	ask $host configure vtap0 --key-file "$WORK/$host.key" --peer "a=192.0.2.1,key:$key_a"
done
configure_a() { ask a configure vtap0 "${options[@]}"; }
check "a thousand peers" configure_a
for host in b c d; do
	check "ping crosses from $host" wait_until 10 ip netns exec $host ping -q -c 1 -W 1 10.5.0.1
done
# Who does not answer is tried for a minute and a half.
set_clocks 0 100
check "a worker with nothing to do uses no time" wait_until 60 rests
# Their timers have nothing to do; the handshake's time stays.
expect_equal "three have a session" "b c d" \
	"$(status_of a '[.peers | to_entries[] | select(.value.handshake // infinite < 1000000).key] | sort | join(" ")')"
used=$(memory) || true
# Sanitizers take several times as much.
[[ $BUILD == *release* ]] || used=0
expect_equal "in less than 64 MB" true "$([[ $used -lt 65536 ]] && echo true || echo "$used kB")"
