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

bold='' dim='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
	bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

# show WHY COMMAND...
show() {
	printf '\n%s# %s%s\n%s$ %s%s\n' "$dim" "$1" "$plain" "$bold" "${*:2}" "$plain"
	"${@:2}"
}

up=
# shellcheck disable=SC2317 # called by the trap
down() { [[ -z $up ]] || vnetapply sim down -f "$file" >/dev/null 2>&1 || true; }
trap down EXIT

up=yes
show "Two hosts, each a set of namespaces on this machine. Each gets its part of the file:" \
	vnetapply sim up -f "$file"
show "The file describes a state, so a second run has nothing to do:" \
	vnetapply sim up -f "$file"
show "The checks of the file: through the tunnel at full size, out through NAT, in through a port map:" \
	vnetapply sim check -f "$file"
show "Down again; nothing stays behind:" \
	vnetapply sim down -f "$file"
up=
