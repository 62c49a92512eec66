#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# On the way from mode: tap to mode: vxlan and back: a failure of any request is undone, and after SIGKILL at any request the
# next run reaches the aim.
# shellcheck source=tests/netns/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
source "$(dirname "$0")/fault_lib.sh"

if ! has_link_kind vxlan id 1 dstport 4789; then
	skip "faults between modes" "no vxlan in this kernel"
	exit
fi
# Two peers, so that something is known and something is for all; no more than that, so that requests are few.
cat >"$WORK/tap.yaml" <<'YAML'
version: 1
name: modes
bridges: {br0: {}}
overlays: {lan: {bridge: br0, encryption: none}}
hosts:
  alpha: {address: 192.168.50.6}
  beta: {address: 192.168.50.5, namespaces: {b: {attach: {br0: 10.0.0.2/24}}}}
  gamma: {address: 192.168.50.7}
YAML
sed 's/lan: {/lan: {mode: vxlan, /' "$WORK/tap.yaml" >"$WORK/vxlan.yaml"
# The other way round, beta is somewhere else: one entry moves, others come and go.
sed 's/50.5,/50.8,/; /gamma/d' "$WORK/vxlan.yaml" >"$WORK/moved.yaml"

for what in fail kill; do
	exhaust "$what" --every $((every * 2)) --name modes "$WORK/tap.yaml" "$WORK/vxlan.yaml" -- --host alpha
	exhaust "$what" --every $((every * 2)) --name modes "$WORK/vxlan.yaml" "$WORK/moved.yaml" -- --host alpha
done
