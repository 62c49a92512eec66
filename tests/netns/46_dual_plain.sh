#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Peers with an address of each family, in clear: traffic goes on over the other family when the preferred one fails,
# in whatever way, and comes back when that is mended.
VNET_SECONDS=${VNET_SECONDS:-400}

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/dual_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual_lib.sh"

make_dual 1458
check "a has an address of each family, and b two" \
	ask a configure vtap0 --local 192.0.2.1+2001:db8::1 --peer b=192.0.2.2+2001:db8::2
check "and the other way round" ask b configure vtap0 --local 192.0.2.2+2001:db8::2 --peer a=192.0.2.1+2001:db8::1
expect_equal "the configuration has both" '["2001:db8::2 port 40000"]' "$(json '.peers.b.others | tojson' ask a query)"
check_not "two of one family are none" ask a configure vtap0 --local 192.0.2.1+192.0.2.9 --peer b=192.0.2.2
check "ping crosses" ping_ok a -c 3 10.5.0.2
# What a sent before b listened was refused there.
check "over the family that is named first" wait_until 60 crosses_at a b "$B4"
check "on both sides of it" wait_until 60 crosses_at b a "$A4"
expect_equal "the other one is shown" "[\"$B6\"]" "$(status_of a '.peers.b.others | tojson')"
check "the path is that of IPv4" wait_until 10 path_is a b 1500

# ---- no way: the kernel says so ----
ip -n a -6 route add 2001:db8::2/128 dev eth0 mtu 1400
ip -n a route del 192.0.2.0/24
check "without a route frames go over IPv6" wait_until 20 crosses_at a b "$B6"
check "and b answers there" wait_until 20 crosses_at b a "$A6"
check "the path is that of IPv6" wait_until 10 path_is a b 1400
check "a large packet crosses, too" wait_until 10 ping_ok a -c 1 -s 1400 10.5.0.2
ip -n a route add 192.0.2.0/24 dev eth0 src 192.0.2.1
check "with the route they are back at IPv4" wait_until 90 crosses_at a b "$B4"
check "on both sides" wait_until 60 crosses_at b a "$A4"
check "so is the path" wait_until 10 path_is a b 1500

# ---- silence ----
drop_v4 a
drop_v4 b
check "where nothing comes through they go over IPv6" wait_until 60 crosses_at a b "$B6"
check "in both directions" wait_until 60 crosses_at b a "$A6"
expect_equal "a new configuration leaves that as it is" "$B6" "$(
	ask a configure vtap0 --local 192.0.2.1+2001:db8::1 --mac-limit 77 --peer b=192.0.2.2+2001:db8::2
	status_of a .peers.b.endpoint)"
let_v4 a
let_v4 b
check "and come back" wait_until 100 crosses_at a b "$B4"
check "on both sides again" wait_until 100 crosses_at b a "$A4"

# ---- refused: a router or the peer says so. Nobody answers to a broadcast, so silence tells nothing. ----
reject_v4 b
check "what is refused by ICMP goes to the next" wait_until 12 calls_at a b "$B6"

# ---- a peer with one address ----
check "a peer with one address" ask a configure vtap0 --peer b=192.0.2.2
expect_equal "has no other" "[]" "$(status_of a '.peers.b.others | tojson')"
check_not "the same peer twice is refused" ask a configure vtap0 --peer b=192.0.2.2+2001:db8::2 --peer c=192.0.2.3+2001:db8::2
