#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All or nothing: each request that changes something is made to fail once, in applying, changing, changing back and
# destroying. VNET_SOAK=1: with every errno, and the next run converges.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

options=()
scenarios=()
for name in applying changing "changing back" destroying; do scenarios+=(--only "$name"); done
if [[ -n ${VNET_SOAK:-} ]]; then
	options=(--converge "${errnos[@]}")
fi
exhaust_two_hosts fail "${options[@]}" "${scenarios[@]}"

# EINVAL says of mounts how things are: a directory that is none yet, a name without a namespace. It must not be believed
# where it is not so: what is mounted twice is hidden, and stays busy.
for name in applying destroying; do
	exhaust_two_hosts fail --kinds --errno 22 --converge --only "$name"
	expect_equal "$name: the directory of namespaces is mounted once" 1 "$(grep -c ' /run/netns ' /proc/self/mountinfo)"
done

# Nothing may hide that undoing failed, too: exit code 4, and a list. From where the tap would be made, which is after
# the namespaces: a link and its alias come in one datagram, and no kernel takes the first and refuses the second.
VNET_SHIM_LOG=$WORK/requests LD_PRELOAD=$SHIM "$V" -q -f topologies/two-hosts.yaml --host alpha
"$V" destroy -q --name two-hosts
at=$(awk '/ tun make/ { print $1; exit }' "$WORK/requests")
status=0
output=$(VNET_SHIM_FAIL_AT=$at VNET_SHIM_FAIL_COUNT=1000 LD_PRELOAD=$SHIM "$V" -f topologies/two-hosts.yaml \
	--host alpha 2>&1) || status=$?
expect_equal "4 when undoing fails" 4 "$status"
expect_match "it lists what stands" 'these changes stand:.*create namespaces/ns1' "$(paste -sd ' ' <<<"$output")"
check "the next run goes on from there" "$V" -f topologies/two-hosts.yaml --host alpha
check "and destroy" "$V" destroy --name two-hosts
expect_equal "leaves nothing" "netns" "$(ls /run)"
