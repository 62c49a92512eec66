#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two topologies on one host whose groups are the same by chance: each applied, changed, failed, killed and destroyed in
# every order, and the other stays as it is to the byte. Their protocol numbers differ even when nothing but a record
# tells that one is taken.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export SHIM=$PWD/$BUILD/tests/shim/shim.so
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0

# FNV-1a, 24 bits: 0x394695 for both.
A=lab-6008 B=lab-60020
declare -A letter=([$A]=a [$B]=b) other=([$A]=$B [$B]=$A)
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad

topology() { # topology NAME VARIANT
	local l=${letter[$1]} net
	[[ $l == a ]] && net=10.71.0 || net=10.72.0
	cat >"$WORK/$1-$2.yaml" <<END
version: 1
name: $1
bridges:
  $l-br: {addresses: [$net.$2/24], forward: nat}
  $l-x$2: {}
interfaces:
  $l-t0: {type: tap}
  $l-t$2: {type: tap}
namespaces:
  $l-n0: {attach: {$l-br: {addresses: [$net.1$2/24]}}}
  $l-n$2: {attach: {$l-br: {addresses: [$net.20/24]}}}
routes:
  - {to: $net.128/25, via: $net.20$2}
END
}
for t in $A $B; do for v in 1 2; do topology "$t" "$v"; done; done

