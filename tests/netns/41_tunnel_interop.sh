#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The worker and the tutorial's relay, a few lines of Python that send from a port of their own, are
# two ends of one network.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host ours 1
make_host theirs 2
start_worker ours

try_relay() {
	local below=$1 local_address=$2 peer=$3 relay
	check "the worker is configured over $below" \
		ask ours configure vtap0 --local "$local_address" --peer "theirs=$peer"
	ip netns exec theirs python3 tests/netns/relay.py vtap0 "$local_address" &
	relay=$!
	check "a ping of ours is answered over $below" \
		wait_until 5 ip netns exec ours ping -c 1 -W 1 10.5.0.2
	check "a ping of theirs is answered" ip netns exec theirs ping -q -i 0.05 -c 5 -W 2 10.5.0.1
	check "pings cross at full size" \
		ip netns exec ours ping -q -i 0.05 -c 5 -W 2 -M "do" -s 1430 10.5.0.2
	expect_equal "our TCP arrives unchanged" same "$(send_bytes ours theirs 10.5.0.2 4)"
	expect_equal "their TCP arrives unchanged" same "$(send_bytes theirs ours 10.5.0.1 4)"
	kill $relay
	wait $relay 2>/dev/null || true
}

try_relay IPv4 192.0.2.1 192.0.2.2
try_relay IPv6 2001:db8::1 2001:db8::2
expect_equal "nothing was dropped" 0 "$(status_of ours '.drops | [."unknown-source", .short, .long] | add')"
