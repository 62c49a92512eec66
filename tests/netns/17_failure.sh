#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A run that fails, is interrupted or does not bring about what was asked for leaves the machine as
# it was; on a terminal it asks first.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

write() { # write SYSCTL VALUE: on the host's own place
	cat >"$WORK/net.yaml" <<END
version: 1
name: net
bridges: {br0: {addresses: [10.1.0.1/24], forward: nat}}
namespaces:
  red: {attach: {br0: 10.1.0.2/24}, ports: ["8080:80"]}
  blue: {attach: {br0: 10.1.0.3/24}}
sysctls: {$1: "$2"}
END
}
state() {
	ip -j link | jq -c 'sort_by(.ifname)[] | [.ifname, .mtu, .address, .master]'
	ip -j addr | jq -c 'sort_by(.ifname)[] | [.addr_info[] | select(.scope == "global").local]'
	for ns in $(ip netns | awk '{print $1}' | sort); do
		echo "$ns"
		ip -n "$ns" -j addr | jq -c 'sort_by(.ifname)[] | [.ifname, .address, [.addr_info[] | select(.scope == "global").local]]'
		ip -n "$ns" route
	done
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/tcp_ecn
}
empty=$(state)

# The sysctl of an interface comes after the interfaces: by then much has been made.
write net.ipv4.conf.br0.no_such_value 1
expect_status "1 for a run that fails" 1 "$V" -f "$WORK/net.yaml"
expect_equal "what it did is undone" "$empty" "$(state)"
output=$("$V" -f "$WORK/net.yaml" 2>&1 || true)
expect_match "the error names the object" 'net.ipv4.conf.br0.no_such_value' "$output"
expect_match "and says how things are" 'the system is as before' "$output"

expect_status "4 when it must not undo" 4 "$V" --no-rollback -f "$WORK/net.yaml"
check "what was made stands" ip netns exec red true
"$V" destroy -q --name net
output=$("$V" --no-rollback -f "$WORK/net.yaml" 2>&1 || true)
expect_match "and is listed" 'create bridges/br0' "$output"
check "destroy what stands" "$V" destroy --name net

# A kernel without a part that the file needs.
no_netfilter=$PWD/$BUILD/tests/shim/no_netfilter.so
lacking() { # without the leak report, which the preloaded library would be asked for
	LD_PRELOAD=$no_netfilter ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0:verify_asan_link_order=0" "$V" "$@"
}
write net.ipv4.tcp_ecn 1
expect_status "71 for a kernel without netfilter" 71 lacking -f "$WORK/net.yaml"
expect_equal "nothing is done then" "$empty" "$(state)"
expect_match "and it says what is missing" 'netfilter' "$(lacking -f "$WORK/net.yaml" 2>&1 || true)"

# A value the kernel shows differently, and two names for one value that cannot both be had.
write net.ipv4.tcp_ecn 01
expect_status "1 for a value that the kernel changes" 1 "$V" -f "$WORK/net.yaml"
expect_equal "what it did is undone, too" "$empty" "$(state)"
write net.ipv4.conf.all.forwarding 0
expect_status "3 when it does not become as wanted" 3 "$V" -f "$WORK/net.yaml"
expect_equal "and that is undone too" "$empty" "$(state)"
expect_status "--no-verify does not look" 0 "$V" --no-verify -f "$WORK/net.yaml"
expect_status "the difference is seen later" 2 "$V" diff -f "$WORK/net.yaml"
write net.ipv4.tcp_ecn 1
check "apply" "$V" -f "$WORK/net.yaml"
good=$(state)

# The same where something was there before: a change that fails is taken back.
sed -i 's/10.1.0.3/10.1.0.33/; s/"8080:80"/"9090:90"/; s/net.ipv4.tcp_ecn: "1"/net.ipv4.tcp_ecn: "1", net.ipv4.conf.br0.no_such_value: "1"/' "$WORK/net.yaml"
expect_status "1 for a change that fails" 1 "$V" -f "$WORK/net.yaml"
expect_equal "what was there is there again" "$good" "$(state)"
sed -i 's/conf.br0.no_such_value: "1"/conf.all.forwarding: "0"/' "$WORK/net.yaml"
expect_status "3 for a change that does not hold" 3 "$V" -f "$WORK/net.yaml"
expect_equal "and again it is as before" "$good" "$(state)"
expect_status "4 when it must not take that back" 4 "$V" --no-rollback -f "$WORK/net.yaml"
expect_match "the change then stands" '10\.1\.0\.33' "$(ip -n blue addr)"
write net.ipv4.tcp_ecn 1
check "the next run converges" "$V" -f "$WORK/net.yaml"
expect_equal "to what is wanted" "$good" "$(state)"

