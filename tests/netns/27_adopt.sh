#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt: a network made by hand gets our marks and nothing else changes; then apply goes on from there. Refusals name
# object and place. All or nothing, and killed at any request the next one completes it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export SHIM=$PWD/$BUILD/tests/shim/shim.so
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0

cat >"$WORK/lab.yaml" <<'END'
version: 1
name: lab
bridges:
  br0: {addresses: [10.9.0.1/24, "fd00:9::1/64"], forward: nat}
namespaces:
  red: {attach: {br0: {addresses: [10.9.0.2/24, "fd00:9::2/64"], interface: eth0, host-interface: red0}}}
interfaces:
  t0: {type: tap, addresses: [10.8.0.1/24]}
routes:
  - {to: 10.77.0.0/16, via: 10.8.0.9}
  - {to: "fd00:77::/64", via: "fd00:9::9"}
  - {to: 10.78.0.0/16, nexthops: [{via: 10.9.0.8}, {via: 10.9.0.9, weight: 2}]}
END

by_hand() {
	ip link add br0 type bridge
	ip link set br0 addrgenmode none # nothing shall change by itself
	ip addr add 10.9.0.1/24 dev br0
	ip addr add fd00:9::1/64 dev br0 nodad
	ip link set br0 up
	ip netns add red
	ip link add red0 type veth peer name eth0 netns red
	ip link set red0 master br0 addrgenmode none
	ip link set red0 up
	ip -n red link set eth0 addrgenmode none
	ip -n red link set eth0 up
	ip -n red addr add 10.9.0.2/24 dev eth0
	ip -n red addr add fd00:9::2/64 dev eth0 nodad
	ip -n red route add default via 10.9.0.1
	ip tuntap add t0 mode tap
	ip link set t0 alias "by hand" addrgenmode none
	ip link set t0 up
	ip addr add 10.8.0.1/24 dev t0 valid_lft 3000 preferred_lft 2000
	ip route add 10.77.0.0/16 via 10.8.0.9 mtu 1400 proto static
	ip route add fd00:77::/64 via fd00:9::9
	ip route add 10.78.0.0/16 nexthop via 10.9.0.8 weight 1 nexthop via 10.9.0.9 weight 2
	ip addr add 10.7.0.1/24 dev br0 # not in the file
	ip route add 10.79.0.0/16 via 10.9.0.7
	ip -n red link add inner type bridge
}
# Whatever of it is left.
clear_all() {
	local link
	"$V" destroy -q --name lab
	for link in br0 t0 red0; do ip link del "$link" 2>/dev/null || true; done
	ip netns del red 2>/dev/null || true
}
state() { python3 tests/netns/host_state.py; }
# Until link states and addresses of the kernel's own have settled.
settled() {
	local last="" now
	while now=$(state) && [[ $now != "$last" ]]; do
		last=$now
		sleep 0.3
	done
	echo "$now"
}
# Without marks, and without our records.
unmarked() {
	sed -E 's/"group": "[^"]*", //; s/"ifalias": "[^"]*", //; s/"protocol": "(100|boot|static)", //
		/\/run\/vnetapply/d' <<<"$1"
}

nft -f - <<'END'
table ip nat {
	chain post {
		type nat hook postrouting priority srcnat;
		ip saddr 10.9.0.0/24 oifname != "br0" masquerade
	}
}
END
by_hand
before=$(settled)

# What apply says, and where it points.
status=0
output=$("$V" -f "$WORK/lab.yaml" 2>&1) || status=$?
expect_equal "5 for what is not ours" 5 "$status"
for what in 'host/br0 exists' 'namespace red exists' 'host/red0 exists' 'host/br0 10.9.0.1/24 exists' \
	'host/10.77.0.0/16 exists'; do
	expect_match "apply names it: $what" "lab.yaml:[0-9]+:[0-9]+: error: refused: $what" "$output"
done
expect_match "and says how to go on" "vnetapply adopt -f $WORK/lab.yaml bridges/br0 takes it over" "$output"
expect_equal "in JSON, too" "vnetapply adopt -f $WORK/lab.yaml bridges/br0 takes it over; or give yours another name" \
	"$("$V" plan -f "$WORK/lab.yaml" -o json 2>/dev/null | jq -r '.refusals[].hint | select(test("bridges/br0 "))')"

expect_match "a dry run lists what would be marked" \
	'lab: 14 to adopt.*= bridge +br0 .*= address +10\.9\.0\.1/24.*= tap +t0 .*= namespace red .*= link +red/eth0  <->  host/red0' \
	"$("$V" adopt -n -f "$WORK/lab.yaml" | paste -sd ' ')"
