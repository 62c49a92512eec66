#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The main job under Debian's own kernel, in an emulated machine: namespaces, rules and tunnels,
# both hosts of the demo, and an encrypted overlay. That kernel is older than many a machine's: it
# has no UDP super-frames on a TAP, for one.
#
# This script runs twice: here, and inside the machine with VNET_VM set.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [[ -z ${VNET_VM:-} ]]; then
	machine=build/vm
	[[ -e $machine/ready ]] || tests/vm/prepare "$machine" >&2
	# A script inside has its own time; everything is slower there by a factor of ten.
	VNET_VM=1 VNET_TIMEOUT=600 VNET_SECONDS=600 VNET_BRIEF=1 VM_SECONDS=1500 \
		exec tests/vm/run "$machine" "$0"
fi

failures=0
result() { # result STATUS NAME
	if [[ $1 == 0 ]]; then echo "ok $2"; else echo "FAIL $2" && failures=1; fi
}

echo "kernel $(uname -r)"
status=0
output=$(tests/demo.sh 2>&1) || status=$?
result $status "the demo"
[[ $status == 0 ]] || echo "$output"

status=0
output=$("$BUILD/vnetapply" sim up -q -f topologies/encrypted.yaml 2>&1 &&
	"$BUILD/vnetapply" sim check -f topologies/encrypted.yaml 2>&1 &&
	"$BUILD/vnetapply" sim down -q -f topologies/encrypted.yaml 2>&1) || status=$?
result $status "an encrypted overlay"
[[ $status == 0 ]] || echo "$output"

VNET_RESULTS=$(mktemp)
export VNET_RESULTS
for test in 10_apply 14_destroy 43_tunnel_offload; do
	ONLY=$test tests/run netns | sed 's|^\([a-zA-Z]*\) netns/|\1 |'
done
! grep -q '^FAIL' "$VNET_RESULTS" || failures=1
exit $failures
