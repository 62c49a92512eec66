#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A changed value is changed alone and in place; drift is put right; what the kernel cannot change
# is remade. Seen by the interface indexes, which stay, and by ip monitor.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

write() { # write ADDRESS MTU PORT TO
	cat >"$WORK/net.yaml" <<END
version: 1
name: net
bridges:
  br0: {addresses: [10.1.0.1/24], forward: nat, mtu: $2}
namespaces:
  red: {attach: {br0: $1}, ports: ["$3:$4"]}
  blue: {attach: {br0: 10.1.0.3/24}}
END
}
indexes() {
	ip -j link | jq -r '.[] | "\(.ifname) \(.ifindex)"'
	ip -n red -j link | jq -r '.[] | "red \(.ifname) \(.ifindex)"'
	ip -n blue -j link | jq -r '.[] | "blue \(.ifname) \(.ifindex)"'
}
apply() { "$V" -f "$WORK/net.yaml" 2>&1 || fail "apply" "status $?"; }

write 10.1.0.2/24 1500 8080 80
apply >/dev/null
before=$(indexes)

write 10.1.0.2/24 1400 8080 80
expect_match "only MTUs are to change" '^net: [0-9]+ to change  \(' "$("$V" plan -f "$WORK/net.yaml" | head -n 1)"
apply >/dev/null
expect_equal "the MTU is changed in place" "$before" "$(indexes)"
expect_equal "on the bridge and on both ends" "1400 1400 1400" \
	"$(json '.[0].mtu' ip -j link show br0) $(json '.[0].mtu' ip -n red -j link show eth0) $(json \
		'.[0].mtu' ip -j link show red-eth0)"

ip -n red monitor address >"$WORK/red" 2>&1 &
red_monitor=$!
ip -n blue monitor address route link >"$WORK/blue" 2>&1 &
monitor=$!
sleep 0.3
write 10.1.0.22/24 1400 8080 80
events=$("$V" -o json -f "$WORK/net.yaml")
expect_equal "a new address: it comes, the port map follows, the old one goes" "create delete update" \
	"$(jq -r 'select(.event == "step_done").action' <<<"$events" | sort | paste -sd ' ')"
expect_equal "an address is changed, nothing remade" "$before" "$(indexes)"
expect_equal "the old one is gone" 10.1.0.22 \
	"$(json '[.[0].addr_info[] | select(.family == "inet").local] | join(" ")' ip -n red -j addr show eth0)"
expect_equal "the default route survives it" 10.1.0.1 \
	"$(json '.[] | select(.dst == "default") | .gateway' ip -n red -j route)"
expect_match "the port map follows" '10\.1\.0\.22' "$(nft list table inet vnet_net)"
sleep 0.3
kill "$monitor" "$red_monitor"
expect_equal "the new address was never gone" "" "$(grep -i 'deleted.*10.1.0.22/' "$WORK/red" || true)"
expect_equal "the other namespace hears nothing" "" "$(cat "$WORK/blue")"

# What the kernel derives comes back when the file says it no more, and only then is there something to do.
cost() { bridge -j -d link show dev red-eth0 | jq '.[0].cost'; }
expect_equal "the kernel's own path cost" 2 "$(cost)"
sed -i 's|red: {attach: {br0: \([^}]*\)}|red: {attach: {br0: {addresses: [\1], port: {path-cost: 7}}}|' "$WORK/net.yaml"
apply >/dev/null
expect_equal "the file's path cost" 7 "$(cost)"
write 10.1.0.22/24 1400 8080 80
apply >/dev/null
expect_equal "and the kernel's again" 2 "$(cost)"
expect_equal "in place" "$before" "$(indexes)"
expect_status "nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"

# So it does of other kinds, as this kernel has it.
costs() { for link in tapc vxc; do bridge -j -d link show dev $link | jq '.[0].cost'; done | paste -sd ' '; }
write_costs() { # write_costs PORT-PARAMETERS
	cat >"$WORK/cost.yaml" <<-END
		version: 1
		name: cost
		bridges: {brc: {interfaces: {tapc: {$1}, vxc: {$1}}}}
		taps: {tapc: {}}
		interfaces: {vxc: {type: vxlan, id: 5, local: 127.0.0.1, remote: 127.0.0.2}}
	END
}
write_costs ""
check "a tap and a vxlan are ports" "$V" -f "$WORK/cost.yaml"
expect_status "of which nothing is left to do" 0 "$V" diff -f "$WORK/cost.yaml"
before_costs=$(costs)
write_costs "path-cost: 7"
check "with a cost each" "$V" -f "$WORK/cost.yaml"
expect_equal "which is the file's" "7 7" "$(costs)"
write_costs ""
check "and without" "$V" -f "$WORK/cost.yaml"
expect_equal "they have the kernel's again" "$before_costs" "$(costs)"
expect_status "then nothing is left to do" 0 "$V" diff -f "$WORK/cost.yaml"
check "they go" "$V" destroy -f "$WORK/cost.yaml"

