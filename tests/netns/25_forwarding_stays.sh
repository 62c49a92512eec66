#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# destroy puts the host's forwarding switch back only where nothing foreign forwards: whoever came
# later found it on, and relies on it.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >"$WORK/net.yaml" <<'END'
version: 1
name: net
bridges: {br0: {addresses: [10.1.0.1/24], forward: nat}}
END
value() { cat "/proc/sys/net/ipv4/$1"; }
echo 0 >/proc/sys/net/ipv4/ip_forward
cycle() { # cycle NAME EXPECTED: apply, something foreign comes, destroy
	check "$1: apply" "$V" -f "$WORK/net.yaml"
	expect_equal "$1: it forwards" 1 "$(value ip_forward)"
	"${@:3}"
	output=$("$V" destroy --name net 2>&1)
	expect_equal "$1: afterwards" "$2" "$(value ip_forward)"
}
cycle "nothing foreign" 0 true
expect_equal "nothing is said" 1 "$(wc -l <<<"$output")"
cycle "a foreign bridge" 1 ip link add docker0 type bridge
expect_match "it is said why" 'forwarding stays switched on: bridge docker0' "$output"
ip link del docker0
echo 0 >/proc/sys/net/ipv4/ip_forward
cycle "a foreign nat chain" 1 nft 'table ip nat { chain POSTROUTING { type nat hook postrouting priority 100; }; }'
expect_match "it is said why" 'chain POSTROUTING of table nat' "$output"
nft delete table ip nat
echo 0 >/proc/sys/net/ipv4/ip_forward
cycle "a foreign forward chain" 1 nft 'table inet filter { chain FORWARD { type filter hook forward priority 0; }; }'
nft delete table inet filter
echo 0 >/proc/sys/net/ipv4/ip_forward
cycle "a foreign input chain" 0 nft 'table inet filter { chain INPUT { type filter hook input priority 0; }; }'
nft delete table inet filter
echo 1 >/proc/sys/net/ipv4/ip_forward
cycle "on before" 1 ip link add docker0 type bridge
expect_equal "nothing is said" 1 "$(wc -l <<<"$output")"
ip link del docker0
echo 0 >/proc/sys/net/ipv4/ip_forward

# Another topology is not foreign: it holds the switch itself, or does not need it.
sed 's/net$/two/; s/br0/br2/; s/10.1/10.2/; s/, forward: nat//' "$WORK/net.yaml" >"$WORK/two.yaml"
check "another topology" "$V" -f "$WORK/two.yaml"
cycle "one that does not forward" 0 true
check "no record is left" test ! -e /run/vnetapply/.sysctl
