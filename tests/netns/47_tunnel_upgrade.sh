#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two versions of the worker: another program that is installed is a change in the plan, which takes the running worker's
# place without closing anything; a worker of an earlier version, which does not know how, starts anew. Peers of
# different versions talk.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/tunnel_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel_lib.sh"

make_switch
make_host a 1
make_host b 2

# Installed programs: another build differs in its build id, as the linker makes it of all of the contents.
mkdir "$WORK/bin"
cp "$V" "$TUNNEL" "$WORK/bin/"
V=$WORK/bin/vnetapply
rebuild() {
	python3 - "$TUNNEL" "$WORK/bin/new" "$1" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16
data[at:at + 20] = bytes([int(sys.argv[3])]) * 20
open(sys.argv[2], "wb").write(data)
END
	chmod 755 "$WORK/bin/new"
	mv "$WORK/bin/new" "$WORK/bin/vnettunnel"
}

"$V" key new "$WORK/a.key" >"$WORK/a.pub"
"$V" key new "$WORK/b.key" >"$WORK/b.pub"
cat >"$WORK/t.yaml" <<END
version: 1
name: up
tunnels:
  lan:
    interface: tap7
    key-file: $WORK/a.key
    local: 192.0.2.1
    peers: [{name: b, endpoint: "192.0.2.2:40000", public-key: "$(cat "$WORK/b.pub")"}]
END
inside() { ip netns exec a "$V" "$@"; }
apply() { inside apply --yes -f "$WORK/t.yaml"; }
start_worker b
ask b configure vtap0 --key-file "$WORK/b.key" --peer "a=192.0.2.1,key:$(cat "$WORK/a.pub")"
check "the first version is applied" apply
expect_match "there is nothing to do then" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
ip -n a addr add 10.5.0.7/16 dev tap7
ip -n a addr del 10.5.0.1/16 dev virbr0
ping_ok() { ip netns exec a ping -q -i 0.02 -W 2 "$@" 10.5.0.2 >/dev/null; }
check "ping crosses" wait_until 10 ping_ok -c 2
supervisor_pid() { pgrep -f "^$WORK/bin/vnettunnel --control"; }
plane_pid() { pgrep -P "$(supervisor_pid)"; }
pid=$(supervisor_pid) plane=$(plane_pid)

# ---- a new program, in place ----
rebuild 1
expect_status "another program is a difference" 2 inside plan --detailed-exitcode -f "$WORK/t.yaml"
expect_match "and told" "outdated +by another program" "$(inside plan -f "$WORK/t.yaml")"
ip -n a -o monitor link >"$WORK/events" &
monitor=$!
ip netns exec a ping -q -i 0.005 -c 600 -W 2 10.5.0.2 >"$WORK/ping" &
pinger=$!
sleep 1
check "it is applied" apply
wait $pinger || true
kill $monitor
expect_match "at most a few packets are lost, while keys are agreed on" " (60[0]|59[0-9]|5[89][0-9]) received" "$(cat "$WORK/ping")"
expect_equal "the interface did not move" "" "$(grep -E "tap7.*(NO-CARRIER|state DOWN)" "$WORK/events" || true)"
expect_equal "the process is the same" "$pid" "$(supervisor_pid)"
check "its data plane is another one" test "$(plane_pid)" != "$plane"
check_not "the old one is gone" test -e "/proc/$plane"
expect_equal "it runs the new program" "$(readelf -n "$WORK/bin/vnettunnel" | awk '/Build ID/ { print $3 }')" \
	"$(readelf -n "/proc/$pid/exe" | awk '/Build ID/ { print $3 }')"
expect_match "and there is nothing to do" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
check "ping crosses" wait_until 10 ping_ok -c 2
descriptors() { find "/proc/$pid/fd" "/proc/$(plane_pid)/fd" -type l | wc -l; }
before=$(descriptors)
for i in 2 3 4 5; do
	rebuild "$i"
	apply >/dev/null || fail "apply $i"
done
is_no_more() { [[ $(descriptors) -le $before ]]; }
check "no descriptor is left over each time" wait_until 10 is_no_more
check "ping crosses after all that" wait_until 10 ping_ok -c 2

# A change and another program at once.
rebuild 6
sed -i 's/    local:/    mac-learning: false\n    local:/' "$WORK/t.yaml"
check "a change of the file comes with it" apply
expect_match "and is made" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
expect_equal "in the same process" "$pid" "$(supervisor_pid)"
check "ping crosses" wait_until 10 ping_ok -c 2

# A program that does not start is none; the old one goes on until the plan can be applied.
printf '\x7fELF' >"$WORK/bin/vnettunnel.new"
chmod 755 "$WORK/bin/vnettunnel.new"
mv "$WORK/bin/vnettunnel.new" "$WORK/bin/vnettunnel"
expect_match "a broken program changes nothing" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
check "ping crosses" ping_ok -c 2
check "the worker is stopped" inside destroy --name up --yes
check_not "nothing is left" test -e "/proc/$pid"

# ---- a worker of an earlier version ----
rebuild 7
control=$(ip netns exec a sh -c "echo /run/vnetapply/up/$(printf host/lan | sha256sum | cut -c 1-12).sock")
mkdir -p /run/vnetapply/up && chmod 700 /run/vnetapply/up
check "the link is there" ip -n a link show virbr0
ip netns exec a python3 tests/netns/old_worker.py "$control" tap7 &
old=$!
wait_until 5 test -S "$control"
expect_match "a worker that does not say its build is outdated, too" "outdated|create" "$(inside plan -f "$WORK/t.yaml" || true)"
check "it is replaced by one that does" apply
check_not "and has ended" kill -0 $old
expect_match "then there is nothing to do" "[Nn]othing to do" "$(inside plan -f "$WORK/t.yaml")"
ip -n a addr add 10.5.0.7/16 dev tap7 || true
check "ping crosses" wait_until 10 ping_ok -c 2
