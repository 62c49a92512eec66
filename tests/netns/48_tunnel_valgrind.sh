#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Both processes of the worker under valgrind: keys, configurations, traffic, another key, the end. No error, nothing
# left in memory, no descriptor of ours left open. Valgrind itself needs system calls that the sandbox denies.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

if [[ $BUILD == *san ]]; then
	ok "the sanitizers look after this build"
	exit
fi
if ! command -v valgrind >/dev/null; then
	skip "the worker under valgrind" "valgrind is not installed"
	exit
fi

make_switch
make_host a 1
make_host b 2
for key in a a2 b; do "$V" key new "$WORK/$key.key" >"$WORK/$key.pub"; done
key_of() { cat "$WORK/$1.pub"; }
ping_ok() { ip netns exec a ping -q -c 3 -i 0.05 -W 2 10.5.0.2 >/dev/null; }

ip netns exec a env LD_PRELOAD="$PWD/$BUILD/tests/shim/sandbox.so" VNET_SANDBOX_OFF=seccomp,landlock,user, \
	VNET_SANDBOX_PROGRAM="$TUNNEL" valgrind --trace-children=yes --leak-check=full --show-leak-kinds=all \
	--track-fds=yes --log-file="$WORK/valgrind.%p" "$TUNNEL" --control "$WORK/a.sock" --name test/a \
	>/dev/null 2>"$WORK/a.log" &
worker_pid[a]=$!
start_worker b
check "it starts" wait_until 40 ask a status
check "it is configured, plain" ask a configure vtap0 --peer b=192.0.2.2
check "so is its peer" ask b configure vtap0 --peer a=192.0.2.1
check "ping crosses" wait_until 20 ping_ok
check "and with encryption" ask a configure vtap0 --key-file "$WORK/a.key" --peer "b=192.0.2.2,key:$(key_of b)"
check "so is its peer" ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,key:$(key_of a)"
check "ping crosses" wait_until 20 ping_ok
check "with another key, port and peer" ask a configure vtap0 --port 41000 --key-file "$WORK/a2.key" \
	--peer "b=192.0.2.2,40000,key:$(key_of b)" --peer "c=nobody.invalid,key:$(key_of a)"
check "so is its peer" ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,41000,key:$(key_of a2)"
check "ping crosses" wait_until 20 ping_ok
check "what is refused changes nothing" bash -c "! python3 tests/netns/worker_control.py $WORK/a.sock configure nope"
check "it has a state" ask a status
declare -A pids=([supervisor]=${worker_pid[a]} [data-plane]=$(pgrep -P "${worker_pid[a]}" | head -n 1))
check "it is stopped" ask a stop
end_of a
expect_equal "with success" 0 "$ended"
for process in supervisor data-plane; do
	report=$WORK/valgrind.${pids[$process]}
	expect_match "the $process makes no error" "ERROR SUMMARY: 0 errors" "$(cat "$report")"
	expect_match "it leaves nothing in memory" "no leaks are possible" "$(cat "$report")"
	expect_equal "it leaves no descriptor open" "" "$(grep -A 1 "Open " "$report" | grep -B 1 "   at 0x" || true)"
done
expect_equal "nothing complained" "" "$(grep -v "nobody.invalid is not found" "$WORK/a.log" || true)"
