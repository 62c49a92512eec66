#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is made is marked from its first instant: a run killed at any request leaves nothing in the host that the next
# destroy would not know as ours. Here for links whose parent stands in another place, tap and tun, and the ends of veths.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export SHIM=$PWD/$BUILD/tests/shim/shim.so
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0

cat >"$WORK/lab.yaml" <<'END'
version: 1
name: lab
links:
  - endpoints: ["ns1:a", "host:b"]
  - endpoints: ["ns1:c", "ns2:d"]
namespaces:
  ns1:
    interfaces: {out0: {type: tun}}
  ns2:
    interfaces:
      in0: {type: macvlan, link: "host:b"}
interfaces:
  out0: {type: macvlan, link: "ns1:a"}
  t0: {type: tap}
END
state() { python3 tests/netns/host_state.py | grep -v host_state; }
destroy() { "$V" -q destroy --name lab; }
# Links of the host without a whole mark, and namespaces without one.
unmarked() {
	ip -j link | jq -r '.[] | select(.ifname != "lo" and .ifname != "nic" and .ifname != "cin" and
		((.group | startswith("default")) or ((.ifalias // "") | startswith("vnet:lab:") | not))) | .ifname'
	local ns
	for ns in /run/netns/*; do
		[[ $(stat -f -c %T "$ns" 2>/dev/null) != nsfs ]] ||
			ip -n "${ns##*/}" -j link show lo | jq -r '.[] | select((.ifalias // "") | startswith("vnet:lab:") | not) | "lo"'
	done
}

empty=$(state)
check "apply" "$V" -q -f "$WORK/lab.yaml"
check "is all there is to do" "$V" diff -f "$WORK/lab.yaml"
expect_equal "a link of the host whose parent is in a namespace" "macvlan vnet:lab:host/out0 true" \
	"$(ip -d -j link show out0 | jq -r '.[] | "\(.linkinfo.info_kind) \(.ifalias) \(.link_netnsid != null)"')"
expect_equal "beside one of the same name there" "vnet:lab:ns1/out0" "$(ip -n ns1 -j link show out0 | jq -r '.[].ifalias')"
expect_equal "and the other way round" "macvlan vnet:lab:ns2/in0" \
	"$(ip -n ns2 -d -j link show in0 | jq -r '.[] | "\(.linkinfo.info_kind) \(.ifalias)"')"
wanted=$(state)
check "destroy" destroy
expect_equal "leaves nothing" "$empty" "$(state)"

every=1
[[ $BUILD != *san && -z $rootless ]] || every=4
for ((k = 1; ; k += every)); do
	status=0
	VNET_SHIM_KILL_AFTER=$k LD_PRELOAD=$SHIM bash -c '"$0" "$@"; exit $?' "$V" -q -f "$WORK/lab.yaml" >/dev/null 2>&1 || status=$?
	[[ $status != 0 ]] || break
	rest=$(unmarked)
	[[ -z $rest ]] || fail "killed after request $k: not marked" "$rest"
	if ((k % 2)); then
		"$V" -q -f "$WORK/lab.yaml" || fail "apply after a kill at request $k"
		"$V" -q diff -f "$WORK/lab.yaml" || fail "apply after a kill at request $k is whole"
	fi
	destroy || fail "destroy after a kill at request $k"
	gone() { [[ $(state) == "$empty" ]]; }
	wait_until 5 gone || fail "killed at request $k: something is left" "$(diff <(echo "$empty") <(state))"
done
[[ $k -gt 15 ]] || fail "runs are killed" "only $k"
ok "killed after each of $k requests: all that stands is marked"
expect_equal "a run that is not killed makes all" "$wanted" "$(state)"
destroy

# And each failing: what was made beside the parent goes, too.
for ((k = 1; ; k += every)); do
	status=0
	output=$(VNET_SHIM_FAIL_AT=$k LD_PRELOAD=$SHIM "$V" -q -f "$WORK/lab.yaml" 2>&1) || status=$?
	[[ $status != 0 ]] || { destroy; [[ $k -lt 15 ]] || break; continue; }
	wait_until 5 gone || fail "request $k fails: something is left" "$output" "$(diff <(echo "$empty") <(state))"
done
ok "each request failing up to $k: nothing is left"
