#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Overlays with mode: vxlan: three hosts reach each other, what is known goes to its host alone, the forwarding database is
# held like everything else, and the way to mode: tap and back leaves nothing behind and moves nothing above it.
# shellcheck source=tests/netns/lib.sh
source "$(dirname "$0")/lib.sh"

if ! has_link_kind vxlan id 1 dstport 4789; then
	skip "overlays by the kernel" "no vxlan in this kernel"
	exit
fi
sed 's/mode: vxlan,/& mac-learning: false,/' topologies/overlay-vxlan.yaml >"$WORK/vxlan.yaml"
sed 's/mode: vxlan, //; s/mac-learning: false, //' "$WORK/vxlan.yaml" >"$WORK/tap.yaml"
cd "$WORK"
inside() { "$V" sim exec --name overlay-vxlan "$@"; }
# on HOST FILE COMMAND...: vnetapply there
on() { inside "$1" -- "$V" "$3" -f "$WORK/$2" --host "$1" "${@:4}"; }
# fdb HOST: the static entries of lan, as "MAC DESTINATION"
fdb() {
	inside "$1" -- bridge -j fdb show dev lan |
		jq -r '.[] | select(.dst and .state == "permanent") | "\(.mac) \(.dst)\(if .port then ":\(.port)" else "" end)"' |
		sort
}
mac() { json '.[0].address' inside "$1" ip -j link show "$2"; }
index() { json '.[0].ifindex' inside "$1" ip -j link show "$2"; }
received() { json '.[0].stats64.rx.packets' inside "$1" -- ip -j -s link show lan; }

# ---- three hosts ----
out=$("$V" sim up -f vxlan.yaml -y 2>&1) || fail "up" "$out"
check "the file's checks hold, at full size and over both families" "$V" sim check -f vxlan.yaml
expect_equal "it is the kernel's, and no program runs" "vxlan none" \
	"$(json '.[0].linkinfo.info_kind' inside east -- ip -j -d link show lan) $(pgrep vnettunnel || echo none)"
expect_equal "the MTU leaves room for the headers" "1450 1450" \
	"$(json '.[0].mtu' inside east -- ip -j link show lan) $(json '.[0].mtu' inside east/e1 ip -j link show eth0)"
expect_equal "every known address has its host, and the rest goes to each" "$(sort <<-FDB
	$(mac west br0) 192.0.2.2
	$(mac west/w1 eth0) 192.0.2.2
	$(mac hill br0) 192.0.2.3
	$(mac hill/h1 eth0) 192.0.2.3
	00:00:00:00:00:00 192.0.2.2
	00:00:00:00:00:00 192.0.2.3
FDB
)" "$(fdb east)"
out=$("$V" sim up -f vxlan.yaml -y 2>&1) || fail "second up" "$out"
expect_equal "a second up changes nothing" "" "$(grep -E '^ *[~+-] ' <<<"$out" || true)"
check "and verify agrees" on east vxlan.yaml verify

# ---- nothing known floods ----
# The third host's counters; that a frame for nobody known does reach it shows that they would tell. ARP is settled first.
inside east/e1 ping -qc 2 -i 0.1 10.70.0.2 >/dev/null
inside east/e1 ip neigh replace 10.70.0.2 lladdr "$(mac west/w1 eth0)" dev eth0 nud permanent
inside west/w1 ip neigh replace 10.70.0.1 lladdr "$(mac east/e1 eth0)" dev eth0 nud permanent
before=$(received hill)
check "forty large pings pass" inside east/e1 ping -qc 40 -i 0.01 -s 1400 10.70.0.2
flooded=$(($(received hill) - before))
expect_equal "and the third host sees none of them" few "$([[ $flooded -lt 20 ]] && echo few || echo "$flooded")"
inside east/e1 ip neigh replace 10.70.0.99 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
before=$(received hill)
inside east/e1 ping -qc 40 -i 0.01 -W 0.1 10.70.0.99 >/dev/null || true
more() { [[ $(received hill) -ge $((before + 40)) ]]; }
check "but those for an unknown address" wait_until 5 more

# ---- TCP at full size ----
inside west/w1 -- iperf3 -s -1 -D -I "$WORK/iperf.pid" >/dev/null
listening() { inside west/w1 -- ss -Htln 'sport = :5201' | grep -q .; }
wait_until 10 listening
result=$(inside east/e1 -- iperf3 -c 10.70.0.2 -n 20M -J)
expect_equal "TCP carries megabytes" true "$(jq '.end.sum_received.bytes > 10000000' <<<"$result")"
expect_equal "with segments that fill the MTU" 1398 "$(jq '.start.tcp_mss_default' <<<"$result")"

