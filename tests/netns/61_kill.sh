#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Killed at any moment: SIGKILL at each request that changes something, in applying, changing, changing back and
# destroying. Then, by turns, the next apply reaches the aim and destroy leaves the host as it was, or destroy alone does.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

options=()
scenarios=()
for name in applying changing "changing back" destroying; do scenarios+=(--only "$name"); done
[[ -z ${VNET_SOAK:-} ]] || options=(--when BEFORE --when AFTER --converge)
exhaust_two_hosts kill "${options[@]}" "${scenarios[@]}"