expect_equal "and in JSON" 'true adopt unmarked 14' "$("$V" adopt -n -o json -f "$WORK/lab.yaml" |
	jq -r '"\(.has_changes) \([.changes[].actions[]] | unique | join(" ")) \(.changes[0].reason) \(.summary.adopt)"')"
expect_equal "it changes nothing" "$before" "$(state)"

# Paths.
expect_status "64 for what the file has not" 64 "$V" adopt -f "$WORK/lab.yaml" bridges/br9
expect_status "5 for what is in a namespace that is not ours" 5 \
	"$V" adopt -f "$WORK/lab.yaml" namespaces/red/interfaces/eth0
sed 's/br0/br8/g' "$WORK/lab.yaml" >"$WORK/other.yaml"
expect_status "5 for what does not exist" 5 "$V" adopt -f "$WORK/other.yaml" bridges/br8
expect_equal "nothing is changed" "$before" "$(state)"
check "one object and what is on it" "$V" adopt -f "$WORK/lab.yaml" interfaces/t0
expect_equal "alone is marked" "vnet:lab:host/t0" "$(ip -j link | jq -r '[.[].ifalias | values] | join(" ")')"
expect_match "with its address" '13 to adopt.*2 unchanged|12 to adopt.*2 unchanged' \
	"$("$V" adopt -n -f "$WORK/lab.yaml")"

# The rest.
check "all that is there" "$V" adopt -f "$WORK/lab.yaml" 2>"$WORK/said"
after=$(state)
expect_equal "nothing but marks changed" "$(unmarked "$before")" "$(unmarked "$after")"
expect_equal "groups and aliases" "vnet:lab:host/br0 vnet:lab:host/red0 vnet:lab:host/t0" \
	"$(ip -j link | jq -r '[.[] | select(.group != "default") | .ifalias] | sort | join(" ")')"
expect_equal "in the namespace" "vnet:lab:red/eth0 vnet:lab:red/lo" \
	"$(ip -n red -j link | jq -r '[.[] | select(.group != "default") | .ifalias] | sort | join(" ")')"
expect_equal "routes, but not the foreign one" "10.77.0.0/16 10.78.0.0/16 fd00:77::/64" \
	"$({ ip -j route show proto 100; ip -6 -j route show proto 100; } | jq -rs '[.[][].dst] | sort | join(" ")')"
expect_match "lifetimes stay" '"valid_life_time":(3000|2[0-9]{3}),"preferred_life_time":(2000|1[0-9]{3})' \
	"$(ip -j addr show t0 | tr -d ' ')"
expect_match "the user hears of rules that stay" 'table ip nat translates' \
	"$(ip link set t0 alias x; "$V" adopt -f "$WORK/lab.yaml" 2>&1)"
expect_match "there is nothing left to adopt" 'nothing to do  \(14 unchanged\)' "$("$V" adopt -f "$WORK/lab.yaml")"

# Then it is like any other.
status=0
output=$("$V" diff -f "$WORK/lab.yaml") || status=$?
expect_equal "diff tells what differs" 2 "$status"
expect_match "an MTU of a route" 'mtu +1400 -> 0' "$output"
check_not "makes no link or address anew" grep -E '^ +(\+|-|-/\+) (link|bridge|tap|namespace|address) ' <<<"$output"
check "apply" "$V" -f "$WORK/lab.yaml"
check "is all there is to do" "$V" diff -f "$WORK/lab.yaml"
check "and it works" ip netns exec red ping -q -c 1 -W 2 10.9.0.1
expect_equal "what the file does not name is left alone" "10.7.0.1/24 10.79.0.0/16 inner" \
	"$(ip -j addr show br0 | jq -r '.[0].addr_info[] | select(.local == "10.7.0.1") | "\(.local)/\(.prefixlen)"') \
$(ip -j route show 10.79.0.0/16 | jq -r '.[].dst') $(ip -n red -j link show inner | jq -r '.[].ifname')"
check "destroy" "$V" destroy -q --name lab
expect_equal "takes what was adopted" "lo" "$(ip -j link | jq -r '[.[].ifname] | join(" ")')"
expect_equal "and leaves no records" "netns" "$(ls /run)"

