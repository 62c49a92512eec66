#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The two processes of the tunnel worker: what the data plane may not do and what happens when it tries, that it
# comes back when it dies and nothing above it moves meanwhile, and that neither process outlives its purpose.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
SHIM=$PWD/$BUILD/tests/shim/sandbox.so

make_switch
make_host a 1
make_host b 2

ping_ok() { ip netns exec "$1" ping -q -i 0.02 -W 2 "${@:2}" >/dev/null; }
heals() { wait_until 10 ping_ok a -c 2 -W 1 10.5.0.2; }
has_other_plane() { local now; now=$(plane_of a) && [[ $now != "$1" ]]; }
proc_status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
configure_pair() {
	ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
	ask b configure vtap0 --local 192.0.2.2 --peer a=192.0.2.1
}
# start_shimmed NAME VARIABLE=VALUE…
start_shimmed() {
	ip netns exec "$1" env LD_PRELOAD="$SHIM" "${@:2}" "$TUNNEL" --control "$WORK/$1.sock" \
		--name "test/$1" >/dev/null 2>>"$WORK/$1.log" &
	worker_pid[$1]=$!
	wait_until 5 ask "$1" status
}
stop_worker() {
	ask "$1" stop
	end_of "$1"
}

start_worker a
start_worker b
check "both are configured" configure_pair
check "ping crosses" heals

# ---- what holds ----
plane=$(plane_of a)
expect_equal "the data plane is named for ps" "vnettunnel --data-plane 3 --name test/a" \
	"$(tr '\0' ' ' <"/proc/$plane/cmdline" | sed 's/ $//')"
on=on
if [[ $(status_of a .seccomp) == "off: built for sanitizers" ]]; then
	on="off: built for sanitizers"
fi
expect_equal "the worker says what holds" "$on $on" "$(status_of a '"\(.seccomp) \(.landlock)"')"
if [[ $on == on ]]; then
	expect_equal "it has no capabilities and no way to any" "0000000000000000 0000000000000000 0000000000000000 1" \
		"$(for key in CapEff CapPrm CapBnd NoNewPrivs; do proc_status "$plane" $key; done | paste -sd ' ')"
	expect_equal "its system calls are filtered" 2 "$(proc_status "$plane" Seccomp)"
	nobody=65534
	[[ $(wc -l </proc/self/uid_map) == 1 && $(awk '{ print $3 }' /proc/self/uid_map) == 1 ]] && nobody=0
	expect_equal "its user is nobody, where there is one" "$nobody $nobody" \
		"$(proc_status "$plane" Uid) $(status_of a .user)"
	expect_equal "it has these descriptors and no other" "/dev/net/tun /dev/null anon_inode:[eventpoll] socket socket socket" \
		"$(for fd in "/proc/$plane/fd/"*; do readlink "$fd"; done | grep -v "$WORK" |
			sed 's/socket:.*/socket/' | LC_ALL=C sort | paste -sd ' ')"
fi

# ---- what the supervisor keeps ----
# DAC_READ_SEARCH, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_ADMIN; of those that we have ourselves.
kept=$(printf %016x $((0x15e4 & 0x$(proc_status self CapBnd))))
sets() { for key in CapEff CapPrm CapBnd CapInh CapAmb NoNewPrivs; do proc_status "${worker_pid[a]}" $key; done | paste -sd ' '; }
if [[ $on == on ]]; then
	expect_equal "the supervisor has what it needs, and no way to more" \
		"$kept $kept $kept 0000000000000000 0000000000000000 1" "$(sets)"
fi
many_users=
[[ $(awk '{ sum += $3 } END { print sum }' /proc/self/uid_map) -le 65534 ]] || many_users=yes
ip -n a tuntap add dev vtap1 mode tap ${many_users:+user 65534}
mkdir -m 700 "$WORK/closed"
"$TUNNEL" key new "$WORK/closed/a.key" >"$WORK/a.pub"
[[ -z $many_users ]] || chown 65534 "$WORK/closed"
"$TUNNEL" key new "$WORK/b.key" >"$WORK/b.pub"
check "it takes an interface and a directory of others, and a port below 1024" ask a configure vtap1 \
	--local 192.0.2.1 --port 999 --key-file "$WORK/closed/a.key" --peer "b=192.0.2.2,key:$(cat "$WORK/b.pub")"
check "and gives them back" configure_pair
check "ping crosses" heals

# ---- death and return ----
index=$(ip -n a -j link show vtap0 | jq '.[].ifindex')
ip -n a -o monitor link >"$WORK/events" &
monitor=$!
kill -KILL "$plane"
check "a killed data plane is started again" wait_until 5 has_other_plane "$plane"
check "and ping crosses again" heals
expect_equal "it is counted" 1 "$(status_of a .restarts)"
expect_match "and told why" "killed by signal 9" "$(status_of a '."last-end"')"
kill $monitor
expect_equal "the interface did not move meanwhile" "" "$(grep -E "^$index: .*(NO-CARRIER|DOWN)" "$WORK/events" || true)"
plane=$(plane_of a)
kill -STOP "$plane"
check "one that does not answer does not get a configuration, its successor does" \
	ask a configure vtap0 --local 192.0.2.1 --mtu 1458 --peer b=192.0.2.2
