#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of every kind, with both outcomes, by IPv4 and IPv6. This test's own namespace is the host;
# what a check meets on its way is put there by hand.
# shellcheck source=tests/netns/lib.sh
source "$(dirname "$0")/lib.sh"

# topology CHECK...: two namespaces, one wire, and the checks
topology() {
	cat <<-'YAML'
		version: 1
		name: checks
		namespaces:
		  a: {extra-hosts: {far: 10.0.0.2}}
		  b: {nat: {dnat: [{port: 99, to: "10.0.0.2:100", protocol: tcp+udp}]}}
		  c: {}
		links:
		  - ["a:eth0 10.0.0.1/24 2001:db8::1/64", "b:eth0 10.0.0.2/24 2001:db8::2/64"]
		checks:
	YAML
	printf '  - %s\n' "$@"
}

topology "{from: a, ping: 10.0.0.2}" >"$WORK/net.yaml"
check "apply" "$V" apply -f "$WORK/net.yaml"
ip netns exec b nft -f - <<'NFT'
table inet hand {
	chain input {
		type filter hook input priority 0
		meta l4proto { tcp, udp } th dport 77 drop
		tcp dport 78 reject with tcp reset
		udp dport 78 reject
		icmp type echo-request meta length > 500 drop
		icmpv6 type echo-request meta length > 500 drop
	}
}
NFT
ip netns exec b python3 - <<'PYTHON' &
import socket, select
ears = [socket.socket(family, kind) for family in (socket.AF_INET,) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
for ear in ears:
    ear.bind(("", 81))
ears[0].listen()
while True:
    for ear in select.select(ears, [], [])[0]:
        if ear is ears[0]:
            ear.accept()[0].close()
        else:
            ear.sendto(b"anything", ear.recvfrom(100)[1])
PYTHON
listen_ready b 81

# expect RESULT REASON CHECK: the check's result, and why
expect() {
	local result=$1 reason=$2 out
	topology "$3" >"$WORK/one.yaml"
	out=$("$V" verify -f "$WORK/one.yaml" -o json 2>&1 | jq -r 'select(.event == "check") | "\(.result): \(.reason)"' || true)
	expect_match "$result: $3" "^$result: $reason" "$out"
}

for far in 10.0.0.2 2001:db8::2; do
	[[ $far == *:* ]] && at="[$far]" || at=$far
	[[ $far == *:* ]] && nobody=2001:db8::9 || nobody=10.0.0.9
	expect ok null "{from: a, ping: \"$far\"}"
	expect ok null "{from: a, ping: \"$far\", size: 100}"
	expect failed "no answer" "{from: a, ping: \"$far\", size: 1000, within: 300ms}"
	expect failed "no answer" "{from: a, ping: \"$far\", size: mtu, within: 300ms}"
	expect failed "(no answer|host unreachable)" "{from: a, ping: \"$nobody\", within: 300ms}"
	expect ok "(no answer|host unreachable)" "{from: a, ping: \"$nobody\", expect: unreachable, within: 500ms}"
	expect failed null "{from: a, ping: \"$far\", expect: unreachable, within: 300ms}"
	expect failed "no route" "{from: c, ping: \"$far\", within: 0ms}"
	expect ok "no route" "{from: c, ping: \"$far\", expect: unreachable}"
	for kind in tcp udp; do
		expect ok null "{from: a, $kind: \"$at:80\", at: b}"
		expect failed null "{from: a, $kind: \"$at:80\", at: b, expect: unreachable, within: 300ms}"
		expect failed "connection refused" "{from: a, $kind: \"$at:80\", within: 300ms}"
		expect ok "connection refused" "{from: a, $kind: \"$at:80\", expect: unreachable}"
		expect failed "no answer" "{from: a, $kind: \"$at:77\", at: b, within: 300ms}"
		expect ok "no answer" "{from: a, $kind: \"$at:77\", at: b, expect: unreachable, within: 500ms}"
		expect ok "connection refused" "{from: a, $kind: \"$at:78\", at: b, expect: unreachable}"
	done
done
for kind in tcp udp; do
	expect ok null "{from: a, $kind: \"10.0.0.2:81\", at: b}"
	expect ok null "{from: a, $kind: \"10.0.0.2:81\"}"
	expect ok null "{from: a, $kind: \"10.0.0.2:99\", at: b}"
	expect ok null "{from: a, $kind: \"far:80\", at: b}"
done
expect failed "something else answered" "{from: a, tcp: \"10.0.0.2:81\", at: c, within: 300ms}"
expect failed "something else answered" "{from: a, udp: \"10.0.0.2:81\", at: c, within: 300ms}"

# A name that only the namespace's own files know, and one that nobody knows.
echo "10.0.0.2 hidden.example" >>/etc/netns/a/hosts
expect ok null "{from: a, tcp: \"hidden.example:81\"}"
expect failed "hidden.example: " "{from: c, tcp: \"hidden.example:81\", within: 500ms}"

ip netns exec b nft flush table inet hand
ip netns exec b nft add rule inet hand input tcp dport 79 drop
expect ok null "{from: a, ping: \"10.0.0.2\", size: mtu}"
expect ok null "{from: a, ping: \"2001:db8::2\", size: mtu}"
ip -n a link set eth0 mtu 1300
out=$("$V" apply --checks -f "$WORK/one.yaml" 2>&1) && status=0 || status=$?
expect_equal "apply repairs first, then checks" "0 mtu = 1500" "$status $(grep -o 'mtu = [0-9]*' <<<"$out" | tail -n 1)"

expect ok "no answer" "{from: a, tcp: \"10.0.0.2:79\", at: b, expect: unreachable}"
ip netns exec b nft delete table inet hand

# It becomes true only after a while.
topology "{from: a, tcp: \"10.0.0.2:82\", within: 8s}" >"$WORK/one.yaml"
(sleep 1 && exec ip netns exec b python3 -m http.server 82 >/dev/null 2>&1) &
check "within waits" "$V" verify -f "$WORK/one.yaml"

topology "{from: a, tcp: \"10.0.0.2:9\", within: 100ms}" "{from: a, ping: 10.0.0.2}" >"$WORK/one.yaml"
out=$("$V" apply --checks -f "$WORK/one.yaml" 2>&1) && status=0 || status=$?
expect_equal "a failed check is exit status 2" 2 "$status"
expect_match "the others run, too" '2 checks: 1 ok, 1 failed' "$out"
expect_match "and it says where and why" 'FAIL a -> tcp 10.0.0.2:9: connection refused \(expected reachable within 100 ms\), .*one.yaml:10' "$out"
expect_equal "and undoes nothing" 10.0.0.2 "$(json '.[].addr_info[0].local' ip -n b -j -4 addr show eth0)"

cat >"$WORK/hosts.yaml" <<'YAML'
version: 1
name: hosts
hosts:
  here: {address: 127.0.0.1, namespaces: {n: {}}}
  there: {address: 192.0.2.2}
checks:
  - {from: here/host, ping: 127.0.0.1}
  - {from: there/host, ping: 127.0.0.1}
YAML
expect_match "checks of other hosts are skipped" 'ok +here/host -> ping 127.0.0.1.*skip there/host -> ping 127.0.0.1: starts on there' \
	"$("$V" apply --host here --checks -f "$WORK/hosts.yaml" 2>&1)"