# Of another topology, and of another kind.
by_hand
ip link set br0 group 7 alias "vnet:other:host/br0"
output=$("$V" adopt -f "$WORK/lab.yaml" 2>&1) && fail "another topology's is refused" "$output"
expect_match "another topology's is named" 'lab.yaml:4:[0-9]+: error: refused: host/br0 bears the mark of topology other' "$output"
output=$("$V" -f "$WORK/lab.yaml" 2>&1) || true
expect_match "by apply, too" 'host/br0 exists already and bears the mark of topology other' "$output"
ip link set br0 group 0 alias ""
ip -n red link set lo alias "vnet:other:red/lo"
expect_match "a namespace" 'namespace red bears the mark of topology other' "$("$V" adopt -f "$WORK/lab.yaml" 2>&1)"
ip -n red link set lo alias ""
ip link del t0
ip link add t0 type bridge
expect_match "another kind is named" 'host/t0 is of type bridge, not tap' "$("$V" adopt -f "$WORK/lab.yaml" 2>&1)"
ip link del t0
ip link add t0 type bridge
ip addr add 10.8.0.1 peer 10.8.0.2/32 dev t0
sed 's/t0: {type: tap, addresses: \[10.8.0.1.24\]}/none: {type: tap}/; /10.77/d
	s/^bridges:/&\n  t0: {addresses: [10.8.0.1\/32]}/' "$WORK/lab.yaml" >"$WORK/peer.yaml"
before=$(settled)
expect_match "an address with a peer cannot be adopted" 'host/t0 10\.8\.0\.1/32: mark: it has a peer' \
	"$("$V" adopt -f "$WORK/peer.yaml" 2>&1)"
expect_equal "and all that was marked before it is given back" "$before" "$(state)"
clear_all

# A namespace in which somebody's route has, by chance, the number that is ours.
by_hand
mkdir -p /run/vnetapply/lab
chmod 700 /run/vnetapply
echo -n 100 >/run/vnetapply/lab/protocol
ip -n red route add 10.66.0.0/16 via 10.9.0.1 proto 100
expect_match "what would become ours unnamed is refused" \
	'route red/10.66.0.0/16 has the protocol number' "$("$V" adopt -f "$WORK/lab.yaml" 2>&1)"
rm -r /run/vnetapply
check "another number is found" "$V" adopt -q -f "$WORK/lab.yaml"
expect_equal "for all routes" "101" "$(ip -j route show 10.77.0.0/16 | jq -r '.[].protocol')"
clear_all

# Each request failing, and the run killed at each.
every=1
[[ $BUILD != *san && -z $rootless ]] || every=4
by_hand
before=$(settled)
failed=0
for ((k = 1; ; k += every)); do
	status=0
	output=$(VNET_SHIM_FAIL_AT=$k LD_PRELOAD=$SHIM "$V" adopt -f "$WORK/lab.yaml" 2>&1) || status=$?
	[[ $status != 0 ]] || break
	failed=$((failed + 1))
	[[ $status == 1 && $(state) == "$before" ]] ||
		fail "request $k fails" "status $status" "$output" "$(diff <(echo "$before") <(state))"
done
[[ $failed -ge $((14 / every)) ]] || fail "requests fail" "only $failed"
ok "each of $failed requests failing: the host is as before"
clear_all

by_hand
check "adopted at once" "$V" adopt -q -f "$WORK/lab.yaml"
marks() { ip -j link | jq -c '[.[] | [.ifname, .group, .ifalias]]'; ip -n red -j link | jq -c '[.[] | [.ifname, .group, .ifalias]]'; }
all_marks=$(marks)
clear_all
killed=0
for ((k = 1; ; k += every)); do
	by_hand
	status=0
	VNET_SHIM_KILL_BEFORE=$k LD_PRELOAD=$SHIM bash -c '"$0" "$@"; exit $?' "$V" adopt -q -f "$WORK/lab.yaml" >/dev/null 2>&1 || status=$?
	[[ $status != 0 ]] || break
	killed=$((killed + 1))
	if ((k % 2)); then
		"$V" adopt -q -f "$WORK/lab.yaml" || fail "adopt after a kill at request $k"
		[[ $(marks) == "$all_marks" ]] || fail "killed at request $k" "$(diff <(echo "$all_marks") <(marks))"
	else
		"$V" destroy -q --name lab || fail "destroy after a kill at request $k"
		[[ ! -e /run/vnetapply ]] || fail "destroy after a kill at request $k leaves records" "$(find /run)"
	fi
	clear_all
done
[[ $killed -ge $((14 / every)) ]] || fail "runs are killed" "only $killed"
ok "killed at each of $killed requests: the next one completes it, or destroy takes it away"
