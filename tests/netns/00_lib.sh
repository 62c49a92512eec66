#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The test bed itself: that a test is alone, that its helpers tell right from wrong, and that
# what it leaves behind ends with it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect_equal "the script is process 1" 1 $$
expect_equal "it is root" 0 "$(id -u)"
expect_equal "the network namespace is empty" lo "$(json '.[].ifname' ip -j link)"
expect_equal "sysfs shows this namespace" lo "$(ls /sys/class/net)"
expect_equal "/run is empty but for netns" netns "$(ls /run)"
expect_equal "no namespace has files in /etc" "" "$(ls /etc/netns 2>/dev/null)"
check "/etc can be written" mkdir -p /etc/netns/red
check "the rest of /etc is there" test -s /etc/passwd
check "\$WORK can be written" touch "$WORK/file"

ip netns add red
ip link add v0 type veth peer name v1 netns red
ip addr add 192.0.2.1/30 dev v0
ip link set v0 up
ip -n red addr add 192.0.2.2/30 dev v1
ip -n red link set v1 up
check "packets cross a veth" wait_until 5 ping -c 1 -W 1 192.0.2.2
check "a tap can be made" ip tuntap add dev t0 mode tap
expect_equal "json reads what ip says" 192.0.2.1 \
	"$(json '.[] | .addr_info[] | select(.family == "inet") | .local' ip -j addr show v0)"
check "nft works" nft add table inet probe
check "a bridge can be made" has_link_kind bridge
check_not "a link kind that does not exist is seen" has_link_kind vnet-nonsense
expect_equal "the probe left nothing" "" "$(ip -j link show type bridge | jq -r '.[].ifname?')"
ip netns exec red python3 -c 'import socket, time
s = socket.create_server(("192.0.2.2", 80)); time.sleep(60)' &
check "a listener is waited for" listen_ready red 80
expect_status "wait_until gives up" 1 wait_until 1 false

# The helpers in a shell of their own, so that their complaints are not ours.
expect_equal "expect_equal complains" "FAIL x" "$(expect_equal x 1 2 | head -n 1)"
expect_equal "expect_match complains" "FAIL x" "$(expect_match x '^a' b | head -n 1)"
expect_equal "check complains" "FAIL x" "$(check x false | head -n 1)"
expect_equal "check_not complains" "FAIL x" "$(check_not x true | head -n 1)"
expect_equal "expect_status complains" "FAIL x" "$(expect_status x 0 false | head -n 1)"
expect_equal "a skip names its reason" "skip x: no kernel" "$(skip x "no kernel")"

# A script of its own: what it starts dies with it, and an early end or a long run is a failure.
cat >"$WORK/probe.sh" <<END
. "$PWD/tests/netns/lib.sh"
setsid sleep 4321 &
"\$@"
ok unreached
END
run_probe() { env -u VNET_INSIDE VNET_SECONDS=2 bash "$WORK/probe.sh" "$@" || echo "status $?"; }
expect_equal "an early end is a failure" \
	"FAIL reaches its end|    status 1 at probe.sh line 3: \"\$@\"|status 1" \
	"$(run_probe false 2>&1 | paste -sd '|')"
expect_equal "a script out of time is killed" "status 137" "$(run_probe sleep 60 2>/dev/null)"
check_not "no process stays behind" pgrep -f '^sleep 4321$'
