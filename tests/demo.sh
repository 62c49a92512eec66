#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh: the two hosts of topologies/two-hosts.yaml as namespaces on this machine: brought up,
# brought up again to see that nothing is left to do, checked, taken down. The machine's own
# network is not touched, and nothing stays behind, however the demo ends.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PWD/${BUILD:-build/release}:$PATH
file=topologies/two-hosts.yaml

show() {
	printf '\n$ %s\n' "$*"
	"$@"
}

up=
# shellcheck disable=SC2317 # called by the trap
down() { [[ -z $up ]] || vnetapply sim down -f "$file" >/dev/null 2>&1 || true; }
trap down EXIT

up=yes
show vnetapply sim up -f "$file"
show vnetapply sim up -f "$file"
show vnetapply sim check -f "$file"
show vnetapply sim down -f "$file"
up=
