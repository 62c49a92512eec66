#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An apply of a saved plan and a rollback, each request failing, or the run killed there.

VNET_SECONDS=${VNET_SECONDS:-560}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

for what in fail kill; do exhaust_two_hosts $what --only "by plan" --only "rolling back"; done
