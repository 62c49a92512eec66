#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nobody is locked out: an apply with --confirm is undone unless somebody confirms, also when the
# program was killed or its terminal is gone. rollback goes back at any time.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/confirm_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/confirm_lib.sh"

waits() { grep -q waiting "/run/vnetapply/${1:-net}/pending"; }
is_over() { ! grep -qE 'waiting|rolling' /run/vnetapply/net/pending 2>/dev/null; }

# Its output goes to $WORK/out, its status to $WORK/status when it ends.
in_background() {
	rm -f "$WORK/status" "$WORK/out" # what the last one said is not what this one says
	{
		local status=0
		"$V" "$@" >"$WORK/out" 2>&1 || status=$?
		echo "$status" >"$WORK/status"
	} &
}

ip link add nic type veth peer name far
for link in nic far; do
	ip link set $link addrgenmode none
	ip link set $link up
done
ip addr add 192.0.2.2/24 dev nic
check "its link is up" wait_until 10 is_up far
ip route add default via 192.0.2.1
bare=$(host)
cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {addresses: [10.1.0.1/24], forward: nat}}
namespaces: {red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80"]}}
sysctls: {net.ipv4.tcp_ecn: 1}
END
cat >"$WORK/new.yaml" <<'END'
version: 1
name: net
bridges: {br1: {addresses: [10.2.0.1/24]}, br0: {mtu: 1400, addresses: [10.1.0.1/24]}}
namespaces: {blue: {attach: {br1: 10.2.0.2/24}}}
routes: [{to: default, via: 10.2.0.2, metric: 5}]
interfaces: {nic: {mtu: 1300}}
END

# From nothing: not confirmed, so nothing is left.
expect_status "3 when nobody confirms" 3 "$V" apply --confirm-timeout 1s -f "$WORK/net.yaml"
expect_host "and all is as it was" "$bare"
check "nobody waits any more" wait_until 5 no_keeper
expect_equal "no record is left" "" "$(find /run/vnetapply -mindepth 1 ! -name .lock 2>/dev/null)"

# Confirmed from elsewhere.
in_background apply --confirm ask -f "$WORK/net.yaml"
check "it waits" wait_until 20 waits
check "and says how to confirm" wait_until 20 grep -q 'vnetapply confirm --name net' "$WORK/out"
expect_status "a second apply is refused meanwhile" 5 "$V" -f "$WORK/new.yaml"
expect_status "and a destroy" 5 "$V" destroy --name net
check "confirm" "$V" confirm --name net
check "it ends" wait_until 20 test -s "$WORK/status"
expect_equal "0 when confirmed" 0 "$(cat "$WORK/status")"
old=$(host)
expect_status "the network is there" 0 "$V" diff -f "$WORK/net.yaml"
check "nobody waits any more" wait_until 5 no_keeper
expect_status "nothing is left to confirm" 1 "$V" confirm --name net

# A change, not confirmed: addresses, namespaces, a default route, another's interface come back.
expect_status "a change is undone, too" 3 "$V" apply --confirm-timeout 1s -f "$WORK/new.yaml"
expect_host "exactly" "$old"
expect_status "and is what the former file says" 0 "$V" diff -f "$WORK/net.yaml"

# The program is killed while it waits.
rm -f "$WORK/out"
"$V" apply --confirm ask --confirm-timeout 3s -f "$WORK/new.yaml" >"$WORK/out" 2>&1 &
pid=$!
check "it waits" wait_until 20 grep -q 'to keep it' "$WORK/out"
expect_equal "the change is there" 1300 "$(cat /sys/class/net/nic/mtu)"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
check "killed: it is undone all the same" wait_until 20 is_over
expect_host "exactly" "$old"

# Or before anybody is there to go back: nothing was changed, and nothing waits.
shimmed() { LD_PRELOAD=$PWD/$BUILD/tests/shim/shim.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0 "$@"; }
VNET_SHIM_LOG=$WORK/requests shimmed "$V" apply --confirm-timeout 1s -f "$WORK/new.yaml" >/dev/null 2>&1 || true
expect_host "exactly" "$old"
started=$(awk '/ renameat pending/ { print $1 + 1; exit }' "$WORK/requests")
VNET_SHIM_KILL_BEFORE=$started shimmed bash -c '"$@"; exit $?' - "$V" apply --confirm ask \
	-f "$WORK/new.yaml" >/dev/null 2>&1 || true
expect_match "killed before it began" preparing "$(cat /run/vnetapply/net/pending)"
expect_status "the next apply need not wait" 0 "$V" -f "$WORK/net.yaml"
expect_host "exactly" "$old"

# Its terminal is closed, or somebody answers there.
terminal() { python3 tests/netns/on_terminal.py "$@"; }
expect_status "with --yes it asks nothing, and confirms nothing" 3 \
	terminal 'Keep it' y "$V" apply -y --confirm-timeout 1s -f "$WORK/new.yaml"
expect_host "exactly" "$old"
sed 's/br0: {addr/br3: {}, br0: {addr/' "$WORK/net.yaml" >"$WORK/more.yaml"
terminal 'Keep it.*\] ' hangup "$V" apply --confirm-timeout 2s -f "$WORK/more.yaml" >/dev/null 2>&1 || true
check "the change is there when the terminal goes" ip link show br3
check "and is undone after the time" wait_until 20 is_over
expect_host "exactly" "$old"
expect_status "no on the terminal undoes at once" 3 terminal 'Keep it.*\] ' n \
	"$V" apply --confirm ask -f "$WORK/more.yaml"
expect_host "exactly" "$old"
expect_status "yes keeps it" 0 terminal 'Keep it.*\] ' y "$V" apply --confirm ask -f "$WORK/more.yaml"
check "it stays" ip link show br3

# rollback: of what was confirmed, of what waits, and once more.
check "rollback reverts the last apply" "$V" rollback --name net
expect_host "exactly" "$old"
check "an apply without a timer" "$V" -f "$WORK/new.yaml"
check "rollback reverts it, too" "$V" rollback -f "$WORK/new.yaml"
expect_host "exactly" "$old"
in_background apply --confirm ask -f "$WORK/new.yaml"
check "it waits" wait_until 20 grep -q 'to keep it' "$WORK/out"
check "rollback ends the waiting" "$V" rollback --name net
check "it ends" wait_until 20 test -s "$WORK/status"
expect_equal "3 for who waited" 3 "$(cat "$WORK/status")"
expect_host "exactly" "$old"

# A failed apply leaves no timer, and the way back of the former one.
ip link add br7 type bridge
sed 's/br0: {addr/br7: {}, br0: {addr/' "$WORK/net.yaml" >"$WORK/taken.yaml"
expect_status "a refused apply waits for nothing" 5 "$V" apply --confirm ask -f "$WORK/taken.yaml"
ip link del br7
check_not "no timer" waits

# What was protected before is so again.
sed 's/10.1.0.1\/24\], /&protect: true, /' "$WORK/net.yaml" >"$WORK/protected.yaml"
check "protect" "$V" -f "$WORK/protected.yaml"
sed 's/br0: {/br0: {mtu: 1420, /' "$WORK/net.yaml" >"$WORK/free.yaml"
expect_status "undone" 3 "$V" apply --confirm-timeout 1s -f "$WORK/free.yaml"
expect_status "it is protected again" 5 "$V" destroy --name net
check "free it" "$V" -f "$WORK/net.yaml"

check "destroy" "$V" destroy --name net
expect_host "all is as it was" "$bare"
expect_equal "no record is left" "" "$(find /run/vnetapply -mindepth 1 ! -name .lock 2>/dev/null)"
expect_status "nothing to go back to" 1 "$V" rollback --name net
check "nobody waits any more" wait_until 5 no_keeper
