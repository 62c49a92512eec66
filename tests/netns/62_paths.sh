#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Path independence on this kernel: for pairs of random topologies, the way does not matter, and destroying leads back.
# The seed is always the same, so that a change is judged by what it changed; VNET_SEED takes another, and
# VNET_SOAK=SECONDS goes on that long, from a seed of the time unless one is given.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

ip link add eth1 type veth peer name eth1 netns underlay
ip link set eth1 addrgenmode none
amount=$((15 / (every > 1 ? 3 : 1)))
[[ -z ${VNET_SOAK:-} ]] || amount=${VNET_SOAK}s
[[ -n ${VNET_SOAK:-} ]] || VNET_SEED=${VNET_SEED:-1}
output=$(python3 tests/netns/paths.py "$amount" ${VNET_SEED:+"$VNET_SEED"} 2>&1) || true
echo "$output"
grep -q '^ok' <<<"$output" || fail "the way does not matter"