# And of a link of somebody else's, which is given back what it had, or the kernel's where it was no port then.
write_foreign() { printf 'version: 1\nname: foreign\nbridges: {brf: {interfaces: {tapf: {%s}}}}\n' "$1" >"$WORK/foreign.yaml"; }
foreign_cost() { bridge -j -d link show dev tapf | jq '.[0].cost'; }
ip tuntap add tapf mode tap
for first in "" "path-cost: 9"; do
	write_foreign "$first"
	check "a foreign tap is a port${first:+, with a cost at once}" "$V" -f "$WORK/foreign.yaml"
	write_foreign "path-cost: 7"
	check "it has a cost" "$V" -f "$WORK/foreign.yaml"
	expect_equal "which is the file's" 7 "$(foreign_cost)"
	write_foreign ""
	check "and none" "$V" -f "$WORK/foreign.yaml"
	expect_equal "it has the kernel's again" "${before_costs% *}" "$(foreign_cost)"
	expect_status "then nothing is left to do" 0 "$V" diff -f "$WORK/foreign.yaml"
	check "it is released" "$V" destroy -f "$WORK/foreign.yaml"
done

# Drift: each by hand, then one apply.
ip -n red addr del 10.1.0.22/24 dev eth0
ip link set blue-eth0 nomaster
ip -n blue link set eth0 address 02:00:00:00:00:99
sysctl -q -w net.ipv4.ip_forward=0
nft delete table inet vnet_net
expect_status "diff sees the drift" 2 "$V" diff -f "$WORK/net.yaml"
expect_equal "and says that it is drift" drift \
	"$("$V" diff -o json -f "$WORK/net.yaml" | jq -r '[.changes[] | select(.actions == ["update"]).reason] | unique[]')"
apply >/dev/null
expect_equal "the address is back" 10.1.0.22 \
	"$(json '[.[0].addr_info[] | select(.family == "inet").local] | join(" ")' ip -n red -j addr show eth0)"
expect_equal "so is the port of the bridge" br0 "$(json '.[0].master' ip -j link show blue-eth0)"
expect_equal "forwarding is on again" 1 "$(cat /proc/sys/net/ipv4/ip_forward)"
check "and the rules" nft list table inet vnet_net
expect_status "nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"

# An interface that somebody deleted comes back with all that stood on it.
ip link del red-eth0
apply >/dev/null
expect_status "a deleted wire is made again" 0 "$V" diff -f "$WORK/net.yaml"
check "and carries packets" ip netns exec red ping -c 1 -W 2 10.1.0.3

# Another kind of interface by the same name is remade.
cat >>"$WORK/net.yaml" <<'END'
taps:
  x0: {}
END
apply >/dev/null
kind() { json '.[0].linkinfo | "\(.info_kind) \(.info_data.type // "")"' ip -d -j link show x0; }
expect_equal "x0 is a tap" "tun tap" "$(kind)"
sed -i '/^taps:/,$d' "$WORK/net.yaml"
sed -i 's/^bridges:/bridges:\n  x0: {}/' "$WORK/net.yaml"
expect_match "the plan says that it is remade" '-/\+ bridge +x0' "$("$V" plan -f "$WORK/net.yaml")"
apply >/dev/null
expect_equal "x0 is a bridge" "bridge " "$(kind)"

# A vxlan interface is of one address family, which the kernel does not change.
for ends in '192.0.2.1 192.0.2.2' '2001:db8::1 2001:db8::2' '192.0.2.1 192.0.2.3'; do
	printf 'version: 1\nname: net\ninterfaces: {vx0: {type: vxlan, id: 7, local: "%s", remote: "%s"}}\n' \
		"${ends% *}" "${ends#* }" >"$WORK/net.yaml"
	apply >/dev/null
	expect_equal "vxlan over $ends" "$ends" \
		"$(json '.[0].linkinfo.info_data | "\(.local // .local6) \(.remote // .remote6)"' ip -d -j link show vx0)"
	expect_status "vxlan over $ends: nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"
done

# A route gets a metric, loses it, changes its type: the old one goes, not that of the lowest metric.
routes() {
	printf 'version: 1\nname: net\nbridges: {br0: {addresses: [10.1.0.1/24, "2001:db8::1/64"]}}\nroutes:\n' >"$WORK/net.yaml"
	printf '  - {to: "%s"%s}\n' 10.8.0.0/16 ", via: 10.1.0.9$1" 2001:db8:8::/48 ", via: \"2001:db8::9\"$1" \
		2001:db8:9::/48 ", type: $2$1" >>"$WORK/net.yaml"
	apply >/dev/null
	expect_status "routes$1 $2: nothing is left to do" 0 "$V" diff -f "$WORK/net.yaml"
	expect_equal "routes$1 $2: one of each" "${3:-} ${3:-1024} ${3:-1024}" \
		"$({ ip -j route show 10.8.0.0/16; ip -6 -j route show 2001:db8:8::/48; ip -6 -j route show 2001:db8:9::/48; } |
			jq -rs 'map(map(.metric // "") | join(",")) | join(" ")')"
}
routes '' unreachable
routes ', metric: 5' unreachable 5
routes ', metric: 2000' blackhole 2000
routes ', metric: 100' blackhole 100
routes '' prohibit
