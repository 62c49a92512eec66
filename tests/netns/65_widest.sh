#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All or nothing, and killed at any moment, with a topology that has all that the format has (widest.yaml): of each kind of
# request the first. VNET_SOAK=1: each request, with every errno where the program may decide by it, and random topologies
# besides; in parts side by side, as most of the time goes by waiting for the kernel, each in namespaces of its own.

VNET_SECONDS=${VNET_SECONDS:-560}
parts=3
if [[ -n ${VNET_SOAK:-} && -z ${VNET_PART:-} ]]; then
	pids=() status=0
	for ((part = 1; part <= parts; part++)); do
		VNET_PART=$part "$0" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || status=1; done
	exit $status
fi
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

if [[ $every != 1 ]]; then
	ok "nothing more: it is slow here, and the code is the same"
elif [[ -n ${VNET_SOAK:-} ]]; then
	make_widest
	part=(--every "$parts" --first "$VNET_PART")
	exhaust_widest fail --converge --stacks "${errnos[@]}" "${part[@]}"
	exhaust_widest kill "${part[@]}"
	for what in fail kill; do
		for seed in 1 2 3; do
			python3 tests/netns/random_topology.py $seed 100 >"$WORK/wide.yaml"
			python3 tests/netns/random_topology.py 1$seed 80 >"$WORK/wide-changed.yaml"
			exhaust $what "${part[@]}" --name random "$WORK/wide.yaml" "$WORK/wide-changed.yaml"
		done
	done
else
	make_widest
	exhaust_widest fail --kinds --only applying --only changing
	exhaust_widest fail --kinds --every 3 --only destroying
	exhaust_widest kill --kinds --only changing
fi