# All that is a topology's, as the kernel and the file system have it.
objects_of() {
	local l=${letter[$1]} ns
	ip -d -j link | jq -cS ".[] | select(.ifname | startswith(\"$l-\")) | del(.linkinfo.info_data.gc_timer, .operstate, .flags)"
	ip -j addr | jq -cS ".[] | select(.ifname | startswith(\"$l-\")) | [.ifname, [.addr_info[] | select(.family == \"inet\")]]"
	ip -j route | jq -cS ".[] | select(.dev | startswith(\"$l-\")) | del(.flags)"
	for ns in /run/netns/"$l"-*; do
		# Not the file of one that is gone: whoever comes clears that away.
		[[ $(stat -f -c %T "$ns" 2>/dev/null) == nsfs ]] || continue
		ns=${ns##*/}
		echo "$ns"
		ip -n "$ns" -d -j link | jq -cS '.[] | del(.operstate, .flags)'
		ip -n "$ns" -j addr | jq -cS '.[].addr_info[] | select(.family == "inet")'
		ip -n "$ns" -j route | jq -cS '.[] | del(.flags)'
		ip netns exec "$ns" nft -j list ruleset
	done
	nft -j list tables | jq -c ".nftables[] | select(.table.name == \"vnet_${1//-/_}\")"
	nft -j list table inet "vnet_${1//-/_}" 2>/dev/null || true
	find "/run/vnetapply/$1" -type f -printf '%p\n' -exec cat {} + 2>/dev/null || true
}
state() { python3 tests/netns/host_state.py | grep -v host_state; }
run() { # run NAME COMMAND...: while nothing of the other one changes
	local name=$1 before
	shift
	before=$(objects_of "${other[$name]}")
	check "$name: $*" "$V" -q "$@"
	expect_equal "${other[$name]} stays as it is" "$before" "$(objects_of "${other[$name]}")"
}

empty=$(state)
for first in $A $B; do
	second=${other[$first]}
	run "$first" apply -f "$WORK/$first-1.yaml"
	run "$second" apply -f "$WORK/$second-1.yaml"
	expect_equal "their groups are the same" 1 \
		"$(ip -j link | jq '[.[].group | select(. != "default")] | unique | length')"
	expect_equal "their numbers are not" 2 \
		"$(ip -j route | jq '[.[].protocol | select(test("^1[0-9]{2}$"))] | unique | length')"
	run "$first" apply -f "$WORK/$first-2.yaml"
	run "$second" apply -f "$WORK/$second-2.yaml"
	run "$second" apply -f "$WORK/$second-1.yaml"
	before=$(objects_of "$second")
	for k in 12 16 20; do
		expect_status "$first: a change fails" 1 env VNET_SHIM_FAIL_AT=$k LD_PRELOAD="$SHIM" "$V" -f "$WORK/$first-1.yaml"
		expect_equal "and $second stays as it is" "$before" "$(objects_of "$second")"
	done
	run "$first" destroy --name "$first"
	run "$first" apply -f "$WORK/$first-1.yaml"
	run "$second" destroy --name "$second"
	check "$first is whole" "$V" diff -f "$WORK/$first-1.yaml"
	run "$first" destroy --name "$first"
	expect_equal "nothing is left" "$empty" "$(state)"
done

# What one wants and the other has is refused by both, and named.
sed "s/b-x1/a-x1/" "$WORK/$B-1.yaml" >"$WORK/greedy.yaml"
check "one is there" "$V" -q -f "$WORK/$A-1.yaml"
before=$(objects_of $A)
output=$("$V" -f "$WORK/greedy.yaml" 2>&1) && fail "a name that is taken is refused" "$output"
expect_match "the holder is named" "host/a-x1 exists already and bears the mark of topology $A" "$output"
expect_match "and not to be adopted" "host/a-x1 bears the mark of topology $A" "$("$V" adopt -f "$WORK/greedy.yaml" 2>&1)"
expect_equal "it stays as it is" "$before" "$(objects_of $A)"
check "destroy" "$V" -q destroy --name $A

# One is killed with links in the trash that both have: what of it is left stays when the other one goes.
every=1
[[ $BUILD != *san && -z $rootless ]] || every=5
for ((k = 1; ; k += every)); do
	for t in $A $B; do "$V" -q -f "$WORK/$t-1.yaml" || fail "apply $t"; done
	status=0
	VNET_SHIM_KILL_BEFORE=$k LD_PRELOAD=$SHIM bash -c '"$0" "$@"; exit $?' "$V" -q destroy --name $A >/dev/null 2>&1 || status=$?
	[[ $status != 0 ]] || break
	before=$(objects_of $A)
	"$V" -q destroy --name $B || fail "destroy $B after $A was killed at request $k"
	[[ $(objects_of $A) == "$before" ]] ||
		fail "killed at request $k, then the other destroyed" "$(diff <(echo "$before") <(objects_of $A))"
	"$V" -q destroy --name $A || fail "destroy $A after it was killed at request $k"
done
[[ $k -gt 10 ]] || fail "runs are killed" "only $k"
ok "killed at each request up to $k: nothing of it goes with the other one"
check "destroy" "$V" -q destroy --name $B
expect_equal "nothing is left" "$empty" "$(state)"

# With its rules flushed, and nothing in the host's own place, only a record tells one's number.
for t in $A $B; do
	cat >"$WORK/$t-inside.yaml" <<END
version: 1
name: $t
links:
  - endpoints: ["${letter[$t]}-n1:eth0", "${letter[$t]}-n2:eth0"]
namespaces:
  ${letter[$t]}-n1: {interfaces: {eth0: {addresses: [10.73.0.1/24]}}, routes: [{to: 10.74.0.0/16, via: 10.73.0.2}]}
  ${letter[$t]}-n2: {interfaces: {eth0: {addresses: [10.73.0.2/24]}}}
END
done
check "one without anything in the host" "$V" -q -f "$WORK/$A-inside.yaml"
nft flush ruleset
check "another comes" "$V" -q -f "$WORK/$B-inside.yaml"
number() { ip -n "$1-n1" -j route show 10.74.0.0/16 | jq -r '.[].protocol'; }
expect_equal "their numbers differ" "100 101" "$(number a) $(number b)"
before=$(ip -n a-n1 -j addr; ip -n a-n1 -j route)
check "the first one knows its own" "$V" -q -f "$WORK/$A-inside.yaml"
expect_equal "and changes nothing of them" "$before" "$(ip -n a-n1 -j addr; ip -n a-n1 -j route)"
for t in "$A" "$B"; do check "destroy $t" "$V" -q destroy --name "$t"; done
expect_equal "nothing is left" "$empty" "$(state)"
