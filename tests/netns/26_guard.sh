#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --confirm guard: the file's guard tests must hold before an apply, and confirm it when they hold
# again afterwards; else the former state comes back, also when the program was killed meanwhile.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/confirm_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/confirm_lib.sh"

is() { grep -q "$1" "/run/vnetapply/${2:-net}/pending"; }
said() { grep -q "$1" "$WORK/out"; }
guarded() { "$V" apply --confirm guard --confirm-timeout "${timeout:-2s}" "$@"; }
# Its output goes to $WORK/out, its status to $WORK/status when it ends; $run is the program.
in_background() {
	rm -f "$WORK/status" "$WORK/out"
	(
		status=0
		"$V" apply --confirm guard --confirm-timeout "${timeout:-30s}" "$@" >"$WORK/out" 2>&1 &
		echo $! >"$WORK/pid"
		wait $! || status=$?
		echo "$status" >"$WORK/status"
	) &
}

# A router, and somebody behind it.
ip netns add far
ip link add nic type veth peer name eth0 netns far
ip link set nic addrgenmode none
ip addr add 192.0.2.2/24 dev nic
ip link set nic up
ip -n far link set eth0 addrgenmode none
ip -n far addr add 192.0.2.1/24 dev eth0
ip -n far link set eth0 up
ip -n far link set lo up
ip -n far addr add 203.0.113.9/32 dev lo
ip route add default via 192.0.2.1
check "the outside is there" wait_until 10 is_up eth0 -n far
ip netns exec far python3 -m http.server 80 >/dev/null 2>&1 &
listen_ready far 80

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {addresses: [10.1.0.1/24], forward: nat}}
namespaces: {red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80"]}}
END
cat >"$WORK/guard.yaml" <<'END'
guard:
  - {tcp: "203.0.113.9:80", within: 500ms}
  - {ping: [192.0.2.1, 192.0.2.2], size: mtu}
END
bare=$(host)
expect_status "5 for a file without guard" 5 guarded -f "$WORK/net.yaml"
expect_status "5 where none starts here" 5 guarded --host a -f - <<'END'
version: 1
name: net
bridges: {br0: {}}
guard: [{from: b/host, ping: 192.0.2.1}]
hosts: {a: {address: 192.0.2.2}, b: {address: 192.0.2.3}}
END
cat "$WORK/guard.yaml" >>"$WORK/net.yaml"
ip -n far link set lo down
ip -n far addr del 203.0.113.9/32 dev lo
broken=$(host)
out=$(guarded -f "$WORK/net.yaml" 2>&1) && status=0 || status=$?
expect_equal "5 for a guard that fails beforehand" 5 "$status"
expect_match "it says which" 'FAIL host -> tcp 203.0.113.9:80: .*net.yaml:6' "$out"
expect_host "nothing was changed" "$broken"
check_not "nothing waits" test -e /run/vnetapply/net/pending
ip -n far link set lo up
ip -n far addr add 203.0.113.9/32 dev lo
expect_host "(the outside is as it was)" "$bare"

# It holds before and afterwards.
check "0 when it holds" guarded -f "$WORK/net.yaml"
check "the network is there" ping -qc1 -W5 10.1.0.2
check "nobody waits" wait_until 5 no_keeper
expect_equal "no record of the waiting is left" "before.yaml inputs protocol" \
	"$(find /run/vnetapply/net -type f ! -name '*.log' -printf '%f\n' | sort | paste -sd ' ')"
check "where nothing is to do nothing is tested" timeout 5 "$V" apply --confirm guard -f "$WORK/net.yaml"
old=$(host)

# A plan that cuts off the outside: the default route leads into a namespace.
{
	cat "$WORK/guard.yaml"
	cat <<-'END'
		version: 1
		name: net
		bridges: {br1: {addresses: [10.2.0.1/24]}, br0: {mtu: 1400, addresses: [10.1.0.1/24]}}
		namespaces: {blue: {attach: {br1: 10.2.0.2/24}}}
		routes: [{to: 203.0.113.0/24, via: 10.2.0.2}]
		interfaces: {nic: {mtu: 1300}}
	END
} >"$WORK/cut.yaml"
out=$(guarded -f "$WORK/cut.yaml" 2>&1) && status=0 || status=$?
expect_equal "3 for a guard that does not hold afterwards" 3 "$status"
expect_match "it says which" 'FAIL host -> tcp 203.0.113.9:80' "$out"
expect_match "and how things are" 'the guard does not hold: undone' "$out"
expect_host "they are exactly so" "$old"
check "and nobody waits any more" wait_until 5 no_keeper
out=$(guarded -o json -f "$WORK/cut.yaml" 2>/dev/null | jq -r 'select(.event == "confirm") | "\(.ok) \(.message)"') || true
expect_equal "an event says so, too" "false the guard does not hold" "$out"

# It comes true only after a while.
in_background -f "$WORK/cut.yaml"
check "it tests" wait_until 20 said 'testing the guard'
check "the change is there" wait_until 5 grep -qx 1300 /sys/class/net/nic/mtu
expect_status "another apply is refused meanwhile" 5 "$V" -f "$WORK/net.yaml"
check "a test fails" wait_until 20 grep -q FAIL /run/vnetapply/net/guard.failed
ip route add 203.0.113.9/32 via 192.0.2.1
check "it ends" wait_until 20 test -s "$WORK/status"
expect_equal "0 when the guard holds in time" 0 "$(cat "$WORK/status")"
expect_equal "the change stays" 1300 "$(cat /sys/class/net/nic/mtu)"
check "rollback after that" "$V" rollback --name net
ip route del 203.0.113.9/32
expect_host "exactly" "$old"

# The program is killed: who tests goes on, whichever way it ends.
killed() {
	in_background -f "$WORK/cut.yaml"
	check "it tests" wait_until 20 said 'testing the guard'
	kill -KILL "$(<"$WORK/pid")"
	check "killed" wait_until 5 test -s "$WORK/status"
}
timeout=3s killed
check "it is undone all the same" wait_until 20 is rolled-back
expect_host "exactly" "$old"
check "nobody waits any more" wait_until 5 no_keeper
killed
ip route add 203.0.113.9/32 via 192.0.2.1
check "it is confirmed all the same" wait_until 20 is confirmed
expect_equal "the change stays" 1300 "$(cat /sys/class/net/nic/mtu)"
check "rollback after that" "$V" rollback --name net
ip route del 203.0.113.9/32
expect_host "exactly" "$old"

# Its terminal is closed.
timeout 20 python3 tests/netns/on_terminal.py 'testing the guard' hangup \
	"$V" apply -y --confirm guard --confirm-timeout 3s -f "$WORK/cut.yaml" >/dev/null 2>&1 || true
check "its terminal is closed: undone" wait_until 20 is rolled-back
expect_host "exactly" "$old"

# A person may be faster, in both directions.
in_background -f "$WORK/cut.yaml"
check "it tests" wait_until 20 said 'testing the guard'
check "rollback ends that" "$V" rollback --name net
check "it ends" wait_until 20 test -s "$WORK/status"
expect_equal "3" 3 "$(cat "$WORK/status")"
expect_host "exactly" "$old"
in_background -f "$WORK/cut.yaml"
check "it tests" wait_until 20 said 'testing the guard'
check "so does confirm" "$V" confirm --name net
check "it ends" wait_until 20 test -s "$WORK/status"
expect_equal "0" 0 "$(cat "$WORK/status")"
check "rollback" "$V" rollback --name net
check "nobody waits any more" wait_until 5 no_keeper

# From a namespace, by name, through a port map, and what must not be reached.
sed -i '/^guard/,$d' "$WORK/net.yaml"
cat >>"$WORK/net.yaml" <<'END'
guard:
  - {from: red, tcp: "web.example:80"}
  - {tcp: "10.1.0.1:8080", at: red}
  - {from: red, udp: "10.1.0.1:77", expect: unreachable, within: 300ms}
END
sed -i 's/red: {attach/red: {extra-hosts: {web.example: 203.0.113.9}, attach/' "$WORK/net.yaml"
check "a file with such tests" "$V" -f "$WORK/net.yaml"
old=$(host)
sed 's/br0: {addr/br3: {}, br0: {addr/' "$WORK/net.yaml" >"$WORK/good.yaml"
check "a change that they hold for" guarded -f "$WORK/good.yaml"
check "it stays" ip link show br3
check "rollback" "$V" rollback --name net
expect_host "exactly" "$old"
sed 's/"8080:80"/"8081:80"/' "$WORK/net.yaml" >"$WORK/bad.yaml"
out=$(timeout=6s guarded -f "$WORK/bad.yaml" 2>&1) && status=0 || status=$?
expect_equal "a change that one of them fails for" 3 "$status"
expect_match "that one" $'^FAIL host -> tcp 10.1.0.1:8080 at red: [^\n]*\nvnetapply' "$(grep -v '^net\|^testing' <<<"$out")"
expect_host "exactly" "$old"

# Two topologies: each has its own.
cat >"$WORK/two.yaml" <<'END'
version: 1
name: two
bridges: {br8: {}}
guard: [{ping: 192.0.2.1}]
END
in_background -f "$WORK/bad.yaml"
check "the first one tests" wait_until 20 said 'testing the guard'
check "a second one is confirmed" guarded -f "$WORK/two.yaml"
check "the first one still waits" is waiting
check "rollback of the first" "$V" rollback --name net
check "the second one is still there" ip link show br8
check "destroy it" "$V" destroy --name two
expect_host "exactly" "$old"
check "the first one ends" wait_until 20 test -s "$WORK/status"

# An apply that takes longer than the time for its confirmation: events fill a small pipe while
# nobody reads. It is not undone for that; killed half-way, it is.
{
	cat "$WORK/two.yaml"
	echo namespaces:
	for i in {1..60}; do echo "  a-rather-long-name-of-a-namespace-$i: {}"; done
} >"$WORK/many.yaml"
cat >"$WORK/stall.py" <<'END'
import fcntl, os, subprocess, sys, time
reading, writing = os.pipe()
fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
run = subprocess.Popen(sys.argv[2:], stdout=writing)
os.close(writing)
with os.fdopen(reading) as events:
    while "step_start" not in events.readline():
        pass
    with open("/run/vnetapply/two/pending") as file:
        assert file.read().startswith("applying")
    if subprocess.run([sys.argv[2], "confirm", "--name", "two"], stderr=subprocess.DEVNULL).returncode != 1:
        sys.exit(98)
    time.sleep(1.5)
    if sys.argv[1] == "kill":
        run.kill()
    assert sum("step_done" in line for line in events)
sys.exit(run.wait())
END
check "a slow apply is no failed one" python3 "$WORK/stall.py" wait \
	"$V" -o json apply --confirm guard --confirm-timeout 1s -f "$WORK/many.yaml"
check "all is there" ip netns exec a-rather-long-name-of-a-namespace-60 true
check "destroy it" "$V" destroy --name two
expect_host "exactly" "$old"
python3 "$WORK/stall.py" kill "$V" -o json apply --confirm guard --confirm-timeout 1s -f "$WORK/many.yaml" || true
check "killed half-way, it is undone" wait_until 30 no_keeper
expect_host "exactly" "$old"

expect_status "destroy has no timer" 64 "$V" destroy --confirm guard --name net
expect_status "64 for another word" 64 "$V" apply --confirm maybe -f "$WORK/net.yaml"
check "destroy" "$V" destroy --name net
expect_host "all is as it was" "$bare"
check_not "no record is left" test -e /run/vnetapply