# ---- the database is state ----
inside east -- bridge fdb del "$(mac west/w1 eth0)" dev lan dst 192.0.2.2 self
inside east -- bridge fdb append 00:00:00:00:00:00 dev lan dst 192.0.2.77 self permanent
inside east -- bridge fdb replace "$(mac hill/h1 eth0)" dev lan dst 192.0.2.2 self permanent
inside east -- bridge fdb add 02:00:00:00:00:55 dev lan dst 192.0.2.3 self dynamic
inside east -- bridge fdb add 02:00:00:00:00:66 dev lan dst 192.0.2.3 self permanent extern_learn
expect_status "drift is seen" 2 on east vxlan.yaml diff
out=$(on east vxlan.yaml apply -y 2>&1) || fail "drift is mended" "$out"
expect_match "as what it is" "overlay-vxlan on east: 1 created, 1 changed, 1 removed" "$out"
expect_equal "what was learned or told by another program stays" 2 \
	"$(inside east -- bridge fdb show dev lan | grep -cE '02:00:00:00:00:(55|66) dst' || true)"
inside east -- bridge fdb del 02:00:00:00:00:66 dev lan dst 192.0.2.3 self
sed "s/w1: {attach: {br0: \[/w1: {attach: {br0: {macaddress: \"02:00:00:00:00:0a\", addresses: [/; s/\(10.70.0.2.*\)\]}}/\1]}}}/" \
	vxlan.yaml >mac.yaml
on east mac.yaml apply -y >/dev/null
expect_equal "another MAC there is another entry here" "02:00:00:00:00:0a 192.0.2.2" \
	"$(fdb east | grep 02:00:00:00:00:0a || true)"
on east vxlan.yaml apply -y >/dev/null
expect_match "state has it" 'fdb:.*- \{to: 192.0.2.3\}' "$(inside east -- "$V" state --name overlay-vxlan)"
expect_equal "and state is a file that changes nothing" 0 "$(
	inside east -- sh -c "\"$V\" state --name overlay-vxlan >\"$WORK/state.yaml\" && \"$V\" diff -f \"$WORK/state.yaml\" >&2; echo \$?"
)"

# ---- to mode: tap and back ----
above() { echo "$(index "$1" br0) $(index "$1" "$2-eth0") $(index "$1/$2" eth0)"; }
kind() { json '[.[] | select(.linkinfo.info_kind == "vxlan" or .linkinfo.info_kind == "tun") | .linkinfo.info_kind] | join(" ")' inside "$1" -- ip -j -d link show; }
workers() { pgrep -fc -- "name overlay-vxlan/lan" || true; }
reached() { inside "$1" ping -qc 1 -W 1 "$2" && inside "$1" ping -6 -qc 1 -W 1 "$3"; }
stays=$(above east e1; above west w1)
out=$(on west tap.yaml plan 2>&1)
expect_match "the plan says that it is remade" '-/\+ tap +lan .*! type vxlan -> tap' "$out"
expect_status "which a limit on disruption refuses" 5 on west tap.yaml apply -y --max-disruption flap
for order in "west east hill" "hill west east"; do
	for host in $order; do on "$host" tap.yaml apply -y >out 2>&1 || fail "$host to tap" "$(cat out)"; done
	check "with mode: tap they reach each other" wait_until 10 reached east/e1 10.70.0.2 2001:db8:70::2
	expect_equal "by programs alone" "tun tun" "$(kind east) $(kind hill)"
	for host in $order; do on "$host" vxlan.yaml apply -y >out 2>&1 || fail "$host to vxlan" "$(cat out)"; done
	check "back with mode: vxlan they do" wait_until 10 reached east/e1 10.70.0.2 2001:db8:70::2
	expect_equal "and no program is left" "vxlan vxlan 0" "$(kind east) $(kind hill) $(workers)"
	expect_equal "nor its files" "" "$(inside east -- find /run/vnetapply -name '*.sock' -o -name '*.conf')"
done
expect_equal "the bridge, its ports and namespaces were not touched" "$stays" "$(above east e1; above west w1)"
check "destroy" on west vxlan.yaml destroy -y
expect_equal "leaves nothing" "" "$(kind west)"
check "down" "$V" sim down -f vxlan.yaml

# ---- IPv6 outside ----
sed 's/address: \[192.0.2.\(.\), .*\]$/address: "2001:db8::\1"/; s/address: 192.0.2.3/address: "2001:db8::3"/' "$WORK/vxlan.yaml" >six.yaml
out=$("$V" sim up -f six.yaml -y 2>&1) || fail "up over IPv6" "$out"
check "the checks hold over IPv6, too" "$V" sim check -f six.yaml
expect_equal "with its MTU" 1430 "$(json '.[0].mtu' inside east -- ip -j link show lan)"
expect_equal "to its addresses" "2001:db8::2 2001:db8::3" "$(fdb east | sed -n 's/^00:00:00:00:00:00 //p' | xargs)"
check "down again" "$V" sim down -f six.yaml
