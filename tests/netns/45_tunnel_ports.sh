#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A port goes from one tunnel to another in one run: swapped, handed on, and back when the run fails.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

file() { # file NAME PORT...: tunnels t1, t2, … with these ports
	local name=$1 n=0 port
	shift
	printf 'version: 1\nname: net\nnamespaces: {keep: {}}\ntunnels:\n' >"$WORK/$name.yaml"
	for port in "$@"; do
		n=$((n + 1))
		printf '  t%d: {mode: tap, interface: tap%d, port: %d, encryption: none, peers: [{name: far, endpoint: "127.0.0.1:4%d"}]}\n' \
			$n $n "$port" $n >>"$WORK/$name.yaml"
	done
}
ports() { ss -Hulnp | grep -o '0.0.0.0:4[0-9]* .*pid=[0-9]*' | sed 's/0.0.0.0:\([0-9]*\).*pid=\([0-9]*\)/\1 \2/' | sort | cut -d' ' -f1 | paste -sd ' '; }
port_of() { "$V" state --name net -o json | jq ".hosts[]?.tunnels.$1.port // .tunnels.$1.port"; }
file one 40001 40002
file swapped 40002 40001
file moved 40003 40001
file three 40004 40003 40001
check "apply" "$V" -f "$WORK/one.yaml"
expect_match "a swap is told beforehand" 't[12] *.*takes its port' "$("$V" plan -f "$WORK/swapped.yaml")"
expect_equal "and no port is called taken" "" "$("$V" plan -f "$WORK/swapped.yaml" | grep W-PORT || true)"
check "two tunnels swap their ports" "$V" -f "$WORK/swapped.yaml"
expect_equal "each has the other's" "40002 40001" "$(port_of t1) $(port_of t2)"
expect_equal "and both listen" "40001 40002" "$(ports)"
expect_status "nothing is left to do" 0 "$V" diff -f "$WORK/swapped.yaml"
check "and back" "$V" -f "$WORK/one.yaml"
check "one hands its port on" "$V" -f "$WORK/moved.yaml"
expect_equal "to the other" "40003 40001" "$(port_of t1) $(port_of t2)"
check "a chain, with a new one at its end" "$V" -f "$WORK/three.yaml"
expect_equal "each has its own" "40004 40003 40001" "$(port_of t1) $(port_of t2) $(port_of t3)"
check "back to two" "$V" -f "$WORK/one.yaml"

# What the kernel gives to whoever asks for any port: a worker that sends holds none of these.
asked() { [[ $(json '.tunnels[] | select(.name == "t1").peers[0].path_mtu_kernel' "$V" tunnel status -o json) == [1-9]* ]]; }
range=$(cat /proc/sys/net/ipv4/ip_local_port_range)
echo 40006 40007 >/proc/sys/net/ipv4/ip_local_port_range
file other 40005 40001
file given 40005 40006 40007
check "a worker starts where the kernel gives away two ports" "$V" -f "$WORK/other.yaml"
ip addr add 10.9.9.1/24 dev tap1
ping -c 1 -W 1 10.9.9.2 >"$WORK/ping" || true
check "it has asked what the path carries" wait_until 10 asked
check "others have these" "$V" -f "$WORK/given.yaml"
expect_equal "all of them listen" "40005 40006 40007" "$(ports)"
echo "$range" >/proc/sys/net/ipv4/ip_local_port_range
check "back to two of before" "$V" -f "$WORK/one.yaml"

# The last request of a swap fails.
python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 40009))
print("bound", flush=True)
time.sleep(600)' >"$WORK/bound" &
check "a foreign program takes a port" wait_until 10 grep -q bound "$WORK/bound"
file failing 40002 40001 40009
expect_status "a swap beside a port that is taken fails" 1 "$V" -f "$WORK/failing.yaml"
expect_equal "each has its own again" "40001 40002" "$(port_of t1) $(port_of t2)"
expect_status "all is as it was" 0 "$V" diff -f "$WORK/one.yaml"
check "destroy" "$V" destroy --name net
expect_equal "no worker is left" "" "$(pgrep vnettunnel || true)"
