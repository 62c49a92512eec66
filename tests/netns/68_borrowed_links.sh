#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Links that are not ours and that a file changes: what somebody else changed since is theirs, whatever we had set; and a
# link that is gone leaves nothing that would be put upon the next one of its name.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

made() {
	ip link add up0 type veth peer name up1
	ip link set up0 up
}
cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {interfaces: {up0: {path-cost: 77}}}}
interfaces: {up0: {mtu: 1400}}
END
sed 's/1400/1300/' "$WORK/net.yaml" >"$WORK/less.yaml"
apply() { "$V" -y -q -f "$WORK/${1:-net}.yaml"; }
destroy() { "$V" destroy -y -q --name net; }
is() { json '.[0] | "\(.master) \(.mtu)"' ip -j link show up0; }

made
ip link add theirs type bridge
check "apply" apply
expect_equal "a port, and narrower" "br0 1400" "$(is)"
check "destroy" destroy
expect_equal "is as it was" "null 1500" "$(is)"

check "apply for another MTU" apply
check "and a second one" apply less
ip link set up0 mtu 1450
check "destroy after somebody changed it" destroy
expect_equal "that value stays" "null 1450" "$(is)"
ip link set up0 mtu 1500

check "apply for another bridge" apply
ip link set up0 master theirs
check "destroy after somebody took it there" destroy
expect_equal "it stays there, with its MTU" "theirs 1500" "$(is)"
check "apply takes it from there" apply
check "destroy" destroy
expect_equal "and gives it back" "theirs 1500" "$(is)"
ip link set up0 nomaster

# Killed between the record and the link, before the second change: what the first one set is known, too.
check "apply for two values" apply
check "and the other" apply less
ip link set up0 mtu 1400
check "destroy what was half changed" destroy
expect_equal "all is as it was" "null 1500" "$(is)"

# Another link of that name.
check "apply for another link" apply
ip link set up0 down
ip link set up0 name old0
ip link add up0 type bridge
ip link set up0 mtu 1350
check "destroy with another one in its place" destroy
expect_equal "which is left alone" "null 1350" "$(is)"
ip link del up0
ip link del old0

made
check "apply for a link that goes" apply
ip link del up0
check "destroy without it" destroy
check_not "nothing is left of it" test -e /run/vnetapply
made
check "apply once more" apply
ip link del up0
made
ip link set up0 mtu 1420
expect_status "a new link of that name is to be changed" 2 "$V" diff -f "$WORK/net.yaml"
check "it is" apply
check "destroy" destroy
expect_equal "and is what it was itself" "null 1420" "$(is)"
