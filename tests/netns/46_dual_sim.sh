#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hosts with an address of each family, from the file to the packets: what is planned is what the workers have, and
# when one family fails the overlay goes on over the other.
VNET_SECONDS=${VNET_SECONDS:-400}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

F=topologies/overlay-dual.yaml
inside() { "$V" sim exec -f $F "$@"; }
# peer_of HOST QUERY
peer_of() { inside "$1" -- "$V" tunnel status --name overlay-dual -o json | jq -r ".tunnels[0].peers[0].$2"; }
# crosses_at ENDPOINT: ping does, and east sends there then
crosses_at() { inside east/e1 -- ping -q -c 2 -i 0.1 -W 1 10.71.0.2 && [[ $(peer_of east endpoint) == "$1" ]]; }

check "up" "$V" sim up -f $F
# What is read back is what is wanted.
expect_match "a second one finds nothing to do" 'nothing to do.*nothing to do' "$("$V" sim up -f $F 2>&1 | tr '\n' ' ')"
check "the checks hold, a full-size ping among them" "$V" sim check -f $F
# What east sent before west listened was refused there.
check "packets cross over the family that west names first" wait_until 60 crosses_at 192.0.2.2:40000
expect_equal "the other one is known" '["[2001:db8::2]:40000"]' "$(peer_of east 'other_endpoints | tojson')"
expect_match "and told" 'peer west at 192\.0\.2\.2:40000 \(also \[2001:db8::2\]:40000\)' \
	"$(inside east -- "$V" tunnel status --name overlay-dual)"
inside east -- ip route add unreachable 192.0.2.2/32 metric 0 || inside east -- ip route replace unreachable 192.0.2.2/32
check "without IPv4 they go over IPv6" wait_until 60 crosses_at '[2001:db8::2]:40000'
check "the checks hold still" "$V" sim check -f $F
check "down" "$V" sim down -f $F