# Somebody else changes it all the time: what was applied is not what is there, so the run has failed. Changed
# once, it is put right.
meddled() { # meddled COMMAND ARG...: vnetapply's, with COMMAND after each of its requests
	LD_PRELOAD=$PWD/$BUILD/tests/shim/shim.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		VNET_SHIM_AFTER="nsenter --net=/proc/1/ns/net $1" "$V" "${@:2}"
}
check "destroy" "$V" destroy --name net
output=$(meddled "ip link set br0 mtu 1300 2>/dev/null" -f "$WORK/net.yaml" 2>&1) && status=0 || status=$?
expect_equal "3 when somebody else undoes it" 3 "$status"
expect_match "it says what differs" 'live state differs.*br0.*1300' "$(tr '\n' ' ' <<<"$output")"
expect_equal "and the rest of it is undone" "$empty" "$(state)"
check "0 when somebody else did so once" \
	meddled "bash -c 'test -e $WORK/once || { ip link set br0 mtu 1300 && touch $WORK/once; } 2>/dev/null'" -f "$WORK/net.yaml"
check "that came about" test -e "$WORK/once"
expect_equal "all is there" "$good" "$(state)"
expect_status "and nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"

# An interrupt in the middle: events fill a small pipe while nobody reads, so the run waits there.
check "destroy" "$V" destroy --name net
{
	printf 'version: 1\nname: net\nbridges: {br0: {}}\nnamespaces:\n'
	for i in {1..60}; do echo "  a-rather-long-name-of-a-namespace-$i: {}"; done
} >"$WORK/many.yaml"
cat >"$WORK/interrupt.py" <<'END'
import fcntl, os, signal, subprocess, sys
reading, writing = os.pipe()
fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
run = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
with os.fdopen(reading) as events:
    while "step_start" not in events.readline():
        pass
    run.send_signal(signal.SIGINT)
    steps = sum("step_done" in line for line in events)
sys.exit(run.wait() if steps else 99)
END
expect_status "1 for an interrupted run" 1 python3 "$WORK/interrupt.py" "$V" -o json -f "$WORK/many.yaml"
expect_equal "what it did is undone" "$empty" "$(state)"
expect_match "and it says so" 'interrupted.*the system is as before' \
	"$(python3 "$WORK/interrupt.py" "$V" -o json -f "$WORK/many.yaml" 2>&1 | paste -sd ' ')"
check "apply after it" "$V" -f "$WORK/net.yaml"
expect_equal "all is there" "$good" "$(state)"

# On a terminal, a plan that removes something is a question; anywhere else and with --yes it is not.
sed -i '/^  blue/d' "$WORK/net.yaml"
on_terminal() { # on_terminal ANSWER ARG...: vnetapply's exit status, its words on stdout
	python3 - "$@" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(os.environ["V"], ["vnetapply"] + sys.argv[2:])
said = b""
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    said += data
    if b"[y/N] " in data:
        os.write(fd, sys.argv[1].encode() + b"\n")
sys.stdout.write(said.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}
export V
expect_match "on a terminal it shows and asks" 'namespace blue.*Apply\? \[y/N\]' \
	"$(on_terminal n -f "$WORK/net.yaml" | tr -d '\r\n')"
expect_equal "no is no" "$good" "$(state)"
expect_status "and a failure" 1 on_terminal n -f "$WORK/net.yaml"
expect_status "--no-input does not ask" 0 on_terminal n -n --no-input -f "$WORK/net.yaml"
expect_status "yes is yes" 0 on_terminal y -f "$WORK/net.yaml"
expect_equal "and it is done" red "$(ip netns | awk '{print $1}')"
expect_equal "making something is no question" 0 \
	"$(sed -i 's/^namespaces:/taps: {t0: {}}\nnamespaces:/' "$WORK/net.yaml"; on_terminal n -f "$WORK/net.yaml" | grep -c 'y/N' || true)"