check "it is another one" has_other_plane "$plane"
check "ping crosses through it" heals
expect_equal "with the configuration" 1458 "$(json .mtu ask a query)"

# Killed again and again: it waits longer each time, and says so.
repeatedly() {
	local plane
	plane=$(plane_of a) && kill -KILL "$plane"
	grep -q "as it fails each time" "$WORK/a.log"
}
check "a data plane that keeps dying is started less often" wait_until 20 repeatedly
expect_match "this is told" "data plane: killed by signal 9 \(Killed\); it is started again in [0-9]+ ms, as it fails" \
	"$(cat "$WORK/a.log")"
check "also meanwhile there is a status" ask a status
check "a configuration does not wait" ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2
check "ping crosses after all" heals

# The supervisor's end is the data plane's.
plane=$(plane_of a)
kill -KILL "${worker_pid[a]}"
end_of a
check "without its supervisor the data plane ends" wait_until 5 test ! -e "/proc/$plane"
# As long as it has not, the interface is in use: whoever comes next waits for it.
ip netns exec a python3 -c '
import fcntl, struct, time
tap = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", b"vtap0", 0x5002))
print("held", flush=True)
time.sleep(0.5)' >"$WORK/held" &
wait_until 5 grep -q held "$WORK/held"
start_worker a
check "the next one has the configuration" heals
stop_worker a
check_not "a worker that is stopped leaves no process" pgrep -f "name test/a"

# The clock that goes on in sleep is an hour ahead of the one that does not.
ip netns exec a unshare --time --boottime 3600 --fork --kill-child \
	"$TUNNEL" --control "$WORK/a.sock" --name test/a >/dev/null 2>>"$WORK/a.log" &
sleeper=$!
check "a worker begins on a machine that has slept for an hour" wait_until 5 ask a status
worker_pid[a]=$(pgrep -P $sleeper)
configure_pair
plane=$(plane_of a)
kill -KILL "$plane"
check "its data plane is started again as soon as any" wait_until 5 has_other_plane "$plane"
check "and carries frames" heals
ask a stop
wait $sleeper || true

# ---- what a data plane that was taken over would try ----
# attempt: have it try, and print what it wrote
attempt() {
	local plane
	: >"$WORK/a.log"
	plane=$(plane_of a)
	kill -USR1 "$plane"
	wait_until 5 grep -q . "$WORK/a.log" || true
	cat "$WORK/a.log"
}
if [[ $on == on ]]; then
	start_shimmed a VNET_SANDBOX_TRY=socket
	configure_pair
	check "before" heals
	plane=$(plane_of a)
	expect_match "a system call outside of the list ends it" "data plane: killed by signal 31 .*must not make" "$(attempt)"
	check "it is started again" wait_until 5 has_other_plane "$plane"
	check "and ping crosses again" heals
	stop_worker a

	start_shimmed a VNET_SANDBOX_TRY=open VNET_SANDBOX_OFF=seccomp,
	configure_pair
	check "before" heals
	expect_match "without the filter it is said to be off" "off: not for this processor|off: not in this kernel" \
		"$(status_of a .seccomp)"
	expect_match "and files are still out of reach" "attempt: EACCES" "$(attempt)"
	stop_worker a

	start_shimmed a VNET_SANDBOX_TRY=open VNET_SANDBOX_OFF=seccomp,landlock,
	expect_equal "a kernel without landlock is told" "off: not in this kernel" "$(status_of a .landlock)"
	expect_match "there a file that everybody may read can be read" "attempt: succeeded" "$(attempt)"
	stop_worker a
fi

# ---- nothing grows ----
start_worker a
configure_pair
check "before" heals
sizes() {
	local pid
	for pid in "${worker_pid[a]}" "$(plane_of a)"; do
		find "/proc/$pid/fd" | wc -l
	done
}
memory() { awk '/^VmRSS/ { print $2 }' "/proc/${worker_pid[a]}/status" "/proc/$(plane_of a)/status"; }
ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2 --flip 20
before=$(sizes) rss=$(memory)
check "100 configurations" ask a configure vtap0 --local 192.0.2.1 --peer b=192.0.2.2 --flip 100
expect_equal "no descriptor more" "$before" "$(sizes)"
grown() { paste <(echo "$rss") <(memory) | awk '{ if ($2 > $1 + 512) print "from " $1 " to " $2 " KB" }'; }
[[ $on != on ]] || expect_equal "no memory more" "" "$(grown)"
check "ping crosses after all that" heals
expect_equal "nothing complained" "" "$(cat "$WORK/b.log")"
